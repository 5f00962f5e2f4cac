"""Outcomes as JSON."""

import json

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.errors import SaveError
from kiecli.outcome import Outcome
from kiecli.render import json_lines

FIELDS = [
    "task_id",
    "model",
    "state",
    "outcome",
    "created_at",
    "completed_at",
    "expires_at",
    "duration_s",
    "age_s",
    "label",
    "results",
    "object",
    "credits",
    "fail_code",
    "fail_message",
    "params",
    "error",
    "exit_code",
    "raw",
]
RAW = {
    "state": "SUCCESS",
    "createTime": "1790000000000",
    "completeTime": 1_790_000_013_100,
    "creditsConsumed": "4.5",
    "resultJson": json.dumps({"resultUrls": ["https://f.test/1.mp4"]}),
    "new": {"field": [None, "熊"]},
}


def test_a_success_has_every_field_and_kies_own_words() -> None:
    task = Task.parse("a", RAW)
    assert json_lines.record(Outcome("a", task, label="my hero"), 1_790_000_100.06) == {
        "task_id": "a",
        "model": None,
        "state": "SUCCESS",
        "outcome": "success",
        "created_at": "2026-09-21T14:13:20Z",
        "completed_at": "2026-09-21T14:13:33Z",
        "expires_at": "2026-09-22T14:13:33Z",
        "duration_s": 13.1,
        "age_s": 87.0,
        "label": "my hero",
        "results": [{"n": 1, "url": "https://f.test/1.mp4", "kind": "video"}],
        "object": None,
        "credits": 4.5,
        "fail_code": None,
        "fail_message": None,
        "params": None,
        "error": None,
        "exit_code": 0,
        "raw": RAW,
    }


def test_the_fields_are_always_the_same() -> None:
    nothing = json_lines.record(Outcome("a"), 0.0)
    assert list(nothing) == FIELDS
    assert nothing["raw"] is None
    text = Task.parse("a", {"state": "success", "resultJson": "some words"})
    assert json_lines.record(Outcome("a", text), 0.0)["object"] == "some words"


def test_an_error_has_what_to_do_and_the_line_for_it() -> None:
    error = SaveError("the disk is full", hint="free some space")
    outcome = Outcome("a", None, error, error.exit_code, ("download",))
    assert json_lines.record(outcome, 0.0)["error"] == {
        "kind": "unsaved",
        "message": "the disk is full",
        "hint": "free some space; to try again: kiecli download a",
        "temporary": False,
    }


def test_a_download_has_its_files() -> None:
    files = (
        SavedFile(1, "https://f.test/1", "a-1.bin", 3, "ab", "image/png", "saved", 2, None),
        SavedFile(
            2,
            None,
            "a-2.json",
            None,
            None,
            None,
            "failed",
            0,
            SaveError("no", hint="x", rerun_helps=False),
        ),
    )
    outcome = Outcome("a", None, resume_argv=("download",), files=files)
    fields = json_lines.record(outcome, 0.0)
    assert list(fields) == [*FIELDS[:16], "files", *FIELDS[16:]]
    assert fields["files"] == [
        {
            "n": 1,
            "url": "https://f.test/1",
            "path": "a-1.bin",
            "bytes": 3,
            "sha256": "ab",
            "content_type": "image/png",
            "status": "saved",
            "resumed": 2,
            "error": None,
        },
        {
            "n": 2,
            "url": None,
            "path": "a-2.json",
            "bytes": None,
            "sha256": None,
            "content_type": None,
            "status": "failed",
            "resumed": 0,
            "error": {
                "kind": "unsaved",
                "message": "no",
                "hint": "x",
                "temporary": False,
            },
        },
    ]
    assert json_lines.record(Outcome("a", files=()), 0.0)["files"] == []


def test_it_is_one_line_of_ascii() -> None:
    line = json_lines.line(Outcome("a", Task.parse("a", {"model": "熊\n\u202e[b]\ud83d"})), 0.0)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["model"] == "熊\n\u202e[b]\ud83d"

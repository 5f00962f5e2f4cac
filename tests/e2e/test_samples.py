"""Recorded answers, served over real HTTP: what the installed command makes of them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.support.processes import Installed, Ran
from tests.support.server import FaultyServer

_ANSWERS = Path(__file__).parent.parent / "unit" / "api" / "answers"
_HOST = "https://tempfile.aiquickdraw.com"


class Sample(NamedTuple):
    """A recorded answer and what there is to say about it."""

    name: str
    fields: str
    """state, model, created_at, duration_s, result_count, expires_at"""
    urls: tuple[str, ...] = ()
    err: str = ""

    @property
    def body(self) -> bytes:
        """The answer as it came."""
        return (_ANSWERS / f"{self.name}.json").read_bytes()

    @property
    def data(self) -> dict[str, Any]:
        """What is in its envelope."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


_SAMPLES = [
    Sample("waiting", "waiting grok-imagine/image-to-video 2026-09-21T14:15:00Z - 0 -"),
    Sample("generating", "generating wan/2-7-r2v 2026-09-21T14:16:40Z - 0 -"),
    Sample(
        "image",
        "success wan/2-7-image 2026-09-21T14:18:20Z 13.1 1 2026-09-22T14:18:33Z",
        (f"{_HOST}/wan/lighthouse.png",),
    ),
    Sample(
        "two-images",
        "success grok-imagine/image-to-image 2026-09-21T14:20:00Z 24 2 2026-09-22T14:20:24Z",
        (f"{_HOST}/r/u/7a/image.jpg", f"{_HOST}/r/u/9c/image.jpg"),
    ),
    Sample(
        "six-images",
        "success grok-imagine/text-to-image 2026-09-21T14:21:40Z 14.5 6 2026-09-22T14:21:54Z",
        tuple(f"{_HOST}/r/{name}.jpg" for name in "abcdef"),
    ),
    Sample(
        "video",
        "success kling-3.0/video 2026-09-21T14:23:20Z 146 1 2026-09-22T14:25:46Z",
        (f"{_HOST}/k/out.mp4?sig=1",),
    ),
    Sample(
        "seedance",
        "success bytedance/seedance-2 2026-09-21T14:25:00Z 285 2 2026-09-22T14:29:45Z",
        (f"{_HOST}/s/rain.mp4", f"{_HOST}/s/rain-last"),
    ),
    Sample(
        "sora",
        "success sora-2-text-to-video 2026-09-21T14:26:40Z 200 1 2026-09-22T14:30:00Z",
        (f"{_HOST}/so/plane-mark",),
    ),
    Sample(
        "music",
        "success suno/v5 2026-09-21T14:28:20Z 20 2 2026-09-22T14:28:40Z",
        ("https://musicfile.kie.ai/take1", "https://musicfile.kie.ai/take2"),
    ),
    Sample("lyrics", "success suno/lyrics 2026-09-21T14:28:40Z 6 0 2026-09-22T14:28:46Z"),
    Sample(
        "masks",
        "success subject/detect 2026-09-21T14:28:50Z 3 2 2026-09-22T14:28:53Z",
        ("https://file.aiquickdraw.com/m/1", "https://file.aiquickdraw.com/m/2.png"),
    ),
    Sample("no-subject", "success subject/detect 2026-09-21T14:29:00Z 3 0 2026-09-22T14:29:03Z"),
    Sample(
        "failed-at-once",
        "fail bytedance/seedance-2-fast 2026-09-21T14:29:10Z - 0 -",
        err="Kie says the task failed (422): generate playground failed, task id is blank. A "
        "problem on Kie's side, usually not charged; submit it again",
    ),
    Sample(
        "failed",
        "fail grok-imagine/image-to-video 2026-09-21T14:29:20Z 6.44 0 -",
        err="Kie says the task failed (500): Upload failed: Server internal error. A problem "
        "on Kie's side, usually not charged; submit it again",
    ),
    Sample(
        "moderated",
        "fail gpt-image-2 2026-09-21T14:29:30Z 1 0 -",
        err="Kie says the task failed (SENSITIVE_WORD_ERROR): 提示词包含敏感词. Blocked "
        "by content moderation; change the prompt or the input",
    ),
]


@pytest.fixture(params=_SAMPLES, ids=lambda sample: sample.name)
def sample(request: pytest.FixtureRequest, kie: FaultyServer) -> Sample:
    """A recorded answer, which every look gets from now on."""
    chosen: Sample = request.param
    told = {"Content-Type": "application/json"}
    kie.faults.always("recordInfo", httpx.Response(200, headers=told, content=chosen.body))
    return chosen


def test_status_in_a_pipe(sample: Sample, kiecli: Installed) -> None:
    fields = [field.removeprefix("-") for field in sample.fields.split()]
    task_id = sample.data["taskId"]
    err = f"kiecli: {task_id}: {sample.err}\n" if sample.err else ""
    assert kiecli("status", task_id) == Ran(0, "\t".join([task_id, *fields, "\n"]), err)


def test_status_as_json(sample: Sample, kiecli: Installed) -> None:
    """`raw` is what came; the other fields say the same in one shape for all models."""
    state, model, created, duration, _, expires = sample.fields.split()
    told = json.loads(kiecli("status", "--json", "-q", sample.data["taskId"]).out)
    assert told["raw"] == sample.data
    assert [result["url"] for result in told["results"]] == list(sample.urls)
    assert (told["state"], told["model"], told["created_at"]) == (state, model, created)
    assert told["expires_at"] == (None if expires == "-" else expires)
    assert told["duration_s"] == (None if duration == "-" else float(duration))
    assert (told["fail_code"], told["fail_message"]) == (
        sample.data["failCode"],
        sample.data["failMsg"],
    )
    message = sample.err.partition(" A problem")[0].partition(" Blocked")[0]
    assert (told["error"] or {"message": ""})["message"].rstrip(".") == message.rstrip(".")


def test_wait_for_what_has_ended(sample: Sample, kiecli: Installed) -> None:
    """The answer may be piped in as it came; URLs come out."""
    ran = kiecli("wait", "-q", "-t", "0", "-", input=sample.body)
    code = {"success": 0, "fail": 1}.get(sample.fields.split()[0], 124)
    assert (ran.code, ran.out.splitlines()) == (code, list(sample.urls))

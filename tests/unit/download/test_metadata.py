"""Metadata beside a file: written after it, and a proof of whose it is."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from tests.support.downloads import PNG, Bench, message_of
from tests.support.fakes import START

LINK = "https://files.test/a.png"
RECORD = {
    "label": "hero",
    "task_id": "t1",
    "n": 1,
    "url": LINK,
    "model": "wan/2-7-image",
    "prompt": "A red panda, sch\u00f6n",
    "params": {"input": {"prompt": "A red panda, sch\u00f6n"}, "model": "wan/2-7-image"},
    "credits": 4.0,
    "created_at": "2026-09-21T14:13:00Z",
    "completed_at": "2026-09-21T14:13:13Z",
    "duration_s": 13.0,
    "bytes": len(PNG),
    "sha256": hashlib.sha256(PNG).hexdigest(),
    "content_type": "image/png",
    "object": {"segments": [{"name": "white cat"}]},
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.host.file("/a.png", PNG)
    return bench


def task(*urls: str, **result: Any) -> Task:
    data = {
        "state": "success",
        "model": "wan/2-7-image",
        "param": json.dumps(RECORD["params"]),
        "creditsConsumed": 4,
        "createTime": (START - 20) * 1000,
        "completeTime": (START - 7) * 1000,
        "resultJson": {"resultUrls": list(urls), **result},
    }
    return Task.parse("t1", data)


def save(bench: Bench, saved: Task | None = None, **options: Any) -> SavedFile:
    downloader = bench.downloader(write_metadata=True, **options)
    default = task(LINK, resultObject=RECORD["object"])
    return downloader.save(downloader.plan(saved or default, "hero")[0])


def record(bench: Bench, name: str = "hero-1.png.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bench.files[name])
    return found


def test_metadata_is_written_beside_each_file(bench: Bench) -> None:
    saved = save(bench)
    assert (saved.status, saved.error, sorted(bench.files)) == (
        "saved",
        None,
        ["hero-1.png", "hero-1.png.json"],
    )
    assert record(bench) == {**RECORD, "path": str(bench.folder / "hero-1.png")}
    assert list(record(bench))[-4:] == ["bytes", "sha256", "content_type", "object"]


def test_metadata_is_written_beside_a_text_result_too(bench: Bench) -> None:
    lyrics = {"lyricsData": "half \ud83d"}
    saved = save(bench, task(resultObject=lyrics))
    found = record(bench, "hero-1.json.json")
    assert (saved.status, found["url"], found["object"], found["sha256"]) == (
        "saved",
        None,
        lyrics,
        hashlib.sha256(bench.files["hero-1.json"]).hexdigest(),
    )


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_fresh_link_is_never_in_the_metadata(bench: Bench, overwrite: bool) -> None:
    bench.host.always("/a.png", httpx.Response(404))
    bench.host.file("/fresh", PNG)
    fresh = {"code": 200, "msg": "success", "data": f"{bench.host.base_url}/fresh?token=secret"}
    bench.host.always("download-url", httpx.Response(200, json=fresh))
    assert save(bench, overwrite=overwrite).status == "saved"
    assert record(bench)["url"] == LINK
    assert not any(b"secret" in body for body in bench.files.values())


def test_one_that_is_missing_beside_a_kept_file_is_added(bench: Bench) -> None:
    (bench.folder / "hero-1.png").write_bytes(PNG)
    saved = save(bench)
    assert (saved.status, saved.sha256) == ("kept", RECORD["sha256"])
    assert record(bench) == {
        **RECORD,
        "content_type": None,
        "path": str(bench.folder / "hero-1.png"),
    }


def test_one_that_is_there_for_a_kept_file_stays_as_it_is(bench: Bench) -> None:
    save(bench)
    before = bench.files
    (bench.folder / "hero-1.png.json.part").touch()  # left by a run that was killed
    bench.host.always("file", httpx.Response(404))
    saved = save(bench)
    assert (saved.status, saved.error, bench.files) == ("kept", None, before)


def test_one_of_a_file_that_comes_anew_is_replaced(bench: Bench) -> None:
    save(bench)
    (bench.folder / "hero-1.png").write_bytes(PNG[:5000])
    (bench.folder / "hero-1.png.json").write_text(
        json.dumps({**RECORD, "bytes": 5000, "credits": 99})
    )
    assert (save(bench).status, record(bench)["credits"]) == ("saved", 4)


@pytest.mark.parametrize(
    ("there", "stays"),
    [("", False), (json.dumps(RECORD), False), ("mine", True), (json.dumps({"n": 1}), True)],
)
def test_a_part_of_one_is_removed_where_it_is_ours(bench: Bench, there: str, stays: bool) -> None:
    save(bench)
    part = bench.folder / "hero-1.png.json.part"
    part.write_text(there)
    assert (save(bench).status, part.exists()) == ("kept", stays)


@pytest.mark.parametrize("other", ["{}", "mine", json.dumps({**RECORD, "n": 2})])
@pytest.mark.parametrize("status", ["saved", "kept"])
def test_another_file_of_its_name_is_left_and_the_result_stays_saved(
    bench: Bench, other: str, status: str
) -> None:
    if status == "kept":
        save(bench)
    beside = bench.folder / "hero-1.png.json"
    beside.write_text(other)
    saved = save(bench)
    assert (saved.status, message_of(saved.error), beside.read_text()) == (
        status,
        f"could not save {beside}: a different file with this name exists",
        other,
    )
    assert bench.files["hero-1.png"] == PNG
    assert (save(bench, overwrite=True).error, record(bench)["n"]) == (None, 1)


def test_an_error_of_the_disk_is_the_metadata_s_alone(bench: Bench) -> None:
    beside = bench.folder / "hero-1.png.json"
    Path(f"{beside}.part").mkdir()
    saved = save(bench)
    assert (saved.status, message_of(saved.error)) == (
        "saved",
        f"could not save {beside}: a folder with this name exists: {beside}.part",
    )

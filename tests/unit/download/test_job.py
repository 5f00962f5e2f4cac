"""What becomes of the bytes, whatever the host does: the table of the contract, in process."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiecli.download.partial import ResumeInfo
from kiecli.sandbox.files import etag
from tests.support.downloads import JSON_ERROR, OTHER_PNG, PAGE, PNG, Bench, said
from tests.support.faults import envelope
from tests.support.wire import FileScript, reset, silence

CUT = PNG[:5000]
NAME = "task1-1.png"
SHA256 = hashlib.sha256(PNG).hexdigest()
DEAD = "refused or expired; the task finished 60 minutes ago"
LIFETIMES = "(links usually last 24 hours, files 14 days)"
LINK = "https://files.test/a.png"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def script(bench: Bench, body: bytes = PNG, path: str = "/a.png", **told: Any) -> str:
    """Put a file on a host and return its address."""
    bench.host.always(path, FileScript(body, **told))
    return f"https://files.test{path}"


def asked(bench: Bench) -> list[str]:
    """Return the ranges that were asked for, `all` for none."""
    return [seen.headers.get("Range", "all") for seen in bench.host.seen("file")]


def leave_part(bench: Bench, have: bytes = CUT, name: str = NAME, **changed: Any) -> None:
    """Leave what a killed run leaves."""
    note = ResumeInfo("task1", 1, len(PNG), etag(PNG), None, "image/png")._replace(**changed)
    (bench.folder / f"{name}.part").write_bytes(have)
    (bench.folder / f"{name}.part.json").write_bytes(note.dump())


@pytest.mark.parametrize(
    ("told", "ranges"),
    [
        ({}, ["all"]),
        ({"framing": "chunked"}, ["all"]),
        ({"framing": "close"}, ["all"]),
        ({"gzipped": True}, ["all"]),
        ({"gzipped": True, "framing": "chunked"}, ["all"]),
        ({"content_type": None, "etag": None}, ["all"]),
        ({"headers": {"Content-Disposition": "attachment; filename=../../x.exe"}}, ["all"]),
        # A body that ends too early is taken up where it ended.
        ({"cuts": [5000]}, ["all", "bytes=5000-"]),
        ({"cuts": [5000, 1]}, ["all", "bytes=5000-", "bytes=5001-"]),
        ({"cuts": [5000], "end": "reset"}, ["all", "bytes=5000-"]),
        ({"cuts": [5000], "end": "stall"}, ["all", "bytes=5000-"]),
        ({"cuts": [0]}, ["all", "all"]),
        ({"cuts": [5000], "etag": None, "modified": "then"}, ["all", "bytes=5000-"]),
        # Or, where nothing could prove that it is the same file, it starts again.
        ({"cuts": [5000], "etag": None}, ["all", "all"]),
        ({"cuts": [5000], "etag": 'W/"weak"'}, ["all", "all"]),
        ({"cuts": [5000], "framing": "chunked"}, ["all", "all"]),
        ({"cuts": [5000], "framing": "close"}, ["all", "all"]),
        ({"cuts": [5000], "gzipped": True}, ["all", "all"]),
        ({"cuts": [5000], "ranges": False}, ["all", "bytes=5000-"]),
        ({"cuts": [5000], "etag": ['"a"', '"b"']}, ["all", "bytes=5000-"]),
        (
            {"cuts": [5000], "etag": ['"a"', '"b"'], "if_range": False},
            ["all", "bytes=5000-", "all"],
        ),
        ({"cuts": [5000], "shift": 7}, ["all", "bytes=5000-", "all"]),
        ({"cuts": [5000], "shift": -7}, ["all", "bytes=5000-", "all"]),
        ({"cuts": [5000], "total": 99999}, ["all", "bytes=5000-", "all"]),
    ],
    ids=str,
)
def test_whatever_the_host_does_the_right_bytes_get_the_right_name(
    bench: Bench, told: dict[str, Any], ranges: list[str]
) -> None:
    url = script(bench, **told)
    saved = bench.save(url, checksum=True)
    content_type = told.get("content_type", "image/png")
    assert saved._asdict() == {
        "n": 1,
        "url": url,
        "path": str(bench.folder / NAME),
        "bytes": len(PNG),
        "sha256": SHA256,
        "content_type": content_type,
        "status": "saved",
        "resumed": 0,
        "error": None,
    }
    assert (asked(bench), bench.files) == (ranges, {NAME: PNG})


@pytest.mark.parametrize(
    ("told", "message", "left"),
    [
        (
            {"cuts": [5000] * 9, "ranges": False},
            "files.test: the connection was closed in the middle of an answer",
            {f"{NAME}.part": CUT},
        ),
        (
            {"cuts": [5000] * 9, "framing": "chunked"},
            "files.test: the connection was closed in the middle of an answer",
            {},
        ),
        (
            {"cuts": [5000] * 9, "framing": "close"},
            "the file is damaged: the PNG ends inside its IDAT chunk",
            {},
        ),
        ({"cuts": [0] * 9, "end": "stall"}, "files.test: no byte for 20 s", {}),
        ({"cuts": [0] * 9, "end": "reset"}, "files.test: ReadError", {}),
        (
            {"headers": {"Content-Range": "bytes 0-9/99999"}, "etag": None},
            f"received {len(PNG)} of 99999 bytes",
            {},
        ),
    ],
    ids=str,
)
def test_a_file_that_never_comes_whole_is_given_up(
    bench: Bench, told: dict[str, Any], message: str, left: dict[str, bytes]
) -> None:
    saved = bench.save(script(bench, **told))
    assert saved.error is not None
    assert (saved.error.message, saved.error.temporary) == (
        (
            f"could not save {bench.folder / NAME}: {message};"
            " gave up after 5 tries without progress"
        ),
        True,
    )
    bench.files.pop(f"{NAME}.part.json", None)
    assert {n: b for n, b in bench.files.items() if not n.endswith(".json")} == left
    assert bench.clock.sleeps == [1.0, 2.0, 4.0, 8.0]


def test_a_file_as_long_as_its_host_says_is_what_the_host_has(bench: Bench) -> None:
    """Its container is looked into only where nobody told the length."""
    assert bench.save(script(bench, CUT)).status == "saved"
    assert bench.files == {NAME: CUT}


def test_a_host_that_always_comes_a_little_further_is_not_given_up(bench: Bench) -> None:
    url = script(bench, cuts=[1000] * 16)
    assert bench.save(url).status == "saved"
    assert (len(asked(bench)), bench.clock.sleeps) == (17, [1.0] * 16)


def test_standing_still_for_two_minutes_is_the_end_even_while_bytes_come(bench: Bench) -> None:
    url = script(bench, cuts=[9000, None], ranges=False, drip=(1000, 20.0))
    saved = bench.save(url)
    assert said(saved.error) == (
        f"could not save {bench.folder / NAME}: the host sent only bytes that were already here;"
        " gave up after 2 minutes without progress"
    )


@pytest.mark.parametrize(
    ("status", "headers", "sleeps"),
    [
        (429, {}, [1.0]),
        (429, {"Retry-After": "30"}, [30.0]),
        (500, {}, [1.0]),
        (503, {"Retry-After": "0"}, [1.0]),
        (522, {}, [1.0]),
    ],
)
def test_a_host_in_trouble_is_asked_again_after_a_pause(
    bench: Bench, status: int, headers: dict[str, str], sleeps: list[float]
) -> None:
    url = script(bench)
    bench.host.next("/a.png", httpx.Response(status, headers=headers, content=PAGE))
    assert (bench.save(url).status, bench.clock.sleeps) == ("saved", sleeps)
    bench.host.check()


def test_a_host_that_asks_to_stay_away_for_long_is_left_at_once(bench: Bench) -> None:
    bench.host.next("/a.png", httpx.Response(503, headers={"Retry-After": "3600"}))
    saved = bench.save(LINK)
    assert (said(saved.error), bench.clock.sleeps) == (
        (
            f"could not save {bench.folder / NAME}: the file host answered 503 Service Unavailable,"
            " and the host asks to wait 1h; gave up after 2 minutes without progress"
        ),
        [],
    )


@pytest.mark.parametrize("fault", [reset(), silence()], ids=["reset", "silence"])
def test_a_connection_that_breaks_before_the_answer_is_tried_again(
    bench: Bench, fault: httpx.Response
) -> None:
    url = script(bench)
    bench.host.next("/a.png", fault, times=4)
    assert bench.save(url).status == "saved"
    bench.host.check()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "400 Bad Request"),
        (401, "401 Unauthorized"),
        (451, "451 Unavailable For Legal Reasons"),
    ],
)
def test_any_other_client_error_is_refused_at_once(bench: Bench, status: int, words: str) -> None:
    bench.host.next("/a.png", httpx.Response(status, content=PAGE))
    saved = bench.save(LINK, checksum=True)
    assert (said(saved.error), bench.clock.sleeps, bench.files) == (
        f"could not save {bench.folder / NAME}: the file host answered {words}",
        [],
        {},
    )
    assert saved.error is not None
    assert not saved.error.temporary


NOT_THE_FILE = [
    (httpx.Response(403, content=b"no"), "the file host answered 403 Forbidden"),
    (httpx.Response(404), "the file host answered 404 Not Found"),
    (httpx.Response(410, html=PAGE.decode()), "the file host answered 410 Gone"),
    (httpx.Response(204), "the file host answered 204 No Content"),
    (httpx.Response(200), "the host sent an empty file"),
    (httpx.Response(200, html=PAGE.decode()), "the host sent an HTML page instead of the file"),
    (
        httpx.Response(200, headers={"Content-Type": "image/png"}, content=PAGE),
        "the host sent an HTML page instead of the file",
    ),
    (httpx.Response(200, content=JSON_ERROR), "the host sent JSON instead of the file"),
    (
        httpx.Response(200, headers={"Transfer-Encoding": "chunked"}, stream=httpx.ByteStream(b"")),
        "the host sent an empty file",
    ),
]


@pytest.mark.parametrize(("answer", "reason"), NOT_THE_FILE)
def test_without_the_file_one_fresh_link_is_asked_for(
    bench: Bench, answer: httpx.Response, reason: str
) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", answer)
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh?token=secret"))
    saved = bench.save(LINK)
    assert (saved.status, saved.url, bench.files) == ("saved", LINK, {NAME: PNG})
    assert bench.retries == [f"{reason}; asking Kie for a new link"]
    (seen,) = bench.host.seen("download-url")
    assert json.loads(seen.body) == {"url": LINK}
    bench.host.check()


@pytest.mark.parametrize(("answer", "reason"), NOT_THE_FILE)
def test_where_that_does_not_help_it_is_refused_or_expired(
    bench: Bench, answer: httpx.Response, reason: str
) -> None:
    bench.host.always("/a.png", answer)
    bench.host.always("/fresh", answer)
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh?token=secret"))
    saved = bench.save(LINK)
    assert saved.error is not None
    assert (saved.error.message, saved.error.temporary, bench.files) == (
        f"could not save {bench.folder / NAME}: {reason}: {DEAD} {LIFETIMES}",
        False,
        {},
    )
    assert bench.clock.sleeps == []


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (None, f"refused or expired {LIFETIMES}"),
        (-99, f"refused or expired; the task finished 0 seconds ago {LIFETIMES}"),
        (90, f"refused or expired; the task finished 90 seconds ago {LIFETIMES}"),
        (25 * 3600, f"refused or expired; the task finished 25 hours ago {LIFETIMES}"),
        (15 * 86400, f"refused or expired; the task finished 15 days ago {LIFETIMES}"),
    ],
)
def test_a_dead_link_is_told_with_the_age_of_its_task(
    bench: Bench, age: float | None, words: str
) -> None:
    bench.host.always("file", httpx.Response(404))
    bench.host.always("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    saved = bench.save(LINK, age=age)
    assert said(saved.error).partition("Not Found: ")[2] == words


def test_a_file_of_a_task_that_has_only_just_finished_may_still_come(bench: Bench) -> None:
    url = script(bench)
    bench.host.next("/a.png", httpx.Response(404), times=3)
    saved = bench.save(url, age=20.0)
    assert (saved.status, bench.clock.sleeps) == ("saved", [1.0, 2.0, 4.0])
    assert (
        bench.retries
        == ["the file host answered 404 Not Found; the task has only just finished, trying again"]
        * 3
    )


@pytest.mark.parametrize("age", [0.0, 59.0, -5.0])
def test_a_file_that_does_not_come_within_a_short_while_needs_a_fresh_link(
    bench: Bench, age: float
) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", httpx.Response(404))
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    saved = bench.save(LINK, age=age)
    assert (saved.status, bench.clock.sleeps) == ("saved", [1.0, 2.0, 4.0, 8.0])


@pytest.mark.parametrize("age", [60.0, 61.0])
def test_the_file_of_an_older_task_is_not_waited_for(bench: Bench, age: float) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", httpx.Response(404))
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    saved = bench.save(LINK, age=age)
    assert (saved.status, bench.clock.sleeps) == ("saved", [])


def test_no_fresh_link_is_a_dead_link_too(bench: Bench) -> None:
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.next("download-url", envelope(422, "url is wrong"))
    saved = bench.save(LINK)
    assert saved.error is not None
    assert saved.error.message.startswith(
        f"could not save {bench.folder / NAME}: the file host answered 403 Forbidden,"
        " and Kie gave no new link: "
    )
    assert saved.error.message.endswith(f": {DEAD} {LIFETIMES}")


def test_where_kie_cannot_be_asked_for_a_fresh_link_both_are_asked_again(bench: Bench) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.next("download-url", envelope(500, "Internal error"), times=2)
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    assert (bench.save(LINK).status, bench.clock.sleeps) == ("saved", [1.0, 2.0])


def test_where_kie_never_answers_the_file_is_given_up_for_now(bench: Bench) -> None:
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.always("download-url", envelope(500, "Internal error"))
    saved = bench.save(LINK)
    assert saved.error is not None
    assert saved.error.temporary
    assert len(bench.host.seen("download-url")) == 5


@pytest.mark.parametrize("link", ["file:///etc/passwd", "http://[/?token=secret", "secret"])
def test_a_fresh_link_that_is_none_is_refused_and_not_shown(bench: Bench, link: str) -> None:
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.next("download-url", envelope(200, "success", link))
    saved = bench.save(LINK)
    assert said(saved.error) == (
        f"could not save {bench.folder / NAME}:"
        " the link, or one that it redirects to, is not an http or https URL"
    )


def test_a_fresh_link_is_in_no_message_note_or_answer(bench: Bench) -> None:
    script(bench, path="/fresh", cuts=[5000] * 9, ranges=False)
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh?token=secret"))
    saved = bench.save(LINK)
    assert "secret" not in f"{saved}{said(saved.error)}{bench.events}{bench.files}"
    assert set(bench.files) == {f"{NAME}.part", f"{NAME}.part.json"}


def test_no_key_and_no_cookie_goes_to_a_file_host(bench: Bench) -> None:
    url = script(bench, path="/moved")
    spy = {"Set-Cookie": "spy=1; Path=/", "Location": url}
    bench.host.next("/a.png", httpx.Response(302, headers=spy))
    assert bench.save("https://user:pw@files.test/a.png").status == "saved"
    sent = [sorted(seen.headers) for seen in bench.host.seen("file")]
    assert sent == [["accept", "accept-encoding", "connection", "host", "user-agent"]] * 2


# What an earlier run has left.


def test_a_part_is_taken_up_where_it_ends(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    saved = bench.save(url, checksum=True)
    assert (saved.status, saved.resumed, saved.bytes, saved.sha256) == (
        "saved",
        5000,
        len(PNG),
        SHA256,
    )
    assert (asked(bench), bench.files) == (["bytes=5000-"], {NAME: PNG})
    assert bench.host.seen("file")[0].headers["If-Range"] == etag(PNG)
    assert bench.progress[0] == ("TransferStarted", 5000, len(PNG))


def test_a_part_that_has_every_byte_is_verified_and_named_without_a_question(
    bench: Bench,
) -> None:
    leave_part(bench, PNG)
    saved = bench.save(LINK, checksum=True)
    assert (saved.status, saved.resumed, saved.content_type, saved.sha256) == (
        "saved",
        len(PNG),
        "image/png",
        SHA256,
    )
    assert (asked(bench), bench.files) == ([], {NAME: PNG})


def test_a_part_that_has_every_byte_of_a_page_is_fetched_again(bench: Bench) -> None:
    url = script(bench)
    bench.host.next("download-url", envelope(200, "success", url))
    leave_part(bench, PAGE, length=len(PAGE))
    assert (bench.save(url).status, bench.files) == ("saved", {NAME: PNG})


@pytest.mark.parametrize(
    ("changed", "told", "ranges"),
    [
        ({"etag": '"old"'}, {}, ["bytes=5000-"]),
        ({"etag": '"old"'}, {"if_range": False}, ["bytes=5000-", "all"]),
        ({"etag": None, "last_modified": "old"}, {"modified": "new"}, ["bytes=5000-"]),
        ({"length": len(PNG) + 1}, {}, ["bytes=5000-", "all"]),
        ({}, {"ranges": False}, ["bytes=5000-"]),
        ({}, {"shift": 1}, ["bytes=5000-", "all"]),
        ({}, {"total": 5}, ["bytes=5000-", "all"]),
        ({}, {"etag": None, "if_range": False}, ["bytes=5000-", "all"]),
        ({}, {"ranges": False, "headers": {"Content-Range": "bytes 5000-9/9"}}, None),
        # A part of another task that was to get the same name.
        ({"task_id": "task2"}, {}, ["all"]),
        ({"n": 2}, {}, ["all"]),
    ],
    ids=str,
)
def test_a_part_that_is_not_proved_to_be_of_the_same_file_starts_again(
    bench: Bench, changed: dict[str, Any], told: dict[str, Any], ranges: list[str] | None
) -> None:
    leave_part(bench, b"\x89PNG" + b"wrong" * 999, **changed)
    if ranges is None:
        bench.host.next("/a.png", httpx.Response(200, headers=told["headers"], content=PNG))
        told, ranges = {}, ["bytes=4999-", "all"]
    url = script(bench, **told)
    saved = bench.save(url)
    assert (saved.status, saved.resumed, bench.files) == ("saved", 0, {NAME: PNG})
    assert asked(bench) == [r.replace("5000", "4999") for r in ranges]


def test_a_range_that_the_host_cannot_satisfy_starts_again(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    bench.host.next("/a.png", httpx.Response(416, headers={"Content-Range": "bytes */9"}))
    saved = bench.save(url)
    assert (saved.status, saved.resumed, asked(bench)) == ("saved", 0, ["bytes=5000-", "all"])


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html=PAGE.decode()),
        httpx.Response(200, content=JSON_ERROR),
        httpx.Response(500),
    ],
    ids=["page", "error", "500"],
)
def test_a_part_survives_what_is_no_file(bench: Bench, answer: httpx.Response) -> None:
    url = script(bench)
    leave_part(bench)
    bench.host.next("/a.png", answer)
    bench.host.always("download-url", envelope(200, "success", url))
    saved = bench.save(url)
    assert (saved.resumed, asked(bench)) == (5000, ["bytes=5000-", "bytes=5000-"])


def test_the_rest_may_come_in_several_pieces(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    told = {"ETag": etag(PNG), "Content-Range": f"bytes 5000-5999/{len(PNG)}"}
    bench.host.next("/a.png", httpx.Response(206, headers=told, content=PNG[5000:6000]))
    saved = bench.save(url)
    assert (saved.status, saved.resumed, asked(bench)) == (
        "saved",
        5000,
        ["bytes=5000-", "bytes=6000-"],
    )


def test_more_bytes_than_the_file_has_start_it_again(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    told = {"ETag": etag(PNG), "Content-Range": f"bytes 5000-{len(PNG) - 1}/{len(PNG)}"}
    bench.host.next("/a.png", httpx.Response(206, headers=told, content=PNG[4000:]))
    saved = bench.save(url)
    assert (saved.status, saved.resumed, bench.files) == ("saved", 0, {NAME: PNG})


def test_overwriting_takes_nothing_over(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    (bench.folder / NAME).write_bytes(OTHER_PNG)
    saved = bench.save(url, overwrite=True)
    assert (saved.status, saved.resumed, asked(bench), bench.files) == (
        "saved",
        0,
        ["all"],
        {NAME: PNG},
    )

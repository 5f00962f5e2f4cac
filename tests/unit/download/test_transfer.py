"""How one file is fetched, whatever its host does: tables of scripted answers, in process."""

import hashlib
import json
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiecli.sandbox.files import etag
from tests.support.downloads import (
    CUT,
    JSON_ERROR,
    NAME,
    OTHER_PNG,
    PAGE,
    PNG,
    Bench,
    leave_part,
    message_of,
    ranges,
)
from tests.support.fakes import FakeClock
from tests.support.faults import Fault, envelope
from tests.support.wire import FileScript, reset, silence

LINK = "https://files.test/a.png"
SHA256 = hashlib.sha256(PNG).hexdigest()
FULL_STANDSTILL = [1, 2, 4, 8, 16, 30, 30, 29]
"""Pauses between attempts that fail at once, up to the end of the two minutes."""
CLOSED = "files.test: the connection was closed in the middle of an answer"
GIVEN_UP = "gave up after 2m and 9 attempts"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def script(bench: Bench, body: bytes = PNG, path: str = "/a.png", **script: Any) -> str:
    """Put a file on a host and return its address."""
    bench.host.always(path, FileScript(body, **script))
    return f"https://files.test{path}"


def give_fresh_link(bench: Bench, link: str = "https://cdn.test/fresh?token=secret") -> None:
    bench.host.always("download-url", envelope(200, "success", link))


# Bodies that come in every form, or in part.


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({}, ["all"]),
        ({"framing": "chunked"}, ["all"]),
        ({"framing": "close"}, ["all"]),
        ({"drip": (1, 0.0)}, ["all"]),
        ({"gzipped": True}, ["all"]),
        ({"gzipped": True, "headers": {"Content-Encoding": "x-gzip"}}, ["all"]),
        ({"gzipped": True, "framing": "chunked"}, ["all"]),
        ({"headers": {"Content-Encoding": "UTF-8"}}, ["all"]),
        ({"content_type": None, "etag": None}, ["all"]),
        ({"headers": {"Content-Disposition": "attachment; filename=../../x.exe"}}, ["all"]),
        # A body that ends too early is continued where it ended.
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
    bench: Bench, host: dict[str, Any], expected: list[str]
) -> None:
    url = script(bench, **host)
    saved = bench.save(url, checksum=True)
    assert saved._asdict() == {
        "n": 1,
        "url": url,
        "path": str(bench.folder / NAME),
        "bytes": len(PNG),
        "sha256": SHA256,
        "content_type": host.get("content_type", "image/png"),
        "status": "saved",
        "resumed": 0,
        "error": None,
    }
    assert (ranges(bench), bench.files) == (expected, {NAME: PNG})


def test_a_file_as_long_as_its_host_says_is_what_the_host_has(bench: Bench) -> None:
    """Its container is looked into only where nobody declared the length."""
    assert bench.save(script(bench, CUT)).status == "saved"
    assert bench.files == {NAME: CUT}


def test_a_page_is_no_file_though_its_first_bytes_could_begin_one(bench: Bench) -> None:
    page = b"<!--" + bytes(b"-" * 100) + b"--><html>Gone"
    url = script(bench, page, "/a", content_type=None, drip=(70, 1.0))
    assert "instead of the file" in message_of(bench.save(url).error)


def test_the_rest_of_a_file_may_tell_by_its_type_that_it_is_none(bench: Bench) -> None:
    words = b"plain words " * 9000
    url = script(bench, words, "/a", content_type=None, cuts=[90_000])

    class Changing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            script(bench, words, "/a", content_type="image/png")

    bench.clock = Changing()
    assert "the file host sent text instead of the file" in message_of(bench.save(url).error)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress"])
def test_a_compression_that_was_not_requested_is_refused_by_its_name(
    bench: Bench, encoding: str
) -> None:
    saved = bench.save(script(bench, headers={"Content-Encoding": encoding}))
    expected = f"{NAME}: the file host sent it compressed with {encoding}, which was not requested"
    assert message_of(saved.error).endswith(expected)
    assert (len(ranges(bench)), bench.clock.sleeps, bench.files) == (1, [], {})


# A time to give up.


@pytest.mark.parametrize(
    ("host", "message", "sleeps", "left"),
    [
        (
            {"cuts": cycle([5000]), "ranges": False},
            f"{CLOSED}; {GIVEN_UP}",
            FULL_STANDSTILL,
            {f"{NAME}.part": CUT},
        ),
        (
            {"cuts": cycle([5000]), "framing": "chunked"},
            f"{CLOSED}; {GIVEN_UP}",
            FULL_STANDSTILL,
            {},
        ),
        (
            {"cuts": cycle([5000]), "framing": "close"},
            f"the file is damaged: the PNG ends inside its IDAT chunk; {GIVEN_UP}",
            FULL_STANDSTILL,
            {},
        ),
        ({"cuts": cycle([0]), "end": "reset"}, "files.test: ReadError; " + GIVEN_UP, None, {}),
        # Each attempt takes its 20 s.
        (
            {"cuts": cycle([0]), "end": "stall"},
            "files.test: no byte for 20 s; gave up after 2m20s and 6 attempts",
            [1, 2, 4, 8, 5],
            {},
        ),
        (
            {"headers": {"Content-Range": "bytes 0-9/99999"}, "etag": None},
            f"received {len(PNG)} of 99999 bytes; {GIVEN_UP}",
            FULL_STANDSTILL,
            {},
        ),
        # Five attempts take longer than two minutes.
        (
            {"cuts": cycle([1000]), "ranges": False, "drip": (1000, 50.0)},
            f"{CLOSED}; gave up after 4m25s and 5 attempts",
            [1, 2, 4, 8],
            {f"{NAME}.part": PNG[:1000]},
        ),
        # Still bytes come, none of them new.
        (
            {"cuts": [9000, *[99] * 4, None], "ranges": False, "drip": (1000, 20.0)},
            "the file host sent only bytes that were already here; gave up after 4m and 5 attempts",
            [1, 2, 4, 8, 5],
            None,
        ),
    ],
    ids=str,
)
def test_a_file_is_given_up_after_two_minutes_and_five_attempts_without_a_new_byte(
    bench: Bench,
    host: dict[str, Any],
    message: str,
    sleeps: list[float] | None,
    left: dict[str, bytes] | None,
) -> None:
    saved = bench.save(script(bench, **host))
    assert saved.error is not None
    assert (saved.error.message, saved.error.temporary, bench.clock.sleeps) == (
        f"could not save {bench.folder / NAME}: {message} without progress",
        True,
        sleeps or FULL_STANDSTILL,
    )
    parts = {name: body for name, body in bench.files.items() if not name.endswith(".json")}
    assert left is None or parts == left


def test_a_host_that_always_comes_a_little_further_is_not_given_up(bench: Bench) -> None:
    url = script(bench, cuts=[1000] * 16)
    assert bench.save(url).status == "saved"
    assert (len(ranges(bench)), bench.clock.sleeps) == (17, [1.0] * 16)


def test_a_second_attempt_may_take_long_while_new_bytes_come(bench: Bench) -> None:
    url = script(bench, cuts=[1000], drip=(1000, 19.0))
    assert (bench.save(url).status, bench.clock.sleeps[-1]) == ("saved", 1.0)


@pytest.mark.parametrize(
    ("answers", "sleeps"),
    [
        ([httpx.Response(429)], [1]),
        ([httpx.Response(429, headers={"Retry-After": "30"})], [30]),
        (
            [
                httpx.Response(
                    503,
                    headers={
                        "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
                        "Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT",
                    },
                )
            ],
            [60],
        ),
        ([httpx.Response(500, content=PAGE)], [1]),
        ([httpx.Response(503, headers={"Retry-After": "0"})], [1]),
        ([httpx.Response(522)] * 4, [1, 2, 4, 8]),
        ([reset(), silence()] * 2, [1, 2, 4, 8]),
    ],
    ids=str,
)
def test_trouble_that_passes_is_waited_for(
    bench: Bench, answers: list[httpx.Response], sleeps: list[float]
) -> None:
    url = script(bench)
    bench.host.next("/a.png", *answers)
    assert (bench.save(url).status, bench.clock.sleeps) == ("saved", sleeps)
    bench.host.check()


def test_a_pause_that_the_host_asks_for_is_not_slowness(bench: Bench) -> None:
    url = script(bench, cuts=[5000], drip=(2000, 1.0))
    bench.host.next("/a.png", FileScript(PNG, cuts=[5000]))
    bench.host.next("/a.png", httpx.Response(503, headers={"Retry-After": "90"}))
    assert bench.save(url).status == "saved"
    assert [reason for reason in bench.retries if "slow" in reason] == []
    assert 90 in bench.clock.sleeps


@pytest.mark.parametrize(
    ("delays", "sleeps", "pause"),
    [([3600], [], "1h"), ([121], [], "2m1s"), ([100, 21], [100], "21s")],
)
def test_a_host_that_asks_to_wait_for_longer_ends_the_file_at_once(
    bench: Bench, delays: list[int], sleeps: list[float], pause: str
) -> None:
    for delay in delays:
        bench.host.next("/a.png", httpx.Response(503, headers={"Retry-After": str(delay)}))
    saved = bench.save(LINK)
    assert message_of(saved.error) == (
        f"could not save {bench.folder / NAME}: the file host answered 503 Service Unavailable,"
        f" and the host asks to wait {pause}; files are retried for 2m at most"
    )
    assert bench.clock.sleeps == sleeps


@pytest.mark.parametrize(
    ("status", "phrase"),
    [(302, "Found"), (304, "Not Modified"), (400, "Bad Request"), (408, "Request Timeout")],
)
def test_any_other_refusal_is_believed_at_once(bench: Bench, status: int, phrase: str) -> None:
    bench.host.next("/a.png", httpx.Response(status, content=PAGE))
    saved = bench.save(LINK, checksum=True)
    assert saved.error is not None
    message = f"could not save {bench.folder / NAME}: the file host answered {status} {phrase}"
    assert (saved.error.message, saved.error.temporary) == (message, False)
    assert (bench.clock.sleeps, bench.files) == ([], {})


# Hosts that cannot be connected to.

REFUSED = httpx.ConnectError("[Errno 111] Connection refused")


def test_a_host_that_cannot_be_connected_to_is_waited_for(bench: Bench) -> None:
    url = script(bench)
    bench.host.next("/a.png", REFUSED, times=4)
    assert (bench.save(url).status, bench.clock.sleeps) == ("saved", [1, 2, 4, 8])
    assert bench.retries == ["could not reach files.test: ConnectError; trying again for 2m"]


class Impatient(FakeClock):
    """A clock on which nobody waits for ever."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        assert len(self.sleeps) < 9


def test_a_host_that_has_been_reached_is_not_waited_for_any_more(bench: Bench) -> None:
    bench.clock = Impatient()
    urls = [script(bench, path="/a.png"), script(bench, path="/b.png")]
    bench.host.next("/a.png", REFUSED)
    downloader = bench.downloader()
    saved = [downloader.save(target).status for target in downloader.plan(bench.task(*urls))]
    assert (saved, bench.clock.sleeps) == (["saved", "saved"], [1])


def test_its_files_are_given_up_together_and_those_of_other_hosts_go_on(bench: Bench) -> None:
    bench.host.always("/a.png", REFUSED)
    other = script(bench, path="/b.png").replace("files.test", "other.test")
    downloader = bench.downloader()
    files = [downloader.save(t) for t in downloader.plan(bench.task(LINK, LINK + "?2", other))]
    given_up = f"could not reach files.test: ConnectError; {GIVEN_UP}"
    assert [message_of(file.error).partition(": ")[2] for file in files] == [given_up, given_up, ""]
    assert bench.clock.sleeps == FULL_STANDSTILL


def test_a_host_that_can_be_connected_to_now_and_then_is_given_up_too(bench: Bench) -> None:
    troubles = cycle([REFUSED, httpx.ReadError("reset")])

    def flap(_request: httpx.Request) -> httpx.Response:
        raise next(troubles)

    bench.host.always("/a.png", flap)
    saved = bench.save(LINK)
    assert message_of(saved.error).endswith(" without progress")
    assert 120 <= bench.clock.now() < 150


def test_an_unreachable_host_behind_a_redirect_is_waited_for(bench: Bench) -> None:
    there = script(bench, path="/b.png").replace("files.test", "other.test")
    bench.host.always("/a.png", httpx.Response(302, headers={"Location": there}))
    bench.host.next("/b.png", REFUSED, times=2)
    assert (bench.save(LINK).status, bench.clock.sleeps) == ("saved", [1, 2])
    assert bench.retries == ["could not reach other.test: ConnectError; trying again for 2m"]


# Links that are dead.

NOT_THE_FILE = [
    (httpx.Response(403, content=b"no"), "the file host answered 403 Forbidden"),
    (httpx.Response(404), "the file host answered 404 Not Found"),
    (httpx.Response(410, html=PAGE.decode()), "the file host answered 410 Gone"),
    (httpx.Response(204), "the file host answered 204 No Content"),
    (httpx.Response(200), "the file host sent an empty body instead of the file"),
    (
        httpx.Response(200, html=PAGE.decode()),
        "the file host sent an HTML page instead of the file",
    ),
    (
        httpx.Response(200, headers={"Content-Type": "image/png"}, content=PAGE),
        "the file host sent an HTML page instead of the file",
    ),
    (httpx.Response(200, content=JSON_ERROR), "the file host sent JSON instead of the file"),
    (httpx.Response(200, text="Link has expired"), "the file host sent text instead of the file"),
    (
        httpx.Response(200, headers={"Transfer-Encoding": "chunked"}, stream=httpx.ByteStream(b"")),
        "the file host sent an empty body instead of the file",
    ),
]


@pytest.mark.parametrize(("answer", "reason"), NOT_THE_FILE)
def test_without_the_file_one_fresh_link_is_requested(
    bench: Bench, answer: httpx.Response, reason: str
) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", answer)
    give_fresh_link(bench)
    saved = bench.save(LINK)
    assert (saved.status, saved.url, bench.files) == ("saved", LINK, {NAME: PNG})
    assert bench.retries == [f"{reason}; asking Kie for a new link"]
    (seen,) = bench.host.seen("download-url")
    assert json.loads(seen.body) == {"url": LINK}


@pytest.mark.parametrize(("answer", "reason"), NOT_THE_FILE)
def test_where_that_does_not_help_the_file_is_gone(
    bench: Bench, answer: httpx.Response, reason: str
) -> None:
    bench.host.always("file", answer)
    give_fresh_link(bench)
    saved = bench.save(LINK)
    error = saved.error
    assert error is not None
    assert (error.kind, error.temporary, error.rerun_helps) == ("expired", False, False)
    assert (error.message, error.hint) == (
        (
            f"could not save {bench.folder / NAME}: the file is gone ({reason}, with a new link"
            " too); the task finished 60 minutes ago, and links usually last 24 hours, files 14"
            " days"
        ),
        "running this again cannot bring it back",
    )
    assert (bench.clock.sleeps, bench.files, len(ranges(bench))) == ([], {}, 2)


@pytest.mark.parametrize(
    ("age", "finished"),
    [
        (None, ""),
        (-99, "the task finished 0 seconds ago, and "),
        (90, "the task finished 90 seconds ago, and "),
        (25 * 3600, "the task finished 25 hours ago, and "),
        (15 * 86400, "the task finished 15 days ago, and "),
    ],
)
def test_a_lost_file_is_reported_with_the_age_of_its_task(
    bench: Bench, age: float | None, finished: str
) -> None:
    bench.host.always("file", httpx.Response(404))
    give_fresh_link(bench)
    saved = bench.save(LINK, age=age)
    note = f"{finished}links usually last 24 hours, files 14 days"
    assert message_of(saved.error).partition("; ")[2] == note


@pytest.mark.parametrize(
    ("age", "times", "sleeps"),
    [
        (20.0, 3, [1, 2, 4]),
        # Longer than a short while: it needs a fresh link.
        (0.0, 9, [1, 2, 4, 8]),
        (59.0, 9, [1, 2, 4, 8]),
        (-5.0, 9, [1, 2, 4, 8]),
        # The file of an older task is not waited for.
        (60.0, 9, []),
    ],
)
def test_a_file_of_a_task_that_has_only_just_finished_may_still_appear(
    bench: Bench, age: float, times: int, sleeps: list[float]
) -> None:
    script(bench)
    script(bench, path="/fresh")
    bench.host.next("/a.png", httpx.Response(404), times=times)
    give_fresh_link(bench)
    assert (bench.save(LINK, age=age).status, bench.clock.sleeps) == ("saved", sleeps)
    missing = "the file host answered 404 Not Found"
    waits = [f"{missing}; the task has only just finished, trying again"] * len(sleeps)
    asks = [f"{missing}; asking Kie for a new link"] if times > len(sleeps) else []
    assert bench.retries == [*waits, *asks]


@pytest.mark.parametrize(
    ("answer", "kind", "end"),
    [
        (envelope(422, "url is wrong"), "expired", "files 14 days"),
        (envelope(401, "Unauthorized"), "access", None),
        (envelope(402, "Insufficient balance"), "access", None),
    ],
)
def test_without_a_fresh_link_the_file_is_gone_unless_the_key_is_refused(
    bench: Bench, answer: httpx.Response, kind: str, end: str | None
) -> None:
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.always("download-url", answer)
    saved = bench.save(LINK)
    assert saved.error is not None
    reason = "the file host answered 403 Forbidden, and Kie gave no new link: "
    assert (saved.error.kind, reason in saved.error.message) == (kind, True)
    assert end is None or saved.error.message.endswith(end)
    assert (saved.error.rerun_helps, bench.clock.sleeps) == (kind == "access", [])


def test_where_kie_cannot_be_asked_for_a_fresh_link_both_are_asked_again(bench: Bench) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.next("download-url", envelope(500, "Internal error"), times=2)
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    assert (bench.save(LINK).status, bench.clock.sleeps) == ("saved", [1.0, 2.0])


def test_a_pause_that_kie_asks_for_is_a_minute_at_most(bench: Bench) -> None:
    script(bench, path="/fresh")
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.next("download-url", httpx.Response(429, headers={"Retry-After": "3600"}))
    bench.host.next("download-url", envelope(200, "success", "https://cdn.test/fresh"))
    assert (bench.save(LINK).status, bench.clock.sleeps) == ("saved", [60.0])


def test_where_kie_never_answers_the_file_is_given_up_for_now(bench: Bench) -> None:
    bench.host.always("/a.png", httpx.Response(403))
    bench.host.always("download-url", envelope(500, "Internal error"))
    saved = bench.save(LINK)
    assert saved.error is not None
    assert (saved.error.temporary, len(bench.host.seen("download-url"))) == (True, 9)


@pytest.mark.parametrize("link", ["file:///etc/passwd", "http://[/?token=secret", "secret"])
def test_a_fresh_link_that_is_none_is_refused_and_not_shown(bench: Bench, link: str) -> None:
    bench.host.always("/a.png", httpx.Response(403))
    give_fresh_link(bench, link)
    saved = bench.save(LINK)
    assert message_of(saved.error) == (
        f"could not save {bench.folder / NAME}: the link is not an http or https URL;"
        " that was the new link from Kie"
    )


def test_a_fresh_link_is_in_no_message_note_or_answer(bench: Bench) -> None:
    script(bench, path="/fresh", cuts=cycle([5000]), ranges=False)
    bench.host.always("/a.png", httpx.Response(403))
    give_fresh_link(bench)
    saved = bench.save(LINK)
    assert "secret" not in f"{saved}{message_of(saved.error)}{bench.events}{bench.files}"
    assert set(bench.files) == {f"{NAME}.part", f"{NAME}.part.json"}


def test_no_key_and_no_cookie_goes_to_a_file_host(bench: Bench) -> None:
    url = script(bench, path="/moved")
    spy = {"Set-Cookie": "spy=1; Path=/", "Location": url}
    bench.host.next("/a.png", httpx.Response(302, headers=spy))
    assert bench.save("https://user:pw@files.test/a.png").status == "saved"
    sent = [sorted(seen.headers) for seen in bench.host.seen("file")]
    assert sent == [["accept", "accept-encoding", "connection", "host", "user-agent"]] * 2


# What an earlier run has left.


def test_a_part_is_continued_where_it_ends(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    saved = bench.save(url, checksum=True)
    assert (saved.status, saved.resumed, saved.bytes, saved.sha256) == (
        "saved",
        5000,
        len(PNG),
        SHA256,
    )
    assert (ranges(bench), bench.files) == (["bytes=5000-"], {NAME: PNG})
    assert bench.host.seen("file")[0].headers["If-Range"] == etag(PNG)
    assert bench.progress[0] == ("TransferStarted", 5000, len(PNG))


def test_a_part_that_has_every_byte_is_verified_and_named_without_a_request(
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
    assert (ranges(bench), bench.files) == ([], {NAME: PNG})


def test_a_part_that_has_every_byte_of_a_page_is_fetched_again(bench: Bench) -> None:
    url = script(bench)
    give_fresh_link(bench, url)
    leave_part(bench, PAGE, length=len(PAGE))
    assert (bench.save(url).status, bench.files) == ("saved", {NAME: PNG})


@pytest.mark.parametrize(
    ("changed", "host", "expected"),
    [
        ({"etag": '"old"'}, {}, ["bytes=5000-"]),
        ({"etag": '"old"'}, {"if_range": False}, ["bytes=5000-", "all"]),
        ({"etag": None, "last_modified": "old"}, {"modified": "new"}, ["bytes=5000-"]),
        ({"length": len(PNG) + 1}, {}, ["bytes=5000-", "all"]),
        ({}, {"ranges": False}, ["bytes=5000-"]),
        ({}, {"ranges": False, "headers": {"Content-Range": "bytes 0-9/9"}}, None),
        ({}, {"shift": 1}, ["bytes=5000-", "all"]),
        ({}, {"total": 5}, ["bytes=5000-", "all"]),
        ({}, {"etag": None, "if_range": False}, ["bytes=5000-", "all"]),
        # A part of another task that was to get the same name.
        ({"task_id": "task2"}, {}, ["all"]),
        ({"n": 2}, {}, ["all"]),
    ],
    ids=str,
)
def test_a_part_that_is_not_proved_to_be_of_the_same_file_starts_again(
    bench: Bench, changed: dict[str, Any], host: dict[str, Any], expected: list[str] | None
) -> None:
    leave_part(bench, b"\x89PNG" + b"wrong" * 999 + b"!", **changed)
    if expected is None:
        bench.host.next("/a.png", httpx.Response(200, headers=host["headers"], content=PNG))
        host, expected = {}, ["bytes=5000-", "all"]
    saved = bench.save(script(bench, **host))
    assert (saved.status, saved.resumed, bench.files) == ("saved", 0, {NAME: PNG})
    assert ranges(bench) == expected


REST, ALL = "bytes=5000-", "all"
BUSY = httpx.Response(503)
WHOLE = httpx.Response(
    206, headers={"Content-Range": f"bytes 0-{len(PNG) - 1}/{len(PNG)}"}, content=PNG
)

SHORTER = FileScript(PNG, cuts=[6000])


@pytest.mark.parametrize(
    ("answers", "expected", "sleeps", "resumed"),
    [
        # 304 and 4xx are asked again at once, without it.
        *(
            ([httpx.Response(status)], [REST, ALL], [], 0)
            for status in (304, 400, 403, 404, 410, 412, 416)
        ),
        ([httpx.Response(416, headers={"Content-Range": "bytes */9"})], [REST, ALL], [], 0),
        # 429 and 5xx after their pause with it, and without it after the third in a row.
        ([BUSY], [REST, REST], [1], 5000),
        ([httpx.Response(429, headers={"Retry-After": "7"})], [REST, REST], [7], 5000),
        ([BUSY] * 2, [REST] * 3, [1, 2], 5000),
        ([BUSY] * 3, [REST, REST, REST, ALL], [1, 2, 4], 0),
        ([BUSY] * 5, [REST, REST, REST, ALL, ALL, ALL], [1, 2, 4, 8, 16], 0),
        ([BUSY, httpx.Response(403)], [REST, REST, ALL], [1], 0),
        ([httpx.Response(403), BUSY], [REST, ALL, ALL], [1], 0),
        # What comes without it may be continued with it again.
        ([httpx.Response(404), SHORTER], [REST, ALL, "bytes=6000-"], [1], 0),
        # Trouble on the way says nothing about the range.
        ([reset()] * 4, [REST] * 5, [1, 2, 4, 8], 5000),
        # Without it the host is believed: a fresh link, for which the part is still there.
        ([httpx.Response(403)] * 2, [REST, ALL, REST], [], 5000),
        ([httpx.Response(200, html=PAGE.decode())], [REST, REST], [], 5000),
        ([httpx.Response(200, content=JSON_ERROR)], [REST, REST], [], 5000),
        # All of it, under the status of a part.
        ([WHOLE], [REST], [], 0),
    ],
)
def test_a_refusal_of_a_range_is_not_believed_at_once(
    bench: Bench,
    answers: list[Fault],
    expected: list[str],
    sleeps: list[float],
    resumed: int,
) -> None:
    url = script(bench)
    leave_part(bench)
    bench.host.next("/a.png", *answers)
    give_fresh_link(bench, url)
    saved = bench.save(url)
    assert (saved.status, saved.resumed, bench.files) == ("saved", resumed, {NAME: PNG})
    assert (ranges(bench), bench.clock.sleeps) == (expected, sleeps)
    bench.host.check()


def test_the_part_is_kept_until_the_whole_file_really_arrives(bench: Bench) -> None:
    leave_part(bench)
    bench.host.next("/a.png", httpx.Response(404))
    bench.host.always("/a.png", BUSY)
    assert message_of(bench.save(LINK).error).endswith(f"{GIVEN_UP} without progress")
    assert bench.files[f"{NAME}.part"] == CUT


def test_a_part_is_complete_when_the_host_says_that_nothing_follows(bench: Bench) -> None:
    leave_part(bench, PNG, length=len(PNG) + 9)
    there = {"Content-Range": f"bytes */{len(PNG)}"}
    bench.host.next("/a.png", httpx.Response(416, headers=there))
    saved = bench.save(LINK)
    assert (saved.status, saved.resumed, ranges(bench)) == (
        "saved",
        len(PNG),
        [f"bytes={len(PNG)}-"],
    )


def test_the_rest_may_come_in_several_pieces(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    headers = {"ETag": etag(PNG), "Content-Range": f"bytes 5000-5999/{len(PNG)}"}
    bench.host.next("/a.png", httpx.Response(206, headers=headers, content=PNG[5000:6000]))
    saved = bench.save(url)
    assert (saved.status, saved.resumed, ranges(bench)) == (
        "saved",
        5000,
        ["bytes=5000-", "bytes=6000-"],
    )


def test_more_bytes_than_the_file_has_start_it_again(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    headers = {"ETag": etag(PNG), "Content-Range": f"bytes 5000-{len(PNG) - 1}/{len(PNG)}"}
    bench.host.next("/a.png", httpx.Response(206, headers=headers, content=PNG[4000:]))
    saved = bench.save(url)
    assert (saved.status, saved.resumed, bench.files) == ("saved", 0, {NAME: PNG})


def test_overwriting_continues_nothing(bench: Bench) -> None:
    url = script(bench)
    leave_part(bench)
    (bench.folder / NAME).write_bytes(OTHER_PNG)
    saved = bench.save(url, overwrite=True)
    assert (saved.status, saved.resumed, bench.files) == ("saved", 0, {NAME: PNG})
    assert ranges(bench) == ["all"]

"""What a file host's answer means, told by its head and by what is here already."""

import httpx
import pytest

from kiecli.download.classify import Verdict, Way, judge
from kiecli.download.partial import Note
from kiecli.download.response import Answer

START, RESUME, AGAIN = Verdict(Way.START), Verdict(Way.RESUME), Verdict(Way.AGAIN)
BY_ETAG = Note("task1", 1, 100, '"a"', None, "image/png")
BY_DATE = Note("task1", 1, 100, None, "Mon, 21 Sep 2026 14:13:20 GMT", "image/png")
BY_BOTH = BY_DATE._replace(etag='"a"')
REST = {"Content-Range": "bytes 40-99/100", "ETag": '"a"'}
DATED = {"Content-Range": "bytes 40-99/100", "Last-Modified": "Mon, 21 Sep 2026 14:13:20 GMT"}


def answer(status: int, **headers: str) -> Answer:
    return Answer.read(
        status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    )


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (200, {}, START),
        (200, {"Content-Range": "bytes 0-99/100"}, START),
        (200, {"Content-Encoding": "gzip"}, START),
        (200, {"Content-Encoding": "identity"}, START),
        (
            200,
            {"Content-Encoding": "br"},
            Verdict(Way.REFUSED, "it came compressed as br, which was not asked for"),
        ),
        (202, {}, Verdict(Way.RETRY, "the file host answered 202 Accepted", None)),
        (204, {}, Verdict(Way.ABSENT, "the file host answered 204 No Content")),
        (206, REST, Verdict(Way.RETRY, "the file host answered 206 Partial Content", None)),
        (304, {}, Verdict(Way.REFUSED, "the file host answered 304 Not Modified")),
        (400, {}, Verdict(Way.REFUSED, "the file host answered 400 Bad Request")),
        (401, {}, Verdict(Way.REFUSED, "the file host answered 401 Unauthorized")),
        (403, {}, Verdict(Way.ABSENT, "the file host answered 403 Forbidden")),
        (404, {}, Verdict(Way.ABSENT, "the file host answered 404 Not Found")),
        (407, {}, Verdict(Way.REFUSED, "the file host answered 407 Proxy Authentication Required")),
        (408, {}, Verdict(Way.REFUSED, "the file host answered 408 Request Timeout")),
        (410, {}, Verdict(Way.ABSENT, "the file host answered 410 Gone")),
        (
            416,
            {},
            Verdict(Way.REFUSED, "the file host answered 416 Requested Range Not Satisfiable"),
        ),
        (429, {}, Verdict(Way.RETRY, "the file host answered 429 Too Many Requests", None)),
        (
            429,
            {"Retry-After": "7"},
            Verdict(Way.RETRY, "the file host answered 429 Too Many Requests", 7),
        ),
        (
            429,
            {"Retry-After": "soon"},
            Verdict(Way.RETRY, "the file host answered 429 Too Many Requests", None),
        ),
        (500, {}, Verdict(Way.RETRY, "the file host answered 500 Internal Server Error", None)),
        (
            503,
            {"Retry-After": "30"},
            Verdict(Way.RETRY, "the file host answered 503 Service Unavailable", 30),
        ),
        (522, {}, Verdict(Way.RETRY, "the file host answered 522", None)),
        (599, {}, Verdict(Way.RETRY, "the file host answered 599", None)),
    ],
)
def test_what_an_answer_to_the_question_for_a_whole_file_means(
    status: int, headers: dict[str, str], verdict: Verdict
) -> None:
    assert judge(answer(status, **headers), 0, None) == verdict


@pytest.mark.parametrize(
    ("note", "status", "headers", "verdict"),
    [
        (BY_ETAG, 206, REST, RESUME),
        (BY_BOTH, 206, REST, RESUME),
        (BY_DATE, 206, DATED, RESUME),
        (BY_BOTH, 206, DATED, RESUME),
        # A host may give less of the rest than was asked for.
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-59/100"}, RESUME),
        (BY_ETAG, 206, {**REST, "Content-Range": "BYTES 40-99/100"}, RESUME),
        # Another file, or none that could be proved to be the same.
        (BY_ETAG, 206, {**REST, "ETag": '"b"'}, AGAIN),
        (BY_ETAG, 206, {**REST, "ETag": 'W/"a"'}, AGAIN),
        (BY_BOTH, 206, {**DATED, "ETag": '"b"'}, AGAIN),
        (BY_ETAG, 206, {"Content-Range": "bytes 40-99/100"}, AGAIN),
        (BY_ETAG, 206, DATED, AGAIN),
        (BY_DATE, 206, REST, AGAIN),
        (BY_DATE, 206, {**DATED, "Last-Modified": "Mon, 21 Sep 2026 14:13:21 GMT"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-199/200"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-99/*"}, AGAIN),
        # Another place, or none that can be read.
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 39-99/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 0-99/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 41-99/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-100/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-30/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "items 40-99/100"}, AGAIN),
        (BY_ETAG, 206, {"ETag": '"a"'}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Encoding": "gzip"}, AGAIN),
        # The whole file, which is as good; unless the answer contradicts itself.
        (BY_ETAG, 200, {}, START),
        (BY_ETAG, 200, {"ETag": '"b"'}, START),
        (BY_ETAG, 200, REST, AGAIN),
        (BY_ETAG, 200, {"Content-Range": "nonsense"}, AGAIN),
        (BY_ETAG, 416, {}, AGAIN),
        (BY_ETAG, 416, {"Content-Range": "bytes */100"}, AGAIN),
        # No file at all: what is here stays for the next try.
        (BY_ETAG, 403, {}, Verdict(Way.ABSENT, "the file host answered 403 Forbidden")),
        (BY_ETAG, 412, {}, Verdict(Way.REFUSED, "the file host answered 412 Precondition Failed")),
        (
            BY_ETAG,
            500,
            {},
            Verdict(Way.RETRY, "the file host answered 500 Internal Server Error", None),
        ),
    ],
)
def test_what_an_answer_to_the_question_for_the_rest_of_a_file_means(
    note: Note, status: int, headers: dict[str, str], verdict: Verdict
) -> None:
    assert judge(answer(status, **headers), 40, note) == verdict


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({}, Answer(200)),
        ({"Content-Length": "5"}, Answer(200, length=5)),
        ({"Content-Length": " 5 "}, Answer(200, length=5)),
        ({"Content-Length": "5, 5"}, Answer(200)),
        ({"Content-Length": "-5"}, Answer(200)),
        ({"Content-Length": "9" * 5000}, Answer(200)),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, Answer(200)),
        ({"ETag": '"a-b"'}, Answer(200, etag='"a-b"')),
        ({"ETag": ' "a" '}, Answer(200, etag='"a"')),
        ({"ETag": '""'}, Answer(200, etag='""')),
        ({"ETag": 'W/"a"'}, Answer(200)),
        ({"ETag": "a"}, Answer(200)),
        ({"ETag": '"a", "b"'}, Answer(200)),
        ({"Last-Modified": "yesterday"}, Answer(200, modified="yesterday")),
        ({"Last-Modified": ""}, Answer(200)),
        ({"Content-Type": "Image/PNG; q=1"}, Answer(200, content_type="image/png")),
        ({"Content-Type": " ; q=1"}, Answer(200)),
        ({"Content-Encoding": " GZIP"}, Answer(200, encoding="gzip")),
        (
            {"Content-Range": "bytes 5-9/10"},
            Answer(200, span=(5, 9, 10), has_range=True),
        ),
        ({"Content-Range": "bytes */10"}, Answer(200, has_range=True)),
        ({"Content-Range": f"bytes 0-1/{'9' * 30}"}, Answer(200, has_range=True)),
    ],
)
def test_headers_are_read_leniently(headers: dict[str, str], read: Answer) -> None:
    assert Answer.read(200, httpx.Headers(headers)) == read


@pytest.mark.parametrize(
    ("told", "total"),
    [
        (Answer(200), None),
        (Answer(200, length=5), 5),
        (Answer(206, length=5, span=(5, 9, 10)), 10),
        (Answer(206, span=(5, 9, 10)), 10),
        (Answer(200, length=5, encoding="gzip"), None),
    ],
)
def test_the_length_of_the_whole_file_where_it_is_told(told: Answer, total: int | None) -> None:
    assert told.total == total

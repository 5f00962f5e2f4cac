"""What a file host's answer means, told by its head and by what is here already."""

import httpx
import pytest

from kiecli.download.classify import Action, Classification, classify
from kiecli.download.partial import ResumeInfo
from kiecli.download.response import FileResponse
from kiecli.network.headers import ContentRange

START, RESUME, RESTART = (
    Classification(Action.START),
    Classification(Action.RESUME),
    Classification(Action.RESTART),
)
BY_ETAG = ResumeInfo("task1", 1, 100, '"a"', None, "image/png")
BY_DATE = ResumeInfo("task1", 1, 100, None, "Mon, 21 Sep 2026 14:13:20 GMT", "image/png")
BY_BOTH = BY_DATE._replace(etag='"a"')
REST = {"Content-Range": "bytes 40-99/100", "ETag": '"a"'}
DATED = {"Content-Range": "bytes 40-99/100", "Last-Modified": "Mon, 21 Sep 2026 14:13:20 GMT"}


def answer(status: int, **headers: str) -> FileResponse:
    return FileResponse.read(
        status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    )


@pytest.mark.parametrize(
    ("status", "headers", "classification"),
    [
        (200, {}, START),
        (200, {"Content-Range": "bytes 0-99/100"}, START),
        (200, {"Content-Encoding": "gzip"}, START),
        (200, {"Content-Encoding": "identity"}, START),
        (
            200,
            {"Content-Encoding": "br"},
            Classification(
                Action.REFUSED, "the host sent it compressed with br, which was not requested"
            ),
        ),
        (202, {}, Classification(Action.RETRY, "the file host answered 202 Accepted", None)),
        (204, {}, Classification(Action.MISSING, "the file host answered 204 No Content")),
        (
            206,
            REST,
            Classification(Action.RETRY, "the file host answered 206 Partial Content", None),
        ),
        (304, {}, Classification(Action.REFUSED, "the file host answered 304 Not Modified")),
        (400, {}, Classification(Action.REFUSED, "the file host answered 400 Bad Request")),
        (401, {}, Classification(Action.REFUSED, "the file host answered 401 Unauthorized")),
        (403, {}, Classification(Action.MISSING, "the file host answered 403 Forbidden")),
        (404, {}, Classification(Action.MISSING, "the file host answered 404 Not Found")),
        (
            407,
            {},
            Classification(
                Action.REFUSED, "the file host answered 407 Proxy Authentication Required"
            ),
        ),
        (408, {}, Classification(Action.REFUSED, "the file host answered 408 Request Timeout")),
        (410, {}, Classification(Action.MISSING, "the file host answered 410 Gone")),
        (
            416,
            {},
            Classification(
                Action.REFUSED, "the file host answered 416 Requested Range Not Satisfiable"
            ),
        ),
        (
            429,
            {},
            Classification(Action.RETRY, "the file host answered 429 Too Many Requests", None),
        ),
        (
            429,
            {"Retry-After": "7"},
            Classification(Action.RETRY, "the file host answered 429 Too Many Requests", 7),
        ),
        (
            429,
            {"Retry-After": "soon"},
            Classification(Action.RETRY, "the file host answered 429 Too Many Requests", None),
        ),
        (
            500,
            {},
            Classification(Action.RETRY, "the file host answered 500 Internal Server Error", None),
        ),
        (
            503,
            {"Retry-After": "30"},
            Classification(Action.RETRY, "the file host answered 503 Service Unavailable", 30),
        ),
        (522, {}, Classification(Action.RETRY, "the file host answered 522", None)),
        (599, {}, Classification(Action.RETRY, "the file host answered 599", None)),
    ],
)
def test_what_an_answer_to_the_question_for_a_whole_file_means(
    status: int, headers: dict[str, str], classification: Classification
) -> None:
    assert classify(answer(status, **headers), 0, None) == classification


@pytest.mark.parametrize(
    ("note", "status", "headers", "classification"),
    [
        (BY_ETAG, 206, REST, RESUME),
        (BY_BOTH, 206, REST, RESUME),
        (BY_DATE, 206, DATED, RESUME),
        (BY_BOTH, 206, DATED, RESUME),
        # A host may give less of the rest than was asked for.
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-59/100"}, RESUME),
        (BY_ETAG, 206, {**REST, "Content-Range": "BYTES 40-99/100"}, RESUME),
        # Another file, or none that could be proved to be the same.
        (BY_ETAG, 206, {**REST, "ETag": '"b"'}, RESTART),
        (BY_ETAG, 206, {**REST, "ETag": 'W/"a"'}, RESTART),
        (BY_BOTH, 206, {**DATED, "ETag": '"b"'}, RESTART),
        (BY_ETAG, 206, {"Content-Range": "bytes 40-99/100"}, RESTART),
        (BY_ETAG, 206, DATED, RESTART),
        (BY_DATE, 206, REST, RESTART),
        (BY_DATE, 206, {**DATED, "Last-Modified": "Mon, 21 Sep 2026 14:13:21 GMT"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-199/200"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-99/*"}, RESTART),
        # Another place, or none that can be read.
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 39-99/100"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 0-99/100"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 41-99/100"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-100/100"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-30/100"}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Range": "items 40-99/100"}, RESTART),
        (BY_ETAG, 206, {"ETag": '"a"'}, RESTART),
        (BY_ETAG, 206, {**REST, "Content-Encoding": "gzip"}, RESTART),
        # The whole file, which is as good; unless the answer contradicts itself.
        (BY_ETAG, 200, {}, START),
        (BY_ETAG, 200, {"ETag": '"b"'}, START),
        (BY_ETAG, 200, REST, RESTART),
        (BY_ETAG, 200, {"Content-Range": "nonsense"}, RESTART),
        (BY_ETAG, 416, {}, RESTART),
        (BY_ETAG, 416, {"Content-Range": "bytes */100"}, RESTART),
        # No file at all: what is here stays for the next try.
        (BY_ETAG, 403, {}, Classification(Action.MISSING, "the file host answered 403 Forbidden")),
        (
            BY_ETAG,
            412,
            {},
            Classification(Action.REFUSED, "the file host answered 412 Precondition Failed"),
        ),
        (
            BY_ETAG,
            500,
            {},
            Classification(Action.RETRY, "the file host answered 500 Internal Server Error", None),
        ),
    ],
)
def test_what_an_answer_to_the_question_for_the_rest_of_a_file_means(
    note: ResumeInfo, status: int, headers: dict[str, str], classification: Classification
) -> None:
    assert classify(answer(status, **headers), 40, note) == classification


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({}, FileResponse(200)),
        ({"Content-Length": "5"}, FileResponse(200, length=5)),
        ({"ETag": '"a-b"'}, FileResponse(200, etag='"a-b"')),
        ({"ETag": ' "a" '}, FileResponse(200, etag='"a"')),
        ({"ETag": '""'}, FileResponse(200, etag='""')),
        ({"ETag": 'W/"a"'}, FileResponse(200)),
        ({"ETag": "a"}, FileResponse(200)),
        ({"ETag": '"a", "b"'}, FileResponse(200)),
        ({"Last-Modified": "yesterday"}, FileResponse(200, last_modified="yesterday")),
        ({"Last-Modified": ""}, FileResponse(200)),
        ({"Content-Type": "Image/PNG; q=1"}, FileResponse(200, content_type="image/png")),
        ({"Content-Type": " ; q=1"}, FileResponse(200)),
        ({"Content-Encoding": " GZIP"}, FileResponse(200, encoding="gzip")),
        (
            {"Content-Range": "bytes 5-9/10"},
            FileResponse(200, content_range=ContentRange(5, 9, 10), has_range=True),
        ),
        ({"Content-Range": "bytes */10"}, FileResponse(200, has_range=True)),
    ],
)
def test_headers_are_read_leniently(headers: dict[str, str], read: FileResponse) -> None:
    assert FileResponse.read(200, httpx.Headers(headers)) == read


@pytest.mark.parametrize(
    ("told", "total"),
    [
        (FileResponse(200), None),
        (FileResponse(200, length=5), 5),
        (FileResponse(206, length=5, content_range=ContentRange(5, 9, 10)), 10),
        (FileResponse(206, content_range=ContentRange(5, 9, 10)), 10),
        (FileResponse(200, length=5, encoding="gzip"), None),
    ],
)
def test_the_length_of_the_whole_file_where_it_is_told(
    told: FileResponse, total: int | None
) -> None:
    assert told.total == total

"""What to do about a file host's answer, by its head and by what is here already."""

import httpx
import pytest

from kiecli.download.failures import AttemptFailed, FileMissing, PermanentError, TransientError
from kiecli.download.response import Action, FileResponse, classify
from kiecli.download.resume_info import ResumeInfo
from kiecli.network.headers import ContentRange

START, CONTINUE, VERIFY, AGAIN = Action
BY_ETAG = ResumeInfo("task1", 1, 100, '"a"', None, "image/png")
BY_DATE = ResumeInfo("task1", 1, 100, None, "Mon, 21 Sep 2026 14:13:20 GMT", "image/png")
BY_BOTH = BY_DATE._replace(etag='"a"')
REST = {"Content-Range": "bytes 40-99/100", "ETag": '"a"'}
DATED = {"Content-Range": "bytes 40-99/100", "Last-Modified": "Mon, 21 Sep 2026 14:13:20 GMT"}
ALL = {"Content-Range": "bytes 0-99/100"}


def answer(status: int, **headers: str) -> FileResponse:
    return FileResponse.read(
        status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    )


def found(result: Action | AttemptFailed) -> object:
    """Return a result as something that can be compared."""
    if isinstance(result, Action):
        return result
    return type(result), result.reason, getattr(result, "retry_after", None)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, START),
        (200, ALL, START),
        (200, {"Content-Range": "nonsense"}, START),
        (200, {"Content-Encoding": "gzip"}, START),
        (200, {"Content-Encoding": "x-gzip"}, START),
        (200, {"Content-Encoding": "deflate"}, START),
        (200, {"Content-Encoding": "identity"}, START),
        (200, {"Content-Encoding": "UTF-8"}, START),
        (200, {"Content-Encoding": "br"}, (PermanentError, "br")),
        (
            200,
            {"Content-Encoding": "zstd"},
            (PermanentError, "zstd"),
        ),
        (202, {}, (TransientError, "202 Accepted")),
        (204, {}, (FileMissing, "204 No Content")),
        # All of it under the status of a part is as good; a part of it is some proxy's mistake.
        (206, ALL, START),
        (
            206,
            {**ALL, "Content-Encoding": "br"},
            (PermanentError, "br"),
        ),
        (206, REST, (TransientError, "206 Partial Content")),
        (206, {"Content-Range": "bytes 0-98/100"}, (TransientError, "206 Partial Content")),
        (206, {}, (TransientError, "206 Partial Content")),
        (302, {}, (PermanentError, "302 Found")),
        (304, {}, (PermanentError, "304 Not Modified")),
        (400, {}, (PermanentError, "400 Bad Request")),
        (401, {}, (PermanentError, "401 Unauthorized")),
        (403, {}, (FileMissing, "403 Forbidden")),
        (403, {"Content-Encoding": "br"}, (FileMissing, "403 Forbidden")),
        (404, {}, (FileMissing, "404 Not Found")),
        (408, {}, (PermanentError, "408 Request Timeout")),
        (410, {}, (FileMissing, "410 Gone")),
        (418, {}, (PermanentError, "418 I'm a Teapot")),
        (429, {}, (TransientError, "429 Too Many Requests")),
        (429, {"Retry-After": "7"}, (TransientError, "429 Too Many Requests", 7)),
        (429, {"Retry-After": "soon"}, (TransientError, "429 Too Many Requests")),
        (500, {}, (TransientError, "500 Internal Server Error")),
        (503, {"Retry-After": "30"}, (TransientError, "503 Service Unavailable", 30)),
        (522, {}, (TransientError, "522")),
        (599, {}, (TransientError, "599")),
    ],
)
def test_an_answer_to_a_request_for_the_whole_file(
    status: int, headers: dict[str, str], expected: object
) -> None:
    assert found(classify(answer(status, **headers), 0, None)) == _in_full(expected)


def test_a_407_is_the_proxys_and_gets_the_variable_for_a_login() -> None:
    refused = classify(answer(407), 0, None)
    assert isinstance(refused, PermanentError)
    assert (refused.reason, refused.hint) == (
        "the proxy requires a login (HTTP 407)",
        "set HTTP_PROXY=http://USER:PASSWORD@HOST:PORT",
    )


def _in_full(expected: object) -> object:
    """Return what a row of a table stands for."""
    match expected:
        case (kind, "br" | "zstd" as encoding):
            reason = f"the file host sent it compressed with {encoding}, which was not requested"
            return kind, reason, None
        case (kind, reason, *after):
            return kind, f"the file host answered {reason}", *(after or [None])
    return expected


@pytest.mark.parametrize(
    ("resume_info", "status", "headers", "expected"),
    [
        (BY_ETAG, 206, REST, CONTINUE),
        (BY_BOTH, 206, REST, CONTINUE),
        (BY_DATE, 206, DATED, CONTINUE),
        (BY_BOTH, 206, DATED, CONTINUE),
        # A host may give less of the rest than was requested.
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-59/100"}, CONTINUE),
        (BY_ETAG, 206, {**REST, "Content-Range": "BYTES 40-99/100"}, CONTINUE),
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
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 41-99/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-100/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "bytes 40-30/100"}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Range": "items 40-99/100"}, AGAIN),
        (BY_ETAG, 206, {"ETag": '"a"'}, AGAIN),
        (BY_ETAG, 206, {**REST, "Content-Encoding": "gzip"}, AGAIN),
        # The whole file, which is as good; unless the answer contradicts itself.
        (BY_ETAG, 206, {**REST, **ALL}, START),
        (BY_ETAG, 206, {"Content-Range": "bytes 0-199/200", "ETag": '"b"'}, START),
        (BY_ETAG, 200, {}, START),
        (BY_ETAG, 200, {"ETag": '"b"'}, START),
        (BY_ETAG, 200, REST, AGAIN),
        (BY_ETAG, 200, {"Content-Range": "nonsense"}, AGAIN),
        # Nothing is missing; or nobody knows.
        (BY_ETAG, 416, {"Content-Range": "bytes */40"}, VERIFY),
        (BY_ETAG, 416, {"Content-Range": "bytes */100"}, AGAIN),
        (BY_ETAG, 416, {}, AGAIN),
        # A refusal of a range is not believed.
        *((BY_ETAG, status, {}, AGAIN) for status in (204, 302, 304, 400, 403, 404, 410, 412)),
        # Nor is the range to blame for the host's trouble, at first.
        (BY_ETAG, 429, {"Retry-After": "7"}, (TransientError, "429 Too Many Requests", 7)),
        (BY_ETAG, 500, {}, (TransientError, "500 Internal Server Error")),
    ],
)
def test_an_answer_to_a_request_for_the_rest_of_a_file(
    resume_info: ResumeInfo, status: int, headers: dict[str, str], expected: object
) -> None:
    assert found(classify(answer(status, **headers), 40, resume_info)) == _in_full(expected)


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
        ({"Content-Range": "bytes */9"}, FileResponse(200, has_range=True, complete_length=9)),
        ({"Content-Range": "items */9"}, FileResponse(200, has_range=True)),
    ],
)
def test_headers_are_read_leniently(headers: dict[str, str], read: FileResponse) -> None:
    assert FileResponse.read(200, httpx.Headers(headers)) == read


@pytest.mark.parametrize(
    ("read", "total"),
    [
        (FileResponse(200), None),
        (FileResponse(200, length=5), 5),
        (FileResponse(206, length=5, content_range=ContentRange(5, 9, 10)), 10),
        (FileResponse(206, content_range=ContentRange(5, 9, 10)), 10),
        (FileResponse(200, length=5, encoding="gzip"), None),
    ],
)
def test_the_length_of_the_whole_file_where_it_is_declared(
    read: FileResponse, total: int | None
) -> None:
    assert read.total == total

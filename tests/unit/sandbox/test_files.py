"""The sandbox's file host serves ranges as RFC 9110 has them."""

import httpx
import pytest

from kiecli.sandbox.files import deliver, etag

BODY = b"0123456789"
HOST = {"ETag": '"one"', "Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("sent", "status", "place", "body"),
    [
        ({}, 200, None, BODY),
        ({"Range": "bytes=4-"}, 206, "bytes 4-9/10", b"456789"),
        ({"Range": "bytes=0-0"}, 206, "bytes 0-0/10", b"0"),
        ({"Range": "bytes=8-99"}, 206, "bytes 8-9/10", b"89"),
        ({"Range": "bytes=-3"}, 206, "bytes 7-9/10", b"789"),
        ({"Range": "bytes=-99"}, 206, "bytes 0-9/10", BODY),
        ({"Range": "bytes=10-"}, 416, "bytes */10", b""),
        ({"Range": "bytes=-0"}, 416, "bytes */10", b""),
        ({"Range": "bytes=-"}, 200, None, BODY),
        ({"Range": "bytes=1-2,4-5"}, 200, None, BODY),
        ({"Range": "lines=1-2"}, 200, None, BODY),
        ({"If-Range": '"one"'}, 200, None, BODY),
        ({"Range": "bytes=9-", "If-Range": '"one"'}, 206, "bytes 9-9/10", b"9"),
        ({"Range": "bytes=9-", "If-Range": HOST["Last-Modified"]}, 206, "bytes 9-9/10", b"9"),
        ({"Range": "bytes=9-", "If-Range": '"two"'}, 200, None, BODY),
    ],
)
def test_a_range_request_is_answered_by_rfc_9110(
    sent: dict[str, str], status: int, place: str | None, body: bytes
) -> None:
    response = deliver(httpx.Request("GET", "http://files.test/a", headers=sent), BODY, HOST)
    expected = httpx.Headers(HOST)
    if place is not None:
        expected["Content-Range"] = place
    expected["Content-Length"] = str(len(body))
    assert (response.status_code, response.headers, response.read()) == (status, expected, body)


def test_a_host_without_etag_sends_the_whole_file() -> None:
    request = httpx.Request(
        "GET", "http://files.test/a", headers={"Range": "bytes=9-", "If-Range": '"one"'}
    )
    assert deliver(request, BODY, {}).status_code == 200


def test_an_etag_is_strong_and_another_for_another_file() -> None:
    assert (etag(b"a"), etag(b"a") == etag(b"b")) == ('"ca978112ca1bbdcafac231b39a23dc4d"', False)

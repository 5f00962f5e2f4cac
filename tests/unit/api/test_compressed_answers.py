"""Answers that come compressed though that was not asked for."""

import gzip
import zlib

import httpx
import pytest

from kiecli.api.client import KieClient
from kiecli.errors import KieUnavailable
from tests.support.fakes import FakeClock

MIB = 1024 * 1024


def _asked(body: bytes, packing: str) -> float:
    """Return the credits that the API's client reads from a body."""
    answer = httpx.Response(
        200, headers={"Content-Encoding": packing}, stream=httpx.ByteStream(body)
    )
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return KieClient(http, "https://kie.test", "sk-key", FakeClock()).credits()


_ANSWER = b'{"code":200,"data":7.5}'


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        ("gzip", gzip.compress(_ANSWER)),
        (" GZip ", gzip.compress(_ANSWER)),
        ("deflate", zlib.compress(_ANSWER)),
        ("identity", _ANSWER),
        ("", _ANSWER),
        ("utf-8", _ANSWER),
        ("x-gzip", gzip.compress(_ANSWER)),
    ],
)
def test_an_answer_that_came_compressed_unrequested_is_read(packing: str, body: bytes) -> None:
    assert _asked(body, packing) == 7.5


_BOMB = gzip.compress(bytes(20 * MIB))


@pytest.mark.parametrize(
    ("packing", "body", "message"),
    [
        ("gzip", _BOMB, "an answer larger than 2 MiB is not from Kie"),
        (
            "gzip, gzip",
            gzip.compress(_BOMB),
            "the answer is compressed with gzip, gzip, which was not requested",
        ),
        ("br", b"", "the answer is compressed with br, which was not requested"),
        ("gzip", b"{}", "could not reach kie.test: the answer's compression is damaged"),
    ],
)
def test_bombs_and_strange_compressions_are_a_temporary_error(
    packing: str, body: bytes, message: str
) -> None:
    with pytest.raises(KieUnavailable) as raised:
        _asked(body, packing)
    assert (raised.value.message, raised.value.temporary) == (message, True)

"""Bodies that come in chunks: whole, or refused."""

from http.client import HTTPException
from io import BytesIO

import pytest

from kiecli.framing import chunks


def joined(data: bytes) -> tuple[bytes, bytes]:
    """Return the body, and what comes after it."""
    file = BytesIO(data)
    return b"".join(chunks(file)), file.read()


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"0\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", b"hello!"),
        (b"0000A\r\n0123456789\r\n000\r\n\r\n", b"0123456789"),
        (b"a;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", b"0123456789"),
        (b"5 \r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"30d40\r\n" + bytes(200_000) + b"\r\n0\r\n\r\n", bytes(200_000)),
    ],
)
def test_chunks_make_a_body(data: bytes, body: bytes) -> None:
    assert joined(data + b"next") == (body, b"next")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"5",
        b"5\r\n",
        b"5\r\nhel",
        b"5\r\nhello",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n000",
        b"5\r\nhello\r\n0\r\n",
        b"5\r\nhello!!0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"0_5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"five\r\nhello\r\n0\r\n\r\n",
        b"5" * 16 + b"\r\nhello\r\n0\r\n\r\n",
        b"5;" + b"x" * 99_999 + b"\r\nhello\r\n0\r\n\r\n",
        b"0\r\n" + b"Trailer: x\r\n" * 101 + b"\r\n",
    ],
)
def test_what_is_cut_off_or_no_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(HTTPException):
        joined(data)

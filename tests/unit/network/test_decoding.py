"""Compressed bodies are decompressed in small pieces, whatever they hold."""

import gzip
import random
import zlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.network.decoding import decompress
from kiecli.network.headers import content_encoding

MIB = 1024 * 1024


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data)


def _bare(data: bytes) -> bytes:
    """Compress as deflate without the frame that belongs around it."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    seed=st.integers(0, 9),
    length=st.integers(0, 300_000),
    size=st.sampled_from([7, 1000, 65_536, MIB]),
    pack=st.sampled_from([_gzip, zlib.compress, _bare]),
)
def test_compressed_chunks_are_decompressed_whole(
    seed: int, length: int, size: int, pack: Callable[[bytes], bytes]
) -> None:
    """Some of it packs well, some does not; seams fall anywhere."""
    noise = random.Random(seed).randbytes(length // 2)
    data = noise + b"\0" * (length - len(noise))
    assert b"".join(decompress(_in_pieces(pack(data), size))) == data


def test_a_decompression_bomb_is_decompressed_in_pieces() -> None:
    bomb = gzip.compress(bytes(20 * MIB))
    sizes = [len(piece) for piece in decompress([bomb])]
    assert (sum(sizes), max(sizes)) == (20 * MIB, 65_536)


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_an_empty_body_decompresses_to_nothing(pieces: list[bytes]) -> None:
    assert b"".join(decompress(pieces)) == b""


_PACKED = gzip.compress(b"whole")


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", _PACKED[:-1], _PACKED[:3], _PACKED[:-8] + bytes(8), _PACKED + b"more"],
    ids=["not packed", "cut off", "cut off in its head", "wrong checksum", "goes on"],
)
def test_damaged_compression_is_a_decoding_error(packed: bytes) -> None:
    with pytest.raises(httpx.DecodingError):
        list(decompress([packed]))


def test_bytes_after_the_end_of_compression_are_not_read() -> None:
    def pieces() -> list[bytes]:
        return [_PACKED, *[b"x" * MIB] * 3]

    endless = iter(pieces())
    assert b"".join(decompress(endless)) == b"whole"
    assert len(list(endless)) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        ("identity", None),
        ("none", None),
        ("UTF-8", None),
        ("aws-chunked", None),
        ("gzip", "gzip"),
        (" GZip ", "gzip"),
        ("x-gzip", "x-gzip"),
        ("deflate", "deflate"),
        ("aws-chunked,gzip", "gzip"),
        ("identity, gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("compress", "compress"),
        ("gzip, gzip", "gzip, gzip"),
        ("deflate,br", "deflate, br"),
    ],
)
def test_a_name_of_no_compression_stands_for_none(value: str, expected: str | None) -> None:
    assert content_encoding({"content-encoding": value}) == expected

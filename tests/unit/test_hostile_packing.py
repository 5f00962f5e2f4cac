"""Packed bodies are unpacked in small pieces, whatever they hold."""

import gzip
import random
import zlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.api.client import KieClient
from kiecli.errors import KieUnavailable
from kiecli.packing import unpacked
from tests.support.fakes import FakeClock

MIB = 1024 * 1024


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data)


def _in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    seed=st.integers(0, 9),
    length=st.integers(0, 300_000),
    size=st.sampled_from([7, 1000, 65_536, MIB]),
    pack=st.sampled_from([_gzip, zlib.compress]),
)
def test_what_was_packed_comes_out_whole(
    seed: int, length: int, size: int, pack: Callable[[bytes], bytes]
) -> None:
    """Some of it packs well, some does not; seams fall anywhere."""
    noise = random.Random(seed).randbytes(length // 2)
    data = noise + b"\0" * (length - len(noise))
    assert b"".join(unpacked(_in_pieces(pack(data), size))) == data


def test_a_bomb_comes_in_pieces() -> None:
    bomb = gzip.compress(bytes(20 * MIB))
    sizes = [len(piece) for piece in unpacked([bomb])]
    assert (sum(sizes), max(sizes)) == (20 * MIB, 65_536)


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_nothing_at_all_holds_nothing(pieces: list[bytes]) -> None:
    assert b"".join(unpacked(pieces)) == b""


_PACKED = gzip.compress(b"whole")


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", _PACKED[:-1], _PACKED[:3], _PACKED[:-8] + bytes(8), _PACKED + b"more"],
    ids=["not packed", "cut off", "cut off in its head", "wrong checksum", "goes on"],
)
def test_damage_is_an_error(packed: bytes) -> None:
    with pytest.raises(httpx.DecodingError):
        list(unpacked([packed]))


def test_what_follows_the_end_is_not_waited_for() -> None:
    def pieces() -> list[bytes]:
        return [_PACKED, *[b"x" * MIB] * 3]

    endless = iter(pieces())
    assert b"".join(unpacked(endless)) == b"whole"
    assert len(list(endless)) == 3


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
    ],
)
def test_an_answer_that_came_packed_unasked_is_read(packing: str, body: bytes) -> None:
    assert _asked(body, packing) == 7.5


_BOMB = gzip.compress(bytes(20 * MIB))


@pytest.mark.parametrize(
    ("packing", "body", "message"),
    [
        ("gzip", _BOMB, "an answer of more than 2 MiB is none of Kie's"),
        (
            "gzip, gzip",
            gzip.compress(_BOMB),
            "the answer came packed as gzip, gzip, which was not asked for",
        ),
        ("br", b"", "the answer came packed as br, which was not asked for"),
        ("gzip", b"{}", "could not ask kie.test: the answer's compression is damaged"),
    ],
)
def test_bombs_and_strange_packings_are_temporary_trouble(
    packing: str, body: bytes, message: str
) -> None:
    with pytest.raises(KieUnavailable) as raised:
        _asked(body, packing)
    assert (raised.value.message, raised.value.temporary) == (message, True)

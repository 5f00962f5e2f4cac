"""Files that are plainly cut off are distinguished from files that are whole, however odd."""

import io
import struct
import wave
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.files.truncation import truncation_of


def _judge(data: bytes, expected_extension: str | None = None) -> str | None:
    file = io.BytesIO(data)
    file.seek(0, io.SEEK_END)  # as after writing it
    return truncation_of(file, len(data), expected_extension)


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


_IHDR = _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0))
_PIXELS = zlib.compress(b"\0\x10\x20")
_IEND = _chunk(b"IEND")


def _png(*chunks: bytes, tail: bytes = _IEND) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _IHDR + b"".join(chunks) + tail


PNG = _png(_chunk(b"IDAT", _PIXELS))
_APNG = _png(
    _chunk(b"acTL", struct.pack(">II", 1, 0)),
    _chunk(b"fcTL", bytes(26)),
    _chunk(b"IDAT", _PIXELS),
    _chunk(b"fdAT", bytes(4) + _PIXELS),
)


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_FRAME = _segment(0xC4, bytes(20)) + _segment(0xC0, bytes(9))
# Stuffed bytes, a restart marker and fill bytes are all part of a scan.
_SCAN = _segment(0xDA, bytes(6)) + b"\x12\xff\0\x34\xff\xd0\x56\xff\xff\0\x78"
JPEG = _SOI + _segment(0xE0, b"JFIF\0" + bytes(9)) + _FRAME + _SCAN + _EOI
_THUMBNAIL = _segment(0xE1, b"Exif\0\0" + JPEG)


def _riff(kind: bytes, *chunks: tuple[bytes, bytes], declared: int | None = None) -> bytes:
    body = kind
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body) if declared is None else declared) + body


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "none"))
        sound.writeframes(bytes(range(16)))
    return file.getvalue()


WAV = _wav()
_FORMAT = (b"fmt ", bytes(16))
_SOUND = (b"data", bytes(16))


def _box(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data) + 8) + name + data


_FTYP = _box(b"ftyp", b"isom\0\0\2\0isommp42")
_MOOV = _box(b"moov", _box(b"mvhd", bytes(100)) + _box(b"trak", bytes(40)))
_MDAT = _box(b"mdat", bytes(64))
MP4 = _FTYP + _MOOV + _MDAT
_LONG_MDAT = struct.pack(">I4sQ", 1, b"mdat", 80) + bytes(64)
_OPEN_MDAT = struct.pack(">I4s", 0, b"mdat") + bytes(64)
_FRAGMENT = _box(b"moof", bytes(32)) + _MDAT


_WHOLE = {
    "png": PNG,
    "png with bytes after IEND": PNG + b"trailing bytes",
    "png with its pixels in several chunks, one of them empty": _png(
        _chunk(b"IDAT", _PIXELS[:4]), _chunk(b"IDAT"), _chunk(b"IDAT", _PIXELS[4:])
    ),
    "animated png": _APNG,
    "png whose chunks stop making sense": _png(tail=b"\0\0\0\0\0\0\0\0\0\0\0\0"),
    "jpeg": JPEG,
    "jpeg with bytes after EOI": JPEG + b"trailing bytes",
    "jpeg padded with zeros": JPEG + bytes(4096),
    "jpeg with a thumbnail": _SOI + _THUMBNAIL + JPEG[2:],
    "progressive jpeg with a thumbnail": _SOI + _THUMBNAIL + _FRAME + _SCAN * 5 + _EOI,
    "jpeg with fill bytes before its markers": JPEG.replace(_EOI, b"\xff\xff\xff\xd9"),
    "jpeg with stray bytes between segments": JPEG.replace(_FRAME, b"\0\0" + _FRAME),
    "jpeg with a second SOI": _SOI + JPEG,
    "jpeg with two pictures": JPEG + JPEG[:-2],
    "jpeg whose EOI lies across two blocks": _SOI
    + _segment(0xDA, bytes(6))
    + bytes(16 * 1024 - 1)
    + _EOI,
    "jpeg with a scan of many blocks": JPEG[:-2] + b"\xff\0" * 50_000 + _EOI,
    "wav": WAV,
    "wav with bytes after its end": WAV + b"trailing bytes",
    "wav of odd length, padded": _riff(b"WAVE", _FORMAT, (b"data", b"abc")),
    "wav of odd length whose pad byte is counted and missing": _riff(
        b"WAVE", _FORMAT, (b"data", b"abc")
    )[:-1],
    "wav that counts its own header": _riff(b"WAVE", _FORMAT, _SOUND, declared=60),
    "wav that counts its own header and has a chunk of odd length": _riff(
        b"WAVE", _FORMAT, (b"note", b"abc"), _SOUND, declared=72
    ),
    "wav whose sound is of untold length": WAV.replace(b"data\x10\0\0\0", b"data\xff\xff\xff\xff"),
    "wav of untold length": _riff(b"WAVE", _FORMAT, _SOUND, declared=0xFFFFFFFF),
    "wav of untold length, by sox": _riff(b"WAVE", _FORMAT, _SOUND, declared=0x7FFFF024),
    "wav whose length was never filled in": _riff(b"WAVE", _FORMAT, _SOUND, declared=0),
    "wav with notes": _riff(b"WAVE", _FORMAT, _SOUND, (b"LIST", b"INFO")),
    "rf64": b"RF64" + _riff(b"WAVE", _FORMAT, _SOUND, declared=0xFFFFFFFF)[4:],
    "webp": _riff(b"WEBP", (b"VP8L", bytes(9))),
    "animated webp": _riff(b"WEBP", (b"VP8X", bytes(10)), (b"ANIM", bytes(6)), (b"ANMF", b"x")),
    "mp4": MP4,
    "mp4 with its index at the end": _FTYP + _MDAT + _MOOV,
    "mp4 with free space at the end": _FTYP + _MDAT + _MOOV + _box(b"free", bytes(9)),
    "mp4 with a 64-bit length": _FTYP + _LONG_MDAT + _MOOV,
    "mp4 whose last box goes to the end": _FTYP + _MOOV + _OPEN_MDAT,
    "mp4 in fragments": _FTYP + _MOOV + _FRAGMENT * 3,
    "mp4 padded with zeros": MP4 + bytes(21),
    "mp4 with text after its end": MP4 + b"and this is not a box",
    "mp4 with a few bytes after its end": MP4 + b"\n",
    "mp4 with boxes of its own": _FTYP + _box(b"beam", bytes(5)) + _MOOV + _MDAT,
    "m4a": MP4.replace(b"isom", b"M4A ", 1),
    "mov": MP4.replace(b"isom", b"qt  ", 1),
    "mov of old, without a type": _box(b"wide") + _MDAT + _MOOV,
    "picture in boxes": _box(b"ftyp", b"jpeg\0\0\0\0miaf") + _box(b"meta", bytes(9)),
    "a type that nobody walks": b"OggS and then nothing",
    "nothing that anybody knows": b"PNG, RIFF and ftyp",
    "nothing": b"",
}


@pytest.mark.parametrize("data", _WHOLE.values(), ids=_WHOLE.keys())
def test_a_whole_file_passes_however_odd(data: bytes) -> None:
    assert _judge(data) is None


_CUT = {
    "png": PNG,
    "apng": _APNG,
    "jpg": JPEG,
    "jpeg": _SOI + _THUMBNAIL + _FRAME + _SCAN * 5 + _EOI,
    "wav": WAV,
    "webp": _riff(b"WEBP", (b"VP8X", bytes(10)), (b"ALPH", bytes(9)), (b"VP8 ", bytes(20))),
    "mp4": MP4,
    "mov": _FTYP.replace(b"isom", b"qt  ", 1) + _MDAT + _MOOV,
    "m4a": _FTYP.replace(b"isom", b"M4A ", 1) + _LONG_MDAT + _MOOV,
}


@pytest.mark.parametrize(("kind", "data"), _CUT.items(), ids=_CUT.keys())
def test_a_file_that_ends_too_soon_is_refused_at_every_byte(kind: str, data: bytes) -> None:
    assert _judge(data) is None
    expected_extension = "png" if kind == "apng" else kind
    assert [end for end in range(len(data)) if not _judge(data[:end], expected_extension)] == []


def test_a_cut_in_what_comes_after_the_media_is_seen_too() -> None:
    whole = _FTYP + _MDAT + _MOOV + _box(b"free", bytes(9))
    ends = range(len(whole) - 9, len(whole))
    assert {_judge(whole[:end]) for end in ends} == {"the MP4 ends inside its free box"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PNG[: len(PNG) - 14], "the PNG ends inside its IDAT chunk"),
        (PNG[: len(PNG) - 12], "the PNG ends before its IEND chunk"),
        (PNG[: len(PNG) - 1], "the PNG ends inside its IEND chunk"),
        (JPEG[:-1], "the JPEG ends before its EOI marker"),
        (JPEG[:30], "the JPEG ends before its EOI marker"),
        (WAV[:-5], "the RIFF file lacks 5 of the bytes that it declares"),
        (
            _riff(b"WAVE", _FORMAT, _SOUND, (b"note", b""))[:-3],
            "the RIFF file lacks 3 of the bytes that it declares",
        ),
        (MP4[: len(_FTYP)], "the MP4 ends before its moov box"),
        (MP4[: len(_FTYP) + 30], "the MP4 ends inside its moov box"),
        (MP4[: len(_FTYP + _MOOV)], "the MP4 ends before its mdat box"),
        (MP4[:-1], "the MP4 ends inside its mdat box"),
        ((_FTYP + _MOOV + _FRAGMENT * 2)[:-1], "the MP4 ends inside its mdat box"),
        (_FTYP + _OPEN_MDAT, "the MP4 ends before its moov box"),
    ],
)
def test_the_reason_says_where_a_file_breaks_off(data: bytes, reason: str) -> None:
    assert _judge(data) == reason


def test_a_few_bytes_of_a_known_type_are_too_few() -> None:
    assert _judge(b"\x89PN", "png") == "it ends after 3 bytes"
    assert _judge(b"ok", "txt") is None


class _Sparse(io.RawIOBase):
    """A file with a head and gigabytes of nothing, which counts what is read of it."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._at = 0
        self.bytes_read = 0

    def seek(self, at: int, whence: int = 0) -> int:
        assert whence == 0
        self._at = at
        return at

    def read(self, count: int = -1) -> bytes:
        assert count >= 0
        data = self._head[self._at : self._at + count].ljust(count, b"\0")
        self._at += count
        self.bytes_read += count
        return data


@pytest.mark.parametrize("size", [3 << 30, 5 << 32])
def test_a_huge_file_is_judged_by_a_few_reads(size: int) -> None:
    announced = size - len(_FTYP + _MOOV)
    head = _FTYP + _MOOV + struct.pack(">I4sQ", 1, b"mdat", announced)
    for actual, reason in ((size, None), (size - 1, "the MP4 ends inside its mdat box")):
        file = _Sparse(head)
        assert truncation_of(file, actual) == reason  # type: ignore[arg-type]  # the two it needs
        assert file.bytes_read < 64 * 1024


_MANY = 300_001


@pytest.mark.parametrize(
    "data",
    [
        _png(b"\0\0\0\0IDATxxxx" * _MANY, tail=b""),
        _SOI + _segment(0xFE, b"") * _MANY,
        _riff(b"WAVE", declared=4 + 8 * _MANY + 1) + b"data\0\0\0\0" * _MANY,
        _FTYP + _MOOV + _MDAT + _box(b"free") * _MANY + b"\0\0\1\0free",
    ],
    ids=["png", "jpeg", "riff", "mp4"],
)
def test_a_file_made_of_countless_parts_is_not_walked_for_ever(data: bytes) -> None:
    assert _judge(data) is None


_STARTS = [
    PNG, PNG[:8], JPEG, b"\xff\xd8\xff", WAV, b"RIFF\x10\0\0\0WEBP", b"RIFF\x10\0\0\0WAVE",
    MP4, _FTYP, _FTYP + b"\0\0\0\1mdat", _SOI + _SCAN, b"",
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(
    start=st.sampled_from(_STARTS),
    keep=st.integers(0, 60),
    garbage=st.binary(max_size=200),
    beyond=st.integers(0, 40),
)
def test_no_bytes_whatever_raise_an_exception(
    start: bytes, keep: int, garbage: bytes, beyond: int
) -> None:
    data = start[: len(start) - keep] + garbage
    # The length may also be wrong: somebody else may have shortened the file meanwhile.
    reason = truncation_of(io.BytesIO(data), len(data) + beyond)
    assert reason is None or reason.isprintable()

"""What a file is, and what came in place of it."""

import pytest

from kiecli.files.media_types import extension_of_type, sniff


def _ftyp(brands: bytes) -> bytes:
    return b"\0\0\0\x20ftyp" + brands


@pytest.mark.parametrize(
    ("head", "extension"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png"),
        (b"\x89PNG\n\x1a\n", None),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpg"),
        (b"GIF87a", "gif"),
        (b"GIF89a", "gif"),
        (b"RIFF\n\n\0\0WEBPVP8L", "webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "avi"),
        (b"RIFF\x24\0\0\0CDDA", None),
        (_ftyp(b"avif\0\0\0\0avifmif1"), "avif"),
        (_ftyp(b"mif1\0\0\0\0mif1miafavif"), "avif"),
        (_ftyp(b"mif1\0\0\0\0mif1heic"), "heic"),
        (_ftyp(b"heic\0\0\0\0"), "heic"),
        (_ftyp(b"qt  \0\0\2\0"), "mov"),
        (_ftyp(b"M4A \0\0\2\0"), "m4a"),
        (_ftyp(b"3gp4\0\0\2\0"), "3gp"),
        (_ftyp(b"isom\0\0\2\0"), "mp4"),
        (_ftyp(b"mp42\0\0\0\0"), "mp4"),
        (b"\0\0\0\x08wide", "mov"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm", "webm"),
        (
            b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x88matroska",
            "mkv",
        ),
        (b"OggS\0\2" + bytes(22) + b"OpusHead", "opus"),
        (b"OggS\0\2" + bytes(22) + b"\1vorbis", "ogg"),
        (b"fLaC\0\0\0\x22", "flac"),
        (b"ID3\4\0\0", "mp3"),
        (b"ID3 is a format of tags", None),
        (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xf3\x44\xc4", "mp3"),
        (b"\xff\xfb\xff\xff", None),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xfeh\0i\0", None),
        (b"II*\0\x08\0\0\0", "tiff"),
        (b"MM\0*\0\0\0\x08", "tiff"),
        (b"%PDF-1.7", "pdf"),
        (b"PK\3\4\x14\0", "zip"),
        (b"glTF\2\0\0\0", "glb"),
        (b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="...">', "svg"),
        (b"<svg>", "svg"),
        (b"<html><svg>", None),
        (b' {"a": [1, 2]}\n', "json"),
        (b"\xef\xbb\xbf[]", "json"),
        (b'{"a": [1, 2', None),
        (b"[1] see below", None),
        (b"12", None),
        (b"The wide world", None),
        (b"and moov on", None),
        (b"\0\0", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(head: bytes, extension: str | None) -> None:
    assert sniff(head) == extension


@pytest.mark.parametrize(
    ("content_type", "extension"),
    [
        ("image/png", "png"),
        ("image/jpeg", "jpg"),
        ("image/webp", "webp"),
        ("video/mp4", "mp4"),
        ("video/quicktime", "mov"),
        ("audio/mpeg", "mp3"),
        ("audio/x-wav", "wav"),
        ("audio/mp4", "m4a"),
        ("application/json", "json"),
        ("text/plain", "txt"),
        ("application/zip", "zip"),
        ("model/gltf-binary", "glb"),
        ("application/octet-stream", None),
        ("binary/octet-stream", None),
        ("text/html", None),
        ("png", None),
        ("", None),
        (None, None),
    ],
)
def test_a_type_tells_an_extension_when_it_says_anything(
    content_type: str | None, extension: str | None
) -> None:
    assert extension_of_type(content_type) == extension

"""What a file is, and what came in place of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.files.media_types import (
    HEAD_SIZE,
    extension_of_type,
    looks_like_error,
    looks_like_html,
    sniff,
    wrong_content,
)


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
        ("IMAGE/WebP", "webp"),
        ("video/mp4", "mp4"),
        ("video/quicktime", "mov"),
        ("audio/mpeg", "mp3"),
        ("audio/x-wav", "wav"),
        ("audio/mp4", "m4a"),
        ("application/json; charset=utf-8", "json"),
        ("text/plain ;charset=utf-8", "txt"),
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


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><html>",
        b"<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        b"\xef\xbb\xbf\r\n\t <HTML lang=en>",
        b"<!-- [if IE] --><!-- two --> <html>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
        b"<head><title>403 Forbidden</title></head>",
        b"<h1>Not found</h1>",
        b"<p>Gone",
        b"<html",
        "\ufeff<html>".encode("utf-16-le"),
        "\ufeff <!doctype html>".encode("utf-16-be"),
    ],
)
def test_a_page_is_known_for_a_page(head: bytes) -> None:
    assert looks_like_html(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<",
        b"<svg xmlns='http://www.w3.org/2000/svg'><title>x</title>",
        b"<?xml version='1.0'?><!DOCTYPE svg><svg>",
        b"<?xml version='1.0'?><feed>",
        b"<htmlish>",
        b"<head-line>",
        b"<p:sld xmlns:p='...'>",
        b"<!-- a comment that never ends <html>",
        b"a page starts with <html>",
        b"\x89PNG\r\n\x1a\n<html>",
        b"\xff\xfe\x00\xd8",
    ],
)
def test_what_is_no_page_is_not_taken_for_one(head: bytes) -> None:
    assert not looks_like_html(head)


_ERROR = b'{"code": 404, "msg": "file not found", "data": null}'
_LYRICS = b'{"title": "Blue", "lines": ["one", "two"]}'


@pytest.mark.parametrize(
    ("body", "expected_extension", "is_error"),
    [
        (_ERROR, "png", True),
        (_LYRICS, "png", True),
        (b" []\n", "mp4", True),
        (b"\xef\xbb\xbf" + _ERROR, "mp3", True),
        (b'{"Message": "denied"}', "", True),
        (_ERROR, "", True),
        (_LYRICS, "", False),
        (b'["error"]', "", False),
        (_ERROR, "txt", True),
        (_LYRICS, "txt", False),
        (_ERROR, "json", False),
        (b'{"asset": {"version": "2.0"}}', "gltf", False),
        (b'{"code": 404, ', "png", False),
        (b"404", "png", False),
        (b"{curly} words", "png", False),
        (b"[" * 5000, "png", False),
        (b'{"code": "\xff"}', "png", False),
        (b"", "png", False),
    ],
)
def test_json_in_place_of_a_file_is_an_error(
    body: bytes, expected_extension: str, is_error: bool
) -> None:
    assert looks_like_error(body, len(body), expected_extension) is is_error


def test_json_that_is_longer_than_its_head_is_no_error() -> None:
    assert not looks_like_error(_ERROR, len(_ERROR) + 1, "png")


_PAGE = b"<!doctype html><title>Just a moment...</title>"


@pytest.mark.parametrize(
    ("body", "expected_extension", "content_type", "what"),
    [
        (_PAGE, "png", "image/png", "an HTML page"),
        (_PAGE, None, "text/html", "an HTML page"),
        (_PAGE, None, None, "an HTML page"),
        (_PAGE, "svg", "image/svg+xml", "an HTML page"),
        (_PAGE, "html", "text/html", None),
        (_PAGE, "xml", "text/xml", None),
        (_ERROR, "png", "application/json", "a JSON error"),
        (_ERROR, None, "image/png", "a JSON error"),
        (_ERROR, None, "application/json", "a JSON error"),
        (_ERROR, "json", "application/json", None),
        (_LYRICS, "mp3", "application/json", "a JSON error"),
        (_LYRICS, None, "audio/mpeg", "a JSON error"),
        (_LYRICS, None, "application/json", None),
        (_LYRICS, None, "text/plain", None),
        (_LYRICS, None, "application/octet-stream", None),
        (b"<svg/>", "svg", None, None),
        (b"\x89PNG\r\n\x1a\n", "png", "text/html", None),
        (b"\x89PNG\r\n\x1a\n", "mp4", None, None),
        (b"", "png", None, None),
    ],
)
def test_an_impostor_is_named_by_what_was_due(
    body: bytes, expected_extension: str | None, content_type: str | None, what: str | None
) -> None:
    assert (
        wrong_content(
            body, len(body), expected_extension=expected_extension, content_type=content_type
        )
        == what
    )


_JSON_BODY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
).map(lambda value: json.dumps(value).encode())
_MARKUP = st.lists(st.sampled_from([b"<!--", b"-->", b"<?", b"?>", b" ", b"<svg", b"\xff\xfe"]))


@given(
    body=st.binary() | _JSON_BODY | _MARKUP.map(b"".join),
    expected_extension=st.none() | st.just("png"),
)
def test_no_bytes_whatever_raise_an_exception(body: bytes, expected_extension: str | None) -> None:
    head = body[:HEAD_SIZE]
    told = wrong_content(head, len(body), expected_extension=expected_extension, content_type=None)
    assert told in {None, "an HTML page", "a JSON error"}
    assert sniff(head) != "bin"

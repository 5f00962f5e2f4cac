"""Whether a body is the file: what was promised, and what came in place of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.download.response import Promise, describe_text, is_text, promise, wrong_content
from kiecli.files.media_types import HEAD_SIZE, sniff

_ERROR = b'{"code": 404, "msg": "file not found", "data": null}'
_LYRICS = b'{"title": "Blue", "lines": ["one", "two"]}'
_PAGE = b"<!doctype html><title>Just a moment...</title>"
_S3 = b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'
# Extensions of formats that are text.
_TEXT = ["svg", "json", "gltf", "html", "xml", "txt", "csv"]
_TEXT += ["srt", "vtt", "lrc", "obj", "stl", "ply", "m3u8"]
_PHP = "Warning: Datei nicht gefunden: schön.php\n".encode("latin-1")


@pytest.mark.parametrize(
    ("extension", "content_type", "promised"),
    [
        ("png", None, Promise.BINARY),
        ("png", "text/html", Promise.BINARY),
        ("mp3", "application/json", Promise.BINARY),
        ("jpeg", None, Promise.BINARY),
        ("pdf", None, Promise.BINARY),
        (None, "image/png", Promise.BINARY),
        (None, "image/x-strange", Promise.BINARY),
        (None, "video/x-strange", Promise.BINARY),
        ("php", "audio/mpeg", Promise.BINARY),
        ("bin", "image/png", Promise.BINARY),
        *((ext, "application/octet-stream", Promise.TEXT) for ext in _TEXT),
        ("txt", "image/png", Promise.TEXT),
        (None, "text/plain", Promise.TEXT),
        (None, "text/x-strange", Promise.TEXT),
        (None, "image/svg+xml", Promise.TEXT),
        (None, "audio/x-mpegurl", Promise.TEXT),
        (None, "model/gltf+json", Promise.TEXT),
        (None, None, Promise.NONE),
        ("dat", None, Promise.NONE),
        (None, "application/octet-stream", Promise.NONE),
        (None, "text/html", Promise.NONE),
        (None, "application/json", Promise.NONE),
        (None, "application/xml", Promise.NONE),
    ],
)
def test_the_url_promises_a_kind_or_else_the_type_does(
    extension: str | None, content_type: str | None, promised: Promise
) -> None:
    assert promise(extension, content_type) is promised


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Link has expired", True),
        (b"null", True),
        (b"", False),
        (_PHP, True),
        (b"\x1b[31mred\x1b[0m\r\n\tx\f\b", True),
        ("\ufeff<html>".encode("utf-16-le"), True),
        ("\ufeff <!doctype html>".encode("utf-16-be"), True),
        (b"\xff\xfe\x00\xd8", True),
        (b"\xff\xfe\x00\x00", False),
        (b"words\0", False),
        (b"\x7f", False),
        (b"\x01\x02\x03", False),
        (b"%PDF-1.7\nnothing but text", False),
        (b"glTF is a format", False),
        (b"GIF89a", False),
    ],
)
def test_text_has_no_control_characters_and_no_known_signature(head: bytes, expected: bool) -> None:
    assert is_text(head) is expected


@pytest.mark.parametrize(
    "head",
    [
        _PAGE,
        b"<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        b"\xef\xbb\xbf\r\n\t <HTML lang=en>",
        b"\xef\xbb\xbf<html>",
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
def test_a_page_is_described_as_a_page(head: bytes) -> None:
    assert describe_text(head) == "an HTML page"


@pytest.mark.parametrize(
    ("head", "description"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><title>x</title>", "XML"),
        (b"<?xml version='1.0'?><!DOCTYPE svg><svg>", "XML"),
        (b"<?xml version='1.0'?><feed>", "XML"),
        (_S3, "XML"),
        (b"<htmlish>", "XML"),
        (b"<p:sld xmlns:p='...'>", "XML"),
        (b"<!-- a comment that never ends <html>", "XML"),
        (_LYRICS, "JSON"),
        (b"\xef\xbb\xbf []\n", "JSON"),
        (b'{"code": 404, ', "text"),
        (b"{curly} words", "text"),
        (b"[" * 5000, "text"),
        (b"null", "text"),
        (b"a page starts with <html>", "text"),
    ],
)
def test_other_text_is_described_by_its_form(head: bytes, description: str) -> None:
    assert describe_text(head) == description


@pytest.mark.parametrize(
    ("expected_extension", "content_type", "wrong", "right"),
    [
        (
            "png",
            "image/png",
            {
                _PAGE: "an HTML page",
                _S3: "XML",
                b"<svg/>": "XML",
                _ERROR: "JSON",
                _LYRICS: "JSON",
                _PHP: "text",
                b"Link has expired": "text",
                b"null": "text",
            },
            # A format of another name is still a picture, or whatever it is.
            [b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"glTF and words", b"\x01\x02\x03"],
        ),
        (None, "audio/mpeg", {b"Link has expired": "text"}, [b"ID3\4\0\0"]),
        (
            "svg",
            "image/svg+xml",
            {_PAGE: "an HTML page"},
            [b"<svg/>", _S3, b"<p>", b"\x89PNG\r\n\x1a\n"],
        ),
        ("json", "application/json", {_PAGE: "an HTML page"}, [_ERROR, _LYRICS, b"null"]),
        ("srt", None, {_PAGE: "an HTML page"}, [b"<p>Gone", b"1\n00:00:01 --> 00:00:02\n"]),
        ("txt", "text/plain", {}, [_PAGE, b"<p>Gone", _ERROR, b"words"]),
        ("html", "text/html", {}, [_PAGE]),
        (
            None,
            None,
            {_PAGE: "an HTML page", b"<p>": "an HTML page", _ERROR: "a JSON error"}
            | {_S3: "an XML error", b'{"Message": "denied"}': "a JSON error"},
            [_LYRICS, b'["error"]', b"<errors>", b"words", b"\x89PNG\r\n\x1a\n"],
        ),
        (None, "text/html", {_PAGE: "an HTML page"}, [b"words"]),
        (None, "application/json", {_ERROR: "a JSON error"}, [_LYRICS]),
    ],
)
def test_what_is_wrong_depends_on_what_was_promised(
    expected_extension: str | None,
    content_type: str | None,
    wrong: dict[bytes, str],
    right: list[bytes],
) -> None:
    found = {
        body: wrong_content(
            body, len(body), expected_extension=expected_extension, content_type=content_type
        )
        for body in (*wrong, *right)
    }
    assert found == wrong | dict.fromkeys(right)


@pytest.mark.parametrize("expected_extension", ["png", "txt", None])
def test_an_empty_body_is_never_the_file(expected_extension: str | None) -> None:
    found = wrong_content(b"", 0, expected_extension=expected_extension, content_type=None)
    assert found == "an empty body"


def test_json_that_is_longer_than_its_head_is_no_error() -> None:
    size = len(_ERROR) + 1
    assert wrong_content(_ERROR, size, expected_extension=None, content_type=None) is None


_JSON_BODY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
).map(lambda value: json.dumps(value).encode())
_MARKUP = st.lists(st.sampled_from([b"<!--", b"-->", b"<?", b"?>", b" ", b"<svg", b"\xff\xfe"]))


@given(
    body=st.binary() | _JSON_BODY | _MARKUP.map(b"".join),
    expected_extension=st.sampled_from([None, "png", "json"]),
)
def test_no_bytes_whatever_raise_an_exception(body: bytes, expected_extension: str | None) -> None:
    head = body[:HEAD_SIZE]
    wrong_content(head, len(body), expected_extension=expected_extension, content_type=None)
    assert sniff(head) != "bin"

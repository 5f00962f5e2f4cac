"""Whatever a file holds, it is judged: whole, cut off or a stranger, and never an exception."""

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kiecli.sandbox
from kiecli.download import response
from kiecli.files import media_types, truncation
from tests.support.hostile.oracle import assert_tame
from tests.support.hostile.search import examples
from tests.support.hostile.text import text

_MEDIA = Path(kiecli.sandbox.__file__).parent / "media"
_FILES = {path.name: path.read_bytes() for path in sorted(_MEDIA.glob("*.[jpwm]*[gv4]"))}
_LENGTHS = st.sampled_from([0, 1, 2, 7, 8, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1])
WRONG = ("an empty body", "an HTML page", "XML", "JSON", "text", "an XML error", "a JSON error")
"""All that a body can be instead of a file, in words for users."""

_EXTENSIONS = st.sampled_from(["png", "jpg", "webp", "wav", "mp4", "mov", "json", "txt", "", "zip"])


@st.composite
def _files(draw: st.DrawFn) -> bytes:
    """Draw a real file in which lengths lie, bytes are flipped and parts are missing or doubled."""
    data = draw(st.sampled_from(list(_FILES.values())))
    for _ in range(draw(st.integers(0, 4))):
        # Where the structure is: among the first bytes, or among the last.
        near = draw(st.integers(0, min(len(data), 400)))
        at = draw(st.sampled_from([near, max(0, len(data) - near)]))
        match draw(st.sampled_from(["length", "flip", "cut", "lose", "double", "insert"])):
            case "length":
                order = draw(st.sampled_from("<>"))
                data = data[:at] + struct.pack(f"{order}I", draw(_LENGTHS)) + data[at + 4 :]
            case "flip":
                data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1 :]
            case "cut":
                data = data[:at]
            case "lose":
                data = data[:at] + data[at + draw(st.integers(1, 2000)) :]
            case "double":
                data = data[:at] + data[at : at + 3000] * 2 + data[at:]
            case _:
                data = data[:at] + draw(text).encode(errors="surrogatepass") + data[at:]
    return data


@examples(300)
@given(data=_files(), expected_extension=_EXTENSIONS, declared=text, beyond=st.integers(-5, 40))
def test_a_mutated_file_is_judged_in_plain_words(
    data: bytes, expected_extension: str, declared: str, beyond: int
) -> None:
    head = data[: media_types.HEAD_SIZE]
    kind = media_types.sniff(head)
    assert kind is None or kind.isalnum()
    flaw = truncation.truncation_of(
        io.BytesIO(data), max(0, len(data) + beyond), expected_extension or None
    )
    stranger = response.wrong_content(
        head, len(data), expected_extension=expected_extension or None, content_type=declared
    )
    assert stranger in {None, *WRONG}
    assert_tame(flaw or "")
    assert "\n" not in (flaw or "")


@pytest.mark.parametrize("name", _FILES)
def test_every_real_file_is_whole_and_none_of_its_halves_is(name: str) -> None:
    data = _FILES[name]
    assert truncation.truncation_of(io.BytesIO(data), len(data)) is None
    half = data[: len(data) // 2]
    assert truncation.truncation_of(io.BytesIO(half), len(half)) is not None


@pytest.mark.parametrize(
    ("head", "stranger"),
    [
        (b"<!-- " * 3000 + b"<html>", "XML"),
        (b"\xff\xfe" + "<html>".encode("utf-16-le"), "an HTML page"),
        (b"[" * 16_000, "text"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "text"),
        (b'{"code":' + b"9" * 5000 + b"}", "text"),
        (b'{"msg":"\\ud800\x1b[31m"', "text"),
        (b'{"msg":NaN}', "JSON"),
        (b"\xef\xbb\xbf \n<?xml ?><!-- - --><HTML\0", None),
    ],
    ids=range(8),
)
def test_a_head_made_to_be_hard_is_judged(head: bytes, stranger: str | None) -> None:
    assert (
        response.wrong_content(head, len(head), expected_extension="png", content_type=None)
        == stranger
    )

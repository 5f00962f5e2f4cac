"""The API key is masked in texts and values, however it is escaped there."""

import json
import re
from collections.abc import Callable
from html import escape as html_escaped
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.redaction import Redactor

KEY = "sk-canary-0123456789"
PLAIN = "0123456789abcdef0123456789abcdef"  # as Kie's keys are
ODD = 'sk-"odd"\\/+&0123'


def nested(value: object, times: int) -> object:
    """Encode a value as JSON in a string, so many times."""
    for _ in range(times):
        value = json.dumps({"input": value})
    return value


def percent(text: str) -> str:
    """Percent-encode each character."""
    return "".join(f"%{ord(char):02X}" for char in text)


def in_json(text: str) -> str:
    """Escape a text for JSON, without the quotes around it."""
    return json.dumps(text)[1:-1]


def in_html(text: str) -> str:
    """Spell a text in entities only."""
    return "".join(f"&#{ord(char)};" for char in text)


def in_names(text: str) -> str:
    """Spell what begins escapes, in any language, by the names that HTML has for it."""
    names = {"&": "&amp;", "#": "&num;", "%": "&percnt;", "\\": "&bsol;", ";": "&semi;"}
    return "".join(names.get(char, char) for char in text)


def in_backslashes(text: str) -> str:
    """Escape all punctuation, as shells and Markdown understand it."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def escaped(text: str) -> str:
    """Spell a text in escapes only."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Bearer {KEY}, {KEY}.", "Bearer ****, ****."),
        ("nothing", "nothing"),
        (json.dumps({"key": ODD}), '{"key": "****"}'),
        (json.dumps(json.dumps(ODD)), '"\\"****\\""'),
        ("https://h/?key=sk-%22odd%22%5C%2F%2B%260123&x", "https://h/?key=****&x"),
    ],
)
def test_a_key_in_a_text_is_masked(text: str, masked: str) -> None:
    assert Redactor([KEY, ODD]).text(text) == masked


@pytest.mark.parametrize(
    "form",
    [
        percent(KEY),
        percent(KEY).lower(),
        percent(KEY[:5]) + KEY[5:],
        KEY[:-1] + percent(KEY[-1]),
        percent(percent(KEY)),
        percent(KEY).replace("%", "%2525"),
        re.sub("%(..)", r"%u00\1", percent(KEY)),
        escaped(KEY),
        escaped(KEY).replace("\\", "\\\\\\\\"),
        re.sub(r"\\u00(..)", r"\\x\1", escaped(KEY)),
        re.sub(r"\\u00(..)", r"\\U000000\1", escaped(KEY)),
        in_html(KEY),
        "".join(f"&#x{ord(char):x};" for char in KEY),
        "".join(f"&amp;amp;#x00{ord(char):X};" for char in KEY),
        KEY.replace("-", "\\-"),
        "\u200b".join(KEY),
        "\0".join(KEY),
        f"{KEY[:6]}\xad{KEY[6:]}",
        percent(escaped(KEY)),
        escaped(percent(KEY)),
    ],
)
def test_a_text_with_an_escaped_key(form: str) -> None:
    assert Redactor([KEY]).text(f"a\n{form}, {form}. {KEY}\n") == "a\n****, ****. ****\n"


@pytest.mark.parametrize("escape", [percent, escaped, in_html])
@pytest.mark.parametrize("layer", [quote, in_json, html_escaped, in_names, in_backslashes, str])
def test_a_key_of_letters_and_digits_in_two_layers_of_escapes(
    escape: Callable[[str], str], layer: Callable[[str], str]
) -> None:
    form = PLAIN[:9] + layer(escape(PLAIN[9:15])) + PLAIN[15:]
    assert Redactor([PLAIN]).text(f"a {form} b") == "a **** b"


@pytest.mark.parametrize(
    "form",
    [
        quote(ODD),
        quote(ODD).lower(),
        ODD.replace("&", "&amp;"),
        html_escaped(ODD),
        html_escaped(html_escaped(ODD)),
        in_json(html_escaped(ODD)),
        ODD.replace("+", "&plus;").replace('"', "&QUOT;"),
        ODD.replace("/", "\\/"),
    ],
)
def test_a_key_with_special_characters_in_their_escapes(form: str) -> None:
    assert Redactor([ODD]).text(f"a {form} b") == "a **** b"


@pytest.mark.parametrize("form", ["sk-Ab%2Fcd%2Bef", "sk-Ab%2Fcd%252Bef", "sk-Ab/cd&#37;2Bef"])
def test_a_key_that_looks_escaped_itself(form: str) -> None:
    assert Redactor(["sk-Ab/cd%2Bef"]).text(f"{form}!") == "****!"


def test_a_key_that_is_short_when_read_like_an_escape_is_masked_as_it_is_only() -> None:
    assert Redactor(["%41%42%43"]).text("ABC %41%42%43") == "ABC ****"


@pytest.mark.parametrize(
    "text",
    [percent("other words"), "&eacute;&NotEqualTilde;&none; %41", "\\u0041 \\d \\", "\x1b[1m%"],
)
def test_escapes_without_a_key_stay_as_they_are(text: str) -> None:
    assert Redactor([KEY, ODD]).text(text) == text


def test_deep_escapes_take_no_time() -> None:
    text = "%" + "25" * 500_000 + "\\" * 500_000 + "u0041&" + "amp;" * 200_000
    assert Redactor([KEY]).text(text) == text


@pytest.mark.parametrize("key", [KEY, ODD])
@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_value_with_json_in_strings(key: str, times: int) -> None:
    redacted = Redactor([key]).value({"param": nested(key, times), key: [key, 1, None, True]})
    assert redacted == {"param": nested("****", times), "****": ["****", 1, None, True]}


def test_a_key_in_escapes_that_nobody_needs() -> None:
    """.NET escapes `+` and `&`, PHP `/`; Kie's `param` is JSON that holds JSON."""
    param = f'{{"input":"{{\\"prompt\\":\\"a {escaped(KEY)} b\\",\\"n\\":1}}"}}'
    redacted = Redactor([KEY]).value({"param": param})
    assert redacted == {"param": '{"input":"{\\"prompt\\":\\"a **** b\\",\\"n\\":1}"}'}


def test_what_holds_no_key_stays_as_it_is_to_the_byte() -> None:
    value = {"param": '{ "prompt" : "\\u4e2d\\/" }', "text": "\\u no JSON"}
    assert Redactor([KEY]).value(value) == value


@pytest.mark.parametrize("secret", ["", "sandbox", "a"])
def test_what_is_too_short_for_a_key_is_part_of_any_word(secret: str) -> None:
    value = {"a": "sandbox"}
    assert Redactor([secret]).value(value) is value


_KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8)


@given(st.text(st.characters(exclude_categories=()), min_size=8))
def test_any_text_can_stand_where_a_key_should(text: str) -> None:
    """Bytes that are not UTF-8, half a character: it is refused as a key, but masked first."""
    assert Redactor([text]).text(text) == "****"


@given(_KEYS, st.integers(0, 3))
def test_any_key_is_masked_at_any_depth(key: str, times: int) -> None:
    value = Redactor([key]).value({"param": nested(f"a {key} b", times)})["param"]
    for _ in range(times):
        value = json.loads(value)["input"]
    assert value == "a **** b"


_WAYS: list[Callable[[str], str]] = [percent, escaped, quote, html_escaped, in_json, in_names]
_EACH: list[Callable[[str], str]] = [
    *_WAYS,
    in_html,
    lambda char: quote(percent(char)),
    lambda char: char,
]
_ESCAPES = st.sampled_from(_EACH)
_LAYERS = st.lists(st.sampled_from(_WAYS), max_size=2)


_PLAIN_KEYS = st.text("abcXYZ019", min_size=8)
_ODD_KEYS = st.text("abcXYZ019-_.~/+&\"'<>=#!$", min_size=8)


@given(_PLAIN_KEYS | _ODD_KEYS, st.data())
def test_any_key_is_masked_whatever_escapes_each_of_its_characters(
    key: str, data: st.DataObject
) -> None:
    """Each character in a way of its own, and then all of the text a few times more."""
    text = "".join(data.draw(_ESCAPES)(char) for char in key)
    for layer in data.draw(_LAYERS):
        text = layer(text)
    assert Redactor([key]).text(f"<{text}>") == "<****>"

"""The API key is masked in texts and values, however it is escaped there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.redaction import Redactor

KEY = "sk-canary-0123456789"
ODD = 'sk-"odd"\\/+&0123'


def nested(value: object, times: int) -> object:
    """Encode a value as JSON in a string, so many times."""
    for _ in range(times):
        value = json.dumps({"input": value})
    return value


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
def test_a_text(text: str, masked: str) -> None:
    assert Redactor([KEY, ODD]).text(text) == masked


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

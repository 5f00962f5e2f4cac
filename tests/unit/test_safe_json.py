"""JSON from strangers: a value or a ValueError, never more."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli import safe_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        (b'{"a": "\xc3\xa9"}', {"a": "é"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ("[NaN, Infinity, -Infinity]", [None, None, None]),
        ("[1e999, -1e999, 1e9]", [None, None, 1e9]),
        ('"' + "[{" * 100 + '"', "[{" * 100),
        ("[" * 64 + "]" * 64, None),
        (json.dumps(["{}"] * 100), ["{}"] * 100),
        (json.dumps([[[]]] * 100), [[[]]] * 100),
        (json.dumps(['[{"\\\n' * 100] * 3), ['[{"\\\n' * 100] * 3),
        (json.dumps({'\\"[': '["[\\'}), {'\\"[': '["[\\'}),
    ],
)
def test_json_as_it_comes(text: str | bytes, value: object) -> None:
    read = safe_json.parse(text)
    assert value is None or read == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", '{"a":', "nope", b"\xff\xfe", "[" * 65 + "]" * 65, "[" * 100_000,
        '{"a":' * 5000, "1" * 5000, "<html></html>", '"half', "[1] [2]",
        '["' + '\\"[' * 100_000, '"a\\' + "[" * 100,
    ],
)  # fmt: skip
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        safe_json.parse(text)


@given(st.one_of(st.text(), st.binary()))
def test_nothing_that_arrives_raises_more_than_a_value_error(text: str | bytes) -> None:
    try:
        safe_json.parse(text)
    except ValueError:
        pass


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda held: st.lists(held) | st.dictionaries(st.text(), held),
)


@given(_json)
def test_every_value_is_read_as_it_was_written(value: object) -> None:
    assert safe_json.parse(json.dumps(value)) == value


def test_several_values_come_one_after_the_other() -> None:
    assert list(safe_json.parse_all(' {"a": 1}\n[2]3 "[" \n')) == [{"a": 1}, [2], 3, "["]
    assert list(safe_json.parse_all(" \n")) == []


@pytest.mark.parametrize("text", ["[1] nope", "[1] {", "[" * 65 + "]" * 65])
def test_what_is_no_json_among_several_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(safe_json.parse_all(text))


@pytest.mark.parametrize(
    ("value", "held"),
    [('{"a": 1}', {"a": 1}), ("no JSON", "no JSON"), ("", ""), (5, 5), (None, None), ([1], [1])],
)
def test_a_string_of_json_holds_a_value_and_any_other_value_is_itself(
    value: object, held: object
) -> None:
    assert safe_json.decode_nested(value) == held


@pytest.mark.parametrize(
    ("value", "number"),
    [(4, 4.0), ("4.5", 4.5), ("", None), ("4,5", None), (True, None), ([4], None), (None, None)],
)
def test_a_number_may_stand_in_a_string(value: object, number: float | None) -> None:
    assert safe_json.number(value) == number

"""Headers are read leniently: a value, or None."""

import pytest

from kiecli.network.headers import (
    ContentRange,
    content_length,
    content_range,
    media_type,
    retry_after,
)

_SENT = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({}, None),
        ({"content-length": "5"}, 5),
        ({"content-length": " 5 "}, 5),
        ({"content-length": "5, 5"}, None),
        ({"content-length": "-5"}, None),
        ({"content-length": "\u0665"}, None),
        ({"content-length": "9" * 5000}, None),
        ({"content-length": "5", "transfer-encoding": "chunked"}, None),
    ],
)
def test_content_length_is_none_where_it_makes_no_sense(
    headers: dict[str, str], length: int | None
) -> None:
    assert content_length(headers) == length


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-type": "image/png"}, "image/png"),
        ({"content-type": "application/json; charset=utf-8"}, "application/json"),
        ({"content-type": " Text/Plain ;charset=utf-8"}, "text/plain"),
        ({"content-type": "; q=1"}, None),
        ({"content-type": ""}, None),
        ({}, None),
    ],
)
def test_the_media_type_is_what_stands_before_parameters(
    headers: dict[str, str], expected: str | None
) -> None:
    assert media_type(headers) == expected


@pytest.mark.parametrize(
    ("value", "content"),
    [
        (None, None),
        ("bytes 5-9/10", ContentRange(5, 9, 10)),
        (" BYTES  5-9/10 ", ContentRange(5, 9, 10)),
        ("bytes */10", None),
        ("bytes 5-9/*", None),
        ("bytes 9-5/10", None),
        ("bytes 5-10/10", None),
        ("bytes \u0665-9/10", None),
        (f"bytes 0-1/{'9' * 30}", None),
    ],
)
def test_content_range_is_none_where_it_makes_no_sense(
    value: str | None, content: ContentRange | None
) -> None:
    assert content_range({} if value is None else {"content-range": value}) == content


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "9" * 40}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT", "date": _SENT}, 60),
        ({"retry-after": "Sun, 06 Nov 1994 09:49:37 +0100", "date": _SENT}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:00:00 GMT", "date": _SENT}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 -0000", "date": _SENT}, 60),
        ({"retry-after": "Sun, 06 Nov 99999 08:50:37 GMT", "date": _SENT}, None),
        ({"retry-after": "-5", "date": _SENT}, None),
        ({"retry-after": "soon", "date": _SENT}, None),
        ({"retry-after": "\u0665"}, None),
    ],
)
def test_retry_after_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("wall", "seconds"), [(784111777.0, 60.0), (784111777.5, 59.5), (0.0, 784111837.0)]
)
def test_a_date_is_measured_by_our_clock_where_the_answer_has_none(
    wall: float, seconds: float
) -> None:
    headers = {"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"}
    assert retry_after(headers, wall) == seconds
    assert retry_after({**headers, "date": _SENT}, wall) == 60

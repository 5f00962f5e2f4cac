"""Answers in the shapes that Kie really gives, and what becomes of them when they are mutated."""

import json
import re
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from hypothesis import strategies as st

from tests.support.hostile.text import text

_url = st.builds(
    "https://{}/{}{}".format,
    st.sampled_from(["tempfile.aiquickdraw.com/r", "musicfile.kie.ai", "cdn1.suno.ai"]),
    st.sampled_from(["image", "9f86d081", "a%20b", "take-1", "x" * 60]),
    st.sampled_from([".png", ".jpg", ".mp4", ".mp3", "", "?sig=1"]),
)
_urls = st.lists(_url, max_size=6)
_take = st.fixed_dictionaries(
    {"id": st.just("a"), "audio_url": _url, "stream_audio_url": _url, "image_url": _url}
)
_result = st.one_of(
    st.fixed_dictionaries({"resultUrls": _urls}),
    st.fixed_dictionaries({"resultUrls": _url}),
    st.fixed_dictionaries({"resultUrls": _urls, "firstFrameUrl": _urls, "lastFrameUrl": _urls}),
    st.fixed_dictionaries({"resultUrls": st.just([]), "resultWaterMarkUrls": _urls}),
    st.fixed_dictionaries({"code": st.just(200), "data": st.lists(_take, max_size=2)}),
    st.fixed_dictionaries({"resultObject": st.fixed_dictionaries({"mask_urls": _urls})}),
    st.fixed_dictionaries({"resultObject": st.fixed_dictionaries({"lyricsData": st.just([])})}),
)
_result_json = st.one_of(_result.map(json.dumps), _result, st.sampled_from(["", None, "no JSON"]))
_param = st.builds(
    lambda prompt, model: json.dumps({"input": json.dumps({"prompt": prompt}), "model": model}),
    text,
    text,
)
_moment = st.integers(1_700_000_000_000, 1_900_000_000_000)

records = st.fixed_dictionaries(
    {
        "taskId": st.sampled_from([None, None, "a", "b"]),
        "model": st.sampled_from(["wan/2-7-image", "kling-3.0/video", "suno/v5"]),
        "state": st.sampled_from(["waiting", "generating", *["success"] * 3, *["fail"] * 2]),
        "param": _param,
        "resultJson": _result_json,
        "failCode": st.sampled_from([None, "", "500", "SENSITIVE_WORD_ERROR", 422]),
        "failMsg": st.none() | text,
        "createTime": _moment,
        "completeTime": st.none() | _moment,
    },
    optional={
        "costTime": st.integers(0, 900),
        "progress": st.sampled_from([0, 55, "0.5", "1.00"]),
        "creditsConsumed": st.sampled_from([0, 4.5, "12"]),
        "response": _result,
    },
)
"""`data` of a recordInfo answer as it comes."""

_codes = st.sampled_from(
    [*[200] * 6, "200", 400, 401, 402, 404, 408, 422, 429, 433, 455, 500, 501, 505, 599, -1]
)
_odd = st.one_of(
    text,
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1e308, 10**30, -(10**400), 2**63, 0.1, 1e-320]),
    # Made anew for each example: `mutated` changes them.
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [[]]),
    st.builds(lambda: [None]),
    st.lists(text, max_size=3),
    st.dictionaries(text, text, max_size=3),
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container in a value, with each key or index in it."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield value, key
        yield from _places(item)


def _wrapped_in_lists(value: Any) -> Any:
    return reduce(lambda inner, _: [inner], range(40), value)


_CHANGES: list[Callable[[Any], Any]] = [
    lambda value: [value],
    lambda value: {"resultUrls": value},
    lambda value: {"data": value, "code": 200},
    lambda value: [value] * 30,
    json.dumps,
    lambda value: json.dumps(json.dumps(value)),
    lambda value: json.dumps([json.dumps([value])]),
    _wrapped_in_lists,
    lambda value: json.dumps(_wrapped_in_lists(json.dumps(_wrapped_in_lists(value)))),
    str,
    lambda value: value.upper() if isinstance(value, str) else value,
    lambda value: value[: len(value) // 2] if isinstance(value, str) else value,
    lambda value: value * 3 if isinstance(value, str | list) else value,
    lambda value: float(value) if isinstance(value, int) and abs(value) < 2**60 else value,
]


@st.composite
def mutated(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Any:
    """Draw a value with up to four of its parts dropped, replaced, wrapped or given more text."""
    value = json.loads(json.dumps(draw(values)))
    for _ in range(draw(st.integers(0, 4))):
        places = list(_places(value))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["drop", "replace", "change", "extend", "add"])):
            case "drop":
                del container[key]
            case "replace":
                container[key] = draw(_odd)
            case "change":
                container[key] = draw(st.sampled_from(_CHANGES))(container[key])
            case "extend" if isinstance(container[key], str):
                container[key] = f"{draw(text)}{container[key]}{draw(text)}"
            case _ if isinstance(container, dict):
                container[draw(text)] = draw(_odd)
    return value


hostile_records = mutated(records)
"""`data` that may be anything, but began as a record."""

envelopes = st.fixed_dictionaries(
    {"code": _codes, "msg": st.sampled_from(["success", "recordInfo is null"]) | text},
    optional={"data": hostile_records, "message": text},
)


def _with_number(body: bytes, number: bytes) -> bytes:
    return re.sub(rb"(?<=[:\[,])-?\d+(?:\.\d+)?", number, body, count=3)


@st.composite
def _damaged(draw: st.DrawFn, body: bytes) -> bytes:
    match draw(st.sampled_from(["cut", "flip", "insert", "repeat", "number", "nest"])):
        case "cut":
            return body[: draw(st.integers(0, len(body)))]
        case "flip":
            at = draw(st.integers(0, max(0, len(body) - 1)))
            return body[:at] + draw(st.binary(min_size=1, max_size=2)) + body[at + 1 :]
        case "insert":
            at = draw(st.integers(0, len(body)))
            return body[:at] + draw(text).encode(errors="surrogatepass") + body[at:]
        case "repeat":
            return body + body
        case "number":
            number = draw(st.sampled_from([b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 4400]))
            return _with_number(body, number)
        case _:
            return b'{"data":' * 500 + body


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Draw the body of an answer: mutated as JSON, then perhaps damaged as bytes."""
    body = json.dumps(draw(mutated(envelopes)), ensure_ascii=draw(st.booleans()))
    encoded = body.encode(errors="surrogatepass")
    return draw(_damaged(encoded)) if draw(st.booleans()) else encoded

"""What a task delivers: every shape of a result that was recorded, documented or reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiecli.api.responses import decode
from kiecli.api.results import Result, TaskOutput

_ANSWERS = Path(__file__).parent / "answers"
_HOST = "https://tempfile.aiquickdraw.com"


def _recorded(name: str) -> TaskOutput:
    return TaskOutput.parse(decode(200, {}, (_ANSWERS / f"{name}.json").read_bytes()))


def _output(result: object, **fields: object) -> TaskOutput:
    text = result if isinstance(result, str) else json.dumps(result)
    return TaskOutput.parse({"resultJson": text, **fields})


def _files(output: TaskOutput) -> list[tuple[str, str]]:
    assert [result.n for result in output.results] == list(range(1, len(output.results) + 1))
    return [(result.url, result.kind) for result in output.results]


_RECORDED: dict[str, tuple[list[tuple[str, str]], object]] = {
    "image": ([(f"{_HOST}/wan/lighthouse.png", "image")], None),
    "two-images": (
        [(f"{_HOST}/r/u/7a/image.jpg", "image"), (f"{_HOST}/r/u/9c/image.jpg", "image")],
        None,
    ),
    "six-images": ([(f"{_HOST}/r/{n}.jpg", "image") for n in "abcdef"], None),
    "video": ([(f"{_HOST}/k/out.mp4?sig=1", "video")], None),
    "seedance": ([(f"{_HOST}/s/rain.mp4", "video"), (f"{_HOST}/s/rain-last", "image")], None),
    "sora": ([(f"{_HOST}/so/plane-mark", "video")], None),
    "music": ([(f"https://musicfile.kie.ai/take{n}", "audio") for n in (1, 2)], None),
    "masks": (
        [(f"https://file.aiquickdraw.com/m/{name}", "image") for name in ("1", "2.png")],
        {"mask_urls": [f"https://file.aiquickdraw.com/m/{name}" for name in ("1", "2.png")]},
    ),
    "lyrics": ([], {"lyricsData": [{"text": "[Verse]\nHaul away", "title": "Haul"}]}),
    "no-subject": ([], {"subject_status": 0}),
    "waiting": ([], None),
    "generating": ([], None),
    "failed": ([], None),
    "failed-at-once": ([], None),
}


@pytest.mark.parametrize("name", _RECORDED)
def test_each_family_of_models(name: str) -> None:
    output = _recorded(name)
    assert (_files(output), output.inline_result) == _RECORDED[name]


_A, _B = "https://host/a.png", "https://host/b.png"
_TRACK = {"streamAudioUrl": "https://h/s", "imageUrl": "https://h/i", "title": "Low Tide"}
_SPELLINGS: list[dict[str, object]] = [
    {"audio_url": _A, "stream_audio_url": "https://h/s", "image_url": "https://h/i"},
    {"audioUrl": _A, "sourceAudioUrl": _B, **_TRACK},
    {"audio_url": "", "source_audio_url": _A, "source_stream_audio_url": "https://h/s"},
    {"audioUrl": None, "sourceAudioUrl": _A, "sourceImageUrl": "https://h/i", **_TRACK},
]
_SEGMENTS = {"segments_count": 2, "segments": [{"maskUrl": _A, "name": "cat"}, {"maskUrl": _B}]}
_SHAPES: list[tuple[str, object, list[str]]] = [
    ("a list", {"resultUrls": [_A, _B]}, [_A, _B]),
    ("a string for the list", {"resultUrls": _A}, [_A]),
    ("a list in a string", {"resultUrls": json.dumps([_A, _B])}, [_A, _B]),
    ("a list whose item is such a string", {"resultUrls": [json.dumps([_A, _B])]}, [_A, _B]),
    ("objects in the list", {"resultUrls": [{"url": _A}, {"link": _B}]}, [_A, _B]),
    ("no entries", {"resultUrls": ["", " ", None, "null", True, 0, [], {}]}, []),
    ("null", {"resultUrls": None}, []),
    ("an object that is a string", json.dumps(json.dumps({"resultUrls": [_A]})), [_A]),
    ("twice the same", {"resultUrls": [_A, _B, _A]}, [_A, _B]),
    ("blanks around", {"resultUrls": [f" {_A}\n"]}, [_A]),
    ("capitals", {"resultUrls": ["HTTPS://HOST/a.png"]}, ["HTTPS://HOST/a.png"]),
    ("spaces", {"resultUrls": ["https://h/my song.png", _A]}, ["https://h/my%20song.png", _A]),
    ("Unicode", {"lastFrameUrl": "https://h/ü.png?q=雨"}, ["https://h/%C3%BC.png?q=%E9%9B%A8"]),
    (
        "no web addresses",
        {"resultUrls": ["data:image/png;base64,AA", "//h/a", "a.png", "ftp://h/a", 5, {"id": 1}]},
        ["data:image/png;base64,AA", "//h/a", "a.png", "ftp://h/a", "5", '{"id": 1}'],
    ),
    (
        "broken addresses",
        {"resultUrls": ["https://", "https://[", "https://a b/c", "http:/x"]},
        ["https://", "https://[", "https://a b/c", "http:/x"],
    ),
    ("frames as strings", {"resultUrls": [_A], "firstFrameUrl": _B}, [_A, _B]),
    ("the same as a frame", {"resultUrls": [_A], "lastFrameUrl": [_A]}, [_A]),
    (
        "in order",
        {"resultObject": {"segments": [{"maskUrl": "https://h/7"}], "mask_urls": "https://h/6"},
         "sunoData": [{"audioUrl": "https://h/5"}], "resultWaterMarkUrls": ["https://h/4"],
         "lastFrameUrl": ["https://h/3"], "firstFrameUrl": ["https://h/2"],
         "resultUrls": ["https://h/1"]},
        [f"https://h/{n}" for n in range(1, 8)],
    ),
    *((f"takes in data, {n}", {"data": [track]}, [_A]) for n, track in enumerate(_SPELLINGS)),
    *((f"takes in sunoData, {n}", {"sunoData": [t]}, [_A]) for n, t in enumerate(_SPELLINGS)),
    *((f"takes elsewhere, {n}", {"songs": [t]}, [_A]) for n, t in enumerate(_SPELLINGS)),
    ("takes in a string", {"data": json.dumps([{"audio_url": _A}])}, [_A]),
    ("takes as in a callback", {"data": {"task_id": "a", "data": _SPELLINGS}}, [_A]),
    (
        "takes as in a callback, beside another URL",
        {"data": {"callBackUrl": _B, "data": [{"audio_url": _A}]}},
        [_A],
    ),
    ("takes without a URL", {"data": [{"audio_url": ""}, None, {"audio_url": _A}]}, [_A]),
    ("a take that is only a stream yet", {"data": [{"audio_url": "", "stream_audio_url": _A}]}, []),
    ("audio with blanks", {"data": [{"audio_url": "https://h/a b"}]}, ["https://h/a%20b"]),
    ("segments", {"resultObject": _SEGMENTS}, [_A, _B]),
    ("an object in a string", {"resultObject": json.dumps(_SEGMENTS)}, [_A, _B]),
    ("segments that are none", {"resultObject": {"segments": [None, 1, {"maskUrl": ""}]}}, []),
    ("a list further in", {"data": {"resultUrls": ["https://h/a b"]}}, ["https://h/a%20b"]),
    ("a bare list", [_A, {"link": _B}], [_A, _B]),
    ("a bare URL", _A, [_A]),
    ("unknown names", {"videos": [{"link": _A, "stream_audio_url": _B}]}, [_A]),
    ("a picture by itself under the name of a cover", {"scene": {"image_url": _A}}, [_A]),
    ("unknown names, encoded", {"video": "https://h/ü"}, ["https://h/%C3%BC"]),
    ("unknown names, white space", {"text": "https://h/a is good", "video": _A}, [_A]),
    ("sound beside a film", {"film": {"video_url": _A, "audio_url": _B}}, [_B, _A]),
    ("named before unknown", {"resultUrls": [_A], "thumbnail": _B}, [_A]),
    ("nothing", "", []),
    ("an empty object", {}, []),
    ("null alone", "null", []),
    ("false", "false", []),
    ("a number", "5", []),
    ("half JSON", '{"resultUrls":["https://host/a.p', []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("result", "urls"), [row[1:] for row in _SHAPES], ids=[row[0] for row in _SHAPES]
)
def test_every_shape_of_a_result_that_was_ever_met(result: object, urls: list[str]) -> None:
    assert [url for url, _ in _files(_output(result))] == urls


def test_a_list_nested_beyond_reason_is_one_entry() -> None:
    nested: Any = _A
    for _ in range(20):
        nested = [nested]
    [result] = _output({"resultUrls": nested}).results
    assert result.url == '[[[["https://host/a.png"]]]]'


def test_a_result_may_be_an_object_already() -> None:
    output = TaskOutput.parse({"resultJson": {"resultUrls": [_A]}})
    assert output == TaskOutput((Result(1, _A, "image"),), None)


@pytest.mark.parametrize(
    ("result", "fields", "urls"),
    [
        ({"resultUrls": [_A]}, {"response": {"resultUrls": [_B]}}, [_A]),
        ("", {"response": {"resultUrls": [_B]}}, [_B]),
        ("{}", {"response": json.dumps({"resultUrls": [_B]})}, [_B]),
        ({}, {"param": json.dumps({"image_urls": [_A]}), "paramJson": {"image_urls": [_A]}}, []),
    ],
)
def test_the_response_counts_where_the_result_is_empty_and_the_request_never(
    result: object, fields: dict[str, object], urls: list[str]
) -> None:
    assert [url for url, _ in _files(_output(result, **fields))] == urls


@pytest.mark.parametrize(
    ("result", "inline"),
    [
        ("Once upon a time", "Once upon a time"),
        ('"Once upon a time"', "Once upon a time"),
        ("[Verse] half JSON", "[Verse] half JSON"),
        ('"42"', "42"),
        ("42", None),
        ("[1]", None),
        ("{not json", "{not json"),
        ("see https://host/a.png", "see https://host/a.png"),
        (_A, None),
        ({"resultObject": {"text": "hello", "words": []}}, {"text": "hello", "words": []}),
        ({"resultObject": '{"character_id": "c1"}'}, {"character_id": "c1"}),
        ({"resultObject": "hello"}, "hello"),
        ({"resultObject": {}}, {}),
        ({"resultObject": ""}, None),
        ({"resultObject": None}, None),
        ({"other": 1}, None),
    ],
)
def test_the_object_or_text_that_a_task_delivers(result: object, inline: object) -> None:
    assert _output(result).inline_result == inline


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://h/a.PNG", "image"),
        ("https://h/a.webp?x=.mp4", "image"),
        ("https://h/a.mp4#t", "video"),
        ("https://h/a.b.m4a", "audio"),
        ("https://h/mp4", "file"),
        ("https://h/a.zip", "file"),
        ("https://h/a.", "file"),
        ("https://h/", "file"),
        ("https://h.mp4", "file"),
        ("https://[", "file"),
    ],
)
def test_the_kind_of_a_file_from_its_url(url: str, kind: str) -> None:
    assert _files(_output({"resultUrls": [url]})) == [(url, kind)]

"""What Kie says of a task, read from answers in files and from everything that was ever met."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.api.models import LINK_LIFETIME, Phase, Result, Task
from kiecli.api.responses import decode

_ANSWERS = Path(__file__).parent / "answers"
_HOST = "https://tempfile.aiquickdraw.com"


def _answer(name: str) -> Task:
    data = decode(200, {}, (_ANSWERS / f"{name}.json").read_bytes())
    return Task.parse(data["taskId"], data)


def _success(result: object, **fields: object) -> Task:
    text = result if isinstance(result, str) else json.dumps(result)
    return Task.parse("a", {"state": "success", "resultJson": text, **fields})


def _urls(task: Task) -> list[str]:
    assert [result.n for result in task.results] == list(range(1, len(task.results) + 1))
    return [result.url for result in task.results]


def test_a_finished_task_with_everything_that_is_known_of_it() -> None:
    task = _answer("image")
    assert task == Task(
        task_id="0f1e2d3c4b5a69788796a5b4c3d2e103",
        state="success",
        model="wan/2-7-image",
        created_at=1_790_000_300.0,
        completed_at=1_790_000_313.1,
        results=(Result(1, f"{_HOST}/wan/lighthouse.png", "image"),),
        inline_result=None,
        credits=4.5,
        progress=None,
        fail_code=None,
        fail_message=None,
        raw=json.loads((_ANSWERS / "image.json").read_bytes())["data"],
    )
    assert task.params == {"input": {"prompt": "A lighthouse in fog"}, "model": "wan/2-7-image"}
    assert (task.phase, task.state_label, task.finished) == (Phase.SUCCESS, "success", True)
    assert (task.duration, task.prompt) == (13.1, "A lighthouse in fog")
    assert task.expires_at == 1_790_000_313.1 + 24 * 3600 == 1_790_000_313.1 + LINK_LIFETIME


_RESULTS = {
    "two-images": [(f"{_HOST}/r/u/7a/image.jpg", "image"), (f"{_HOST}/r/u/9c/image.jpg", "image")],
    "six-images": [(f"{_HOST}/r/{n}.jpg", "image") for n in "abcdef"],
    "video": [(f"{_HOST}/k/out.mp4?sig=1", "video")],
    "seedance": [(f"{_HOST}/s/rain.mp4", "video"), (f"{_HOST}/s/rain-last", "image")],
    "sora": [(f"{_HOST}/so/plane-mark", "video")],
    "music": [
        ("https://musicfile.kie.ai/take1", "audio"),
        ("https://musicfile.kie.ai/take2", "audio"),
    ],
    "masks": [
        ("https://file.aiquickdraw.com/m/1", "image"),
        ("https://file.aiquickdraw.com/m/2.png", "image"),
    ],
    "lyrics": [],
    "no-subject": [],
    "waiting": [],
    "generating": [],
    "failed": [],
    "failed-at-once": [],
}


@pytest.mark.parametrize("name", _RESULTS)
def test_the_files_that_each_family_of_models_delivers(name: str) -> None:
    assert [(result.url, result.kind) for result in _answer(name).results] == _RESULTS[name]


@pytest.mark.parametrize(
    ("name", "inline_result"),
    [
        ("lyrics", {"lyricsData": [{"text": "[Verse]\nHaul away", "title": "Haul"}]}),
        ("no-subject", {"subject_status": 0}),
        (
            "masks",
            {
                "mask_urls": [
                    "https://file.aiquickdraw.com/m/1",
                    "https://file.aiquickdraw.com/m/2.png",
                ]
            },
        ),
        ("image", None),
        ("music", None),
        ("waiting", None),
    ],
)
def test_the_object_that_a_task_delivers(name: str, inline_result: object) -> None:
    assert _answer(name).inline_result == inline_result


@pytest.mark.parametrize(
    ("name", "message", "code", "hint"),
    [
        (
            "failed",
            "Kie says the task failed (500): Upload failed: Server internal error.",
            "500",
            "trouble upstream, often not charged: a new submission may work",
        ),
        (
            "failed-at-once",
            "Kie says the task failed (422): generate playground failed, task id is blank",
            "422",
            "trouble upstream, often not charged: a new submission may work",
        ),
        (
            "moderated",
            "Kie says the task failed (SENSITIVE_WORD_ERROR): 提示词包含敏感词",
            "SENSITIVE_WORD_ERROR",
            "moderation refused it: change the prompt or the input",
        ),
    ],
)
def test_a_failed_task_says_why(name: str, message: str, code: str, hint: str) -> None:
    task = _answer(name)
    failure = task.to_error()
    assert (task.phase, task.expires_at) == (Phase.FAILED, None)
    assert (failure.message, task.fail_code, failure.hint) == (message, code, hint)


def test_a_failure_without_any_reason_says_so() -> None:
    failure = Task.parse("a", {"state": "fail", "failCode": None, "failMsg": ""}).to_error()
    assert failure.message == "Kie says the task failed: no reason was given"


@pytest.mark.parametrize(
    ("state", "phase", "word"),
    [
        ("waiting", Phase.RUNNING, "waiting"),
        ("QUEUING", Phase.RUNNING, "queuing"),
        ("Generating", Phase.RUNNING, "generating"),
        ("SUCCESS", Phase.SUCCESS, "success"),
        ("Fail", Phase.FAILED, "fail"),
        ("Upscaling", Phase.RUNNING, "Upscaling"),
        ("failed-to-queue", Phase.RUNNING, "failed-to-queue"),
        ("", Phase.RUNNING, "unknown"),
        (None, Phase.RUNNING, "unknown"),
        (3, Phase.RUNNING, "3"),
        (["success"], Phase.RUNNING, "unknown"),
    ],
)
def test_an_unknown_state_means_still_running(state: object, phase: Phase, word: str) -> None:
    task = Task.parse("a", {"state": state})
    assert (task.phase, task.state_label, task.finished) == (
        phase,
        word,
        phase is not Phase.RUNNING,
    )


_A, _B = "https://host/a.png", "https://host/b.png"
_SHAPES: list[tuple[str, object, list[str]]] = [
    ("a list", {"resultUrls": [_A, _B]}, [_A, _B]),
    ("a string for the list", {"resultUrls": _A}, [_A]),
    ("a list in a string", {"resultUrls": json.dumps([_A, _B])}, [_A, _B]),
    ("a list whose item is such a string", {"resultUrls": [json.dumps([_A, _B])]}, [_A, _B]),
    ("an empty list", {"resultUrls": []}, []),
    ("null", {"resultUrls": None}, []),
    ("numbers", {"resultUrls": [1, None, True, {}]}, []),
    ("an object that is a string", json.dumps(json.dumps({"resultUrls": [_A]})), [_A]),
    ("twice the same", {"resultUrls": [_A, _B, _A]}, [_A, _B]),
    ("blanks around", {"resultUrls": [f" {_A}\n"]}, [_A]),
    ("capitals", {"resultUrls": ["HTTPS://HOST/a.png"]}, ["HTTPS://HOST/a.png"]),
    ("no URLs", {"resultUrls": ["a.png", "ftp://host/a", "file:///etc/passwd"]}, []),
    ("broken URLs", {"resultUrls": ["https://", "https://[", "https://a b/c", "http:/x"]}, []),
    ("frames as strings", {"resultUrls": [_A], "firstFrameUrl": _B}, [_A, _B]),
    ("the same as a frame", {"resultUrls": [_A], "lastFrameUrl": [_A]}, [_A]),
    (
        "in order",
        {"resultWaterMarkUrls": ["https://h/4"], "lastFrameUrl": ["https://h/3"],
         "firstFrameUrl": ["https://h/2"], "resultUrls": ["https://h/1"]},
        ["https://h/1", "https://h/2", "https://h/3", "https://h/4"],
    ),
    ("takes without a URL", {"data": [{"audio_url": ""}, None, {"audio_url": _A}]}, [_A]),
    ("takes that are none", {"data": {"audio_url": None}}, []),
    ("a bare list", [_A, {"url": _B}], [_A, _B]),
    ("a bare URL", _A, [_A]),
    ("unknown names", {"videos": [{"url": _A, "stream_audio_url": _B}]}, [_A]),
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
    assert _urls(_success(result)) == urls


def test_a_result_may_be_an_object_already() -> None:
    task = Task.parse("a", {"state": "success", "resultJson": {"resultUrls": [_A]}})
    assert _urls(task) == [_A]


def test_the_parsed_response_counts_only_where_the_result_is_empty() -> None:
    assert _urls(_success({"resultUrls": [_A]}, response={"resultUrls": [_B]})) == [_A]
    assert _urls(_success("", response={"resultUrls": [_B]})) == [_B]
    assert _urls(_success("{}", response=json.dumps({"resultUrls": [_B]}))) == [_B]


def test_what_was_asked_for_is_no_result() -> None:
    params = json.dumps({"input": json.dumps({"image_urls": [_A]})})
    assert _urls(_success({}, param=params, paramJson=params)) == []


@pytest.mark.parametrize("text", ["Once upon a time", "[Verse] half JSON", "{not json"])
def test_a_result_that_is_text_is_the_document(text: str) -> None:
    assert _success(text).inline_result == text


def test_text_in_json_quotes_is_the_document() -> None:
    assert _success('"Once upon a time"').inline_result == "Once upon a time"


def test_a_url_alone_is_a_file_and_no_document() -> None:
    assert _success(_A).inline_result is None


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
    ],
)
def test_the_kind_of_a_file_from_its_url(url: str, kind: str) -> None:
    assert _success({"resultUrls": [url]}).results[0].kind == kind


@pytest.mark.parametrize(
    ("told", "stamp"),
    [
        (1_790_000_000_000, 1_790_000_000.0),
        ("1790000000500", 1_790_000_000.5),
        (1_790_000_000_000.0, 1_790_000_000.0),
        (None, None),
        ("", None),
        ("soon", None),
        (0, None),
        (-5, None),
        (True, None),
        ([1], None),
        (10**400, None),
        ("1e400", None),
        ("nan", None),
        (10**17, None),
    ],
)
def test_times_are_milliseconds_or_nothing(told: object, stamp: float | None) -> None:
    task = Task.parse("a", {"createTime": told, "completeTime": told})
    assert (task.created_at, task.completed_at) == (stamp, stamp)


@pytest.mark.parametrize(
    ("told", "percent"),
    [
        (0, 0), (45, 45), (100, 100), (1, 1), ("0.00", 0), ("0.55", 55), ("1.00", 100),
        ("45", 45), ("45%", None), (101, None), (-1, None), (None, None), (False, None), ({}, None),
    ],
    ids=repr,
)  # fmt: skip
def test_progress_is_percent_where_the_model_tells_any(told: object, percent: float | None) -> None:
    assert Task.parse("a", {"progress": told}).progress == pytest.approx(percent)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("422", "422"),
        (422, "422"),
        (4.5, "4.5"),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
    ],
    ids=repr,
)
def test_words_may_come_as_numbers(told: object, text: str | None) -> None:
    task = Task.parse("a", {"failCode": told, "failMsg": told, "model": told})
    assert (task.fail_code, task.fail_message, task.model) == (text, text, text)


@pytest.mark.parametrize(
    ("told", "number"), [(4, 4.0), ("4.5", 4.5), (0.25, 0.25), (None, None), ("many", None)]
)
def test_credits_may_be_fractional_or_a_string(told: object, number: float | None) -> None:
    assert Task.parse("a", {"creditsConsumed": told}).credits == number


_INPUT = {"prompt": 'A "quoted" \\ [bracketed] word'}


@pytest.mark.parametrize(
    ("told", "params", "prompt"),
    [
        (json.dumps({"input": json.dumps(_INPUT)}), {"input": _INPUT}, _INPUT["prompt"]),
        (json.dumps({"input": _INPUT}), {"input": _INPUT}, _INPUT["prompt"]),
        ({"input": json.dumps(_INPUT)}, {"input": _INPUT}, _INPUT["prompt"]),
        (json.dumps({"input": '{"prompt":"half'}), {"input": '{"prompt":"half'}, None),
        ('{"input":"{"prompt":"quotes lost"}"}', None, None),
        (json.dumps({"input": {"prompt": ["odd"]}}), {"input": {"prompt": ["odd"]}}, None),
        (json.dumps({"model": "m"}), {"model": "m"}, None),
        ("[]", None, None),
        ("", None, None),
        (None, None, None),
        (5, None, None),
    ],
)
def test_parameters_are_json_in_json_and_may_be_broken(
    told: object, params: dict[str, Any] | None, prompt: str | None
) -> None:
    task = Task.parse("a", {"param": told})
    assert (task.params, task.prompt) == (params, prompt)


def test_the_duration_is_taken_from_the_stamps() -> None:
    data = {"createTime": 1000, "completeTime": 13_100.4, "costTime": 13_100}
    assert Task.parse("a", data).duration == 12.1
    assert Task.parse("a", data | {"completeTime": None}).duration is None
    assert Task.parse("a", data | {"completeTime": 500}).duration == 0


def test_age_counts_from_completion_or_else_from_creation() -> None:
    data = {"createTime": 100_000, "completeTime": 160_000}
    assert Task.parse("a", data).age(200) == 40
    assert Task.parse("a", data | {"completeTime": None}).age(200) == 100
    assert Task.parse("a", data).age(10) == 0
    assert Task.parse("a", {}).age(200) is None


def test_links_expire_a_day_after_completion_where_that_is_known() -> None:
    assert _success({}, completeTime=1000).expires_at == 86_401
    assert _success({}).expires_at is None


@pytest.mark.parametrize("data", [None, [], "text", 5, {}])
def test_a_record_that_is_none_is_a_task_of_which_nothing_is_known(data: object) -> None:
    empty = data if isinstance(data, dict) else {}
    nothing = (None, None, None, None, (), None, None, None, None, None, empty)
    assert Task.parse("a", data) == ("a", *nothing)


def test_new_fields_stay_in_the_raw_record() -> None:
    data = {"state": "success", "successFlag": 1, "sparkle": {"level": 3}}
    assert Task.parse("a", data).raw is data


_names = st.sampled_from(
    [
        "state", "model", "param", "input", "prompt", "resultJson", "response", "resultUrls",
        "firstFrameUrl", "data", "audio_url", "resultObject", "mask_urls", "failCode", "failMsg",
        "createTime", "completeTime", "progress", "creditsConsumed", "new",
    ]
)  # fmt: skip
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([_A, f'["{_A}"]', '{"resultUrls": 5}', "1e999", "https://["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(_names, _json | _json.map(json.dumps)))
@settings(deadline=None)
def test_no_record_whatsoever_ends_in_an_exception(data: dict[str, object]) -> None:
    task = Task.parse("a", data)
    assert task.raw is data
    assert task.to_error().message
    assert task.state_label
    for number in (task.duration, task.expires_at, task.age(0)):
        assert number is None or number >= 0
    assert task.prompt is None or task.prompt
    assert _urls(task) == list(dict.fromkeys(_urls(task)))

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


@pytest.mark.parametrize(
    ("name", "message", "code", "hint"),
    [
        (
            "failed",
            "Kie says the task failed (500): Upload failed: Server internal error.",
            "500",
            "a problem on Kie's side, usually not charged; submit it again",
        ),
        (
            "failed-at-once",
            "Kie says the task failed (422): generate playground failed, task id is blank",
            "422",
            "a problem on Kie's side, usually not charged; submit it again",
        ),
        (
            "moderated",
            "Kie says the task failed (SENSITIVE_WORD_ERROR): 提示词包含敏感词",
            "SENSITIVE_WORD_ERROR",
            "blocked by content moderation; change the prompt or the input",
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
    assert failure.message == "Kie says the task failed, but gives no reason"


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


@pytest.mark.parametrize(
    ("value", "stamp"),
    [
        (1_790_000_000_000, 1_790_000_000.0),
        ("1790000000500", 1_790_000_000.5),
        (1_790_000_000_000.0, 1_790_000_000.0),
        (None, None),
        ("", None),
        ("soon", None),
        (253_402_300_799_000, 253_402_300_799.0),  # the last second of the year 9999
        (253_402_300_800_000, None),
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
def test_times_are_milliseconds_or_nothing(value: object, stamp: float | None) -> None:
    task = Task.parse("a", {"createTime": value, "completeTime": value})
    assert (task.created_at, task.completed_at) == (stamp, stamp)


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (0, 0), (45, 45), (100, 100), (1, 1), ("0.00", 0), ("0.55", 55), ("1.00", 100),
        ("45", 45), ("1.5", 1.5), ("45%", None), (101, None), (-1, None), (None, None),
        (False, None), ({}, None),
    ],
    ids=repr,
)  # fmt: skip
def test_progress_is_percent_where_the_model_tells_any(
    value: object, percent: float | None
) -> None:
    assert Task.parse("a", {"progress": value}).progress == pytest.approx(percent)


@pytest.mark.parametrize(
    ("value", "text"),
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
def test_words_may_come_as_numbers(value: object, text: str | None) -> None:
    task = Task.parse("a", {"failCode": value, "failMsg": value, "model": value})
    assert (task.fail_code, task.fail_message, task.model) == (text, text, text)


@pytest.mark.parametrize(
    ("value", "number"), [(4, 4.0), ("4.5", 4.5), (0.25, 0.25), (None, None), ("many", None)]
)
def test_credits_may_be_fractional_or_a_string(value: object, number: float | None) -> None:
    assert Task.parse("a", {"creditsConsumed": value}).credits == number


_INPUT = {"prompt": 'A "quoted" \\ [bracketed] word'}


@pytest.mark.parametrize(
    ("value", "params", "prompt"),
    [
        (json.dumps({"input": json.dumps(_INPUT)}), {"input": _INPUT}, _INPUT["prompt"]),
        (json.dumps({"input": _INPUT}), {"input": _INPUT}, _INPUT["prompt"]),
        ({"input": json.dumps(_INPUT)}, {"input": _INPUT}, _INPUT["prompt"]),
        (json.dumps({"input": '{"prompt":"half'}), {"input": '{"prompt":"half'}, None),
        ('{"input":"{"prompt":"quotes lost"}"}', None, None),
        (json.dumps({"input": {"prompt": ["odd"]}}), {"input": {"prompt": ["odd"]}}, None),
        (json.dumps({"model": "m"}), {"model": "m"}, None),
        (json.dumps({"model": '["m"]'}), {"model": '["m"]'}, None),  # `input` alone is parsed twice
        ("[]", None, None),
        ("", None, None),
        (None, None, None),
        (5, None, None),
    ],
)
def test_parameters_are_json_in_json_and_may_be_broken(
    value: object, params: dict[str, Any] | None, prompt: str | None
) -> None:
    task = Task.parse("a", {"param": value})
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


_URL = "https://host/a.png"
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
    | st.sampled_from([_URL, f'["{_URL}"]', '{"resultUrls": 5}', "1e999", "https://["]),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(_names, held, max_size=4),
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
    assert [result.n for result in task.results] == list(range(1, len(task.results) + 1))
    assert len({result.url for result in task.results}) == len(task.results)

"""What an answer means: the table of status, headers and body."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.api.responses import NOT_FOUND_HINT, code_of, decode
from kiecli.errors import (
    AccessError,
    AccountRefused,
    ConfigError,
    ExitCode,
    KieError,
    KieUnavailable,
    RateLimited,
    TaskFailed,
    TaskNotFound,
    UsageError,
)

_RECORD = {"taskId": "a", "state": "waiting"}
_SPRING = {
    "timestamp": "2026-11-02T10:00:00.000+00:00",
    "status": 404,
    "error": "Not Found",
    "message": "No message available",
    "path": "/api/v2/jobs/recordInfo",
}


def _body(code: object, msg: str | None = "why", data: object = None) -> bytes:
    return json.dumps({"code": code, "msg": msg, "data": data}).encode()


def _error(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> KieError:
    with pytest.raises(KieError) as refusal:
        decode(status, headers or {}, body)
    return refusal.value


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("code", [200, "200"], ids=repr)
@pytest.mark.parametrize("data", [_RECORD, 6824.05, "https://fresh", None, [], {}])
def test_code_200_is_a_good_answer_whatever_the_status(
    status: int, code: object, data: object
) -> None:
    assert decode(status, {}, _body(code, "success", data)) == data


@pytest.mark.parametrize("code", [505, "505"], ids=repr)
def test_a_record_with_code_505_is_believed(code: object) -> None:
    assert decode(200, {}, _body(code, "success", _RECORD)) == _RECORD


@pytest.mark.parametrize("data", [None, {}, {"state": None}, {"state": ""}, {"state": 1}, "x"])
def test_code_505_without_a_usable_state_is_a_refusal(data: object) -> None:
    error = _error(200, _body(505, "off", data))
    assert type(error) is AccessError


@pytest.mark.parametrize("code", [401, 422, 429, 500])
def test_a_record_with_any_other_code_is_not(code: int) -> None:
    assert _error(200, _body(code, "why", _RECORD)).message.endswith(f"why (code {code})")


@pytest.mark.parametrize("code", [408, 501])
def test_a_failure_of_the_task_has_its_code_and_message(code: int) -> None:
    for msg, message in (("Out of luck", "Out of luck"), ("", None), (None, None)):
        error = _error(200, _body(code, msg))
        assert isinstance(error, TaskFailed)
        assert (error.fail_code, error.fail_message) == (str(code), message)


_KEY_HINT = "get a key at https://kie.ai/api-key; to test one: kiecli config check"
_CODES: list[tuple[object, str, type[KieError], str, str]] = [
    (401, "No access", AccountRefused, "Kie refused the API key: No access (code 401)", _KEY_HINT),
    ("401", "", AccountRefused, "Kie refused the API key: code 401", _KEY_HINT),
    (
        402,
        "Insufficient",
        AccountRefused,
        "the account is out of credits: Insufficient (code 402)",
        "top up at https://kie.ai/pricing",
    ),
    (
        433,
        "Quota",
        AccountRefused,
        "the API key has used up its quota: Quota (code 433)",
        "raise its limit at https://kie.ai/api-key, or use another key",
    ),
    (
        505,
        "Off",
        AccessError,
        "Kie has disabled this feature: Off (code 505)",
        "contact Kie support",
    ),
    (
        501,
        "Generation failed",
        TaskFailed,
        "Kie says the task failed: Generation failed (code 501)",
        "a problem on Kie's side, usually not charged; submit it again",
    ),
    (
        408,
        "flagged",
        TaskFailed,
        "Kie says the task failed: flagged (code 408)",
        "blocked by content moderation; change the prompt or the input",
    ),
    (
        422,
        "recordInfo is null",
        TaskNotFound,
        "Kie has no task with this id",
        NOT_FOUND_HINT,
    ),
    ("422", "RecordInfo is NULL", TaskNotFound, "Kie has no task with this id", NOT_FOUND_HINT),
    (404, "Task not found", TaskNotFound, "Kie has no task with this id", NOT_FOUND_HINT),
    (500, "recordInfo is null", KieUnavailable, "Kie answered: recordInfo is null (code 500)", ""),
    (
        400,
        "taskId parameter is required",
        UsageError,
        "Kie rejected the request: taskId parameter is required (code 400)",
        "check the task id",
    ),
    (422, "url is wrong", UsageError, "Kie rejected the request: url is wrong (code 422)",
     "check the task id"),
    (429, "Slow", RateLimited, "rate limited by Kie: Slow (code 429)", ""),
    (455, "Maintenance", KieUnavailable, "Kie answered: Maintenance (code 455)", ""),
    (500, "Server exception", KieUnavailable, "Kie answered: Server exception (code 500)", ""),
    (0, "", KieUnavailable, "Kie answered: code 0", ""),
    (-1, "x", KieUnavailable, "Kie answered: x (code -1)", ""),
    (299, "new", KieUnavailable, "Kie answered: new (code 299)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "msg", "kind", "message", "hint"), _CODES)
@pytest.mark.parametrize("status", [200, 401, 500])
def test_the_code_decides_whatever_the_status(
    status: int, code: object, msg: str, kind: type[KieError], message: str, hint: str
) -> None:
    error = _error(status, _body(code, msg))
    assert (type(error), error.message, error.hint) == (kind, message, hint)


_STATUSES: list[tuple[int, type[KieError], str]] = [
    (401, AccountRefused, "the API key was refused (HTTP 401)"),
    (407, AccessError, "the proxy requires a login (HTTP 407)"),
    (301, ConfigError, "this is not Kie's API (HTTP 301)"),
    (302, ConfigError, "this is not Kie's API (HTTP 302)"),
    (308, ConfigError, "this is not Kie's API (HTTP 308)"),
    (404, ConfigError, "this is not Kie's API (HTTP 404)"),
    (405, ConfigError, "this is not Kie's API (HTTP 405)"),
    (429, RateLimited, "rate limited by Kie (HTTP 429)"),
    (200, KieUnavailable, "Kie answered with a page that is not JSON (HTTP 200)"),
    (204, KieUnavailable, "Kie answered with an error page (HTTP 204)"),
    (400, KieUnavailable, "Kie answered with an error page (HTTP 400)"),
    (403, KieUnavailable, "Kie answered with an error page (HTTP 403)"),
    (408, KieUnavailable, "Kie answered with an error page (HTTP 408)"),
    (425, KieUnavailable, "Kie answered with an error page (HTTP 425)"),
    (500, KieUnavailable, "Kie answered with an error page (HTTP 500)"),
    (502, KieUnavailable, "Kie answered with an error page (HTTP 502)"),
    (503, KieUnavailable, "Kie answered with an error page (HTTP 503)"),
    (530, KieUnavailable, "Kie answered with an error page (HTTP 530)"),
]
_NO_CODE: list[bytes] = [
    b"",
    b"<html>Bad gateway</html>",
    b"error code: 1010",
    _body(200, "success", _RECORD)[:-20],
    b"\xff\xfe\x00",
    b"[" * 10_000,
]
_JSON_WITHOUT_CODE: list[bytes] = [
    b"[]",
    b"[1,2]",
    b"null",
    b'"text"',
    json.dumps(_SPRING).encode(),
    _body(None),
    _body(True),
    _body("soon"),
    _body("2" * 300),
    _body("\u0662\u0660\u0660"),
    _body(200.5),
    _body(1e300),
    b'{"code":1e999}',
]


@pytest.mark.parametrize(("status", "kind", "message"), _STATUSES)
@pytest.mark.parametrize("body", _NO_CODE, ids=range(len(_NO_CODE)))
def test_without_a_code_the_status_decides(
    status: int, kind: type[KieError], message: str, body: bytes
) -> None:
    error = _error(status, body)
    assert (type(error), error.message) == (kind, message)


@pytest.mark.parametrize(("status", "kind", "message"), _STATUSES)
@pytest.mark.parametrize("body", _JSON_WITHOUT_CODE, ids=range(len(_JSON_WITHOUT_CODE)))
def test_of_json_without_a_code_the_status_decides_too(
    status: int, kind: type[KieError], message: str, body: bytes
) -> None:
    error = _error(status, body)
    shown = message.replace("a page that is not JSON", "JSON that has no code")
    assert (type(error), error.message) == (kind, shown)


def test_a_code_with_a_decimal_point_is_that_code() -> None:
    assert decode(200, {}, _body(200.0, "success", _RECORD)) == _RECORD
    assert _error(200, _body(422.0, "recordInfo is null")).exit_code is ExitCode.NOT_FOUND


def test_a_key_refused_by_the_status_alone_has_the_same_advice() -> None:
    assert _error(401, b"").hint == _KEY_HINT


def test_an_answer_from_elsewhere_hints_at_the_address() -> None:
    error = _error(404, json.dumps(_SPRING).encode())
    assert error.hint == "check base-url with: kiecli config get base-url"


def test_only_refusals_of_the_key_or_the_account_end_the_whole_run() -> None:
    ends = [code for code in range(100, 600) if code != 200 and _error(200, _body(code)).fatal]
    assert ends == [401, 402, 433]


def test_what_may_pass_is_temporary_and_nothing_else_is() -> None:
    codes = range(100, 600)
    lasting = [c for c in codes if c != 200 and not _error(200, _body(c)).temporary]
    statuses = [s for s in codes if not _error(s, b"").temporary]
    assert lasting == [400, 401, 402, 404, 408, 422, 433, 501, 505]
    assert statuses == [*range(300, 400), 401, 404, 405, 407]


@pytest.mark.parametrize(
    ("envelope", "message"),
    [
        ({"code": 500, "msg": "in msg"}, "in msg (code 500)"),
        ({"code": 500, "message": "in message"}, "in message (code 500)"),
        ({"code": 500, "msg": "", "message": " trimmed\n"}, "trimmed (code 500)"),
        ({"code": 500, "msg": ["odd"]}, "code 500"),
        ({"code": 500}, "code 500"),
    ],
)
def test_both_names_of_the_message_are_read(envelope: object, message: str) -> None:
    assert _error(200, json.dumps(envelope).encode()).message == f"Kie answered: {message}"


@pytest.mark.parametrize(
    ("status", "body"), [(429, b""), (503, b"<html>"), (200, _body(429)), (200, _body(500))]
)
def test_a_temporary_error_may_come_with_a_retry_after(status: int, body: bytes) -> None:
    assert _error(status, body, {"retry-after": "7"}).retry_after == 7
    assert _error(status, body).retry_after is None


@given(st.integers(100, 599), st.one_of(st.binary(), st.text().map(str.encode)), st.text())
def test_whatever_comes_is_data_or_a_kie_error(status: int, body: bytes, date: str) -> None:
    try:
        decode(status, {"retry-after": date, "date": date}, body)
    except KieError:
        pass


@pytest.mark.parametrize(
    ("body", "code"), [(_body(200), "200"), (_body("422"), "422"), (b"<html>", "-"), (b"{}", "-")]
)
def test_a_log_shows_the_code_of_an_answer(body: bytes, code: str) -> None:
    assert code_of(body) == code

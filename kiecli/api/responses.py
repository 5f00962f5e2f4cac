"""Decodes a response of Kie's API: (status, headers, body) to its `data`, or to the right error.

The body's `code` decides, the HTTP status only where the body has none: every recorded answer was
HTTP 200, errors included. Where the error is a task's failure, `hint_for` tells what to do about
it. Pure: nothing here speaks to a network or asks for the time.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from kiecli import safe_json
from kiecli.config.settings import KEY_PAGE
from kiecli.errors import (
    AccessError,
    AccountRefused,
    ConfigError,
    KieError,
    KieUnavailable,
    RateLimited,
    TaskFailed,
    TaskNotFound,
    UsageError,
)
from kiecli.network.errors import PROXY_LOGIN_REQUIRED, proxy_login_hint
from kiecli.network.headers import retry_after

NOT_FOUND_HINT = (
    "check the id. Tasks made with the older Veo, Suno, 4o, Runway or Kontext APIs, or more than "
    "two months ago, cannot be looked up"
)
"""The three causes of a "not found", which Kie does not tell apart."""

_TOP_UP = "top up at https://kie.ai/pricing"

_KEY_HINT = f"get a key at {KEY_PAGE}; to test one: kiecli config check"

BASE_URL_HINT = "check base-url with: kiecli config get base-url"
"""The hint for responses and host names that cannot be those of Kie's API."""

TASK_ID_HINT = "check the task id"
"""The hint for a request that Kie rejects: the id is all of it that a user has typed."""


def _unchanged(value: Any) -> Any:
    return value


def decode(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    key_origin: str = "",
    redact: Callable[[Any], Any] = _unchanged,
    wall: float | None = None,
) -> Any:
    """Return the `data` of a successful response.

    Args:
        status: The HTTP status.
        headers: The HTTP headers, looked up in lower case.
        body: The body, whole.
        key_origin: Where the API key was configured, for the message that it is refused.
        redact: Masks the API key in the body: Kie may quote it.
        wall: Seconds since 1970, for a Retry-After that is a date in a response without its own.

    Raises:
        KieError: Any other response; `temporary` if a retry may succeed.
    """
    envelope = redact(_envelope(body))
    code = _code(envelope)
    if code is None:
        raise _error_for_status(status, body, retry_after(headers, wall), key_origin)
    data = envelope.get("data")
    if code == 200 or (code == 505 and _is_record(data)):
        return data
    raise _error_for_code(code, _message(envelope), retry_after(headers, wall), key_origin)


def code_of(body: bytes) -> str:
    """Return the `code` in the body for the log (`--verbose`), or `-`."""
    code = _code(_envelope(body))
    return "-" if code is None else str(code)


def detail_of(body: bytes) -> str:
    """Return Kie's own message and code, as messages show them."""
    envelope = _envelope(body)
    return _detail(_code(envelope), _message(envelope))


def _detail(code: int | None, message: str) -> str:
    return f"{message} (code {code})" if message else f"code {code}"


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        value = safe_json.parse(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _is_json(body: bytes) -> bool:
    try:
        safe_json.parse(body)
    except ValueError:
        return False
    return True


_MAX_CODE = 100_000  # Kie's codes have three digits


def _code(envelope: Mapping[str, Any]) -> int | None:
    code = envelope.get("code")
    # Bounded first: `int` raises ValueError for more than 4,300 digits.
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 6:
        return int(code)  # resellers of Kie's API send a string of digits
    if isinstance(code, float) and code.is_integer() and abs(code) < _MAX_CODE:
        return int(code)  # 200.0: JSON from a language whose only numbers are floats
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _is_record(data: object) -> bool:
    # A documented example shows 505 with a whole record: then its state is believed.
    return isinstance(data, dict) and isinstance(data.get("state"), str) and bool(data["state"])


def _message(envelope: Mapping[str, Any]) -> str:
    message = envelope.get("msg") or envelope.get("message")  # older examples have "message"
    return message.strip() if isinstance(message, str) else ""


def _error_for_code(code: int, message: str, delay: float | None, key_origin: str) -> KieError:
    """Map a `code` to an error (https://docs.kie.ai/market/common/get-task-detail.md)."""
    detail = _detail(code, message)
    if code in (401, 402, 433, 505):
        return _access_error(code, detail, key_origin)
    # These codes are the task's failure; the request for it succeeded.
    if code in (501, 408):
        hint = hint_for(str(code), message)
        failure = TaskFailed(f"Kie says the task failed: {detail}", hint=hint)
        failure.fail_code, failure.fail_message = str(code), message or None
        return failure
    # Only the message tells this 422 from that of a malformed id.
    if code == 404 or (code == 422 and "recordinfo is null" in message.lower()):
        return TaskNotFound("Kie has no task with this id", hint=NOT_FOUND_HINT)
    if code in (400, 422):
        return UsageError(f"Kie rejected the request: {detail}", hint=TASK_ID_HINT)
    if code == 429:
        return RateLimited(f"rate limited by Kie: {detail}", retry_after=delay)
    return KieUnavailable(f"Kie answered: {detail}", retry_after=delay)


def _access_error(code: int, detail: str, key_origin: str) -> AccessError:
    if code == 505:
        return AccessError(f"Kie has disabled this feature: {detail}", hint="contact Kie support")
    if code == 402:
        return AccountRefused(f"the account is out of credits: {detail}", hint=_TOP_UP)
    if code == 433:
        return AccountRefused(
            f"the API key has used up its quota: {detail}",
            hint=f"raise its limit at {KEY_PAGE}, or use another key",
        )
    return AccountRefused(
        f"Kie refused the API key{_in_parentheses(key_origin)}: {detail}", hint=_KEY_HINT
    )


def _in_parentheses(text: str) -> str:
    return f" ({text})" if text else ""


def _error_for_status(status: int, body: bytes, delay: float | None, key_origin: str) -> KieError:
    """Map the HTTP status of a response without `code` to an error: a proxy's, a login page."""
    if status == 401:
        return AccountRefused(
            f"the API key{_in_parentheses(key_origin)} was refused (HTTP 401)", hint=_KEY_HINT
        )
    if status == 407:
        return AccessError(PROXY_LOGIN_REQUIRED, hint=proxy_login_hint())
    # Redirects are not followed: the API key would be sent along.
    if 300 <= status < 400 or status in (404, 405):
        return ConfigError(
            f"this is not Kie's API (HTTP {status})",
            hint=BASE_URL_HINT,
        )
    if status == 429:
        return RateLimited("rate limited by Kie (HTTP 429)", retry_after=delay)
    what = "an error page"
    if status == 200:
        what = "JSON that has no code" if _is_json(body) else "a page that is not JSON"
    return KieUnavailable(f"Kie answered with {what} (HTTP {status})", retry_after=delay)


_MODERATION = (
    "sensitive moderat policy nsfw prohibited flagged violat SENSITIVE_WORD_ERROR "
    "CONTENT_POLICY_BLOCKED"
).lower().split()  # fmt: skip
_CREDIT_WORDS = ("balance", "credit")
# Failures of the services behind Kie, beside all 5xx: timeout, too early, too many requests,
# maintenance (https://docs.kie.ai/market/common/get-task-detail.md).
_UPSTREAM_CODES = {"408", "425", "429", "455"}
_UPSTREAM_WORDS = ("try again later", "task id is blank")

# A key that was good enough to submit the task, and then failed it.
_KEY_HINTS = {
    "401": f"the API key that submitted it was refused; check it at {KEY_PAGE}",
    "433": f"the API key that submitted it has used up its quota; raise its limit at {KEY_PAGE}",
}


def hint_for(code: str | None, message: str | None) -> str:
    """Return what to do about a failed task, by its `failCode` and `failMsg`; no final stop."""
    reason = f"{code or ''} {message or ''}".lower()
    if any(word in reason for word in _MODERATION):
        return "blocked by content moderation; change the prompt or the input"
    if code == "402" or _lacks_credits(reason):
        return f"the account is out of credits; {_TOP_UP}, then submit it again"
    if code in _KEY_HINTS:
        return f"{_KEY_HINTS[code]}, then submit it again"
    if _is_upstream(code) or any(word in reason for word in _UPSTREAM_WORDS):
        return "a problem on Kie's side, usually not charged; submit it again"
    if not message:
        return "for the reason see https://kie.ai/logs"
    return "check the parameters it was submitted with"


def _is_upstream(code: str | None) -> bool:
    return code in _UPSTREAM_CODES or re.fullmatch("5[0-9][0-9]", code or "") is not None


def _lacks_credits(reason: str) -> bool:
    return "insufficient" in reason and any(word in reason for word in _CREDIT_WORDS)

"""What an answer of Kie's API means: (status, headers, body) to data, or to the right error.

The body's `code` decides, the HTTP status only where the body has none: every recorded answer was
HTTP 200, errors included. Pure: nothing here speaks to a network or asks for the time.
"""

from collections.abc import Callable, Mapping
from typing import Any

from kiecli import safe_json
from kiecli.config.api_key import KEY_PAGE
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

_MODERATION = (
    "sensitive moderat policy nsfw prohibited flagged violat SENSITIVE_WORD_ERROR "
    "CONTENT_POLICY_BLOCKED"
).lower().split()  # fmt: skip
_CREDIT_WORDS = ("balance", "credit")
_UPSTREAM_CODES = {"500", "501", "524"}
_UPSTREAM_WORDS = ("try again later", "task id is blank")


def hint_for(code: str | None, message: str | None) -> str:
    """Return one sentence of advice, without a final stop."""
    words = f"{code or ''} {message or ''}".lower()
    if any(word in words for word in _MODERATION):
        return "moderation refused it: change the prompt or the input"
    if code == "402" or _lacks_credits(words):
        return "the account is out of credits: top up, then submit anew"
    if code in _UPSTREAM_CODES or any(word in words for word in _UPSTREAM_WORDS):
        return "trouble upstream, often not charged: a new submission may work"
    return "check the parameters it was submitted with"


def _lacks_credits(words: str) -> bool:
    return "insufficient" in words and any(word in words for word in _CREDIT_WORDS)


NOT_FOUND_HINT = (
    "a wrong id, an id of another Kie product's endpoint (Veo, Suno, 4o, Runway or Kontext from "
    "before the Market), or a record older than two months"
)
"""The three causes that one and the same answer can have."""

_KEY_HINT = f"get a key at {KEY_PAGE}; to test one: kiecli config check"


def _unchanged(value: Any) -> Any:
    return value


def decode(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    key_origin: str = "",
    redact: Callable[[Any], Any] = _unchanged,
) -> Any:
    """Return the `data` of a good answer.

    Args:
        status: The HTTP status.
        headers: The HTTP headers, looked up in lower case.
        body: The body, whole.
        key_origin: Where the API key was configured; named where it is refused.
        redact: Masks the API key in what the body holds: Kie may quote it.

    Raises:
        KieError: The one that the answer stands for; `temporary` tells whether to ask again.
    """
    envelope = redact(_envelope(body))
    code = _code(envelope)
    if code is None:
        raise _error_for_status(status, headers, key_origin)
    data = envelope.get("data")
    if code == 200 or (code == 505 and _is_record(data)):
        return data
    raise _error_for_code(code, _said(envelope), headers, key_origin)


def code_of(body: bytes) -> str:
    """Return the body's own code for a log, or `-`."""
    code = _code(_envelope(body))
    return "-" if code is None else str(code)


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        value = safe_json.parse(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _code(envelope: Mapping[str, Any]) -> int | None:
    code = envelope.get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 6:
        return int(code)  # re-sellers send a string of digits
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _is_record(data: object) -> bool:
    # A documented example shows 505 with a whole record: then its state is believed.
    return isinstance(data, dict) and isinstance(data.get("state"), str) and bool(data["state"])


def _said(envelope: Mapping[str, Any]) -> str:
    said = envelope.get("msg") or envelope.get("message")  # older examples say "message"
    return said.strip() if isinstance(said, str) else ""


def _error_for_code(code: int, said: str, headers: Mapping[str, str], key_origin: str) -> KieError:
    """Return the error that a code stands for (the table of the official task page)."""
    words = f"{said} (code {code})" if said else f"code {code}"
    if code in (401, 402, 433, 505):
        return _access(code, words, key_origin)
    if code in (501, 408):
        return TaskFailed(f"Kie says the task failed: {words}", hint=hint_for(str(code), said))
    if code == 404 or (code == 422 and "recordinfo is null" in said.lower()):
        return TaskNotFound("Kie knows no such Market task", hint=NOT_FOUND_HINT)
    if code in (400, 422):
        return UsageError(f"Kie refused the question: {words}", hint="check the line")
    if code == 429:
        return RateLimited(f"Kie is asked too often: {words}", retry_after=_retry_after(headers))
    return KieUnavailable(f"Kie answered {words}", retry_after=_retry_after(headers))


def _access(code: int, words: str, key_origin: str) -> AccessError:
    if code == 505:
        return AccessError(f"Kie has switched this off: {words}", hint="ask Kie's support")
    if code == 402:
        return AccountRefused(
            f"the account has no credits: {words}", hint="top up at https://kie.ai"
        )
    if code == 433:
        return AccountRefused(
            f"the key's own quota is used up: {words}", hint="raise it, or use another key"
        )
    return AccountRefused(f"Kie refused the API key{_from(key_origin)}: {words}", hint=_KEY_HINT)


def _from(key_origin: str) -> str:
    return f" ({key_origin})" if key_origin else ""


def _error_for_status(status: int, headers: Mapping[str, str], key_origin: str) -> KieError:
    """Return the error of an answer that is not one of Kie's: a proxy's, a router's, a page."""
    if status == 401:
        return AccountRefused(
            f"the API key{_from(key_origin)} was refused (HTTP 401)", hint=_KEY_HINT
        )
    if status == 407:
        return AccessError(
            "the proxy asks for a login (HTTP 407)", hint="put user and password into HTTPS_PROXY"
        )
    if 300 <= status < 400 or status in (404, 405):
        return ConfigError(
            f"that is not Kie's API (HTTP {status})",
            hint="is base-url right? see: kiecli config get base-url",
        )
    if status == 429:
        return RateLimited("Kie is asked too often (HTTP 429)", retry_after=_retry_after(headers))
    what = "an answer that is not Kie's JSON" if status == 200 else "an error"
    return KieUnavailable(f"got {what} (HTTP {status})", retry_after=_retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, in either of its forms (RFC 9110, 10.2.3)."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    return _seconds_between(headers.get("date", ""), told) if told else None


def _seconds_between(sent: str, due: str) -> float | None:
    from email.utils import parsedate_to_datetime

    # A date is measured against the answer's own: the clocks here and there may differ.
    try:
        return max(0.0, (parsedate_to_datetime(due) - parsedate_to_datetime(sent)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None

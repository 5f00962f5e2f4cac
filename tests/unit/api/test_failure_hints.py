"""What to do about a failed task."""

import pytest

from kiecli.api.responses import hint_for

_MODERATION = "blocked by content moderation; change the prompt or the input"
_CREDITS = "the account is out of credits; top up at https://kie.ai/pricing, then submit it again"
_UPSTREAM = "a problem on Kie's side, usually not charged; submit it again"
_KEY = (
    "the API key that submitted it was refused; check it at https://kie.ai/api-key,"
    " then submit it again"
)
_QUOTA = (
    "the API key that submitted it has used up its quota;"
    " raise its limit at https://kie.ai/api-key, then submit it again"
)
_LOGS = "for the reason see https://kie.ai/logs"
_INPUT = "check the parameters it was submitted with"


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("422", "The prompt was flagged by our filter", _MODERATION),
        ("400", "Content violates the usage policy", _MODERATION),
        ("422", "NSFW content", _MODERATION),
        ("422", "This is prohibited", _MODERATION),
        ("500", "Rejected by moderation", _MODERATION),
        ("SENSITIVE_WORD_ERROR", None, _MODERATION),
        ("content_policy_blocked", "", _MODERATION),
        ("402", None, _CREDITS),
        ("500", "Insufficient balance", _CREDITS),
        ("500", "Your credits are insufficient", _CREDITS),
        ("422", "Insufficient resolution: 300 pixels at least", _INPUT),
        ("422", "The white balance must be from 0 to 100", _INPUT),
        ("500", "Internal error", _UPSTREAM),
        ("501", None, _UPSTREAM),
        ("524", "timeout", _UPSTREAM),
        ("408", "upstream service timeout", _UPSTREAM),
        ("429", "Too many requests", _UPSTREAM),
        ("455", "maintenance", _UPSTREAM),
        ("503", "Service Unavailable", _UPSTREAM),
        ("505", "off", _UPSTREAM),
        ("5000", "no", _INPUT),
        ("401", "Unauthorized", _KEY),
        ("433", None, _QUOTA),
        ("400", "Busy, please Try Again Later", _UPSTREAM),
        ("422", "generate playground failed, task id is blank", _UPSTREAM),
        ("400", "duration must be 5 or 10", _INPUT),
        ("422", None, _LOGS),
        (None, "boom", _INPUT),
        (None, None, _LOGS),
    ],
)
def test_advice_follows_from_code_and_words(
    code: str | None, message: str | None, hint: str
) -> None:
    assert hint_for(code, message) == hint

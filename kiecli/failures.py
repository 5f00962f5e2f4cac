"""What to do about a failed task, from the code and the words that Kie gives."""

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

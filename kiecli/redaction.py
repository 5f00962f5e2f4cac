"""Masks the API key in what is shown, written to files or sent to file hosts. Pure.

Values are masked before they are laid out or encoded: a panel wraps a key and JSON escapes it, and
what is left of it then can still be read. Streams mask what they write once more.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

MASK = "****"

# A shorter key is none of Kie's, and could be part of any word.
_MIN_LENGTH = 8

# Real answers have JSON in a string in JSON in a string; one more costs nothing.
_MAX_NESTED = 3


class Redactor:
    """Replaces secrets in texts, and in values that were read from JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Prepare for secrets; those too short to be a key are left out."""
        forms: list[str] = []
        for secret in secrets:
            if len(secret) < _MIN_LENGTH:
                continue
            if not re.fullmatch(r"[\w.~-]+", secret, re.ASCII):
                forms += _escaped_forms(secret)
            forms.append(secret)
        self._forms = tuple(dict.fromkeys(forms))

    def text(self, text: str) -> str:
        """Return the text without the secrets, escaped for JSON or a URL neither."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def value(self, value: Any, nested: int = _MAX_NESTED) -> Any:
        """Return the value without the secrets, wherever in it, inside JSON in its strings too.

        Args:
            value: As JSON has it.
            nested: How many more layers of JSON in strings are looked through.
        """
        if not self._forms:
            return value
        if isinstance(value, str):
            text = self.text(value)
            # Some encoders escape a `+`, `/` or `&`, or whatever they like: only then is it parsed.
            may_hide = nested and ("\\u" in text or "\\/" in text)
            return self._parsed(text, nested) if may_hide else text
        if isinstance(value, list):
            return [self.value(each, nested) for each in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(each, nested) for name, each in value.items()}
        return value

    def _parsed(self, text: str, nested: int) -> str:
        import json

        from kiecli import safe_json

        held = safe_json.decode_nested(text)
        redacted = self.value(held, nested - 1)
        # Where nothing is masked, it stays as it was written.
        if redacted == held:
            return text
        return json.dumps(redacted, ensure_ascii=False, separators=(",", ":"))


def _escaped_forms(secret: str) -> Iterator[str]:
    """Yield the forms in which a secret may stand in JSON or a URL, the longest first."""
    import json
    from urllib.parse import quote

    escaped = [secret]
    for _ in range(_MAX_NESTED):
        escaped.append(json.dumps(escaped[-1])[1:-1])
    yield from reversed(escaped[1:])
    yield quote(secret, safe="", errors="surrogatepass")

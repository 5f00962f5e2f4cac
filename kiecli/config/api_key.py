"""The API key: extracted from a pasted line, checked, masked. Pure."""

KEY_PAGE = "https://kie.ai/api-key"
"""Where a user creates a key, and sees which ones there are."""

# A line in which people find a key: shell profiles, READMEs, request headers, YAML and JSON. What
# may stand before the key is anything that ends in the variable's name, `Bearer` or `api-key`;
# after it only what closes such a line. The key itself has no character that would make it a
# placeholder (`$KIE_API_KEY`, `<your key>`, `%KIE_API_KEY%`).
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_PASTED_LINE = rf"""(?xi)
    (?: .* (?: \bKIE_API_KEY [{_QUOTES}]? (?: \s*[=:,]\s* | \s+ )
             | \b(?:api[-_]key|Authorization) [{_QUOTES}]? \s*[=:]\s*
             | \bBearer\s+ ) )?
    [{_QUOTES}]*
    ( [^\s{_QUOTES}=;,()$%<>{{}}]+ )
    [{_QUOTES}]*
    (?: \s*/M                                # setx: for all users
      | ,\s* [{_QUOTES}] \w+ [{_QUOTES}] )?  # [Environment]::SetEnvironmentVariable(…, 'User')
    \s* [;,)}}]*
"""

# What a key may have beside letters and digits: without it, a key alone is alphanumeric.
_PUNCTUATION = str.maketrans("", "", "-_.")

# Far longer than any such line: no time is spent on a file that was pasted by mistake.
_MAX_LINE = 4096

# Fewer characters could be guessed from the four that are shown.
_MIN_SHOWN = 12


def extract(text: str) -> str:
    """Return the key out of a line such as `export KIE_API_KEY="..."`, else the text, trimmed.

    The result is not checked: see `check`.
    """
    text = text.strip()  # a header cannot hold the line end that most keys come with
    if text.translate(_PUNCTUATION).isalnum():  # to compile the pattern takes a millisecond
        return text
    import re

    line = re.fullmatch(_PASTED_LINE, text) if len(text) <= _MAX_LINE else None
    return line[1] if line else text


def check(text: str) -> str:
    """Return the API key in a text, checked for what no key can have.

    Raises:
        ValueError: There is none that a request could carry; the reason does not repeat the text.
    """
    key = extract(text)
    if not key.strip(_QUOTES):  # `KIE_API_KEY=""` in an env file of Docker, which keeps the quotes
        raise ValueError("the key is empty")
    if not (key.isascii() and key.isprintable()):
        raise ValueError("the key is not one line of printable ASCII")
    # Kie's keys have neither: this is a line that `extract` did not make sense of, or two keys.
    if " " in key or "=" in key:
        raise ValueError("the key has a space or a '=' in it, so it is not the key alone")
    if "**" in key:  # `kiecli config list` and the logs of CI services have it so
        raise ValueError("the key is a mask that is shown in its place, and not the key itself")
    # `$NAME`, `${NAME}`, `$env:NAME`, `%NAME%`, `${{ secrets.NAME }}`
    name = key.strip(_QUOTES)
    if name.startswith("$") or (name.startswith("%") and name.endswith("%")):
        raise ValueError("the key is the name of a variable, which no shell has replaced")
    return key


def mask(text: str) -> str:
    """Return what may be shown of a key: its last four characters, none of a short one's."""
    # A text that cannot be a key shows nothing either: its end could be the end of a password.
    key = extract(text)
    is_key = len(key) >= _MIN_SHOWN and key.isascii() and key.isprintable()
    return f"****{key[-4:]}" if is_key else "****"

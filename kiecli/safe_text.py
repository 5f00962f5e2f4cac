"""Text from the network, made fit to be shown: no terminal and no log obeys it. Pure."""

_SPACES = "\t\n\v\f\r\x85\u2028\u2029"

DIRECTION_MARKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Invisible characters that change the order in which others are shown (Unicode, UAX #9, 2)."""

COMMAND = "##["
"""GitHub Actions obeys `##[command]` wherever in a line of a log it stands."""


def sanitize(text: str) -> str:
    """Return the text on one line, in one direction, without control characters."""
    if text.isascii() and text.isprintable() and COMMAND not in text:
        return text
    return "".join(map(_shown, text)).replace(COMMAND, "## [")


def lower_first(message: str) -> str:
    """Return a library's message with a small first letter, to follow a colon in ours."""
    is_word = message[1:2].islower()  # not an abbreviation, such as macOS's "RPC struct is bad"
    return message[:1].lower() + message[1:] if is_word else message


def encodable(text: str, encoding: str) -> str:
    """Return the text, with an escape for each character that a stream's encoding has not."""
    try:
        text.encode(encoding, "surrogateescape")
    except UnicodeEncodeError:  # LANG=C, a code page of Windows: better than nothing
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def shell_word(text: str) -> str:
    """Return the text as one word for a shell script, which is never a workflow command."""
    return "-".join(sanitize(text).split()).lstrip(":") or "unknown"


def _shown(char: str) -> str:
    if char in _SPACES:
        return " "
    if char in DIRECTION_MARKS or char < " " or "\x7f" <= char <= "\x9f":
        return ""
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char  # half of a character

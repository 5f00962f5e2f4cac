"""The table of settings: names, environment variables, defaults, and what each may be.

A text becomes a value here: a key is taken out of a pasted line, `~` becomes the home folder.
Which text is in force is decided in config/resolver.py.
"""

from collections.abc import Callable
from typing import NamedTuple

from kiecli import durations
from kiecli.errors import UsageError
from kiecli.system.path_syntax import PathSyntax
from kiecli.system.syntax import PATHS


class Setting(NamedTuple):
    """A setting: its names, its default, and how a text becomes its value."""

    name: str
    """Its name in the config file and for `kiecli config`; an option of it is `--name`."""
    variable: str
    """Its name in the environment."""
    default: str | None
    read: Callable[[str], str]
    """Returns the value that a text stands for; raises ValueError with a message for users."""
    secret: bool = False
    """Whether the value is never shown, but for a mask: the API key."""
    mask: Callable[[str], str] = str
    """Returns what may be shown of a value, also of one that cannot be used."""


class Value(NamedTuple):
    """A setting's value and where it came from."""

    setting: Setting
    text: str
    source: str
    """`option`, `environment`, `file` or `default`."""
    origin: str
    """The place in words: `KIE_API_KEY`, `dir in /home/me/.config/kiecli/config.json`."""

    @property
    def shown(self) -> str:
        """The text as it may be shown on a screen or in a log."""
        return self.setting.mask(self.text)


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
_MAX_KEY_LINE = 4096

# Fewer characters could be guessed from the four that are shown.
_MIN_SHOWN = 12


def extract_key(text: str) -> str:
    """Return the key out of a line such as `export KIE_API_KEY="..."`, else the text, trimmed.

    The result is not checked: see `check_key`.
    """
    text = text.strip()  # a header cannot hold the line end that most keys come with
    if text.translate(_PUNCTUATION).isalnum():  # to compile the pattern takes a millisecond
        return text
    import re

    line = re.fullmatch(_PASTED_LINE, text) if len(text) <= _MAX_KEY_LINE else None
    return line[1] if line else text


def check_key(text: str) -> str:
    """Return the API key in a text, checked for what no key can have.

    Raises:
        ValueError: There is none that a request could carry; the reason does not repeat the text.
    """
    key = extract_key(text)
    if not key.strip(_QUOTES):  # `KIE_API_KEY=""` in an env file of Docker, which keeps the quotes
        raise ValueError("the key is empty")
    if not (key.isascii() and key.isprintable()):
        raise ValueError("the key is not one line of printable ASCII")
    # Kie's keys have neither: this is a line that `extract_key` did not make sense of, or two keys.
    if " " in key or "=" in key:
        raise ValueError("the key has a space or a '=' in it, so it is not the key alone")
    if "**" in key:  # `kiecli config list` and the logs of CI services have it so
        raise ValueError("the key is a mask that is shown in its place, and not the key itself")
    # `$NAME`, `${NAME}`, `$env:NAME`, `%NAME%`, `${{ secrets.NAME }}`
    name = key.strip(_QUOTES)
    if name.startswith("$") or (name.startswith("%") and name.endswith("%")):
        raise ValueError("the key is the name of a variable, which no shell has replaced")
    return key


def mask_key(text: str) -> str:
    """Return what may be shown of a key: its last four characters, none of a short one's."""
    # A text that cannot be a key shows nothing either: its end could be the end of a password.
    key = extract_key(text)
    is_key = len(key) >= _MIN_SHOWN and key.isascii() and key.isprintable()
    return f"****{key[-4:]}" if is_key else "****"


_KIE_HOST = "api.kie.ai"
_KIE_URL = f"https://{_KIE_HOST}"
# Stricter than urlsplit, which drops newlines silently and accepts what httpx or the resolver
# would raise for: an empty label, an invalid port, text around the brackets.
_LABEL = r"[a-z0-9_-]{1,63}"
_ADDRESS = (
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-~]*)?"
)
_MAX_PORT = 65535


def _base_url(text: str) -> str:
    import re

    # It loads urllib, which commands that read no address do without.
    from kiecli.urls import is_ip, is_loopback

    url = text.strip()
    # Checked first: the other messages quote the address, and a password must not be shown.
    if "@" in url:
        raise ValueError("the address has a user name in it, which would not be sent")
    if "?" in url or "#" in url:
        raise ValueError(f"{text!r} has a query or a fragment, which would be lost")
    address = re.fullmatch(_ADDRESS, url, re.ASCII | re.IGNORECASE)
    if (
        address is None
        or int(address["port"] or 0) > _MAX_PORT
        or (address["host"].startswith("[") and not is_ip(address["host"].strip("[]")))
    ):
        raise ValueError(f"{text!r} is not a URL such as {_KIE_URL}")
    host = address["host"].strip("[]").lower()
    if address["scheme"].lower() == "http" and not is_loopback(host):
        raise ValueError(f"{text!r} would send the key unencrypted: use https")
    # Kie's documents show whole URLs, and requests to half of one are only answered with 404.
    if host.rstrip(".") == _KIE_HOST and (address["path"] or "").strip("/"):
        raise ValueError(f"{text!r} has a path, which kiecli adds itself: use {_KIE_URL}")
    return url.rstrip("/")  # paths are appended to it


def _without_user(url: str) -> str:
    """Return an address without what stands before its last `@`: a password may hold any sign."""
    import re

    return re.sub(r"(?is)\A(\s*https?://)?.*@", r"\1****@", url)


def folder(text: str, syntax: PathSyntax = PATHS) -> str:
    """Return a folder as it was typed, a home folder in full.

    Args:
        text: As typed.
        syntax: How the system reads paths.

    Raises:
        ValueError: No folder can have that name.
    """
    import os
    from pathlib import Path

    if not text.strip():
        raise ValueError("the name of the folder is empty")
    try:
        # Only what names a home goes through Path, which would drop a leading `./`.
        path = str(Path(text).expanduser()) if text.startswith("~") else text
        encoded = os.fsencode(path)
    except RuntimeError:
        raise ValueError(f"the home folder of {text!r} is not known") from None
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} is not a valid folder name") from None
    if b"\0" in encoded:
        raise ValueError(f"{text!r} is not a valid folder name")
    if problem := syntax.problem(path.strip()):
        raise ValueError(f"{text!r}: {problem}")
    return path


def _timeout(text: str) -> str:
    durations.parse(text, zero=True)  # 0 is one check; the text stays as it was typed, for `get`
    return text.strip()


SETTINGS = (
    Setting("api-key", "KIE_API_KEY", None, check_key, secret=True, mask=mask_key),
    Setting("base-url", "KIE_BASE_URL", _KIE_URL, _base_url, mask=_without_user),
    Setting("dir", "KIECLI_DIR", ".", folder),
    Setting("timeout", "KIECLI_TIMEOUT", "15m", _timeout),
)


def get_setting(name: str) -> Setting:
    """Return the setting of that name.

    Raises:
        UsageError: There is none.
    """
    for setting in SETTINGS:
        if setting.name == name:
            return setting
    raise UsageError(f"{_quotable(name)} is not a setting", hint=_suggestion(name))


def _quotable(name: str) -> str:
    """Return the name in quotes, unless it could be a key that was typed in its place."""
    import re

    return repr(name) if re.fullmatch("[A-Za-z_-]{1,20}", name) else "that"


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    names = [setting.name for setting in SETTINGS]
    # 0.5 finds `base-url` for `url` and `dir` for `directory`.
    for nearest in get_close_matches(name.lower(), names, n=1, cutoff=0.5):
        return f"did you mean {nearest!r}?"
    return f"the settings are {', '.join(names)}"

"""What can be configured: each setting's names, its default, what its value may be. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from kiecli import durations
from kiecli.errors import UsageError
from kiecli.urls import is_ip, is_loopback


class Setting(NamedTuple):
    """One thing that can be configured."""

    name: str
    """Its name in the config file and for `kiecli config`; an option of it is `--name`."""
    variable: str
    """Its name in the environment."""
    default: str | None
    read: Callable[[str], str]
    """Returns the value that a text stands for, or raises ValueError with words for the user."""
    secret: bool = False


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
        """The text as anybody may see it."""
        return mask(self.text.strip()) if self.setting.secret else self.text


class Entry(NamedTuple):
    """A setting with all the values it has, as `config list` shows it."""

    setting: Setting
    value: Value | None
    """The one in force; None when there is none at all."""
    overridden: tuple[Value, ...]
    """Those that the one in force hides, the default aside."""


def get_setting(name: str) -> Setting:
    """Return the setting of that name.

    Raises:
        UsageError: There is none.
    """
    for setting in SETTINGS:
        if setting.name == name:
            return setting
    raise UsageError(f"{_repeatable(name)} is not a setting", hint=_nearest(name))


def _repeatable(name: str) -> str:
    """Return the name, unless it could be a key that was typed in the place of one."""
    import re

    return repr(name) if re.fullmatch("[A-Za-z_-]{1,20}", name) else "that"


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    names = [setting.name for setting in SETTINGS]
    for nearest in get_close_matches(name.lower(), names, n=1, cutoff=0.5):
        return f"did you mean {nearest!r}?"
    return f"known are {', '.join(names)}"


def mask(key: str) -> str:
    """Return what may be shown of a key: its last four characters, none of a short one's."""
    shown = key[-4:] if len(key) >= _MIN_SHOWN and _is_one_line(key) else ""
    return f"****{shown}"


_MIN_SHOWN = 12


def _key(text: str) -> str:
    key = text.strip()
    if not key:
        raise ValueError("the key is blank")
    if not _is_one_line(key):
        raise ValueError("the key is not printable ASCII on one line")
    return key


def _is_one_line(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _base_url(text: str) -> str:
    url = text.strip()
    # Looked at first: a password must not be repeated.
    if "@" in url:
        raise ValueError("the address has a user in it, which no request would carry")
    if "?" in url or "#" in url:
        raise ValueError(f"{text!r} has a query or a fragment, which requests would lose")
    scheme, host = _scheme_and_host(url)
    if not host:
        raise ValueError(f"{text!r} is not an address such as https://api.kie.ai")
    if scheme == "http" and not is_loopback(host):
        raise ValueError(f"{text!r} would send the key in clear text: use https")
    return url.rstrip("/")


# Stricter than urlsplit, which drops newlines without a word and lets pass what httpx or the
# resolver would raise for: an empty label, a port that is none, text around the brackets.
_LABEL = r"[a-z0-9_-]{1,63}"
_ADDRESS = (
    rf"(https?)://({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?(?:/[!-~]*)?"
)
_MAX_PORT = 65535


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Return both in lower case; an empty host when it is no address of the web."""
    import re

    address = re.fullmatch(_ADDRESS, url, re.ASCII | re.IGNORECASE)
    if address is None or int(address[3] or 0) > _MAX_PORT:
        return "", ""
    scheme, host = address[1].lower(), address[2].lower()
    if not host.startswith("["):
        return scheme, host
    host = host.strip("[]")
    return scheme, host if is_ip(host) else ""


def _folder(text: str) -> str:
    import os
    from pathlib import Path

    if not text.strip():
        raise ValueError("the folder is blank")
    try:
        # Only what names a home goes through Path, which would drop a leading `./`.
        folder = str(Path(text).expanduser()) if text.startswith("~") else text
        encoded = os.fsencode(folder)
    except RuntimeError:
        raise ValueError(f"the home folder of {text!r} is not known") from None
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} cannot be the name of a folder") from None
    if b"\0" in encoded:
        raise ValueError(f"{text!r} cannot be the name of a folder")
    return folder


def _timeout(text: str) -> str:
    durations.parse(text, zero=True)
    return text.strip()


SETTINGS = (
    Setting("api-key", "KIE_API_KEY", None, _key, secret=True),
    Setting("base-url", "KIE_BASE_URL", "https://api.kie.ai", _base_url),
    Setting("dir", "KIECLI_DIR", ".", _folder),
    Setting("timeout", "KIECLI_TIMEOUT", "15m", _timeout),
)

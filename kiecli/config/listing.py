"""Every setting with all its values: what `config list` shows."""

from collections.abc import Iterator
from typing import NamedTuple

from kiecli.config.resolver import Config
from kiecli.config.settings import SETTINGS, Setting, Value


class Entry(NamedTuple):
    """A setting with all its values, as `config list` shows it."""

    setting: Setting
    value: Value | None
    """The one in force; None when the setting has no value and no default."""
    overridden: tuple[Value, ...]
    """Those that the one in force overrides, the default aside."""


def entries(config: Config) -> Iterator[Entry]:
    """Yield every setting with its values as `config get` shows them.

    Those that cannot be used come as they were given.

    Raises:
        ConfigError: The file is broken.
    """
    for setting in SETTINGS:
        values = [_final(value) for value in config.values(setting)]
        # Everything overrides a default: to list that would be noise.
        overridden = tuple(value for value in values[1:] if value.source != "default")
        yield Entry(setting, values[0] if values else None, overridden)


def _final(value: Value) -> Value:
    try:
        return value._replace(text=value.setting.read(value.text))
    except ValueError:
        return value

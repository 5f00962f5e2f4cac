"""The config file: a JSON object that is replaced atomically and never overwritten when broken."""

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kiecli.errors import ConfigError, system_reason
from kiecli.safe_text import lower_first

# Settings fill a few hundred bytes; what is longer is something else, a device for example.
_MAX_SIZE = 1 << 20


class ConfigStore:
    """A JSON object in a file that only its owner may read.

    Attributes:
        path: Where the file is, or would be. A link there is followed and stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return what the file holds; a missing or an empty file holds nothing.

        Raises:
            ConfigError: It cannot be read, or is no JSON object in UTF-8.
        """
        try:
            self.path.lstat()  # without a file, the module that reads it need not be imported
            from kiecli.config.system_file import read

            content = read(_target(self.path), _MAX_SIZE + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable("read", error) from error
        if len(content) > _MAX_SIZE:
            raise self._broken("too large for a config file")
        # A byte order mark alone is what Windows PowerShell makes of an empty text.
        return self._parsed(content) if content.removeprefix(BOM_UTF8).strip() else {}

    def set(self, name: str, text: str) -> None:
        """Store a value; everything else in the file stays.

        Raises:
            ConfigError: The file is broken, or cannot be written.
        """

        def change(values: dict[str, Any]) -> None:
            values[name] = text

        self._update(change)

    def remove(self, name: str) -> bool:
        """Remove a value; return whether there was one.

        Raises:
            ConfigError: The file is broken, or cannot be written.
        """

        def change(values: dict[str, Any]) -> None:
            values.pop(name, None)

        if name not in self.read():  # then no folder is created and nothing is written
            return False
        self._update(change)
        return True

    def is_exposed(self) -> bool:
        """Whether anybody but the owner may do anything with the file."""
        from kiecli.config.system_file import is_exposed

        return is_exposed(self.path)

    def _parsed(self, content: bytes) -> dict[str, Any]:
        from kiecli import safe_json

        try:
            values = safe_json.parse(content)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise self._broken(f"not UTF-8 in line {line}") from error
        except ValueError as error:
            raise self._broken(_reason(error)) from error
        if not isinstance(values, dict):
            raise self._broken("not a JSON object")
        return values

    def _update(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the values, and keep what other processes change at the same time."""
        from kiecli.config.system_file import exclusive, make_folder, replace

        self.read()  # refuse a broken file before creating a folder or a lock
        try:
            target = _target(self.path)
            # A device would be replaced by a file.
            if target.exists() and not target.is_file():
                raise _not_a_file()
            make_folder(target.parent)
            with exclusive(target):
                values = self.read()  # again, under the lock: another process may have changed it
                change(values)
                replace(target, _encoded(values))
        except OSError as error:
            raise self._unusable("write", error) from error

    def _broken(self, reason: str) -> ConfigError:
        return ConfigError(
            f"the config file {self.path} is broken: {reason}",
            hint="fix or remove it; it was not changed",
        )

    def _unusable(self, verb: str, error: OSError) -> ConfigError:
        return ConfigError(
            f"cannot {verb} the config file {self.path}: {system_reason(error)}",
            hint="fix that, or set KIECLI_CONFIG to another file",
        )


def _reason(error: ValueError) -> str:
    """Return what is wrong and in which line, as far as the parser tells."""
    line = getattr(error, "lineno", None)
    message = lower_first(getattr(error, "msg", str(error)))
    return message if line is None else f"{message} in line {line}"


def _encoded(values: Mapping[str, Any]) -> bytes:
    import json

    # ASCII escapes keep file names whole that are not UTF-8.
    return json.dumps(values, indent=2).encode() + b"\n"


def _target(path: Path) -> Path:
    """Return the file itself: where a link in its place leads to.

    Raises:
        OSError: It leads nowhere, or there is a pipe: that can be read only once, and looks like
            an empty file until somebody writes to it.
    """
    target = path
    if path.is_symlink():
        try:
            target = Path(os.path.realpath(path, strict=True))
        except FileNotFoundError:
            # The pipe of `<(...)` is no part of any folder. Else it is not the same as a missing
            # file: a dotfile manager's folder is away, perhaps.
            raise (
                _not_a_file() if path.exists() else OSError(0, "it is a dangling link")
            ) from None
    if target.is_fifo() or target.is_socket():
        raise _not_a_file()
    return target


def _not_a_file() -> OSError:
    return OSError(0, "it is not a regular file")

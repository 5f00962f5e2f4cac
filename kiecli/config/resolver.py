"""Resolves settings: option over environment over config file over default."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from kiecli import durations
from kiecli.config.settings import (
    KEY_PAGE,
    Setting,
    Value,
    extract_key,
    get_setting,
)
from kiecli.config.store import ConfigStore
from kiecli.errors import AccessError, ConfigError, UsageError


def user_folder() -> str:
    """Return the platform's folder for the user's configuration of kiecli."""
    from platformdirs import user_config_dir

    # Without an author's name Windows would get `kiecli\kiecli`.
    return user_config_dir("kiecli", appauthor=False)


class Config:
    """Settings, resolved when they are needed; the file is read at most once."""

    def __init__(self, environ: Mapping[str, str], folder: Callable[[], str] = user_folder) -> None:
        """Store the sources; nothing is read yet.

        Args:
            environ: The environment variables.
            folder: Returns the folder of the file; called only where KIECLI_CONFIG is not set.
        """
        self._environ = environ
        self._folder = folder
        self._read: dict[str, Any] | None = None  # what the file holds, once it was read
        self._pasted = ""  # where a key came from that had other text around it

    @cached_property
    def store(self) -> ConfigStore:
        """The file.

        Raises:
            ConfigError: There is no way to know where it would be.
        """
        named = self._environ.get("KIECLI_CONFIG")
        if not named:
            return ConfigStore(_default_path(self._folder))
        try:
            return ConfigStore(Path(named).expanduser())
        except RuntimeError:
            raise ConfigError(
                f"KIECLI_CONFIG: the home folder of {named!r} is not known",
                hint="give an absolute path",
            ) from None

    def value(self, name: str, option: str | None = None) -> Value:
        """Return the value in force, checked and in its final form.

        Raises:
            UsageError: There is no such setting, or the option's value cannot be used.
            ConfigError: The value cannot be used, or the file that holds it is broken.
            AccessError: It is the key, and there is none or it cannot be one.
        """
        setting = get_setting(name)
        value = next(self.values(setting, option), None)
        if value is None:  # all other settings have a default
            raise AccessError(
                f"no API key is set, in {setting.variable} or the config file",
                hint=f"get one at {KEY_PAGE}, then run: kiecli config set {name}",
            )
        return value._replace(text=self._checked(value))

    def values(self, setting: Setting, option: str | None = None) -> Iterator[Value]:
        """Yield the values of a setting as they were given, the one in force first.

        The file is read when its turn comes.

        Raises:
            ConfigError: The file is broken.
        """
        if option is not None:
            yield Value(setting, option, "option", f"--{setting.name}")
        if text := self._environ.get(setting.variable):
            yield Value(setting, text, "environment", setting.variable)
        if (stored := self._file_values().get(setting.name)) is not None:
            origin = f"{setting.name} in {self.store.path}"
            if text := _text(stored, origin):
                yield Value(setting, text, "file", origin)
        if setting.default is not None:
            yield Value(setting, setting.default, "default", "the default")

    def timeout(self, option: str | None = None) -> float:
        """Return the seconds to wait at most; 0 is a single check. Raises as `value` does."""
        return durations.parse(self.value("timeout", option).text, zero=True)

    def secrets(self) -> list[str]:
        """Return the secrets to redact: the API key in force, as given and as used.

        Raises:
            ConfigError: The file that would hold it is broken.
        """
        # Also a malformed key: it may contain a real one.
        value = next(self.values(get_setting("api-key")), None)
        texts = [] if value is None else [value.text.strip(), extract_key(value.text)]
        return [*dict.fromkeys(filter(None, texts))]

    def set(self, name: str, text: str) -> str | None:
        """Store a value in the file; return the variable that overrides it, if one does.

        Raises:
            UsageError: There is no such setting.
            ConfigError: The value cannot be used, or the file cannot be written.
            AccessError: It is the key, and it cannot be one.
        """
        setting = get_setting(name)
        checked = self._checked(Value(setting, text, "option", name))
        # A folder is stored as typed, with `~`: a config file may be shared between homes.
        self.store.set(name, checked if setting.secret else text.strip())
        self._read = None  # so that the new value is read next
        return setting.variable if self._environ.get(setting.variable) else None

    def unset(self, name: str) -> bool:
        """Remove a value from the config file; return whether there was one.

        Raises:
            UsageError: There is no such setting.
            ConfigError: The file is broken or cannot be written.
        """
        removed = self.store.remove(get_setting(name).name)
        self._read = None
        return removed

    def warning(self) -> str | None:
        """Return what is wrong with the file's permissions, if the file was read."""
        if not self._read or not self.store.is_exposed():
            return None
        from shlex import quote

        path = self.store.path
        return f"others can read the config file {path}; to fix this: chmod 600 {quote(str(path))}"

    def note(self) -> str | None:
        """Return that a key was taken out of the text around it, if that happened."""
        if not self._pasted:
            return None
        return f"{self._pasted}: using the API key only, without the text around it"

    def _file_values(self) -> dict[str, Any]:
        if self._read is None:
            try:
                self._read = self.store.read()
            except NoConfigDirectory:  # in a container the environment is enough
                self._read = {}
        return self._read

    def _checked(self, value: Value) -> str:
        """Return the value's final form.

        Raises:
            UsageError: It was given as an option and cannot be used.
            ConfigError: It came from elsewhere and cannot be used.
            AccessError: It is the key, and it cannot be one.
        """
        setting = value.setting
        # In its final form already; to read an address loads urllib, on nearly every run.
        if value.source == "default":
            return value.text
        try:
            checked = setting.read(value.text)
        except ValueError as error:
            message = f"{value.origin}: {error}"
        else:
            if setting.secret and checked != value.text.strip():
                self._pasted = value.origin
            return checked
        # Raised outside the `except`: its traceback must not include the cause, which has the key.
        if setting.secret:
            raise AccessError(message, hint=_fix_hint(value))
        refused = UsageError if value.source == "option" else ConfigError
        raise refused(message, hint=_fix_hint(value))


class NoConfigDirectory(ConfigError):
    """There is no folder for the file: no HOME, and a user whom the system does not know."""


def _default_path(folder: Callable[[], str]) -> Path:
    """Return where the config file is, or would be, without KIECLI_CONFIG."""
    try:
        place = Path(folder())
    except RuntimeError:  # newer releases of platformdirs; older ones leave the `~` in it
        place = Path("~")
    if not place.is_absolute():
        raise NoConfigDirectory(
            "no folder for the config file: the home folder is unknown",
            hint="set HOME, or set KIECLI_CONFIG to a file",
        )
    return place / "config.json"


def _text(value: object, place: str) -> str:
    if isinstance(value, str):
        return value
    # Numbers are accepted: who edits the file by hand writes `"timeout": 900`.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ConfigError(f"{place}: the value is not a string", hint="fix it in the file")


def _fix_hint(value: Value) -> str:
    """Return how to correct a value that cannot be used."""
    setting = value.setting
    if setting.secret:
        copy = f"copy the key from {KEY_PAGE}"
        if value.source == "environment":
            return f"{copy} into {setting.variable}"
        return f"{copy}, then run: kiecli config set {setting.name}"
    return {
        "environment": f"fix or unset {setting.variable}",
        "file": f"to fix it: kiecli config set {setting.name} VALUE",
    }.get(value.source, "")

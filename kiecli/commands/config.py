"""`kiecli config`: shows and changes settings, the API key among them."""

from collections.abc import Callable, Sequence

from kiecli.config.settings import SETTINGS, Setting, get_setting, mask_key
from kiecli.errors import ExitCode, Interrupted, UsageError
from kiecli.runtime import Runtime
from kiecli.safe_text import sanitize
from kiecli.streams import ErrorOutput


def show_all(runtime: Runtime, *, json: bool) -> ExitCode:
    """Print every setting, its value and source, and what it overrides."""
    from kiecli.config import listing
    from kiecli.render import config_table

    entries = list(listing.entries(runtime.config))
    runtime.report_config()
    if json:
        from kiecli.render import json_lines

        lines = [json_lines.encoded(config_table.record(entry)) for entry in entries]
    elif runtime.out.is_terminal:
        from kiecli.render.console import console

        lines = config_table.table(entries, console(runtime.out, runtime.environ).width)
    else:
        lines = config_table.fields(entries)
    runtime.out.write("".join(f"{line}\n" for line in lines))
    return ExitCode.DONE


def show(runtime: Runtime, name: str, *, reveal: bool) -> ExitCode:
    """Print the value in force; the API key masked, and only on a terminal, unless `reveal`.

    Raises:
        UsageError: There is no such setting, or a script would take the mask for the key.
        KieError: The value cannot be used, or it is the key and there is none.
    """
    value = runtime.config.value(name)
    runtime.report_config()
    text = value.text
    if value.setting.secret and not reveal:
        if not runtime.out.is_terminal:
            # A script would take the mask for the key.
            raise UsageError(
                "not printing the masked key into a pipe",
                hint=f"for the real key: kiecli config get {name} --reveal",
            )
        text = mask_key(text)
    # A program needs the exact value; on a terminal its control characters must not act.
    runtime.out.line(sanitize(text) if runtime.out.is_terminal else text)
    return ExitCode.DONE


def set_value(runtime: Runtime, name: str, arguments: Sequence[str]) -> ExitCode:
    """Save a value: the one argument, or what stdin or the terminal gives.

    Raises:
        UsageError: There is no such setting, no value, or the key as an argument.
        KieError: The value cannot be used, or the file cannot be written.
    """
    name, arguments = _split_assignment(name, arguments)
    setting = get_setting(name)
    if setting.secret:
        text = _secret_text(runtime, arguments)
    else:
        text = _value_text(runtime, setting, arguments)
    overriding = runtime.config.set(name, text)
    runtime.report_config()
    if overriding is not None:
        runtime.err.warning(f"{overriding} in the environment overrides this {name}")
    if setting.secret:
        runtime.err.note("API key saved; verify it with: kiecli config check")
    return ExitCode.DONE


def unset_value(runtime: Runtime, name: str) -> ExitCode:
    """Remove a setting from the config file, if it is there."""
    runtime.config.unset(name)
    return ExitCode.DONE


def show_path(runtime: Runtime) -> ExitCode:
    """Print where the config file is, or would be."""
    runtime.out.line(str(runtime.config.store.path))
    return ExitCode.DONE


def _split_assignment(name: str, arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Split `NAME=VALUE`, typed as one word, into name and arguments; leave any others as they are.

    Raises:
        UsageError: It is `NAME=VALUE`. Not for a key: `_secret_text` refuses that with more advice.
    """
    typed, equals, value = name.partition("=")
    setting = next((each for each in SETTINGS if each.name == typed), None)
    if not equals or setting is None:
        return name, arguments
    if not setting.secret:
        raise UsageError(
            "the name and the value are two words, without '='",
            hint=f"run: kiecli config set {typed} VALUE",
        )
    return typed, [value, *arguments]


def _value_text(runtime: Runtime, setting: Setting, arguments: Sequence[str]) -> str:
    """Return the value of a setting that is no secret: the argument, or stdin for `-`."""
    if len(arguments) != 1:
        raise UsageError(
            f"{setting.name} takes one value, got {len(arguments) or 'none'}",
            hint=f"give it in quotes, or '-' to read it from stdin: "
            f"kiecli config set {setting.name} VALUE",
        )
    if arguments[0] != "-":
        return arguments[0]
    if runtime.stdin_is_terminal:
        runtime.announce_typing(setting.name)
    return _read(runtime)


def _secret_text(runtime: Runtime, arguments: Sequence[str]) -> str:
    """Return the key from stdin or from a prompt, never from the command line."""
    if arguments not in ([], ["-"]):
        raise UsageError(
            "never type the key into the command line: it ends up in your shell history "
            "(this one may be there now)",
            hint="run this and paste it at the prompt: kiecli config set api-key",
        )
    if not runtime.stdin_is_terminal:
        return _read(runtime)
    from getpass import getpass

    # A broken file is refused before somebody pastes a key for nothing.
    runtime.config.store.read()
    return ask_key(runtime.err, getpass)


def _read(runtime: Runtime) -> str:
    from kiecli.task_ids.stdin_text import encoding_of

    data = runtime.stdin_bytes()
    encoding = encoding_of(data)
    if encoding == "utf-8":  # the name of a folder may hold bytes that are not
        return data.decode("utf-8-sig", "surrogateescape")
    return data.decode(encoding, "replace")  # a file that Windows PowerShell has written


def ask_key(err: ErrorOutput, ask: Callable[[str], str]) -> str:
    """Prompt for the API key and return what the user types.

    Args:
        err: Where the prompt's line is ended when the user leaves.
        ask: Prompts without echo, as `getpass` does.

    Raises:
        Interrupted: The user left, by Ctrl-C or, which means the same here, by Ctrl-D.
    """
    from signal import SIGINT

    try:
        return ask("API key (typing stays hidden): ")
    except (EOFError, KeyboardInterrupt, Interrupted) as left:  # on Windows Ctrl-C is a key here
        err.line("")
        raise Interrupted(getattr(left, "signum", SIGINT)) from None

"""`kiecli config`: shows and keeps settings, the key among them."""

from collections.abc import Callable, Sequence

from kiecli.config.settings import Setting, get_setting, mask
from kiecli.errors import ExitCode, Interrupted, UsageError
from kiecli.render.text import sanitize
from kiecli.runtime import Runtime
from kiecli.streams import ErrorOutput


def show_all(runtime: Runtime, *, json: bool) -> ExitCode:
    """Print every setting, its value and source, and what it hides."""
    from kiecli.render import config_table

    entries = list(runtime.config.entries())
    runtime.warn_of_config()
    if json:
        from kiecli.render import json_lines

        lines = [json_lines.encoded(config_table.record(entry)) for entry in entries]
    elif runtime.out.is_terminal:
        from kiecli.render.tables import console

        lines = config_table.table(entries, console(runtime.out, runtime.environ).width)
    else:
        lines = config_table.fields(entries)
    runtime.out.write("".join(f"{line}\n" for line in lines))
    return ExitCode.DONE


def show(runtime: Runtime, name: str, *, reveal: bool) -> ExitCode:
    """Print the value in force; of the key only the mask, and that only to a person.

    Raises:
        UsageError: There is no such setting, or a script would take the mask for the key.
        KieError: The value cannot be used, or it is the key and there is none.
    """
    value = runtime.config.value(name)
    runtime.warn_of_config()
    text = value.text
    if value.setting.secret and not reveal:
        if not runtime.out.is_terminal:
            raise UsageError(
                "the key is not printed where a script could take its mask for it",
                hint=f"ask for it with: kiecli config get {name} --reveal",
            )
        text = mask(text)
    # A program needs the value to the byte, a terminal must not obey it.
    runtime.out.line(sanitize(text) if runtime.out.is_terminal else text)
    return ExitCode.DONE


def set_value(runtime: Runtime, name: str, arguments: Sequence[str]) -> ExitCode:
    """Keep a value: the one argument, or what stdin or the terminal gives.

    Raises:
        UsageError: There is no such setting, no value, or the key as an argument.
        KieError: The value cannot be used, or the file cannot be written.
    """
    setting = get_setting(name)
    text = _secret(runtime, arguments) if setting.secret else _given(runtime, setting, arguments)
    hider = runtime.config.set(name, text)
    if hider is not None:
        runtime.err.line(f"kiecli: warning: {hider} in the environment hides this {name}")
    if setting.secret:
        runtime.err.line("kiecli: the key is kept; try it with: kiecli config check")
    return ExitCode.DONE


def unset_value(runtime: Runtime, name: str) -> ExitCode:
    """Forget what the file holds of a setting; nothing there to forget is as good."""
    runtime.config.unset(name)
    return ExitCode.DONE


def show_path(runtime: Runtime) -> ExitCode:
    """Print where the config file is, or would be."""
    runtime.out.line(str(runtime.config.store.path))
    return ExitCode.DONE


def _given(runtime: Runtime, setting: Setting, arguments: Sequence[str]) -> str:
    if len(arguments) != 1:
        raise UsageError(
            f"{setting.name} takes one value, and there are {len(arguments) or 'none'}",
            hint=f"give it, or '-' to read it from stdin: kiecli config set {setting.name} VALUE",
        )
    return _read(runtime) if arguments[0] == "-" else arguments[0]


def _secret(runtime: Runtime, arguments: Sequence[str]) -> str:
    if arguments not in ([], ["-"]):
        raise UsageError(
            "a key is not taken as an argument, where shell history and process list would keep it",
            hint="give it at the prompt or on stdin: kiecli config set api-key",
        )
    if runtime.stdin is None or not runtime.stdin.isatty():
        return _read(runtime)
    from getpass import getpass

    return ask_key(runtime.err, getpass)


def _read(runtime: Runtime) -> str:
    return runtime.stdin_bytes().decode("utf-8-sig", "surrogateescape")


def ask_key(err: ErrorOutput, ask: Callable[[str], str]) -> str:
    """Return what a person types at the prompt.

    Args:
        err: Where the prompt's line is ended when the person leaves.
        ask: Prompts without echo, as `getpass` does.

    Raises:
        Interrupted: The person left, by Ctrl-C or, which means the same, by Ctrl-D.
    """
    from signal import SIGINT

    try:
        return ask("API key: ")
    except (EOFError, Interrupted) as left:
        err.line("")
        raise Interrupted(getattr(left, "signum", SIGINT)) from None

"""`kiecli config`."""

from typing import Annotated, Any

from typer import Argument, Context, Option, Typer

from kiecli.cli import completion
from kiecli.cli.options import Command
from kiecli.errors import ExitCode
from kiecli.runtime import Runtime

EXAMPLES = """\b
Settings, highest first: option, environment, file, default:
  api-key   KIE_API_KEY
  base-url  KIE_BASE_URL    [default: https://api.kie.ai]
  dir       KIECLI_DIR      [default: .]
  timeout   KIECLI_TIMEOUT  [default: 15m]

\b
Examples:
  kiecli config set api-key
  kiecli config set dir ~/Pictures/kie
  kiecli config list
  kiecli config check
"""

_LIST_EXAMPLES = """\b
Examples:
  kiecli config list
  kiecli config list --json | jq -r 'select(.source == "file").name'
"""
_GET_EXAMPLES = """\b
Examples:
  kiecli config get dir
  curl -H "Authorization: Bearer $(kiecli config get api-key --reveal)" ...
"""
_SET_EXAMPLES = """\b
Examples:
  kiecli config set api-key
  pass show kie | kiecli config set api-key
  kiecli config set timeout 1h30m
"""
_UNSET_EXAMPLES = """\b
Example:
  kiecli config unset dir
"""
_PATH_EXAMPLES = """\b
Example:
  ls -l "$(kiecli config path)"
"""
_CHECK_EXAMPLES = """\b
Examples:
  kiecli config check
  kiecli config check --json | jq .credits
"""


def _names(incomplete: str) -> list[tuple[str, str]]:
    """Return the settings whose names begin like this, for completion."""
    from kiecli.config.settings import SETTINGS

    return [(each.name, each.variable) for each in SETTINGS if each.name.startswith(incomplete)]


_Name = Annotated[
    str, Argument(metavar="NAME", help="api-key, base-url, dir or timeout.", autocompletion=_names)
]


def build(settings: dict[str, Any]) -> Typer:
    """Return the sub-application."""
    app = Typer(context_settings=settings, rich_markup_mode=None, epilog=EXAMPLES)
    app.callback(invoke_without_command=True)(_config)
    app.command("list", epilog=_LIST_EXAMPLES)(_list)
    app.command("get", epilog=_GET_EXAMPLES)(_get)
    # Extra arguments are refused by the command, which does not repeat them: one may be the key.
    app.command("set", epilog=_SET_EXAMPLES, context_settings={"allow_extra_args": True})(_set)
    app.command("unset", epilog=_UNSET_EXAMPLES)(_unset)
    app.command("path", epilog=_PATH_EXAMPLES)(_path)
    app.command("check", epilog=_CHECK_EXAMPLES)(_check)
    return app


def _config(ctx: Context) -> None:
    """Show and change settings."""
    # As bare `kiecli`: help is an answer, on stdout and with exit code 0.
    if ctx.invoked_subcommand is None:
        ctx.ensure_object(Runtime).out.line(ctx.get_help())


def _list(
    ctx: Context,
    json: Annotated[
        bool, Option("--json", help="Print one JSON object per setting and line.")
    ] = False,
) -> Command:
    """Show all settings and where they come from.

    In a pipe each setting is one line of tab-separated fields: name, value, source, overrides.
    """

    def command() -> ExitCode:
        from kiecli.commands.config import show_all

        return show_all(ctx.ensure_object(Runtime), json=json)

    return command


def _get(
    ctx: Context,
    name: _Name,
    reveal: Annotated[bool, Option("--reveal", help="Print the key itself.")] = False,
) -> Command:
    """Print the value of a setting."""

    def command() -> ExitCode:
        from kiecli.commands.config import show

        return show(ctx.ensure_object(Runtime), name, reveal=reveal)

    return command


def _set(
    ctx: Context,
    name: _Name,
    value: Annotated[
        str | None,
        Argument(
            metavar="VALUE|-",
            help="The value, or '-' for stdin. The API key is asked for, or read from stdin.",
            autocompletion=completion.setting_values,
        ),
    ] = None,
) -> Command:
    """Save a setting."""

    def command() -> ExitCode:
        from kiecli.commands.config import set_value

        return set_value(
            ctx.ensure_object(Runtime), name, [] if value is None else [value, *ctx.args]
        )

    return command


def _unset(ctx: Context, name: _Name) -> Command:
    """Remove a setting."""

    def command() -> ExitCode:
        from kiecli.commands.config import unset_value

        return unset_value(ctx.ensure_object(Runtime), name)

    return command


def _path(ctx: Context) -> Command:
    """Print the path of the config file."""

    def command() -> ExitCode:
        from kiecli.commands.config import show_path

        return show_path(ctx.ensure_object(Runtime))

    return command


def _check(
    ctx: Context,
    json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> Command:
    """Check the API key and show credits."""

    def command() -> ExitCode:
        from kiecli.commands.config_check import check

        return check(ctx.ensure_object(Runtime), json=json)

    return command

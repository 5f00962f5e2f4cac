"""Chooses by the platform: the lines that point another shell at the sandbox."""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence


def lines(settings: Mapping[str, str], unset: Sequence[str], scripts: str) -> list[str]:
    """Return the lines to run in another shell: for sh, and on Windows for PowerShell, too.

    Args:
        settings: The variables to set.
        unset: Variables that are not to be set.
        scripts: The folder that is to be the first in PATH.
    """
    found = sh_lines(settings, unset, scripts)
    if sys.platform == "win32":
        powershell = powershell_lines(settings, unset, scripts)
        found = ["# in PowerShell:", *powershell, "# in a shell like Git's bash:", *found]
    return found


def sh_lines(settings: Mapping[str, str], unset: Sequence[str], scripts: str) -> list[str]:
    """Return the lines for sh."""
    return [
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
        f"unset {' '.join(unset)}",
        f'export PATH={shlex.quote(scripts)}:"$PATH"',
    ]


def powershell_lines(settings: Mapping[str, str], unset: Sequence[str], scripts: str) -> list[str]:
    """Return the lines for PowerShell, where a variable without a value is none."""
    return [
        *(f"$env:{name} = {_quoted(value)}" for name, value in settings.items()),
        *(f"$env:{name} = ''" for name in unset),
        f"$env:PATH = {_quoted(scripts + os.pathsep)} + $env:PATH",
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""Chooses by the platform: how paths are read and how lines for a shell are written."""

import sys

from kiecli.system.path_syntax import PathSyntax, PosixPaths, WindowsPaths
from kiecli.system.shell_syntax import PosixShell, ShellSyntax, WindowsShells

PATHS: PathSyntax = WindowsPaths() if sys.platform == "win32" else PosixPaths()
SHELL: ShellSyntax = WindowsShells() if sys.platform == "win32" else PosixShell()

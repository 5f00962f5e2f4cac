"""Chooses by the platform: the process of the system that kiecli runs on."""

import sys

from kiecli.process.interface import Process

if sys.platform == "win32":
    from kiecli.process.windows_process import WindowsProcess

    SYSTEM_PROCESS: Process = WindowsProcess()
else:
    from kiecli.process.posix_process import PosixProcess

    SYSTEM_PROCESS: Process = PosixProcess()

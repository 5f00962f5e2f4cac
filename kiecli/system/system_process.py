"""Chooses by the platform: the process of the system that kiecli runs on."""

import sys

from kiecli.system.process_interface import Process

if sys.platform == "win32":
    from kiecli.system.windows_process import WindowsProcess

    SYSTEM_PROCESS: Process = WindowsProcess()
else:
    from kiecli.system.posix_process import PosixProcess

    SYSTEM_PROCESS: Process = PosixProcess()

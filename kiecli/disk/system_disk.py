"""Chooses by the platform: the disk of the system that kiecli runs on."""

import sys

from kiecli.disk.interface import Disk

if sys.platform == "win32":
    from kiecli.disk.windows_disk import WindowsDisk

    SYSTEM_DISK: Disk = WindowsDisk()
else:
    from kiecli.disk.posix_disk import PosixDisk

    SYSTEM_DISK: Disk = PosixDisk()

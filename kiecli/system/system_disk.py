"""Chooses by the platform: the disk of the system that kiecli runs on."""

import sys

from kiecli.system.disk_interface import Disk

if sys.platform == "win32":
    from kiecli.system.windows_disk import WindowsDisk

    SYSTEM_DISK: Disk = WindowsDisk()
else:
    from kiecli.system.posix_disk import PosixDisk

    SYSTEM_DISK: Disk = PosixDisk()

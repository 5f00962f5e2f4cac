"""Chooses by the platform: how the config file is read and replaced."""

import sys

if sys.platform == "win32":
    from kiecli.config.windows_file import exclusive, is_exposed, make_folder, read, replace
else:
    from kiecli.config.posix_file import exclusive, is_exposed, make_folder, read, replace

__all__ = ["exclusive", "is_exposed", "make_folder", "read", "replace"]

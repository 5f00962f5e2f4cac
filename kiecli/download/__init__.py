"""Saving results: complete under their final name, or not there at all."""

from kiecli.download.disk import try_folder
from kiecli.download.downloader import Downloader
from kiecli.download.progress import NoProgress, Progress
from kiecli.download.target import SavedFile, SaveOptions, Target

__all__ = [
    "Downloader",
    "NoProgress",
    "Progress",
    "SaveOptions",
    "SavedFile",
    "Target",
    "try_folder",
]

"""What saving a file takes from the outside world."""

from collections.abc import Callable
from typing import NamedTuple

import httpx

from kiecli.clock import Clock
from kiecli.download.disk_space import DiskSpace
from kiecli.download.progress import TransferEvent


class TransferContext(NamedTuple):
    """Network, time and an observer, shared by all transfers of a run."""

    client: httpx.Client
    """Asks file hosts."""
    fresh_link: Callable[[str], str]
    clock: Clock
    report: Callable[[TransferEvent], None]
    """Takes what happens to files; called from the threads that save them."""
    space: DiskSpace
    """The room that the files of the run still need."""
    random: Callable[[float, float], float]

"""What all transfers of a run share: HTTP client, disk, clock, events."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import httpx

from kiecli.clock import Clock
from kiecli.download.disk_checks import DiskSpace
from kiecli.download.host_health import HostHealth
from kiecli.download.progress import TransferEvent
from kiecli.system.disk_interface import Disk
from kiecli.system.system_disk import SYSTEM_DISK

if TYPE_CHECKING:
    from kiecli.download.listing import FolderListings


class TransferContext(NamedTuple):
    """The shared parts of all transfers; used from many threads."""

    client: httpx.Client
    """Asks file hosts; it follows no redirects and sends no key."""
    fresh_link: Callable[[str, str], str]
    """Asks Kie for another link to a result, by its link and its task; raises KieError."""
    clock: Clock
    report: Callable[[TransferEvent], None]
    """Takes what happens to files; called from the threads that save them."""
    space: DiskSpace
    """The room that the files of the run still need."""
    random: Callable[[float, float], float]
    """Draws a number between two."""
    hosts: HostHealth
    """Which hosts cannot be connected to at the moment."""
    listings: "Callable[[], FolderListings]"
    """Returns the names in folders; made at its first call, for most results need none."""
    disk: Disk = SYSTEM_DISK

"""A downloader on a bench: a fake clock, scripted hosts, and a real folder."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from kiecli.api.client import KieClient
from kiecli.api.models import Task
from kiecli.clock import Clock
from kiecli.download.context import TransferContext
from kiecli.download.disk_checks import DiskSpace, Usage, disk_usage
from kiecli.download.downloader import Downloader
from kiecli.download.host_health import HostHealth
from kiecli.download.listing import FolderListings
from kiecli.download.plan import SavedFile, SaveOptions, Target
from kiecli.download.progress import TransferEvent, TransferRetrying
from kiecli.download.resume_info import ResumeInfo
from kiecli.errors import KieError
from kiecli.files.template import DEFAULT_TEMPLATE, Template
from kiecli.network.client import Client
from kiecli.sandbox import media
from kiecli.sandbox.files import etag
from kiecli.sandbox.simulation import SimulatedKie
from kiecli.system.disk_interface import Disk
from kiecli.system.system_disk import SYSTEM_DISK
from tests.support.fakes import START, FakeClock
from tests.support.faults import Faults
from tests.support.wire import WireTransport

PNG = media.body("image.png")
OTHER_PNG = PNG[:-12] + b"\x00\x00\x00\x01tEXtx" + bytes(4) + PNG[-12:]
PAGE = b"<!DOCTYPE html><title>Gone</title><h1>This file has expired</h1>"
JSON_ERROR = b'{"code":403,"msg":"expired"}'
CUT = PNG[:5000]
NAME = "task1-1.png"
"""The file of the first result of a bench's task."""


def context(client: httpx.Client, clock: Clock | None = None) -> TransferContext:
    """Return what it takes to ask file hosts over a client."""
    clock = clock or FakeClock()
    hosts = HostHealth(clock, lambda _low, high: high, nullcontext, {}, Lock())
    return TransferContext(
        client,
        fresh_link=lambda url, _task_id: url,
        clock=clock,
        report=lambda _event: None,
        space=DiskSpace(),
        random=lambda _low, high: high,
        hosts=hosts,
        listings=lambda: FolderListings(clock),
    )


class Bench:
    """A downloader and its world.

    Attributes:
        folder: Where files go; emptied by nobody.
        clock: Moves when somebody waits.
        host: The API and all file hosts, with their faults.
        events: What happened to files on their way.
        usage: Tells the room of the disk.
        disk: Where files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.host = Faults(SimulatedKie("https://kie.test", now=self.clock.wall))
        self.events: list[TransferEvent] = []
        self.usage: Callable[[str], Usage] = disk_usage
        self.disk: Disk = SYSTEM_DISK

    def client(self) -> httpx.Client:
        """Return a client that reaches the hosts, as a run's would be."""
        return Client(WireTransport(self.host, sleep=self.clock.advance))

    def downloader(self, template: str = DEFAULT_TEMPLATE, **options: Any) -> Downloader:
        """Return a downloader into the folder."""
        api = KieClient(self.client(), "https://kie.test", "key", self.clock)
        return Downloader(
            client=self.client(),
            fresh_link=api.fresh_link,
            clock=self.clock,
            options=SaveOptions(str(self.folder), Template.parse(template), **options),
            report=self.events.append,
            random=lambda _low, high: high,
            usage=self.usage,
            disk=self.disk,
        )

    def save(
        self,
        *urls: str,
        template: str = DEFAULT_TEMPLATE,
        age: float | None = 3600.0,
        **options: Any,
    ) -> SavedFile:
        """Save the first result of a task that finished `age` seconds ago."""
        downloader = self.downloader(template, **options)
        return downloader.save(downloader.plan(self.task(*urls, age=age))[0])

    def task(self, *urls: str, age: float | None = 3600.0, inline_result: object = None) -> Task:
        """Return a succeeded task."""
        result = {"resultUrls": list(urls)} if urls else {"resultObject": inline_result}
        completed = None if age is None else int((START - age) * 1000)
        return Task.parse(
            "task1",
            {"state": "success", "model": "a/b", "completeTime": completed, "resultJson": result},
        )

    @property
    def retries(self) -> list[str]:
        """Why files were delayed."""
        return [event.reason for event in self.events if isinstance(event, TransferRetrying)]

    @property
    def progress(self) -> list[tuple[str, object, int | None]]:
        """The events, as their names and what they hold beside the target."""
        return [(type(e).__name__, e[1], e[2] if len(e) > 2 else None) for e in self.events]

    @property
    def files(self) -> dict[str, bytes]:
        """What is in the folder now, folders below included."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def leave_part(bench: Bench, left_bytes: bytes = CUT, name: str = NAME, **changed: Any) -> None:
    """Leave what a killed run leaves of PNG."""
    resume_info = ResumeInfo("task1", 1, len(PNG), etag(PNG), None, "image/png")._replace(**changed)
    (bench.folder / f"{name}.part").write_bytes(left_bytes)
    (bench.folder / f"{name}.part.json").write_bytes(resume_info.dump())


def ranges(bench: Bench) -> list[str]:
    """Return the ranges that file hosts were asked for, `all` for none."""
    return [seen.headers.get("Range", "all") for seen in bench.host.seen("file")]


def message_of(error: KieError | None) -> str:
    """Return what a user is told of an error, and nothing for none."""
    return "" if error is None else error.message


def target(path: str, n: int = 1, url: str | None = "https://f.test/a.png") -> Target:
    """Return a result of task `a` that goes to a path."""
    return Target(Task.parse("a", {}), None, n, url, path, True, True, {"ext": "png"})

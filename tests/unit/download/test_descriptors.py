"""Files that find too many files open wait for others of the run, and fail with an advice."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.download.descriptors import DescriptorQueue
from kiecli.errors import SaveError
from kiecli.system.system_disk import SYSTEM_DISK
from kiecli.workers import DaemonThreadPool, ThreadEventQueue
from tests.support.downloads import PNG, Bench, message_of
from tests.support.fakes import FakeClock


def too_many(number: int = errno.EMFILE) -> OSError:
    return OSError(number, os.strerror(number))


def from_network() -> SaveError:
    error = SaveError("could not reach files.test: too many open files")
    error.__cause__ = too_many(errno.ENFILE)
    return error


class Files(FakeClock):
    """The files of a run, some of which end while one of them waits.

    Attributes:
        running: Those that are being saved.
        freed: How often idle connections were closed.
    """

    def __init__(self, *running: str) -> None:
        super().__init__()
        self.running = set(running)
        self.freed = 0
        self._begun = list(running)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.sleeps) % 2 == 0:
            self.running.pop()

    def save(
        self,
        *errors: Exception,
        kept: str | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> str:
        """Save a file that meets these errors, one at each attempt."""
        left = list(errors)

        def attempt() -> str:
            self.begin()
            meanwhile()
            if left:
                raise left.pop(0)
            return "saved"

        queue = DescriptorQueue(self, self._free, self._begun, self.running)
        return queue.run(attempt, lambda: kept)

    def begin(self) -> None:
        """Count an attempt that is begun."""
        self._begun.append("file")

    def _free(self) -> None:
        self.freed += 1


@pytest.mark.parametrize("error", [too_many(), too_many(errno.ENFILE), from_network()])
def test_a_file_waits_until_another_has_ended(error: Exception) -> None:
    files = Files("a", "b")
    assert (files.save(error), files.sleeps, files.freed) == ("saved", [0.2] * 4, 1)


def test_one_that_came_between_is_a_reason_to_try_again() -> None:
    files = Files()
    assert files.save(too_many(), too_many(), meanwhile=files.begin) == "saved"


def test_alone_it_fails_though_what_could_be_freed_was() -> None:
    files = Files()
    with pytest.raises(OSError, match="Too many open files"):
        files.save(from_network())
    assert (files.sleeps, files.freed) == ([], 1)


def test_alone_it_may_be_content_with_what_needs_no_descriptor() -> None:
    assert Files().save(too_many(), kept="kept") == "kept"


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), SaveError("refused")])
def test_any_other_error_is_the_end(error: Exception) -> None:
    with pytest.raises(type(error)):
        Files().save(error, kept="kept")


class Short:
    """A disk that finds no descriptor for the second file of a task."""

    def __getattr__(self, name: str) -> Any:
        return getattr(SYSTEM_DISK, name)

    def open_locked(self, path: str, wait: Callable[[], None]) -> Any:
        if path.endswith("-2.png.part"):
            raise too_many()
        return SYSTEM_DISK.open_locked(path, wait)


class Waiting(FakeClock):
    """A clock that tells that somebody waits."""

    def sleep(self, _seconds: float) -> None:
        raise SaveError("it waits")


@pytest.mark.parametrize(
    ("alone", "reason"), [(False, "it waits"), (True, "task1-2.png: too many open files")]
)
def test_the_files_of_a_run_that_are_being_saved_are_those_to_wait_for(
    tmp_path: Path, alone: bool, reason: str
) -> None:
    bench = Bench(tmp_path)
    disk: Any = Short()
    bench.clock, bench.disk = Waiting(), disk
    downloader = bench.downloader()
    first, second = downloader.plan(bench.task(*[f"https://files.test/{n}.png" for n in "ab"]))
    if alone:
        assert message_of(downloader.save(second).error).endswith(reason)
        return
    errors = []

    def answer(_request: httpx.Request) -> httpx.Response:
        errors.append(message_of(downloader.save(second).error))
        return httpx.Response(200, content=PNG)

    bench.host.always("/a.png", answer)
    assert (downloader.save(first).status, errors) == ("saved", [reason])


def test_a_file_that_waits_lets_those_go_on_that_it_waits_for() -> None:
    """One that waited for its host ends only once it has a thread slot again."""
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(1, event_queue, max_idle=1)
    running, begun = {"first"}, ["first"]
    host_is_back = Event()
    queue = DescriptorQueue(SystemClock(), lambda: None, begun, running, workers.idle)

    def wait_for_host() -> str:
        with workers.idle():
            host_is_back.wait(5.0)
        running.discard("first")
        return "first"

    def wait_for_descriptors() -> str:
        host_is_back.set()
        return queue.run(lambda: "second", lambda: None)

    workers.submit(wait_for_host)
    workers.submit(wait_for_descriptors)
    until = SystemClock().now() + 5.0
    assert [event_queue.get(until), event_queue.get(until)] == ["first", "second"]

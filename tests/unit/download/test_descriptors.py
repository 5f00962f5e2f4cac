"""Files that find too many files open wait for others of the run, and fail with an advice."""

import errno
import os
from collections.abc import Callable

import pytest

from kiecli.download.descriptors import DescriptorQueue
from kiecli.errors import SaveError
from tests.support.fakes import FakeClock


def too_many(number: int = errno.EMFILE) -> OSError:
    return OSError(number, os.strerror(number))


class Save:
    """Fails so often, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "saved"


def nothing() -> None:
    return None


class Ending(FakeClock):
    """A clock on which other files end while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = DescriptorQueue(self)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.sleeps) % 2 == 0:
            self.queue.run(Save(), if_none_left=nothing)


def during(queue: DescriptorQueue, inner: Callable[[], str]) -> str:
    """Run something while another file is being saved."""
    return queue.run(inner, if_none_left=nothing)


def from_network() -> SaveError:
    error = SaveError("could not reach files.test: too many open files")
    error.__cause__ = too_many(errno.ENFILE)
    return error


@pytest.mark.parametrize("error", [too_many(), too_many(errno.ENFILE), from_network()])
def test_a_file_waits_until_another_has_ended(error: Exception) -> None:
    clock = Ending()
    save = Save(error, error)
    assert during(clock.queue, lambda: clock.queue.run(save, if_none_left=nothing)) == "saved"
    assert clock.sleeps == [0.2] * 4


def test_one_that_came_between_is_a_reason_to_try_again() -> None:
    queue = DescriptorQueue(FakeClock())
    attempts = []

    def save() -> str:
        attempts.append(1)
        if len(attempts) == 2:
            queue.run(Save(), if_none_left=nothing)
        return Save(*[too_many()] * (len(attempts) < 3))()

    assert (queue.run(save, if_none_left=nothing), len(attempts)) == ("saved", 3)


def test_alone_it_fails_after_a_second_attempt_with_what_could_be_freed() -> None:
    clock, freed = FakeClock(), []
    queue = DescriptorQueue(clock, free=lambda: freed.append(1))
    with pytest.raises(OSError, match="Too many open files"):
        queue.run(Save(from_network(), from_network()), if_none_left=nothing)
    assert (clock.sleeps, freed) == ([], [1])
    assert queue.run(Save(too_many()), if_none_left=nothing) == "saved"


def test_alone_it_may_be_content_with_what_needs_no_descriptor() -> None:
    queue = DescriptorQueue(FakeClock())
    assert queue.run(Save(too_many(), too_many()), if_none_left=lambda: "kept") == "kept"


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), SaveError("refused")])
def test_any_other_error_is_the_end(error: Exception) -> None:
    queue = DescriptorQueue(FakeClock())
    with pytest.raises(type(error)):
        during(queue, lambda: queue.run(Save(error), if_none_left=lambda: "kept"))

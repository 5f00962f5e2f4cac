"""What a run gets from outside, put together in this one place and only when it is used.

Streams, environment, clock, randomness and the network come in through the constructor, so a
whole run can happen inside a test.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from kiecli.clock import Clock, SystemClock
from kiecli.config.resolver import Config
from kiecli.errors import KieError, UsageError
from kiecli.streams import ErrorOutput, Output, Stream

if TYPE_CHECKING:
    import httpx

    from kiecli.api.client import KieClient
    from kiecli.api.rate_limiter import Budget
    from kiecli.polling.policy import Policy, Random
    from kiecli.polling.poller import Poller
    from kiecli.polling.tracking import A
    from kiecli.transport import Trace, Wires
    from kiecli.workers import Inbox, Workers

_SHORTEST_KEY = 8


class Voice(NamedTuple):
    """The flags that `status`, `wait` and `download` share: how much is said, and in what form."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False


class Runtime:
    """Everything a command needs from outside."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        stdin: BinaryIO | None,
        stdout: Stream | None,
        stderr: Stream | None,
        clock: Clock | None = None,
        random: "Random | None" = None,
        transport: "httpx.BaseTransport | None" = None,
        inbox: "Inbox | None" = None,
        workers: "Callable[[int], Workers] | None" = None,
    ) -> None:
        """Take what comes from outside; every default is the real one.

        Args:
            environ: kiecli's own variables and those that decide how it looks.
            stdin: Read when an id is `-`, and for a key.
            stdout: Where answers go; None when it was closed.
            stderr: Where everything else goes; None when it was closed.
            clock: Tells the time and sleeps.
            random: Returns a number between two.
            transport: Carries requests instead of the network.
            inbox: Where the main thread waits.
            workers: Makes that many threads at most.
        """
        term = environ.get("TERM", "")
        self.environ = environ
        self.stdin = stdin
        self.out = Output(stdout, term)
        self.err = ErrorOutput(stderr, term)
        self.clock = clock or SystemClock()
        self.config = Config(environ)
        self._random = random
        self._transport = transport
        self._inbox = inbox
        self._workers = workers
        self.resume: Callable[[], str] = str
        """Returns the line that takes up what a signal would interrupt now, or nothing."""

    @cached_property
    def random(self) -> "Random":
        """Returns a number between two."""
        if self._random is not None:
            return self._random
        from random import uniform

        return uniform

    @cached_property
    def budget(self) -> "Budget":
        """The one budget of requests to the API."""
        from kiecli.api.rate_limiter import Budget

        return Budget()

    @cached_property
    def inbox(self) -> "Inbox":
        """Where the main thread waits."""
        from kiecli.workers import QueueInbox

        return self._inbox or QueueInbox(self.clock)

    def workers(self, most: int) -> "Workers":
        """Return a group of threads, none of them started yet."""
        from kiecli.workers import ThreadWorkers

        return self._workers(most) if self._workers else ThreadWorkers(most, self.inbox)

    @cached_property
    def wires(self) -> "Wires":
        """What makes HTTP clients."""
        from kiecli.transport import Wires

        return Wires(self.environ, self._transport)

    def client(self, voice: Voice) -> "KieClient":
        """Return the API's client, with the key in force.

        Raises:
            AccessError: There is no key, or it cannot be one.
            ConfigError: A setting cannot be used.
        """
        key = self.config.value("api-key").text
        base_url = self.config.value("base-url").text
        if not voice.quiet:
            self.warn_of_config()
        self.hide_key()
        from kiecli.api.client import KieClient

        self.wires.check(base_url)
        http = self.wires.client()
        return KieClient(http, base_url, key, self.clock, self.trace(voice))

    def poller(
        self,
        task_ids: Sequence[str],
        policy: "Policy",
        look: "Callable[[str], A]",
        *,
        threads: int,
    ) -> "Poller[A]":
        """Return what looks at tasks until all are settled.

        Args:
            task_ids: The tasks, each named once.
            policy: What the command wants of its looks.
            look: Asks about one task; raises KieError.
            threads: How many looks may be under way at once.
        """
        from kiecli.polling.poller import Poller
        from kiecli.polling.scheduler import Watch

        return Poller(
            Watch(task_ids, policy, self.clock.now(), self.random),
            look,
            budget=self.budget,
            workers=self.workers(threads),
            inbox=self.inbox,
            clock=self.clock,
        )

    def trace(self, voice: Voice) -> "Trace | None":
        """Return what is told of each exchange, when `--verbose` asks for it."""
        return self.inbox.put if voice.verbose else None

    def warn_of_config(self) -> None:
        """Say what is wrong with the config file, if it was read."""
        warning = self.config.warning()
        if warning:
            self.err.line(f"kiecli: warning: {warning}")

    def hide_key(self) -> None:
        """Keep the key out of all that is said from here on: an answer or a bug may quote it."""
        try:
            key = self.config.value("api-key").text
        except KieError:
            return  # there is none
        # A shorter one is none of Kie's, and could be part of any word.
        if len(key) >= _SHORTEST_KEY:
            self.out.secret = self.err.secret = key

    def stdin_bytes(self) -> bytes:
        """Return all that stdin holds.

        Raises:
            UsageError: It cannot be read.
        """
        try:
            return b"" if self.stdin is None else self.stdin.read()
        except OSError as error:
            raise UsageError(f"stdin cannot be read: {error.strerror}") from error


def system_runtime() -> Runtime:
    """Return the runtime of a real process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    return Runtime(
        environ=os.environ,
        stdin=None if sys.stdin is None else sys.stdin.buffer,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )

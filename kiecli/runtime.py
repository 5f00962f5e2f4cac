"""What a run gets from outside, put together in this one place and only when it is used.

Streams, environment, clock, randomness and the network come in through the constructor, so a
whole run can happen inside a test.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from kiecli.clock import Clock, SystemClock
from kiecli.errors import KieError, UsageError
from kiecli.redaction import Redactor
from kiecli.streams import ErrorOutput, Output, Stream
from kiecli.system.process_interface import TextStream
from kiecli.system.system_process import SYSTEM_PROCESS

if TYPE_CHECKING:
    from io import BufferedIOBase

    import httpx

    from kiecli.api.client import KieClient
    from kiecli.api.rate_limiter import RateLimiter
    from kiecli.config.resolver import Config
    from kiecli.network.client import ClientFactory
    from kiecli.polling.policy import Random
    from kiecli.task_ids.stdin_ids import StdinTasks
    from kiecli.workers import EventQueue, WorkerPool


_PIECE_SIZE = 64 * 1024  # bytes read from stdin at once: what a pipe of Linux holds


class OutputOptions(NamedTuple):
    """The flags that `status`, `wait` and `download` share: how much is printed, in what form."""

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
        event_queue: "EventQueue | None" = None,
        workers: "Callable[[int], WorkerPool] | None" = None,
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
            event_queue: Where the main thread waits.
            workers: Makes that many threads at most.
        """
        self.environ = environ
        self.stdin = stdin
        self.out = Output(stdout, environ)
        self.err = ErrorOutput(stderr, environ)
        self.clock = clock or SystemClock()
        self.random = random or _uniform
        self._transport = transport
        self._event_queue = event_queue
        self._workers = workers
        self._stdin_pieces: list[bytes] = []
        self._stdin_has_ended = stdin is None
        # What follows is known later than this: `main` and the commands fill it in.
        self.argv: Sequence[str] = ()
        """The arguments after the program's name."""
        self.resume_command: Callable[[], str] = str
        """Returns the line that takes up what a signal would interrupt now, or nothing."""
        self.created_are_named = False
        """Whether stderr has the ids that the command before the pipe has just created."""
        self.stdin_tasks: StdinTasks | None = None
        """The tasks that stdin names, once it was read to its end: parsing may take seconds."""
        self.uninterrupted: Callable[[], AbstractContextManager[None]] = nullcontext
        """Returns a context at whose end a signal interrupts, and not before."""
        self.before_suspension: Callable[[], None] = lambda: None
        """Takes away what is drawn on the terminal: Ctrl-Z gives it back to the shell."""

    @cached_property
    def config(self) -> "Config":
        """The settings; help and completion read none."""
        from kiecli.config.resolver import Config

        return Config(self.environ)

    @cached_property
    def rate_limiter(self) -> "RateLimiter":
        """The one budget of requests to the API."""
        from kiecli.api.rate_limiter import RateLimiter

        return RateLimiter(self.clock)

    @cached_property
    def event_queue(self) -> "EventQueue":
        """Where the main thread waits."""
        from kiecli.workers import ThreadEventQueue

        return self._event_queue or ThreadEventQueue(self.clock, SYSTEM_PROCESS.max_wait)

    def workers(self, max_workers: int, files_each: int = 2) -> "WorkerPool":
        """Return a group of threads, none of them started yet.

        Args:
            max_workers: How many jobs may run at once, where the system lets so many files be open.
            files_each: Files and sockets that a job has open at once; for a request to Kie they
                are its socket and, while that connects, what watches it.
        """
        from kiecli.workers import MAX_IDLE_JOBS, DaemonThreadPool, affordable_workers

        if self._workers:
            return self._workers(max_workers)
        limit = SYSTEM_PROCESS.max_open_files
        # Jobs that only wait keep files open: where these are short, both kinds would wait on.
        jobs = affordable_workers(max_workers + MAX_IDLE_JOBS, files_each, limit)
        running, idle = min(max_workers, jobs), max(0, jobs - max_workers)
        return DaemonThreadPool(running, self.event_queue, max_idle=idle)

    @cached_property
    def client_factory(self) -> "ClientFactory":
        """What makes HTTP clients."""
        from kiecli.network.client import ClientFactory

        return ClientFactory(self.environ, self._transport, clock=self.clock)

    def client(self, output_options: OutputOptions) -> "KieClient":
        """Return the API's client, with the key in force.

        Raises:
            AccessError: There is no key, or it cannot be one.
            ConfigError: A setting cannot be used.
        """
        key = self.config.value("api-key")
        base_url = self.config.value("base-url").text
        if not output_options.quiet:
            self.report_config()
        # Before the first request: Kie may quote the key in its answer.
        self.redact_api_key()
        from kiecli.api.client import KieClient

        # With its URL: a wrong proxy is wrong for all tasks, and exit code 2.
        http = self.client_factory.client(base_url)
        log = self.event_queue.put if output_options.verbose else None
        return KieClient(http, base_url, key.text, self.clock, log, key.origin, self.rate_limiter)

    def report_config(self) -> None:
        """Print what is odd about the config file or the key, as far as they were read."""
        if warning := self.config.warning():
            self.err.warning(warning)
        if note := self.config.note():
            self.err.note(note)

    def redact_api_key(self) -> None:
        """Mask the key in all output from here on: an answer or a traceback may quote it."""
        self.out.redactor = self.err.redactor = Redactor(self.api_keys())

    def api_keys(self) -> list[str]:
        """Return the key in force, in each form in which it was given; nothing is raised."""
        try:
            return self.config.secrets()
        except KieError:
            return []  # the file that would hold it is broken

    def reject_api_key(self, options: Mapping[str, str | None]) -> None:
        """Refuse the API key in an option's value: it would become part of a path and be shown.

        Args:
            options: Their values by their names, None where they were not given.

        Raises:
            UsageError: One of them has the key in it; it is not repeated.
        """
        redactor = Redactor(self.api_keys())
        for name, text in options.items():
            if text is not None and redactor.text(text) != text:
                raise UsageError(f"{name} has the API key in it", hint=f"leave it out of {name}")

    def announce_typing(self, what: str) -> None:
        """Print what is read from a terminal, and which keys end it."""
        end = SYSTEM_PROCESS.end_of_input
        self.err.note(f"reading {what} from the terminal; end with {end}")

    @property
    def stdin_is_terminal(self) -> bool:
        """Whether somebody types what stdin gets."""
        return self.stdin is not None and self.stdin.isatty()

    def stdin_bytes(self) -> bytes:
        """Return all that stdin holds; it is read once.

        Raises:
            UsageError: It cannot be read.
        """
        # Once: a line that is refused after it was read still has to name the tasks in it.
        if self.stdin is not None and not self._stdin_has_ended:
            read = cast("BufferedIOBase", self.stdin).read1  # all that is there, as soon as any is
            pieces = iter(partial(read, _PIECE_SIZE), b"")
            try:
                # In this one call, so that no signal comes between reading a piece and keeping it.
                self._stdin_pieces.extend(pieces)
            except OSError as error:
                raise UsageError(f"cannot read stdin: {error.strerror}") from error
            self._stdin_has_ended = True
        return self.stdin_so_far()

    def stdin_so_far(self) -> bytes:
        """Return what was read of stdin, all of it or not: a signal may have come meanwhile."""
        return b"".join(self._stdin_pieces)


def _uniform(low: float, high: float) -> float:
    # Here and not above: what asks nobody draws no pause.
    from random import uniform

    return uniform(low, high)  # noqa: S311  jitter


def system_runtime() -> Runtime:
    """Return the runtime of a real process."""
    # Python sets a stream to None where the process was started with its descriptor closed.
    for stream in filter(None, (sys.stdin, sys.stdout, sys.stderr)):
        SYSTEM_PROCESS.make_blocking(stream.fileno())
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    prepared = [SYSTEM_PROCESS.prepare_stream(cast(TextStream, stream)) for stream in streams]
    return Runtime(
        environ=os.environ if all(prepared) else {**os.environ, "TERM": "dumb"},
        stdin=None if sys.stdin is None else sys.stdin.buffer,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )

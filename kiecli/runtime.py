"""Everything a run gets from outside: streams, environment, clock, network; each made when used.

All of them can be passed to the constructor, so that a whole run can happen inside a test.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from kiecli.clock import Clock, SystemClock
from kiecli.errors import KieError, UsageError, system_reason
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
        """Store the parts; every default is the real one.

        Args:
            environ: The environment variables.
            stdin: Read for the task id `-`, and for an API key.
            stdout: For results; None if it was closed.
            stderr: For everything else; None if it was closed.
            clock: Tells the time and sleeps.
            random: Returns a random number between two, for jitter.
            transport: Sends requests instead of the network.
            event_queue: Where the main thread waits for events.
            workers: Makes a pool of at most that many threads.
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
        # Set later, by `main` and the commands.
        self.argv: Sequence[str] = ()
        """The arguments after the program's name."""
        self.resume_command: Callable[[], str] = str
        """Returns the command that continues a run interrupted now; empty if there is none."""
        self.created_are_named = False
        """Whether the ids of created tasks have been printed to stderr (`name_created`)."""
        self.stdin_tasks: StdinTasks | None = None
        """The tasks parsed from stdin, once it has ended; kept, since parsing may take seconds."""
        self.uninterrupted: Callable[[], AbstractContextManager[None]] = nullcontext
        """Returns a context in which signals are deferred to its end."""
        self.before_suspension: Callable[[], None] = lambda: None
        """Takes away what is drawn on the terminal: Ctrl-Z gives it back to the shell."""

    @cached_property
    def config(self) -> "Config":
        """The settings."""
        from kiecli.config.resolver import Config

        return Config(self.environ)

    @cached_property
    def rate_limiter(self) -> "RateLimiter":
        """The rate limiter that all requests to Kie's API share."""
        from kiecli.api.rate_limiter import RateLimiter

        return RateLimiter(self.clock)

    @cached_property
    def event_queue(self) -> "EventQueue":
        """The queue in which the main thread waits for events of the workers."""
        from kiecli.workers import ThreadEventQueue

        return self._event_queue or ThreadEventQueue(self.clock, SYSTEM_PROCESS.max_wait)

    def workers(self, max_workers: int, files_each: int = 2) -> "WorkerPool":
        """Return a pool of worker threads, none of them started yet.

        Args:
            max_workers: How many jobs may run at once, if the limit of open files allows it.
            files_each: Descriptors that a job has open at once; for a request to Kie they are its
                socket and, while connecting, the selector.
        """
        from kiecli.workers import MAX_IDLE_JOBS, DaemonThreadPool, affordable_workers

        if self._workers:
            return self._workers(max_workers)
        limit = SYSTEM_PROCESS.max_open_files
        # Jobs that only wait keep their files open too: all together have to find room.
        jobs = affordable_workers(max_workers + MAX_IDLE_JOBS, files_each, limit)
        running, idle = min(max_workers, jobs), max(0, jobs - max_workers)
        return DaemonThreadPool(running, self.event_queue, max_idle=idle)

    @cached_property
    def client_factory(self) -> "ClientFactory":
        """The factory of HTTP clients, which share TLS context, connector and proxy settings."""
        from kiecli.network.client import ClientFactory

        return ClientFactory(self.environ, self._transport, clock=self.clock)

    def client(self, output_options: OutputOptions) -> "KieClient":
        """Return a client for Kie's API with the API key in force.

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

        # With the URL, so that unusable proxy settings are found here and end the run with code 2.
        http = self.client_factory.client(base_url)
        log = self.event_queue.put if output_options.verbose else None
        return KieClient(http, base_url, key.text, self.clock, log, key.origin, self.rate_limiter)

    def report_config(self) -> None:
        """Print warnings about the config file's permissions and a key pasted with other text."""
        if warning := self.config.warning():
            self.err.warning(warning)
        if note := self.config.note():
            self.err.note(note)

    def redact_api_key(self) -> None:
        """Mask the key in all output from here on: an answer or a traceback may quote it."""
        self.out.redactor = self.err.redactor = Redactor(self.api_keys())

    def api_keys(self) -> list[str]:
        """Return the API key as given and as used; empty if there is none. Never raises."""
        try:
            return self.config.secrets()
        except KieError:
            return []  # the config file is broken, so no key can be in use

    def reject_api_key(self, options: Mapping[str, str | None]) -> None:
        """Refuse option values that contain the API key: they become paths, which are printed.

        Args:
            options: Their values by their names, None where they were not given.

        Raises:
            UsageError: One of them contains the key, which the message does not repeat.
        """
        redactor = Redactor(self.api_keys())
        for name, text in options.items():
            if text is not None and redactor.text(text) != text:
                raise UsageError(f"{name} has the API key in it", hint=f"leave it out of {name}")

    def announce_typing(self, what: str) -> None:
        """Print what is being read from the terminal, and which keys end the input."""
        end = SYSTEM_PROCESS.end_of_input
        self.err.note(f"reading {what} from the terminal; end with {end}")

    @property
    def stdin_is_terminal(self) -> bool:
        """Whether stdin is a terminal."""
        return self.stdin is not None and self.stdin.isatty()

    def stdin_bytes(self) -> bytes:
        """Read stdin to its end, once; later calls return the same bytes.

        Raises:
            UsageError: It cannot be read.
        """
        # Kept: a command line refused later still has to print the tasks created in stdin.
        if self.stdin is not None and not self._stdin_has_ended:
            read = cast("BufferedIOBase", self.stdin).read1  # all that is there, as soon as any is
            pieces = iter(partial(read, _PIECE_SIZE), b"")
            try:
                # In this one call, so that no signal comes between reading a piece and keeping it.
                self._stdin_pieces.extend(pieces)
            except OSError as error:
                raise UsageError(f"cannot read stdin: {system_reason(error)}") from error
            self._stdin_has_ended = True
        return self.stdin_so_far()

    def stdin_so_far(self) -> bytes:
        """Return what was read of stdin so far: after a signal, perhaps not all of it."""
        return b"".join(self._stdin_pieces)


def _uniform(low: float, high: float) -> float:
    # Imported here: commands without requests need no jitter.
    from random import uniform

    return uniform(low, high)  # noqa: S311  jitter


def system_runtime() -> Runtime:
    """Return the runtime of a real process."""
    # Python sets a stream to None where the process was started with its descriptor closed.
    streams = [stream for stream in (sys.stdin, sys.stdout, sys.stderr) if stream is not None]
    for stream in streams:
        SYSTEM_PROCESS.make_blocking(stream.fileno())
    outputs = [cast(TextStream, stream) for stream in streams if stream is not sys.stdin]
    prepared = [SYSTEM_PROCESS.prepare_stream(stream) for stream in outputs]
    return Runtime(
        environ=os.environ if all(prepared) else {**os.environ, "TERM": "dumb"},
        stdin=None if sys.stdin is None else sys.stdin.buffer,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )

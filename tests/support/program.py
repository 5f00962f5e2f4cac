"""The whole program inside a test: words in; exit code, stdout and stderr out, whole.

Time, network and threads are fakes, so a quarter of an hour of waiting takes no time and the same
line gives the same bytes every time.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx

from kiecli.cli.main import main
from kiecli.runtime import Runtime
from tests.support.fakes import FakeClock, FakeEventQueue, InlineWorkerPool
from tests.support.faults import Faults
from tests.support.wire import WireTransport

KEY = "sk-canary-0123456789abcdef"
"""The key that every run has, and that nothing may ever show."""


class FakeStream:
    """A text stream in memory.

    Args:
        terminal: Whether it says that a person looks at it.
        encoding: What it can show.
        breaks: Raised when something is written.
    """

    def __init__(
        self, *, terminal: bool = False, encoding: str = "utf-8", breaks: OSError | None = None
    ) -> None:
        self.encoding: str | None = encoding
        self.buffer = _FakeBuffer(breaks)
        self._terminal = terminal

    def write(self, text: str, /) -> object:
        return self.buffer.write(text.encode(self.encoding or "", "surrogateescape"))

    def flush(self) -> None:
        """Keep what was written."""

    def isatty(self) -> bool:
        return self._terminal

    def fileno(self) -> int:
        raise OSError("no descriptor")

    @property
    def bytes(self) -> bytes:
        """All that was written."""
        return self.buffer.getvalue()

    @property
    def text(self) -> str:
        """All that was written, as text."""
        return self.bytes.decode(self.encoding or "", "surrogateescape")


class _FakeBuffer(io.BytesIO):
    def __init__(self, breaks: OSError | None) -> None:
        super().__init__()
        self._breaks = breaks

    def write(self, data: Any, /) -> int:
        if self._breaks is not None:
            raise self._breaks
        return super().write(data)


class Typed(io.BytesIO):
    """A stdin that somebody types."""

    def isatty(self) -> bool:
        return True


class Ran(NamedTuple):
    """How a run ended."""

    code: int
    out: str
    err: str


class Program:
    """`kiecli`, to be called like a function.

    Attributes:
        environ: Its variables.
        event_queue: Where its main thread waits; put an `Interrupted` at a moment, and it comes.
        latency: Seconds that every answer takes; infinite is never.
        transport: What carries its requests.
        runtime: The world of the last run.
    """

    def __init__(self, faults: Faults, clock: FakeClock, environ: Mapping[str, str]) -> None:
        self.clock = clock
        self.environ = dict(environ)
        self.event_queue = FakeEventQueue(clock)
        self.latency: float | Callable[[], float] = 0.0
        self.transport: httpx.BaseTransport = WireTransport(faults, sleep=clock.advance)
        self.runtime: Runtime | None = None

    def __call__(
        self,
        *argv: str,
        stdin: str | bytes | io.BytesIO | None = b"",
        out: FakeStream | None = None,
        err: FakeStream | None = None,
        environ: Mapping[str, str] | None = None,
        **variables: str,
    ) -> Ran:
        """Run a line; streams that are not given are pipes.

        Both `environ` and `variables` are added to the environment.
        """
        out, err = out or FakeStream(), err or FakeStream()
        self.runtime = Runtime(
            environ={**self.environ, **(environ or {}), **variables},
            stdin=_stream(stdin),
            stdout=out,
            stderr=err,
            clock=self.clock,
            random=lambda _low, high: high,
            transport=self.transport,
            event_queue=self.event_queue,
            workers=lambda _most: InlineWorkerPool(self.clock, self.event_queue, self.latency),
        )
        code = main(argv, self.runtime)
        ran = Ran(int(code), out.text, err.text)
        assert KEY not in ran.out + ran.err, "the key was shown"
        return ran


def _stream(stdin: str | bytes | io.BytesIO | None) -> io.BytesIO | None:
    if isinstance(stdin, str):
        return io.BytesIO(stdin.encode())
    return io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin

"""stdout and stderr, with the ways in which they fail."""

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import pytest

from kiecli.errors import SaveError, StdoutClosed
from kiecli.redaction import Redactor
from kiecli.streams import ErrorOutput, Output, Stream
from tests.support.program import FakeStream
from tests.support.systems import needs_pty, open_terminal

FULL = OSError(errno.ENOSPC, "No space left on device")
GONE = BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_what_is_written_arrives_at_once() -> None:
    stream = FakeStream()
    output = Output(stream)
    output.write("a\n")
    output.line("é")
    output.flush()
    assert stream.bytes == "a\né\n".encode()


def test_a_stream_gets_what_its_encoding_can_show() -> None:
    stream = FakeStream(encoding="ascii")
    output = Output(stream)
    output.line("wan/熊 \udcff")
    output.line("out/\udcff")
    assert stream.bytes == b"wan/\\u718a \\udcff\nout/\xff\n"
    assert output.encoding == "ascii"


def test_a_stream_without_an_encoding_takes_utf_8() -> None:
    stream = FakeStream()
    stream.encoding = None
    assert Output(stream).encoding == "utf-8"
    assert Output(None).encoding == "utf-8"


def test_a_secret_is_never_shown() -> None:
    stream = FakeStream()
    output = Output(stream)
    output.line("sk-01234 is shown")
    output.redactor = Redactor(["sk-01234"])
    output.line("Bearer sk-01234, 'sk-01234'")
    assert stream.text == "sk-01234 is shown\nBearer ****, '****'\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there only a write tells")
def test_a_reader_that_has_gone_is_noticed_before_the_next_write() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        output = Output(cast(Stream, stream))
        output.check_reader(100.0)
        os.close(reader)
        output.check_reader(100.9)  # asked a moment ago
        with pytest.raises(StdoutClosed):
            output.check_reader(101.0)


def test_what_is_no_pipe_has_no_reader_to_lose() -> None:
    Output(None).check_reader(0.0)
    Output(FakeStream()).check_reader(0.0)


@pytest.mark.parametrize(
    ("terminal", "term", "is_terminal"),
    [(True, "xterm", True), (True, "", True), (True, "dumb", False), (False, "xterm", False)],
)
def test_what_counts_as_a_terminal(terminal: bool, term: str, is_terminal: bool) -> None:
    assert Output(FakeStream(terminal=terminal), {"TERM": term}).is_terminal is is_terminal


def test_a_closed_stdout_has_no_place_for_the_answer() -> None:
    output = Output(None)
    assert not output.is_terminal
    for write in (lambda: output.write("a"), lambda: output.binary().write(b"a")):
        with pytest.raises(SaveError) as refusal:
            write()
        assert refusal.value.message == "cannot write the results: stdout is closed"
    output.binary().flush()


@pytest.mark.parametrize(("breaks", "error"), [(FULL, SaveError), (GONE, StdoutClosed)])
def test_a_stdout_that_breaks_ends_the_run(breaks: OSError, error: type[BaseException]) -> None:
    output = Output(FakeStream(breaks=breaks))
    with pytest.raises(error):
        output.write("a")
    with pytest.raises(error):
        output.binary().write(b"a")


def test_bytes_arrive_untouched() -> None:
    stream = FakeStream(encoding="ascii")
    output = Output(stream)
    output.redactor = Redactor(["PNG-0123"])
    binary = output.binary()
    assert binary.write(b"PNG-0123\xff") == 9
    binary.flush()
    assert stream.bytes == b"PNG-0123\xff"


@pytest.mark.parametrize(("breaks", "error"), [(FULL, SaveError), (GONE, StdoutClosed)])
def test_bytes_that_break_when_they_are_handed_over(
    breaks: OSError, error: type[BaseException]
) -> None:
    class Late(FakeStream):
        def flush(self) -> None:
            raise breaks

    with pytest.raises(error):
        Output(Late()).binary().flush()


@pytest.mark.parametrize("breaks", [FULL, GONE])
def test_a_stderr_that_breaks_falls_silent(breaks: OSError) -> None:
    output = ErrorOutput(FakeStream(breaks=breaks))
    output.line("a")
    output.line("b")
    assert output.stream is None


def test_a_stderr_that_was_closed_by_somebody_else_falls_silent() -> None:
    class Closed(FakeStream):
        def write(self, _text: str, /) -> object:
            raise ValueError("I/O operation on closed file")

    output = ErrorOutput(Closed())
    output.line("a")
    assert output.stream is None


@pytest.fixture
def terminals() -> Iterator[Sequence[TextIO]]:
    """Two streams on one terminal and one on another."""
    main, other = open_terminal(), open_terminal()
    files = [os.fdopen(os.dup(fd), "w") for fd in (main[1], main[1], other[1])]
    yield files
    for file in files:
        file.close()
    for fd in (*main, *other):
        os.close(fd)


class _Wrapped:
    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.encoding: str | None = file.encoding

    @property
    def buffer(self) -> BinaryIO:
        return self._file.buffer

    def write(self, text: str, /) -> object:
        return self._file.write(text)

    def flush(self) -> None:
        self._file.flush()

    def isatty(self) -> bool:
        return self._file.isatty()

    def fileno(self) -> int:
        return self._file.fileno()


@needs_pty
def test_two_streams_are_one_place_when_they_are_one_terminal(terminals: Sequence[TextIO]) -> None:
    first, second, third = (Output(_Wrapped(file)) for file in terminals)
    assert first.same_place(second)
    assert not first.same_place(third)
    assert not first.same_place(Output(FakeStream()))
    assert not Output(None).same_place(first)


def test_terminals_without_a_descriptor_are_taken_for_one() -> None:
    terminal, pipe = Output(FakeStream(terminal=True)), Output(FakeStream())
    assert terminal.same_place(terminal)
    assert not terminal.same_place(pipe)
    assert not pipe.same_place(pipe)


def test_files_and_pipes_are_one_place_when_they_are_one(tmp_path: Path) -> None:
    log, other = tmp_path / "log", tmp_path / "other"
    with log.open("w") as one, log.open("a") as same, other.open("w") as another:
        first, second, third = (Output(_Wrapped(file)) for file in (one, same, another))
        assert first.same_place(second)
        assert not first.same_place(third)

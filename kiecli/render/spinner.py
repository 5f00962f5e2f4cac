"""A spinner on one line of a terminal, for commands that ask once and usually are answered soon.

Without rich, whose import takes longer than most of these commands.
"""

from kiecli import durations
from kiecli.clock import Clock
from kiecli.render.reporter import LogReporter
from kiecli.streams import ErrorOutput, Output

# The dots that rich and most tools draw; ASCII where the terminal is not UTF-8.
_FRAMES, _ASCII_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "-\\|/"
_FRAME_TIME = 0.08  # seconds
_CLEAR_LINE = "\r\x1b[2K"

SPINNER_DELAY = 2.0
"""Seconds without an answer after which a terminal shows that something goes on."""


def frame(elapsed: float, *, ascii_only: bool) -> str:
    """Return the character that a spinner shows after so many seconds."""
    frames = _ASCII_FRAMES if ascii_only else _FRAMES
    return frames[int(elapsed / _FRAME_TIME) % len(frames)]


class SpinnerReporter(LogReporter):
    """Prints what a log has, and draws a spinner when there is no answer for two seconds."""

    tick_interval = 0.1

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        clock: Clock,
        *,
        errors_in_panel: bool = False,
    ) -> None:
        """Take the streams and the time, as `LogReporter` does; stderr must be a terminal."""
        super().__init__(out, err, clock, errors_in_panel=errors_in_panel)
        self._began = clock.now()
        self._ascii_only = not err.encoding.lower().startswith("utf")
        self._is_drawn = False

    def write_stdout(self, text: str) -> None:
        """Write whole lines to stdout, in the spinner's place if that is the same terminal."""
        self.close()
        super().write_stdout(text)

    def tick(self) -> None:
        """Draw the next frame."""
        elapsed = self._clock.now() - self._began
        if elapsed >= SPINNER_DELAY and self._err.is_in_foreground():
            # Short enough for any terminal: only one line can be erased again.
            spinner = frame(elapsed, ascii_only=self._ascii_only)
            shown = durations.show(int(elapsed))
            self._err.write(f"{_CLEAR_LINE}{spinner} asking Kie  {shown}")
            self._is_drawn = True

    def close(self) -> None:
        """Erase the spinner."""
        if self._is_drawn:
            self._err.write(_CLEAR_LINE)
            self._is_drawn = False

    def _print(self, line: str) -> None:
        self.close()
        super()._print(line)

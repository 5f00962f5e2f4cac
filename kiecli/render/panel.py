"""One task for people on a terminal: a panel with all that is known of it."""

from collections.abc import Callable

from rich.console import Console
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from kiecli.api.models import Phase, Task
from kiecli.clock import local_time
from kiecli.outcome import Outcome
from kiecli.render.facts import EXPIRED, STYLES, model_of, state_text, time_of
from kiecli.render.text import (
    MAX_MESSAGE,
    advice,
    decimal,
    error_message,
    humanize,
    humanize_past,
    shortened,
)
from kiecli.safe_text import encodable, sanitize

_PROMPT = 200  # characters
_MAX_PANEL = 100  # columns; longer lines are hard to read
_MIN_PANEL = 40  # columns; below, the frame would take too many of them
_ROOMY = 60  # columns from which values need not stand close to their names
_TITLE_FRAME = 6  # columns around the title of a panel


def draw_panel(canvas: Console, outcome: Outcome, wall: float) -> None:
    """Draw a task, in a frame if the terminal is wide enough, then its links, each whole."""
    width = min(canvas.width, _MAX_PANEL)

    # Escapes are longer than what they stand for: put in later, they would push the frame out.
    def shown(text: str, style: str = "") -> Text:
        return Text(encodable(sanitize(text), canvas.encoding), style=style)

    grid = _grid(outcome, wall, shown, roomy=width >= _ROOMY)
    title = shown(outcome.name, "bold")
    fits = width >= _MIN_PANEL and title.cell_len + _TITLE_FRAME <= width
    if not fits:  # an id is there to be copied
        canvas.print(title, soft_wrap=True)
    if width >= _MIN_PANEL:
        style = STYLES[outcome.status]
        in_frame = title if fits else None
        canvas.print(
            Panel(grid, title=in_frame, title_align="left", border_style=style), width=width
        )
    else:
        canvas.print(grid, width=width)
    for link in _links(outcome):
        canvas.print(link, soft_wrap=True)


def _grid(
    outcome: Outcome, wall: float, shown: Callable[[str, str], Text], *, roomy: bool
) -> Table:
    grid = Table.grid(padding=(0, 2 if roomy else 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("state", state_text(outcome))
    if outcome.label:
        grid.add_row("task", Text(outcome.task_id))
    for name, value, style in [*_facts(outcome, wall, roomy=roomy), *_error_facts(outcome)]:
        if value:
            grid.add_row(name, shown(value, style))
    return grid


_Fact = tuple[str, str | None, str]
"""A name, its value where it is known, and a style."""


def _facts(outcome: Outcome, wall: float, *, roomy: bool) -> list[_Fact]:
    task = outcome.task
    if task is None:
        return []
    return [
        ("model", model_of(task), ""),
        ("created", _created(task, wall, seconds=roomy), ""),
        ("took" if task.finished else "age", time_of(task, wall), ""),
        ("progress", None if task.progress is None else f"{task.progress:.0f} %", ""),
        ("credits", None if task.credits is None else decimal(task.credits), ""),
        ("prompt", None if task.prompt is None else shortened(sanitize(task.prompt), _PROMPT), ""),
        *_text_of(outcome, task),
        *_expiry(task, wall),
    ]


def _text_of(outcome: Outcome, task: Task) -> list[_Fact]:
    # Beside files an object only describes them: `-o -` would write a file, or refuse several.
    if task.inline_result is None or task.results:
        return []
    return [("text", f"to show it: {outcome.command('download', '-o', '-')}", "")]


def _created(task: Task, wall: float, *, seconds: bool) -> str | None:
    if task.created_at is None:
        return None
    moment = local_time(task.created_at, "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    return f"{moment} ({humanize(max(0.0, wall - task.created_at))} ago)"


def _expiry(task: Task, wall: float) -> list[_Fact]:
    """Return how long the links are expected to live, or since when they are expected dead."""
    left = task.seconds_left(wall)
    if left is None or not task.results:
        return []
    if left > 0:
        return [("expires", f"in about {humanize(left)}", "")]
    return [("expired", f"about {humanize_past(-left)} ago (estimate)", EXPIRED)]


def _error_facts(outcome: Outcome) -> list[_Fact]:
    error, task = outcome.error, outcome.task
    if error is None:
        return []
    code, message = "", error_message(error)
    if task is not None and task.phase is Phase.FAILED:  # the state says already that it failed
        code = task.fail_code or ""
        message = shortened(task.fail_message or "Kie gave no reason", MAX_MESSAGE)
    return [
        ("code", code, "red"),
        ("error", message, "red"),
        ("hint", advice(error, outcome.resume_command), ""),
    ]


def _links(outcome: Outcome) -> list[Text]:
    """Return the results' links, each on a line of its own and whole."""
    if outcome.task is None or outcome.task.phase is not Phase.SUCCESS:
        return []
    urls = [sanitize(result.url) for result in outcome.task.results]
    return [Text(url, style=Style(link=url)) for url in urls]

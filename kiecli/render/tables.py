"""Task states for people on a terminal: a panel for one task, a table for several."""

from collections.abc import Mapping

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from kiecli import durations
from kiecli.api.models import Phase, Task
from kiecli.outcome import Outcome
from kiecli.render.text import (
    MAX_MESSAGE,
    advice,
    count,
    decimal,
    error_message,
    humanize,
    humanize_past,
    shortened,
)
from kiecli.safe_text import sanitize
from kiecli.streams import Output
from kiecli.terminal import rich_environ, wants_color

_PROMPT = 200
_MAX_MODEL = 100
_UNLIMITED = 10_000
_MAX_PANEL = 100  # columns; longer lines are hard to read
_MIN_PANEL = 40  # columns; below, the frame would take too many of them
_ROOMY = 60  # columns from which values need not stand close to their names
_TITLE_FRAME = 6  # columns around the title of a panel
_EXPIRED = "yellow"
_STYLES = {"success": "green", "failed": "red", "error": "red", "pending": "yellow"}


def console(output: Output, environ: Mapping[str, str]) -> Console:
    """Return a console that draws on a terminal; NO_COLOR and FORCE_COLOR decide colour only."""
    return Console(
        file=output,  # type: ignore[arg-type]  # as much of a file as rich uses
        force_terminal=True,
        no_color=not wants_color(environ),
        highlight=False,
        markup=False,
        emoji=False,
        _environ=rich_environ(environ),
    )


class StatusAnswer:
    """Draws all tasks once their answers are there: a panel for one, a table for several."""

    def __init__(self, canvas: Console, wall: float) -> None:
        """Take where to draw.

        Args:
            canvas: A console on stdout.
            wall: Now, in seconds since 1970.
        """
        self._canvas = canvas
        self._wall = wall
        self._outcomes: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Keep it for the end."""
        self._outcomes.append(outcome)

    def close(self) -> None:
        """Draw."""
        match self._outcomes:
            case []:
                pass
            case [outcome]:
                _draw_panel(self._canvas, outcome, self._wall)
            case outcomes:
                _draw_table(self._canvas, outcomes, self._wall)


def state_text(outcome: Outcome) -> Text:
    """Return the state in its colour."""
    return Text(sanitize(outcome.state), style=f"bold {_STYLES[outcome.status]}")


def _draw_panel(canvas: Console, outcome: Outcome, wall: float) -> None:
    """Draw a task in a box, where it leaves room for values; then its links, each whole."""
    width = min(canvas.width, _MAX_PANEL)
    grid = _grid(outcome, wall, padding=2 if width >= _ROOMY else 1)
    title = Text(sanitize(outcome.name), style="bold")
    fits = width >= _MIN_PANEL and title.cell_len + _TITLE_FRAME <= width
    if not fits:  # an id is there to be copied
        canvas.print(title, soft_wrap=True)
    if width >= _MIN_PANEL:
        style = _STYLES[outcome.status]
        shown = title if fits else None
        canvas.print(Panel(grid, title=shown, title_align="left", border_style=style), width=width)
    else:
        canvas.print(grid, width=width)
    for link in _links(outcome):
        canvas.print(link, soft_wrap=True)


def _grid(outcome: Outcome, wall: float, padding: int) -> Table:
    grid = Table.grid(padding=(0, padding))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("state", state_text(outcome))
    if outcome.label:
        grid.add_row("task", Text(outcome.task_id))
    for name, value, style in [*_facts(outcome, wall), *_trouble(outcome)]:
        if value:
            grid.add_row(name, Text(sanitize(value), style=style))
    return grid


_Fact = tuple[str, str | None, str]
"""A name, its value where it is known, and a style."""


def _facts(outcome: Outcome, wall: float) -> list[_Fact]:
    task = outcome.task
    if task is None:
        return []
    return [
        ("model", _model(task), ""),
        ("created", _moment(task, wall), ""),
        ("took" if task.finished else "age", _time_of(task, wall), ""),
        ("progress", None if task.progress is None else f"{task.progress:.0f} %", ""),
        ("credits", None if task.credits is None else decimal(task.credits), ""),
        ("prompt", None if task.prompt is None else shortened(sanitize(task.prompt), _PROMPT), ""),
        *_text_of(outcome, task),
        *_expiry(task, wall),
    ]


def _text_of(outcome: Outcome, task: Task) -> list[_Fact]:
    if task.inline_result is None:
        return []
    return [("text", f"to show it: {outcome.command('download', '-o', '-')}", "")]


def _model(task: Task) -> str:
    return shortened(task.model or "", _MAX_MODEL)


def _moment(task: Task, wall: float) -> str | None:
    from time import localtime, strftime

    if task.created_at is None:
        return None
    moment = strftime("%Y-%m-%d %H:%M:%S", localtime(task.created_at))
    return f"{moment} ({humanize(max(0.0, wall - task.created_at))} ago)"


def _time_of(task: Task, wall: float) -> str | None:
    seconds = task.duration if task.finished else task.age(wall)
    if seconds is None:
        return None
    return durations.show(seconds) if task.finished else humanize(seconds)


def _expiry(task: Task, wall: float) -> list[_Fact]:
    """Return how long the links are expected to live, or since when they are expected dead."""
    left = task.seconds_left(wall)
    if left is None or not task.results:
        return []
    if left > 0:
        return [("expires", f"in about {humanize(left)}", "")]
    return [("expired", f"about {humanize_past(-left)} ago (estimate)", _EXPIRED)]


def _links_cell(task: Task, wall: float) -> Text:
    left = task.seconds_left(wall)
    if left is None or not task.results:
        return Text()
    if left > 0:
        return Text(f"{humanize(left)} left")
    return Text(f"expired {humanize_past(-left)} ago", style=_EXPIRED)


def _trouble(outcome: Outcome) -> list[_Fact]:
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


def _draw_table(canvas: Console, outcomes: list[Outcome], wall: float) -> None:
    """Draw a table, or a paragraph a task where a table would have to cut or fold its cells."""
    table = _table(outcomes, wall)
    unlimited = canvas.options.update(max_width=_UNLIMITED)
    if canvas.measure(table, options=unlimited).maximum <= canvas.width:
        canvas.print(table)
        return
    for outcome in outcomes:
        canvas.print(Text(sanitize(outcome.name)), soft_wrap=True)
        canvas.print(Padding(_sentence(outcome, wall), (0, 0, 0, 2)))


def _table(outcomes: list[Outcome], wall: float) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("TASK", "STATE", "MODEL", "TIME", "RESULTS", "LINKS"):
        table.add_column(name, justify="right" if name in ("TIME", "RESULTS") else "left")
    for outcome in outcomes:
        title = Text(sanitize(outcome.name))
        table.add_row(title, state_text(outcome), *_cells(outcome, wall))
    return table


def _cells(outcome: Outcome, wall: float) -> list[Text]:
    """Return model, time, number of results and the life of their links, empty where unknown."""
    task = outcome.task
    if task is None:
        return []
    facts = (_model(task), _time_of(task, wall) or "", str(len(task.results)))
    return [*(Text(sanitize(fact)) for fact in facts), _links_cell(task, wall)]


def _sentence(outcome: Outcome, wall: float) -> Text:
    """Return what a row of the table has, as words that can be wrapped."""
    cells = _cells(outcome, wall)
    if cells and outcome.task is not None:
        results = len(outcome.task.results)
        cells[2] = Text(count(results, "result") if results else "")
        cells[3] = Text.assemble("links ", cells[3]) if cells[3] else Text()
    return Text("  ").join([state_text(outcome), *filter(None, cells)])

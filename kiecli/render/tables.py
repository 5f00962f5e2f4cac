"""Task states for people on a terminal: a panel for one task, a table for several."""

from collections.abc import Mapping

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from kiecli import durations
from kiecli.api.models import Phase, Task
from kiecli.clock import local_time
from kiecli.outcome import Outcome
from kiecli.render.text import advice, count, decimal, error_message, humanize, sanitize, shortened
from kiecli.streams import Output

_PROMPT = 200
_MAX_MODEL = 100
_UNLIMITED = 10_000
_MAX_PANEL = 100  # columns; longer lines are hard to read
_STYLES = {"success": "green", "failed": "red", "error": "red", "pending": "yellow"}


def console(output: Output, environ: Mapping[str, str]) -> Console:
    """Return a console that draws on a terminal; NO_COLOR and FORCE_COLOR decide colour only."""
    colour = not environ.get("NO_COLOR") or bool(environ.get("FORCE_COLOR"))
    return Console(
        file=output,  # type: ignore[arg-type]  # as much of a file as rich uses
        force_terminal=True,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,  # consoles without control sequences count as TERM=dumb
        _environ=environ,
    )


class StatusAnswer:
    """Draws what was asked for once all of it is there."""

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
        """Draw a panel for one task, a table for several."""
        if len(self._outcomes) > 1:
            _draw_table(self._canvas, self._outcomes, self._wall)
        for outcome in self._outcomes if len(self._outcomes) == 1 else ():
            width = min(self._canvas.width, _MAX_PANEL)
            self._canvas.print(_panel(outcome, self._wall), width=width)
            for link in _links(outcome):
                self._canvas.print(link, soft_wrap=True)


def state_text(outcome: Outcome) -> Text:
    """Return the state in its colour."""
    return Text(sanitize(outcome.state), style=f"bold {_STYLES[outcome.status]}")


def _panel(outcome: Outcome, wall: float) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("state", state_text(outcome))
    if outcome.label:
        grid.add_row("task", Text(outcome.task_id))
    for name, value in _facts(outcome, wall):
        grid.add_row(name, Text(sanitize(value)))
    for name, value in _trouble(outcome):
        grid.add_row(name, Text(sanitize(value), style="red" if name == "error" else ""))
    title = Text(sanitize(outcome.name), style="bold")
    return Panel(grid, title=title, title_align="left", border_style=_STYLES[outcome.status])


def _facts(outcome: Outcome, wall: float) -> list[tuple[str, str]]:
    task = outcome.task
    if task is None:
        return []
    facts = [
        ("model", _model(task)),
        ("created", _moment(task, wall)),
        ("took" if task.finished else "age", _time_of(task, wall)),
        ("progress", None if task.progress is None else f"{task.progress:.0f} %"),
        ("credits", None if task.credits is None else decimal(task.credits)),
        ("prompt", None if task.prompt is None else shortened(sanitize(task.prompt), _PROMPT)),
        ("text", None if task.inline_result is None else outcome.command("download", "-o", "-")),
        ("expires", expiry(task, wall) if task.results else None),
    ]
    return [(name, value) for name, value in facts if value]


def _model(task: Task) -> str:
    return shortened(task.model or "", _MAX_MODEL)


def _moment(task: Task, wall: float) -> str | None:
    if task.created_at is None:
        return None
    return f"{local_time(task.created_at)} ({humanize(max(0.0, wall - task.created_at))} ago)"


def _time_of(task: Task, wall: float) -> str | None:
    seconds = task.duration if task.finished else task.age(wall)
    if seconds is None:
        return None
    return durations.show(seconds) if task.finished else humanize(seconds)


def expiry(task: Task, wall: float, *, brief: bool = False) -> str | None:
    """Return how long the links are expected to live, or since when they are expected dead.

    Args:
        task: The task.
        wall: Now, in seconds since 1970.
        brief: Whether to leave out that it is an estimate.
    """
    if task.expires_at is None:
        return None
    left = task.expires_at - wall
    about, probably = ("", "") if brief else ("about ", "probably ")
    return f"in {about}{humanize(left)}" if left > 0 else f"{probably}{humanize(-left)} ago"


def _trouble(outcome: Outcome) -> list[tuple[str, str]]:
    error = outcome.error
    if error is None:
        return []
    hint = advice(error, outcome.resume_command)
    return [("error", error_message(error)), *([("hint", hint)] if hint else [])]


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
    for name in ("TASK", "STATE", "MODEL", "TIME", "RESULTS", "EXPIRES"):
        table.add_column(name, justify="right" if name in ("TIME", "RESULTS") else "left")
    for outcome in outcomes:
        title = Text(sanitize(outcome.name))
        table.add_row(title, state_text(outcome), *map(Text, _cells(outcome, wall)))
    return table


def _cells(outcome: Outcome, wall: float) -> list[str]:
    """Return model, time, number of results and expiry, empty where not known."""
    task = outcome.task
    if task is None:
        return []
    cells = (
        _model(task),
        _time_of(task, wall),
        str(len(task.results)),
        expiry(task, wall, brief=True) if task.results else None,
    )
    return [sanitize(cell or "") for cell in cells]


def _sentence(outcome: Outcome, wall: float) -> Text:
    facts = _cells(outcome, wall)
    if facts:
        model, time, results, expires = facts
        told = "" if results == "0" else count(int(results), "result")
        facts = [model, time, told, f"expires {expires}" if expires else ""]
    return Text("  ").join([state_text(outcome), *(Text(fact) for fact in facts if fact)])

"""Task states for people on a terminal: a panel for one task, a table for several."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kiecli.api.models import Task
from kiecli.outcome import Outcome
from kiecli.render.facts import EXPIRED, model_of, state_text, time_of
from kiecli.render.panel import draw_panel
from kiecli.render.rows import truncate_end
from kiecli.render.text import count, humanize, humanize_past
from kiecli.safe_text import sanitize

_UNLIMITED = 10_000  # columns: wider than any table, to measure the width of one that is not cut
_MIN_MODEL = 12  # columns; a model cut shorter than `wan/2-7-imag` cannot be known from another


class StatusWriter:
    """Draws all tasks once their answers are there: a panel for one, a table for several."""

    def __init__(self, canvas: Console, wall: float) -> None:
        """Start without any tasks.

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
                draw_panel(self._canvas, outcome, self._wall)
            case outcomes:
                _draw_table(self._canvas, outcomes, self._wall)


def _links_cell(task: Task, wall: float) -> Text:
    left = task.seconds_left(wall)
    if left is None or not task.results:
        return Text()
    if left > 0:
        return Text(f"{humanize(left)} left")
    return Text(f"expired {humanize_past(-left)} ago", style=EXPIRED)


def _draw_table(canvas: Console, outcomes: list[Outcome], wall: float) -> None:
    """Draw a table, or a paragraph a task where a table would have to cut more than models."""
    table = _table(outcomes, wall, None)
    unlimited = canvas.options.update(max_width=_UNLIMITED)
    excess = canvas.measure(table, options=unlimited).maximum - canvas.width
    models = (sanitize(model_of(each.task)) for each in outcomes if each.task is not None)
    longest = max(map(cell_len, models), default=0)
    if excess <= 0:
        canvas.print(table)
    # Models are cut and nothing else: ids and labels are copied, numbers would become wrong.
    elif longest - excess >= _MIN_MODEL:
        canvas.print(_table(outcomes, wall, longest - excess))
    else:
        for outcome in outcomes:
            canvas.print(Text(sanitize(outcome.name)), soft_wrap=True)
            for line in _lines(_facts(outcome, wall), canvas.width - 2):
                canvas.print(Padding(line, (0, 0, 0, 2)))


def _table(outcomes: list[Outcome], wall: float, max_model: int | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("TASK", "STATE", "MODEL", "TIME", "RESULTS", "LINKS"):
        table.add_column(name, justify="right" if name in ("TIME", "RESULTS") else "left")
    for outcome in outcomes:
        title, (model, *cells) = Text(sanitize(outcome.name)), _cells(outcome, wall)
        if max_model is not None:
            model = Text(truncate_end(model.plain, max_model))
        table.add_row(title, state_text(outcome), model, *cells)
    return table


def _cells(outcome: Outcome, wall: float) -> list[Text]:
    """Return model, time, number of results and the life of their links, empty where unknown."""
    task = outcome.task
    if task is None:
        return [Text()] * 4
    facts = (model_of(task), time_of(task, wall) or "", str(len(task.results)))
    return [*(Text(sanitize(fact)) for fact in facts), _links_cell(task, wall)]


def _facts(outcome: Outcome, wall: float) -> list[Text]:
    """Return what a row of the table has, in words that need no header."""
    cells = _cells(outcome, wall)
    if outcome.task is not None:
        results = len(outcome.task.results)
        cells[2] = Text(count(results, "result") if results else "")
        cells[3] = Text.assemble("links ", cells[3]) if cells[3] else Text()
    return [state_text(outcome), *filter(None, cells)]


def _lines(facts: Iterable[Text], width: int) -> Iterator[Text]:
    """Yield the facts in as few lines as can be; none is broken that has room on one."""
    line = Text()
    for fact in facts:
        if line and line.cell_len + 2 + fact.cell_len > width:
            yield line
            line = Text()
        line.append("  " if line else "").append_text(fact)
    yield line

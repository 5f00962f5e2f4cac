"""States for people: a panel for one task, a table or paragraphs for several."""

from time import localtime, strftime

import pytest

from kiecli.api.models import Task
from kiecli.errors import KieUnavailable, SaveError, TaskNotFound
from kiecli.outcome import Outcome, from_status
from kiecli.render.console import console
from kiecli.render.tables import StatusWriter
from kiecli.streams import Output
from kiecli.system.syntax import SHELL
from tests.support.terminal import FakeTerminal

NOW = 1_790_000_100.0
CREATED = strftime("%Y-%m-%d %H:%M:%S", localtime(NOW - 100))
URL = "https://f.test/a-very-long-name-of-a-file.png"
TASK_ID = "ecf8cf8611cc40ff28e6f1ff8ebc4a12"


def outcome(task_id: str = "a", **fields: object) -> Outcome:
    return from_status(task_id, Task.parse(task_id, fields), None, exit_status=False)


def success(task_id: str = "a", completed: float = NOW - 60, **more: object) -> Outcome:
    return outcome(
        task_id,
        state="success",
        model="wan/2-7-image",
        createTime=(NOW - 100) * 1000,
        completeTime=completed * 1000,
        creditsConsumed=4.5,
        param='{"input": {"prompt": "a red panda in the snow"}}',
        resultJson={"resultUrls": [URL]},
        **more,
    )


BARE = outcome(state="success")
FAILED = outcome(state="fail", failCode="422", failMsg="flagged as sensitive", creditsConsumed=0)


def drawn(
    *outcomes: Outcome, columns: int = 60, environ: dict[str, str] | None = None
) -> FakeTerminal:
    """Return the terminal that the outcomes were drawn on."""
    terminal = FakeTerminal(columns)
    world = {"TERM": "xterm", "COLUMNS": str(columns), **(environ or {})}
    answer = StatusWriter(console(Output(terminal), world), NOW)
    for each in outcomes:
        answer.add(each)
    answer.close()
    return terminal


@pytest.mark.parametrize(
    ("one", "columns", "screen"),
    [
        (
            success(),
            60,
            f"""\
╭─ a ──────────────────────────────────────────────────────╮
│ state    success                                         │
│ model    wan/2-7-image                                   │
│ created  {CREATED} (1m ago)                    │
│ took     40s                                             │
│ credits  4.5                                             │
│ prompt   a red panda in the snow                         │
│ expires  in about 23h59m                                 │
╰──────────────────────────────────────────────────────────╯
{URL}""",
        ),
        (
            success(TASK_ID, NOW - 30 * 3600),
            40,
            f"""\
╭─ {TASK_ID} ───╮
│ state   success                      │
│ model   wan/2-7-image                │
│ created {CREATED[:-3]} (1m ago)    │
│ took    0s                           │
│ credits 4.5                          │
│ prompt  a red panda in the snow      │
│ expired about 6h ago (estimate)      │
╰──────────────────────────────────────╯
{URL[:40]}
{URL[40:]}""",
        ),
        (
            FAILED,
            44,
            """\
╭─ a ──────────────────────────────────────╮
│ state   fail                             │
│ credits 0                                │
│ code    422                              │
│ error   flagged as sensitive             │
│ hint    blocked by content moderation;   │
│         change the prompt or the input   │
╰──────────────────────────────────────────╯""",
        ),
        (
            FAILED,
            20,
            """\
a
state   fail
credits 0
code    422
error   flagged as
        sensitive
hint    blocked by
        content
        moderation;
        change the
        prompt or
        the input""",
        ),
        (
            outcome(state="fail"),
            60,
            """\
╭─ a ──────────────────────────────────────────────────────╮
│ state  fail                                              │
│ error  Kie gave no reason                                │
│ hint   for the reason see https://kie.ai/logs            │
╰──────────────────────────────────────────────────────────╯""",
        ),
        (
            outcome(state="success", resultJson={"resultObject": {"text": "x"}}),
            60,
            """\
╭─ a ──────────────────────────────────────────────────────╮
│ state  success                                           │
│ text   to show it: kiecli download -o - a                │
╰──────────────────────────────────────────────────────────╯""",
        ),
        (  # a segment map: -o - would refuse its files
            outcome(
                state="success",
                resultJson={"resultObject": {"segments": [{"maskUrl": "https://h/m.png"}]}},
            ),
            60,
            """\
╭─ a ──────────────────────────────────────────────────────╮
│ state  success                                           │
╰──────────────────────────────────────────────────────────╯
https://h/m.png""",
        ),
        (
            outcome(state="generating", progress="0.42", createTime=(NOW - 100) * 1000),
            60,
            f"""\
╭─ a ──────────────────────────────────────────────────────╮
│ state     generating                                     │
│ created   {CREATED} (1m ago)                   │
│ age       1m                                             │
│ progress  42 %                                           │
╰──────────────────────────────────────────────────────────╯""",
        ),
        (
            Outcome("a", None, KieUnavailable("away"), resume_argv=("status",)),
            44,
            """\
╭─ a ──────────────────────────────────────╮
│ state unknown                            │
│ error away                               │
│ hint  to try again: kiecli status a      │
╰──────────────────────────────────────────╯""",
        ),
        (
            outcome(state="success", resultJson={"resultObject": {}})._replace(label="my hero"),
            60,
            f"""\
╭─ my hero ────────────────────────────────────────────────╮
│ state  success                                           │
│ task   a                                                 │
│ text   to show it: kiecli download -o - {SHELL.quote("my hero=a")}      │
╰──────────────────────────────────────────────────────────╯""",
        ),
        (
            Outcome(TASK_ID, None, SaveError("it broke")),
            20,
            f"""\
{TASK_ID[:20]}
{TASK_ID[20:]}
state unknown
error it broke""",
        ),
    ],
)
def test_one_task_is_a_panel(one: Outcome, columns: int, screen: str) -> None:
    assert drawn(one, columns=columns).screen == screen


def test_links_can_be_clicked_whole() -> None:
    assert drawn(success(), columns=20).links == [URL]


def test_a_panel_of_100_columns_is_wide_enough() -> None:
    prompt = f'{{"input": {{"prompt": "{"so " * 200}"}}}}'
    rows = drawn(outcome(state="waiting", param=prompt), columns=250).screen.splitlines()
    assert {len(row) for row in rows} == {100}
    _, _, shown = " ".join("".join(rows).replace("│", " ").split()).partition("prompt ")
    assert shown.partition(" ╰")[0] == f"{'so ' * 65}so..."


TABLE = (
    success()._replace(label="hero"),
    success("old", NOW - 30 * 3600),
    outcome("text", state="success", completeTime=NOW * 1000, resultJson={"resultObject": {}}),
    Outcome("nope", None, TaskNotFound("m")),
)


@pytest.mark.parametrize(
    ("columns", "screen"),
    [
        (
            80,
            """\
TASK  STATE    MODEL          TIME  RESULTS  LINKS
hero  success  wan/2-7-image   40s        1  23h59m left
old   success  wan/2-7-image    0s        1  expired 6h ago
text  success                             0
nope  unknown""",
        ),
        (
            58,
            """\
TASK  STATE    MODEL         TIME  RESULTS  LINKS
hero  success  wan/2-7-i...   40s        1  23h59m left
old   success  wan/2-7-i...    0s        1  expired 6h ago
text  success                            0
nope  unknown""",
        ),
        (
            57,
            """\
hero
  success  wan/2-7-image  40s  1 result
  links 23h59m left
old
  success  wan/2-7-image  0s  1 result
  links expired 6h ago
text
  success
nope
  unknown""",
        ),
        (
            20,
            """\
hero
  success
  wan/2-7-image  40s
  1 result
  links 23h59m left
old
  success
  wan/2-7-image  0s
  1 result
  links expired 6h
  ago
text
  success
nope
  unknown""",
        ),
    ],
)
def test_several_tasks_are_a_table_or_paragraphs(columns: int, screen: str) -> None:
    assert drawn(*TABLE, columns=columns).screen == screen


def test_without_outcomes_nothing_is_drawn() -> None:
    assert drawn().text == ""


@pytest.mark.parametrize(
    ("environ", "style"),
    [
        ({}, "\x1b[1;32msuccess"),
        ({"NO_COLOR": "1"}, "\x1b[1msuccess"),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "\x1b[1;32msuccess"),
    ],
)
def test_colour_is_for_the_environment_to_decide(environ: dict[str, str], style: str) -> None:
    assert style in drawn(BARE, environ=environ).text


@pytest.mark.parametrize("outcomes", [TABLE[1:2], TABLE])
def test_dead_links_are_yellow(outcomes: tuple[Outcome, ...]) -> None:
    assert "\x1b[33m" in drawn(*outcomes, columns=80).text

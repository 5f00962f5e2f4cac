"""`kiecli status`, whole: what it prints, what it says, how it ends."""

import json
from math import inf
from signal import SIGTERM

import httpx
import pytest

from kiecli.errors import Interrupted
from tests.support.fakes import FakeClock
from tests.support.faults import Faults, envelope
from tests.support.program import FakeStream, Program, Ran
from tests.support.terminal import FakeTerminal

IMAGE = (
    "demo-image\tsuccess\twan/2-7-image\t2026-09-21T14:13:05Z\t13.1\t1\t2026-09-22T14:13:18Z\t\n"
)
FAIL = "demo-fail\tfail\tgrok-imagine/image-to-video\t2026-09-21T14:13:12Z\t6.4\t0\t\t\n"
SLOW = "demo-slow\twaiting\tbytedance/seedance-2\t2026-09-21T14:13:20Z\t\t0\t\t\n"
UNKNOWN = "nope\tunknown\t\t\t\t\t\t\n"
WHY_FAILED = (
    "kiecli: demo-fail: Kie says the task failed (422): The input was flagged as sensitive by"
    " content moderation. Blocked by content moderation; change the prompt or the input\n"
)
WHY_UNKNOWN = (
    "kiecli: nope: Kie has no task with this id. Check the id. Tasks made with the older Veo, Suno,"
    " 4o, Runway or Kontext APIs, or more than two months ago, cannot be looked up\n"
)


def test_a_line_of_fields_a_task_in_a_pipe(kiecli: Program) -> None:
    assert kiecli("status", "demo-image") == Ran(0, IMAGE, "")


def test_the_order_is_the_order_given(kiecli: Program) -> None:
    ran = kiecli("status", "nope", "demo-slow", "demo-fail", "demo-image", "demo-slow")
    assert ran == Ran(5, UNKNOWN + SLOW + FAIL + IMAGE, WHY_UNKNOWN + WHY_FAILED)


def test_an_answer_that_comes_late_keeps_the_order(kiecli: Program) -> None:
    latencies = iter([3.0, 0.0])
    kiecli.latency = lambda: next(latencies)
    assert kiecli("status", "demo-image", "demo-fail") == Ran(0, IMAGE + FAIL, WHY_FAILED)


@pytest.mark.parametrize(
    ("task_id", "out", "err", "without", "with_exit_status"),
    [
        ("demo-image", IMAGE, "", 0, 0),
        ("demo-fail", FAIL, WHY_FAILED, 0, 1),
        ("demo-slow", SLOW, "", 0, 8),
        ("nope", UNKNOWN, WHY_UNKNOWN, 5, 5),
    ],
)
def test_exit_status_tells_what_the_answer_says(
    kiecli: Program, task_id: str, out: str, err: str, without: int, with_exit_status: int
) -> None:
    assert kiecli("status", task_id) == Ran(without, out, err)
    assert kiecli("status", "--exit-status", task_id) == Ran(with_exit_status, out, err)


def test_the_code_of_several_is_the_first_that_counts(kiecli: Program) -> None:
    ran = kiecli("status", "--exit-status", "demo-slow", "nope", "demo-fail", "demo-image")
    assert ran == Ran(1, SLOW + UNKNOWN + FAIL + IMAGE, WHY_UNKNOWN + WHY_FAILED)


def test_quiet_prints_the_state_word_alone(kiecli: Program) -> None:
    ran = kiecli("status", "-q", "demo-image", "demo-fail", "demo-slow", "nope")
    assert ran == Ran(5, "success\nfail\nwaiting\nunknown\n", WHY_FAILED + WHY_UNKNOWN)


def test_quiet_holds_on_a_terminal_too(kiecli: Program) -> None:
    screen = FakeTerminal()
    ran = kiecli("status", "--quiet", "demo-fail", out=screen, err=screen)
    assert ran.code == 0
    assert screen.text == "fail\n" + WHY_FAILED.replace("kiecli:", "\x1b[1;31merror:\x1b[0m")


def test_states_are_told_in_lower_case_when_known_and_as_they_are_when_not(
    kiecli: Program, kie: Faults
) -> None:
    kie.task("a", "SUCCESS")
    kie.task("b", "Archived")
    kie.task("c", state=None)  # type: ignore[arg-type]
    assert kiecli("status", "-q", "a", "b", "c") == Ran(0, "success\nArchived\nunknown\n", "")


def test_a_failure_without_a_record_is_believed_when_it_is_said_twice(
    kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kie.always("recordInfo", envelope(501, "generation failed"))
    assert kiecli("status", "a") == Ran(
        0,
        "a\tfail\t\t\t\t\t\t\n",
        "kiecli: a: Kie says the task failed: generation failed (code 501);"
        " asking once more in 5s\n"
        "kiecli: a: Kie says the task failed: generation failed (code 501)."
        " A problem on Kie's side, usually not charged; submit it again\n",
    )
    assert [seen.at for seen in kie.seen("recordInfo")] == [0.0, 5.0]
    assert clock.now() == 5.0


def test_long_durations_and_missing_fields(kiecli: Program, kie: Faults) -> None:
    kie.task("long", took=1_234_567.125)
    kie.task("bare", model=None, createTime=None, completeTime=None, resultJson=None)
    assert kiecli("status", "long", "bare") == Ran(
        0,
        "long\tsuccess\twan/2-7-image\t2026-09-21T14:13:20Z\t1234567.125\t0\t2026-10-06T21:09:27Z\t\n"
        "bare\tsuccess\t\t\t\t0\t\t\n",
        "",
    )


def test_json_is_one_object_a_task_with_every_field(kiecli: Program) -> None:
    ran = kiecli("status", "--json", "demo-image", "nope")
    assert (ran.code, ran.err) == (5, WHY_UNKNOWN)
    success, unknown = map(json.loads, ran.out.splitlines())
    params = {
        "input": {
            "prompt": "Layered hills under a low sun, flat colours",
            "aspect_ratio": "3:2",
        },
        "model": "wan/2-7-image",
    }
    raw = success.pop("raw")
    assert list(raw) == [
        "taskId",
        "model",
        "state",
        "param",
        "resultJson",
        "failCode",
        "failMsg",
        "costTime",
        "completeTime",
        "createTime",
        "creditsConsumed",
        "recordId",
        "operationType",
        "paramJson",
        "response",
        "successFlag",
    ]
    assert success == {
        "task_id": "demo-image",
        "model": "wan/2-7-image",
        "state": "success",
        "outcome": "success",
        "created_at": "2026-09-21T14:13:05Z",
        "completed_at": "2026-09-21T14:13:18Z",
        "expires_at": "2026-09-22T14:13:18Z",
        "duration_s": 13.1,
        "age_s": 1.9,
        "label": None,
        "results": [
            {"n": 1, "url": "https://kie.test/files/demo-image/1/image.png", "kind": "image"}
        ],
        "object": None,
        "credits": 4.0,
        "fail_code": None,
        "fail_message": None,
        "params": params,
        "error": None,
        "exit_code": 0,
    }
    nothing = dict.fromkeys([*success, "raw"]) | {"results": []}
    assert unknown == nothing | {
        "task_id": "nope",
        "outcome": "error",
        "error": {
            "kind": "not_found",
            "message": "Kie has no task with this id",
            "hint": "check the id. Tasks made with the older Veo, Suno, 4o, Runway or Kontext APIs,"
            " or more than two months ago, cannot be looked up",
            "temporary": False,
        },
        "exit_code": 5,
    }


def test_json_tells_failed_and_pending_tasks(kiecli: Program) -> None:
    ran = kiecli("status", "--json", "-q", "demo-fail", "demo-slow")
    failed, pending = map(json.loads, ran.out.splitlines())
    assert (ran.code, ran.err) == (0, WHY_FAILED)
    assert (failed["outcome"], failed["exit_code"]) == ("failed", 0)
    assert (failed["fail_code"], failed["fail_message"]) == (
        "422",
        "The input was flagged as sensitive by content moderation",
    )
    assert failed["error"] == {
        "kind": "failed",
        "message": "Kie says the task failed (422): The input was flagged as sensitive by"
        " content moderation",
        "hint": "blocked by content moderation; change the prompt or the input",
        "temporary": False,
    }
    assert (pending["outcome"], pending["error"], pending["exit_code"]) == ("pending", None, 0)


PANEL = """\
╭─ demo-image ─────────────────────────────────────────────────────────────────╮
│ state    success                                                             │
│ model    wan/2-7-image                                                       │
│ created  {created} (15s ago)                                       │
│ took     13s                                                                 │
│ credits  4                                                                   │
│ prompt   Layered hills under a low sun, flat colours                         │
│ expires  in about 23h59m                                                     │
╰──────────────────────────────────────────────────────────────────────────────╯
https://kie.test/files/demo-image/1/image.png"""


@pytest.fixture
def created() -> str:
    """The moment of demo-image's creation as this machine's time zone has it."""
    from time import localtime, strftime

    return strftime("%Y-%m-%d %H:%M:%S", localtime(1_789_999_985.0))


def test_one_task_is_a_panel_on_a_terminal(kiecli: Program, created: str) -> None:
    screen = FakeTerminal()
    ran = kiecli("status", "demo-image", out=screen)
    assert (ran.code, ran.err) == (0, "")
    assert screen.screen == PANEL.format(created=created)
    assert screen.links == ["https://kie.test/files/demo-image/1/image.png"]


def test_the_panel_of_a_failed_task_tells_why_and_what_to_do(kiecli: Program) -> None:
    screen = FakeTerminal(60)
    ran = kiecli("status", "demo-fail", out=screen, err=screen, environ={"COLUMNS": "60"})
    assert ran.code == 0
    top, state, model, _created, *rest = screen.screen.splitlines()
    assert (
        "\n".join([top, state, model, *rest])
        == """\
╭─ demo-fail ──────────────────────────────────────────────╮
│ state    fail                                            │
│ model    grok-imagine/image-to-video                     │
│ took     6.4s                                            │
│ credits  0                                               │
│ prompt   Layered hills under a low sun, flat colours     │
│ code     422                                             │
│ error    The input was flagged as sensitive by content   │
│          moderation                                      │
│ hint     blocked by content moderation; change the       │
│          prompt or the input                             │
╰──────────────────────────────────────────────────────────╯"""
    )


def test_an_error_goes_to_stderr_when_that_is_another_place(kiecli: Program) -> None:
    screen = FakeTerminal()
    assert kiecli("status", "demo-fail", out=screen).err == WHY_FAILED


def test_the_panel_of_an_unknown_task_names_the_three_causes(kiecli: Program) -> None:
    screen = FakeTerminal(40)
    ran = kiecli("status", "nope", out=screen, err=screen, environ={"COLUMNS": "40"})
    assert ran.code == 5
    assert (
        screen.screen
        == """\
╭─ nope ───────────────────────────────╮
│ state unknown                        │
│ error Kie has no task with this id   │
│ hint  check the id. Tasks made with  │
│       the older Veo, Suno, 4o,       │
│       Runway or Kontext APIs, or     │
│       more than two months ago,      │
│       cannot be looked up            │
╰──────────────────────────────────────╯"""
    )


def test_several_tasks_are_a_table_on_a_terminal(kiecli: Program) -> None:
    screen = FakeTerminal()
    ran = kiecli("status", "demo-image", "demo-fail", "nope", "demo-slow", out=screen)
    assert (ran.code, ran.err) == (5, WHY_FAILED + WHY_UNKNOWN)
    assert (
        screen.screen
        == """\
TASK        STATE    MODEL                        TIME  RESULTS  LINKS
demo-image  success  wan/2-7-image                 13s        1  23h59m left
demo-fail   fail     grok-imagine/image-to-video  6.4s        0
nope        unknown
demo-slow   waiting  bytedance/seedance-2           0s        0"""
    )


def test_a_slow_kie_is_waited_for_visibly(kiecli: Program) -> None:
    kiecli.latency = 3.0
    screen, both = FakeTerminal(20), FakeTerminal()
    ran = kiecli("status", "demo-image", err=screen)
    assert (ran.out, screen.screen) == (IMAGE, "")
    kiecli("status", "nope", out=both, err=both)
    assert both.screen.startswith("╭─ nope ──")
    for terminal in (screen, both):
        assert any(frame.endswith(" asking Kie  2s") for frame in terminal.frames)


@pytest.mark.parametrize("columns", ["0", "wide"])
def test_a_width_that_is_no_number_is_not_set(kiecli: Program, columns: str) -> None:
    screen = FakeTerminal()
    kiecli("status", "nope", out=screen, environ={"COLUMNS": columns})
    assert screen.screen.startswith("╭─ nope ──")


@pytest.mark.parametrize(
    ("environ", "has_colour"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True),
    ],
)
def test_no_color_and_force_color_decide_colour_alone(
    kiecli: Program, created: str, environ: dict[str, str], has_colour: bool
) -> None:
    screen = FakeTerminal()
    kiecli("status", "demo-image", out=screen, environ=environ)
    assert ("\x1b[32m" in screen.text or "\x1b[1;32m" in screen.text) is has_colour
    assert screen.screen == PANEL.format(created=created)


@pytest.mark.parametrize("environ", [{"FORCE_COLOR": "1"}, {"COLORTERM": "truecolor"}])
def test_a_pipe_has_no_colour_whatever_the_environment_says(
    kiecli: Program, environ: dict[str, str]
) -> None:
    assert kiecli("status", "demo-image", environ=environ) == Ran(0, IMAGE, "")


def test_a_dumb_terminal_is_a_pipe(kiecli: Program) -> None:
    screen = FakeStream(terminal=True)
    assert (
        kiecli("status", "demo-image", out=screen, err=screen, environ={"TERM": "dumb"}).out
        == IMAGE
    )


def test_an_ascii_terminal_gets_an_ascii_panel(kiecli: Program) -> None:
    screen = FakeTerminal(40, encoding="ascii")
    kiecli("status", "nope", out=screen, err=screen, environ={"COLUMNS": "40"})
    assert screen.screen.splitlines()[:3] == [
        "+- nope -------------------------------+",
        "| state unknown                        |",
        "| error Kie has no task with this id   |",
    ]


def test_what_an_ascii_panel_has_to_escape_stays_in_its_frame(kiecli: Program, kie: Faults) -> None:
    kie.task(
        "a",
        model="wan/\u718a\u732b",
        param='{"input": {"prompt": "\u718a\u732b\u718a\u732b\u718a\u732b"}}',
    )
    screen = FakeTerminal(40, encoding="ascii")
    kiecli("status", "a", out=screen, err=screen, environ={"COLUMNS": "40"})
    lines = screen.screen.splitlines()
    frame = lines[: next(n for n, line in enumerate(lines) if n and line.startswith("+-")) + 1]
    assert {len(line) for line in frame} == {40}
    assert "| model   wan/\\u718a\\u732b" in screen.screen


def test_text_that_the_stream_cannot_show_is_escaped(kiecli: Program, kie: Faults) -> None:
    kie.task("a", model="wan/熊猫")
    ran = kiecli("status", "a", out=FakeStream(encoding="ascii"))
    assert ran.out.split("\t")[2] == r"wan/\u718a\u732b"


def test_temporary_trouble_is_borne_for_a_quarter_of_a_minute(
    kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kie.always("recordInfo", httpx.Response(502))
    ran = kiecli("status", "a", "b")
    assert ran == Ran(
        6,
        "a\tunknown\t\t\t\t\t\t\nb\tunknown\t\t\t\t\t\t\n",
        "kiecli: Kie answered with an error page (HTTP 502); retrying for up to 15s\n"
        "kiecli: a, b: Kie answered with an error page (HTTP 502); tried 9 times in 15s."
        " To try again: kiecli status a b\n",
    )
    assert clock.now() == pytest.approx(15, abs=0.2)


def test_a_pause_that_kie_asks_for_is_said_when_it_begins(kiecli: Program, kie: Faults) -> None:
    kie.next("recordInfo", envelope(429, "Rate limit exceeded"))
    assert kiecli("status", "-q", "demo-image").err == ""
    kie.next("recordInfo", envelope(429, "Rate limit exceeded"))
    assert kiecli("status", "demo-image").err == (
        "kiecli: rate limited by Kie: Rate limit exceeded (code 429); retrying for up to 15s\n"
    )


def test_one_outage_is_said_once_however_often_each_task_was_tried(
    kiecli: Program, kie: Faults
) -> None:
    away = httpx.Response(502)
    kie.next("recordInfo", httpx.Response(502, headers={"Retry-After": "9"}), task_id="b")
    kie.always("recordInfo", away)
    assert kiecli("status", "-q", "a", "b") == Ran(
        6,
        "unknown\nunknown\n",
        "kiecli: a, b: Kie answered with an error page (HTTP 502); tried 8 times in 15s."
        " To try again: kiecli status a b\n",
    )


def test_the_line_to_run_repeats_exit_status(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", httpx.Response(502))
    ran = kiecli("status", "-q", "--exit-status", "a")
    assert ran == Ran(
        6,
        "unknown\n",
        "kiecli: Kie answered with an error page (HTTP 502); tried 5 times in 15s."
        " To try again: kiecli status --exit-status a\n",
    )


def test_a_refused_key_is_said_once_for_all(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", envelope(401, "Unauthorized"))
    ran = kiecli("status", "a", "b")
    assert ran == Ran(
        4,
        "a\tunknown\t\t\t\t\t\t\nb\tunknown\t\t\t\t\t\t\n",
        "kiecli: Kie refused the API key (KIE_API_KEY): Unauthorized (code 401)."
        " Get a key at https://kie.ai/api-key; to test one: kiecli config check\n",
    )


@pytest.mark.parametrize("message", ["upstream silent", ""])
def test_json_has_code_and_message_of_a_failure_without_a_record(
    kiecli: Program, kie: Faults, message: str
) -> None:
    kie.always("recordInfo", envelope(408, message))
    ran = kiecli("status", "--json", "-q", "a")
    fields = json.loads(ran.out)
    assert (fields["outcome"], fields["fail_code"], fields["fail_message"]) == (
        "failed",
        "408",
        message or None,
    )


@pytest.mark.parametrize("flags", [(), ("--json",), ("-q",)])
def test_a_signal_names_also_what_is_held_back_behind_a_slow_answer(
    kiecli: Program, flags: tuple[str, ...]
) -> None:
    kiecli.latency = iter([0.0, inf, 0.0, 0.0]).__next__
    kiecli.event_queue.put_at(2.0, Interrupted(SIGTERM))
    ran = kiecli("status", *flags, "demo-image", "slow", "nope", "demo-slow")
    repeated = " ".join(["status", *(flag for flag in flags if flag != "-q")])
    assert (ran.code, ran.out.count("\n")) == (143, 1)
    assert ran.err.splitlines()[-1] == (
        f"kiecli: interrupted; to continue: kiecli {repeated} slow nope demo-slow"
    )


def test_a_signal_names_all_tasks_of_a_table_that_is_not_drawn_yet(kiecli: Program) -> None:
    kiecli.latency = iter([0.0, inf]).__next__
    kiecli.event_queue.put_at(2.0, Interrupted(SIGTERM))
    ran = kiecli("status", "demo-image", "slow", out=FakeTerminal())
    assert (ran.code, ran.out) == (143, "")
    assert ran.err == "kiecli: interrupted; to continue: kiecli status demo-image slow\n"


def test_verbose_tells_each_request(kiecli: Program) -> None:
    kiecli.latency = 0.0
    ran = kiecli("status", "-v", "demo-image", "nope")
    assert ran == Ran(
        5,
        IMAGE + UNKNOWN,
        "kiecli: GET kie.test/api/v1/jobs/recordInfo demo-image: HTTP 200, code 200, 0 ms\n"
        "kiecli: GET kie.test/api/v1/jobs/recordInfo nope: HTTP 200, code 422, 0 ms\n"
        + WHY_UNKNOWN,
    )


def test_status_writes_nothing(kiecli: Program, kie: Faults) -> None:
    kiecli("status", "demo-image", "demo-fail")
    assert {seen.method for seen in kie.requests} == {"GET"}

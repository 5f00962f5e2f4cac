"""`kiecli wait`, whole: what it prints, what it says, how it ends."""

import itertools
import json
from signal import SIGINT, SIGTERM

import httpx
import pytest

from kiecli.errors import Interrupted
from tests.support.creation import creation
from tests.support.fakes import FakeClock
from tests.support.faults import Faults, envelope, record
from tests.support.program import FakeStream, Program, Ran
from tests.support.terminal import FakeTerminal

IMAGE = "https://kie.test/files/demo-image/1/image.png\n"
VIDEO = "https://kie.test/files/demo-video/1/video.mp4\n"
WIDE = {"COLUMNS": "200"}
WHY_UNKNOWN = (
    "Kie has no task with this id. Check the id. Tasks made with the older Veo, Suno, 4o, Runway or"
    " Kontext APIs, or more than two months ago, cannot be looked up"
)
WHY_FAILED = (
    "Kie says the task failed (422): The input was flagged as sensitive by content moderation."
    " Blocked by content moderation; change the prompt or the input"
)
UNKNOWN_YET = (
    "Kie does not know this id yet; asking again for up to {} (new tasks can take a moment)"
)
RUNNING = "The task is still running at Kie; to keep waiting: "


def test_a_finished_task_returns_at_once(kiecli: Program, clock: FakeClock) -> None:
    assert kiecli("wait", "demo-image") == Ran(
        0, IMAGE, "kiecli: demo-image: success (took 13s), 1 result\n"
    )
    assert clock.now() == 0


def test_a_line_a_change_of_state(kiecli: Program) -> None:
    assert kiecli("wait", "demo-video") == Ran(
        0,
        VIDEO,
        "kiecli: demo-video: waiting\n"
        "kiecli: demo-video: generating after 2s\n"
        "kiecli: demo-video: success (took 4s, waited 4s), 1 result\n",
    )


def test_quiet_says_nothing_of_a_success(kiecli: Program) -> None:
    assert kiecli("wait", "-q", "demo-video") == Ran(0, VIDEO, "")


def test_the_urls_of_a_task_stand_in_result_order_and_tasks_as_they_finish(
    kiecli: Program,
) -> None:
    ran = kiecli("wait", "-q", "demo-video", "demo-images", "demo-audio")
    six = "".join(f"https://kie.test/files/demo-images/{n}/image.jpg\n" for n in range(1, 7))
    two = "".join(f"https://kie.test/files/demo-audio/{n}/take.wav\n" for n in (1, 2))
    assert ran == Ran(0, six + two + VIDEO, "")


def test_a_task_without_files_says_how_to_read_its_text(kiecli: Program, kie: Faults) -> None:
    kie.task("nothing", completeTime=1_780_000_000_000)
    assert kiecli("wait", "demo-text", "nothing") == Ran(
        0,
        "",
        "kiecli: demo-text: success (took 13s)\n"
        "kiecli: demo-text: succeeded with no files; to show its text:"
        " kiecli download -o - demo-text\n"
        "kiecli: nothing: success (took 0s)\n"
        "kiecli: nothing: succeeded with no files\n",
    )


def test_a_failed_task_says_why_and_the_others_go_on(kiecli: Program) -> None:
    assert kiecli("wait", "demo-fail", "demo-video") == Ran(
        1,
        VIDEO,
        f"kiecli: demo-fail: {WHY_FAILED}\nkiecli: demo-video: waiting\n"
        "kiecli: demo-video: generating after 2s\n"
        "kiecli: demo-video: success (took 4s, waited 4s), 1 result\n",
    )


def test_a_sign_of_life_a_minute_and_the_deadline(kiecli: Program, clock: FakeClock) -> None:
    signs = "".join(f"kiecli: no change for {n}m: 1 generating\n" for n in range(1, 15))
    assert kiecli("wait", "demo-slow") == Ran(
        124,
        "",
        "kiecli: demo-slow: waiting\n"
        "kiecli: demo-slow: generating after 4s\n" + signs + "kiecli: still generating after 15m."
        " The task is still running at Kie; to keep waiting: kiecli wait demo-slow\n",
    )
    assert clock.now() == 900


@pytest.mark.parametrize("flags", [(), ("-q",)])
def test_a_deadline_is_an_error_also_when_quiet(kiecli: Program, flags: tuple[str, ...]) -> None:
    ran = kiecli("wait", *flags, "--timeout", "1m30s", "demo-slow")
    assert ran.code == 124
    assert ran.err.splitlines()[-1] == (
        "kiecli: still generating after 1m30s."
        " The task is still running at Kie; to keep waiting: kiecli wait --timeout 1m30s demo-slow"
    )


@pytest.mark.parametrize(
    ("environ", "argv", "seconds"),
    [
        ({}, [], 900),
        ({"KIECLI_TIMEOUT": "90"}, [], 90),
        ({"KIECLI_TIMEOUT": "90"}, ["-t", "2m"], 120),
    ],
)
def test_the_timeout_comes_from_option_environment_or_default(
    kiecli: Program, clock: FakeClock, environ: dict[str, str], argv: list[str], seconds: float
) -> None:
    assert kiecli("wait", "-q", *argv, "demo-slow", environ=environ).code == 124
    assert clock.now() == seconds


def test_timeout_0_is_one_look_without_grace_and_retries(
    kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kie.always("recordInfo", httpx.Response(502), task_id="away")
    assert kiecli("wait", "-t", "0", "demo-slow", "nope", "away", "demo-image") == Ran(
        5,
        IMAGE,
        f"kiecli: nope: {WHY_UNKNOWN}\n"
        "kiecli: demo-image: success (took 13s), 1 result\n"
        "kiecli: demo-slow: still waiting. The task is still running at Kie\n"
        "kiecli: away: Kie answered with an error page (HTTP 502)\n"
        "kiecli: to continue: kiecli wait -t 0 demo-slow away\n",
    )
    assert clock.now() == 0
    assert len(kie.seen("recordInfo")) == 4


def test_interval_fixes_the_seconds_between_polls(kiecli: Program, kie: Faults) -> None:
    kiecli("wait", "-q", "-i", "20s", "-t", "1m", "demo-slow")
    assert [seen.at for seen in kie.seen("recordInfo")] == [0, 20, 40, 60]


def test_the_usual_rhythm_starts_at_two_seconds_and_slows_down(
    kiecli: Program, kie: Faults
) -> None:
    kiecli("wait", "-q", "-i", "auto", "demo-slow")
    at = [seen.at for seen in kie.seen("recordInfo")]
    pauses = [after - before for before, after in itertools.pairwise(at)]
    assert pauses[0] == 2
    assert max(pauses) == pytest.approx(15)
    assert at[-1] == 900


def test_a_task_that_stays_invisible_is_not_found_after_its_grace(
    kiecli: Program, clock: FakeClock
) -> None:
    assert kiecli("wait", "nope") == Ran(
        5,
        "",
        "kiecli: nope: Kie does not know this id yet; asking again for up to 1m (new tasks can"
        " take a moment)\n"
        "kiecli: no change for 1m: 1 not visible yet\n"
        f"kiecli: nope: {WHY_UNKNOWN}\n",
    )
    assert clock.now() == 60


def test_a_task_that_was_only_ever_invisible_at_the_deadline_is_not_found(kiecli: Program) -> None:
    ran = kiecli("wait", "-q", "-t", "10s", "nope")
    assert ran == Ran(5, "", f"kiecli: nope: {WHY_UNKNOWN}\n")


def test_the_limit_that_is_told_ends_with_the_deadline(kiecli: Program) -> None:
    ran = kiecli("wait", "-t", "10s", "nope")
    assert ran.err == (
        f"kiecli: nope: Kie does not know this id yet; asking again for up to 10s (new tasks can"
        f" take a moment)\nkiecli: nope: {WHY_UNKNOWN}\n"
    )


def test_a_task_that_becomes_visible_is_waited_for(kiecli: Program, kie: Faults) -> None:
    kie.next("recordInfo", envelope(422, "recordInfo is null"), times=2)
    assert kiecli("wait", "demo-video") == Ran(
        0,
        VIDEO,
        "kiecli: demo-video: Kie does not know this id yet; asking again for up to 1m (new tasks"
        " can take a moment)\n"
        "kiecli: demo-video: waiting after 4s\n"
        "kiecli: demo-video: generating after 6s\n"
        "kiecli: demo-video: success (took 4s, waited 8s), 1 result\n",
    )


def test_temporary_errors_are_retried_for_two_minutes(
    kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kie.always("recordInfo", envelope(500, "Server exception"))
    assert kiecli("wait", "a") == Ran(
        6,
        "",
        "kiecli: Kie answered: Server exception (code 500); retrying for up to 2m\n"
        "kiecli: no change for 1m: 1 no answer yet\n"
        "kiecli: no change for 2m: 1 no answer yet\n"
        "kiecli: Kie answered: Server exception (code 500); tried 9 times in 2m."
        " To try again: kiecli wait a\n",
    )
    assert clock.now() == 120


def test_trouble_of_two_seconds_is_not_worth_a_word(kiecli: Program, kie: Faults) -> None:
    kie.next("recordInfo", httpx.ConnectError("refused"))
    assert kiecli("wait", "demo-image") == Ran(
        0, IMAGE, "kiecli: demo-image: success (took 13s, waited 1s), 1 result\n"
    )


def test_no_good_answer_until_the_deadline_is_an_outage(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", httpx.Response(503, html="<h1>Maintenance</h1>"))
    assert kiecli("wait", "-q", "-t", "30s", "a", "b") == Ran(
        6,
        "",
        "kiecli: a, b: Kie answered with an error page (HTTP 503); tried 6 times in 30s."
        " To try again: kiecli wait -t 30s a b\n",
    )


def test_what_is_given_up_is_said_while_others_go_on(kiecli: Program, kie: Faults) -> None:
    for task_id in ("odd", "other"):
        kie.always("recordInfo", envelope(780, "odd"), task_id=task_id)
    kiecli.event_queue.put_at(130.0, Interrupted(SIGTERM))
    said = "kiecli: odd, other: Kie answered: odd (code 780); tried 9 times in 2m\n"
    assert kiecli("wait", "-q", "odd", "demo-slow", "other") == Ran(
        143,
        "",
        f"{said}kiecli: interrupted; to continue: kiecli wait odd demo-slow other\n",
    )


def test_what_was_given_up_is_said_once_and_the_line_comes_at_the_end(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("recordInfo", envelope(780, "odd"), task_id="odd")
    assert kiecli("wait", "-q", "-t", "3m", "odd", "demo-slow") == Ran(
        6,
        "",
        "kiecli: odd: Kie answered: odd (code 780); tried 9 times in 2m\n"
        "kiecli: demo-slow: still generating after 3m. The task is still running at Kie\n"
        "kiecli: to continue: kiecli wait -t 3m odd demo-slow\n",
    )


def test_no_answer_at_all_ends_ten_seconds_after_the_deadline(
    kiecli: Program, clock: FakeClock
) -> None:
    kiecli.latency = float("inf")
    assert kiecli("wait", "-q", "-t", "5s", "a") == Ran(
        6, "", "kiecli: no answer within 5s. To try again: kiecli wait -t 5s a\n"
    )
    assert clock.now() == 15


@pytest.mark.parametrize(
    ("code", "kie_message", "err"),
    [
        (
            401,
            "Unauthorized",
            (
                "kiecli: Kie refused the API key (KIE_API_KEY): Unauthorized (code 401)."
                " Get a key at https://kie.ai/api-key; to test one: kiecli config check\n"
            ),
        ),
        (
            402,
            "Credits insufficient",
            (
                "kiecli: the account is out of credits: Credits insufficient (code 402)."
                " Top up at https://kie.ai/pricing\n"
            ),
        ),
        (
            433,
            "limit",
            (
                "kiecli: the API key has used up its quota: limit (code 433)."
                " Raise its limit at https://kie.ai/api-key, or use another key\n"
            ),
        ),
    ],
)
def test_a_refusal_of_key_or_account_ends_the_run_and_is_said_once(
    kiecli: Program, kie: Faults, code: int, kie_message: str, err: str
) -> None:
    kie.always("recordInfo", envelope(code, kie_message), task_id="b")
    assert kiecli("wait", "-q", "demo-slow", "b", "demo-video") == Ran(4, "", err)


def test_a_feature_that_is_off_ends_its_own_task_only(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", envelope(505, "maintenance"), task_id="b")
    assert kiecli("wait", "-q", "demo-video", "b") == Ran(
        4,
        VIDEO,
        "kiecli: b: Kie has disabled this feature: maintenance (code 505). Contact Kie support\n",
    )


@pytest.mark.parametrize(
    ("task_ids", "code"),
    [
        (("refused", "off", "demo-fail", "nope", "away", "demo-slow"), 2),
        (("off", "demo-fail", "nope", "away", "demo-slow"), 4),
        (("demo-slow", "away", "nope", "demo-fail"), 1),
        (("demo-slow", "away", "nope"), 5),
        (("demo-slow", "away", "demo-image"), 6),
        (("demo-slow", "demo-image"), 124),
        (("demo-image", "demo-images"), 0),
    ],
)
def test_the_code_of_several_is_the_first_that_counts(
    kiecli: Program, kie: Faults, task_ids: tuple[str, ...], code: int
) -> None:
    kie.always("recordInfo", envelope(400, "bad"), task_id="refused")
    kie.always("recordInfo", envelope(505, "off"), task_id="off")
    kie.always("recordInfo", httpx.Response(502), task_id="away")
    ran = kiecli("wait", "--json", "-t", "3m", *task_ids)
    assert ran.code == code
    shown = [json.loads(line) for line in ran.out.splitlines()]
    assert sorted(record["task_id"] for record in shown) == sorted(task_ids)
    codes = {record["task_id"]: record["exit_code"] for record in shown}
    table = {"refused": 2, "off": 4, "demo-fail": 1, "nope": 5, "away": 6, "demo-slow": 124}
    assert codes == {task_id: table.get(task_id, 0) for task_id in task_ids}


def test_json_at_the_deadline_has_every_open_task(kiecli: Program) -> None:
    ran = kiecli("wait", "--json", "-t", "10s", "demo-slow", "demo-image")
    image, slow = map(json.loads, ran.out.splitlines())
    assert ran.code == 124
    assert (image["task_id"], image["outcome"], image["exit_code"]) == ("demo-image", "success", 0)
    assert (slow["task_id"], slow["state"], slow["outcome"]) == (
        "demo-slow",
        "generating",
        "pending",
    )
    assert (slow["exit_code"], slow["error"]) == (
        124,
        {
            "kind": "deadline",
            "message": "still generating after 10s",
            "hint": "the task is still running at Kie; to keep waiting:"
            " kiecli wait --json -t 10s demo-slow",
            "temporary": True,
        },
    )


def test_json_has_one_object_an_id_also_when_the_key_is_refused(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("recordInfo", envelope(401, "no"))
    ran = kiecli("wait", "--json", "-q", "a", "b")
    shown = [json.loads(line) for line in ran.out.splitlines()]
    assert [(one["task_id"], one["outcome"], one["exit_code"]) for one in shown] == [
        ("a", "error", 4),
        ("b", "error", 4),
    ]


@pytest.mark.parametrize(("signum", "code"), [(SIGINT, 130), (SIGTERM, 143)])
@pytest.mark.parametrize(
    ("flags", "repeated"), [((), "wait"), (("-q",), "wait"), (("--json",), "wait --json")]
)
def test_a_signal_prints_the_line_for_what_is_left(
    kiecli: Program, signum: int, code: int, flags: tuple[str, ...], repeated: str
) -> None:
    kiecli.event_queue.put_at(5.0, Interrupted(signum))
    ran = kiecli("wait", *flags, "demo-slow", "demo-image", "a")
    assert ran.code == code
    assert ran.err.splitlines()[-1] == (
        f"kiecli: interrupted; to continue: kiecli {repeated} demo-slow a"
    )
    if "--json" in flags:
        assert [json.loads(line)["task_id"] for line in ran.out.splitlines()] == ["demo-image"]
    else:
        assert ran.out == IMAGE


def test_a_signal_gives_the_terminal_back(kiecli: Program) -> None:
    kiecli.event_queue.put_at(1.0, Interrupted(SIGINT))
    screen = FakeTerminal()
    ran = kiecli("wait", "demo-slow", "demo-image", out=screen, err=screen)
    assert ran.code == 130
    assert " demo-slow  waiting  0s\n" in "\n".join(screen.frames)
    assert screen.screen == (IMAGE + "interrupted; to continue: kiecli wait demo-slow")
    assert screen.shows_cursor


@pytest.mark.parametrize("number", [200, 201])
def test_two_hundred_ids_are_all_named(kiecli: Program, kie: Faults, number: int) -> None:
    many = [f"slow{n}" for n in range(number)]
    for task_id in many:
        kie.task(task_id, "generating")
    line = f"kiecli wait -t 20s {' '.join(many)}"
    if number > 200:
        line = "run the same line again; what is saved is kept"
    assert kiecli("wait", "-q", "-t", "20s", *many) == Ran(
        124,
        "",
        f"kiecli: slow0, slow1, slow2 and {number - 3} more: still generating after 20s."
        f" The tasks are still running at Kie; to keep waiting: {line}\n",
    )


def test_created_ids_are_said_before_the_first_look(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", httpx.ConnectError("down"))
    ran = kiecli("wait", "-t", "0", "known", "-", stdin=creation("new1"))
    assert ran == Ran(
        6,
        "",
        "kiecli: created new1; if interrupted, continue with: kiecli wait -t 0 known new1\n"
        "kiecli: known, new1: could not reach kie.test: ConnectError."
        " To try again: kiecli wait -t 0 known new1\n",
    )
    assert "created" not in kiecli("wait", "-q", "-t", "0", "-", stdin=creation("new1")).err


def test_a_terminal_has_one_live_block_and_a_summary(kiecli: Program) -> None:
    screen = FakeTerminal(200)
    ran = kiecli("wait", "demo-video", "demo-image", err=screen, environ=WIDE)
    assert (ran.code, ran.out) == (0, IMAGE + VIDEO)
    blocks = [frame[2:] for frame in screen.frames if frame.startswith(tuple(SPINNER))]
    assert list(dict.fromkeys(blocks)) == [
        (
            "demo-video  waiting     0s\n"
            "⠋ demo-image  asking Kie  0s\n"
            "  2 tasks: 2 to go · 0s of 15m"
        ),
        "demo-video  waiting  0s\n  2 tasks: 1 done, 1 to go · 0s of 15m",
        "demo-video  waiting  1s\n  2 tasks: 1 done, 1 to go · 1s of 15m",
        "demo-video  generating  2s\n  2 tasks: 1 done, 1 to go · 2s of 15m",
        "demo-video  generating  3s\n  2 tasks: 1 done, 1 to go · 3s of 15m",
    ]
    assert screen.screen == SUMMARY
    assert screen.shows_cursor


SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SUMMARY = (
    "2 tasks: 2 done (56.5 credits)\n"
    "to save the results within 23h59m: kiecli download demo-video demo-image"
)


def test_on_one_terminal_results_stand_above_the_block(kiecli: Program) -> None:
    screen = FakeTerminal(200)
    kiecli("wait", "demo-video", "demo-image", out=screen, err=screen, environ=WIDE)
    assert any(
        frame.startswith(tuple(f"{IMAGE}{s} demo-video" for s in SPINNER))
        for frame in screen.frames
    )
    assert screen.screen == IMAGE + VIDEO + SUMMARY


@pytest.mark.parametrize(
    ("environ", "prefix", "error"),
    [({}, "", "error: "), ({"CI": "1"}, "", "error: "), ({"TERM": "dumb"}, "kiecli: ", "kiecli: ")],
)
def test_the_summary_counts_how_they_came_out(
    kiecli: Program, environ: dict[str, str], prefix: str, error: str
) -> None:
    screen = FakeTerminal(200)
    line = ("wait", "-t", "2s", "demo-slow", "demo-fail", "nope")
    kiecli(*line, err=screen, environ={**WIDE, **environ})
    lines = [
        f"{prefix}demo-slow: waiting",
        f"{error}demo-fail: {WHY_FAILED}",
        f"{prefix}nope: {UNKNOWN_YET.format('2s')}",
        f"{error}nope: {WHY_UNKNOWN}",
        f"{error}demo-slow: still waiting after 2s. {RUNNING}kiecli wait -t 2s demo-slow",
        "3 tasks: 1 failed (demo-fail), 1 not found (nope), 1 still running (demo-slow)",
    ]
    if not environ:  # there is a block in the place of states
        del lines[0]
    assert screen.screen.splitlines() == (lines if "TERM" not in environ else lines[:-1])
    assert ("\x1b[1;31merror:\x1b[0m nope" in screen.text) is ("TERM" not in environ)


@pytest.mark.parametrize(
    ("terminal", "task_ids", "notes"),
    [
        (True, ["demo-image"], ["to save the results within 23h59m: kiecli download demo-image"]),
        (True, ["demo-expired"], ["demo-expired: the links have probably expired"]),
        (
            True,
            ["demo-expired", "demo-image"],
            [
                "2 tasks: 2 done (8 credits)",
                "demo-expired: the links have probably expired",
                "to save the results within 23h59m: kiecli download demo-image",
            ],
        ),
        (False, ["demo-image"], []),
        (False, ["demo-expired"], ["kiecli: demo-expired: the links have probably expired"]),
    ],
)
def test_the_end_says_how_to_save_results_as_long_as_they_are_there(
    kiecli: Program, terminal: bool, task_ids: list[str], notes: list[str]
) -> None:
    err = FakeTerminal(200) if terminal else FakeStream()
    ran = kiecli("wait", *task_ids, err=err, environ=WIDE)
    lines = err.screen.splitlines() if isinstance(err, FakeTerminal) else ran.err.splitlines()
    assert [line for line in lines if "success" not in line] == notes


def test_a_task_whose_completion_is_not_known_has_no_time_left(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("recordInfo", record("a", urls=["https://f.test/1.png"], completeTime=None))
    screen = FakeTerminal()
    kiecli("wait", "a", err=screen)
    assert screen.screen == "to save the results: kiecli download a"


def test_errors_are_printed_above_the_live_block(kiecli: Program, kie: Faults) -> None:
    kie.next("recordInfo", envelope(422, "recordInfo is null"))
    screen = FakeTerminal(200)
    kiecli("wait", "demo-video", err=screen, environ=WIDE)
    assert screen.screen.splitlines()[0] == f"demo-video: {UNKNOWN_YET.format('1m')}"


def test_quiet_draws_nothing_on_a_terminal(kiecli: Program) -> None:
    screen = FakeTerminal()
    assert kiecli("wait", "-q", "demo-video", err=screen) == Ran(0, VIDEO, "")


def test_github_actions_gets_annotations_instead_of_messages_and_no_block(
    kiecli: Program,
) -> None:
    screen = FakeTerminal(1000)
    environ = {"GITHUB_ACTIONS": "true", "COLUMNS": "1000"}
    line = ("wait", "-t", "1m5s", "demo-fail", "demo-slow", "nope", "demo-expired")
    kiecli(*line, err=screen, environ=environ)
    assert "\x1b" not in screen.text
    running = f"still generating after 1m5s. {RUNNING}kiecli wait -t 1m5s demo-slow"
    summary = (
        "4 tasks: 1 done (4 credits), 1 failed (demo-fail), 1 not found (nope),"
        " 1 still running (demo-slow)"
    )
    assert screen.screen.splitlines() == [
        f"::error title=kiecli::demo-fail: {WHY_FAILED}",
        "kiecli: demo-slow: waiting",
        f"kiecli: nope: {UNKNOWN_YET.format('1m')}",
        "kiecli: demo-expired: success (took 13s), 1 result",
        "kiecli: demo-slow: generating after 4s",
        f"::error title=kiecli::nope: {WHY_UNKNOWN}",
        f"::error title=kiecli::demo-slow: {running}",
        f"kiecli: {summary}",
        "kiecli: demo-expired: the links have probably expired",
    ]


def test_an_outage_gets_an_annotation_for_each_task_and_one_line(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("recordInfo", httpx.Response(502))
    ran = kiecli("wait", "-q", "-t", "2s", "a", "b", environ={"GITHUB_ACTIONS": "true"})
    why = "Kie answered with an error page (HTTP 502); tried 3 times in 2s"
    assert ran == Ran(
        6,
        "",
        f"::error title=kiecli::a: {why}\n"
        f"::error title=kiecli::b: {why}\n"
        "kiecli: to try again: kiecli wait -t 2s a b\n",
    )


def test_ten_annotations_at_most_and_escaped(kiecli: Program, kie: Faults) -> None:
    many = [f"task{n}" for n in range(12)]
    for task_id in many:
        kie.task(task_id, "fail", failCode=None, failMsg="100% wrong\r\n::error::x")
    ran = kiecli("wait", "-q", *many, environ={"GITHUB_ACTIONS": "true"})
    message = (
        "Kie says the task failed: 100{}wrong  ::error::x."
        " Check the parameters it was submitted with"
    )
    assert ran.err.splitlines() == [
        *(f"::error title=kiecli::{each}: {message.format('%25 ')}" for each in many[:10]),
        *(f"kiecli: {each}: {message.format('% ')}" for each in many[10:]),
    ]


def test_verbose_tells_each_request(kiecli: Program, kie: Faults) -> None:
    kie.next("recordInfo", httpx.ReadTimeout("slow"), task_id="demo-image")
    latencies = iter([0.25, 0.25])
    kiecli.transport = httpx.MockTransport(
        lambda request: _after(kiecli.clock, latencies, kie, request)
    )
    assert kiecli("wait", "-v", "-q", "demo-image") == Ran(
        0,
        IMAGE,
        "kiecli: GET kie.test/api/v1/jobs/recordInfo demo-image: could not reach kie.test: no byte"
        " for 20 s, 250 ms\n"
        "kiecli: GET kie.test/api/v1/jobs/recordInfo demo-image: HTTP 200, code 200, 250 ms\n",
    )


def _after(
    clock: FakeClock, latencies: "object", kie: Faults, request: httpx.Request
) -> httpx.Response:
    clock.advance(next(latencies))  # type: ignore[call-overload]
    return kie(request)


def test_the_number_of_a_result_stands_in_every_message(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", record("a", urls=["https://f.test/1.png", "https://f.test/2.png"]))
    assert kiecli("wait", "a") == Ran(
        0,
        "https://f.test/1.png\nhttps://f.test/2.png\n",
        "kiecli: a: success (took 13s), 2 results\n",
    )

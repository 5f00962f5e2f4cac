"""Whole waits against a scripted Kie: what is asked when, and how it ends."""

import random
import weakref
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

import pytest

from kiecli.api.rate_limiter import RateLimiter
from kiecli.clock import SystemClock
from kiecli.errors import (
    AccountRefused,
    ConnectionFailed,
    ExitCode,
    Interrupted,
    KieError,
    KieUnavailable,
    RateLimited,
    TaskFailed,
    TaskNotFound,
)
from kiecli.polling.policy import PollPolicy, query_policy, wait_policy
from kiecli.polling.poller import MAX_CONCURRENT_POLLS, Poller
from kiecli.polling.scheduler import PollScheduler, Snapshot
from kiecli.workers import DaemonThreadPool, Job, ThreadEventQueue, WorkerCrashed
from tests.support.fakes import FakeClock, FakeEventQueue, InlineWorkerPool


class _Seen(NamedTuple):
    state: str

    @property
    def finished(self) -> bool:
        return self.state in ("success", "fail")


_ERROR = KieUnavailable("Kie answered: code 500")
_SILENT = ConnectionFailed("could not reach Kie")
_UNSEEN = TaskNotFound("Kie has no task with this id")
_TOO_OFTEN = RateLimited("Kie is asked too often")

Script = Callable[[str, float], _Seen | KieError]
"""What Kie says of a task at a moment."""


class _Run:
    """One wait from its start to its end."""

    def __init__(
        self,
        script: Script,
        policy: PollPolicy,
        task_ids: Sequence[str] = ("a",),
        *,
        latency: float | Callable[[], float] = 0.35,
        seed: int = 1,
    ) -> None:
        self.clock = FakeClock()
        self.event_queue = FakeEventQueue(self.clock)
        self.looks: list[tuple[float, str]] = []
        self.snapshots: list[Snapshot[_Seen]] = []
        self._script = script
        scatter = random.Random(seed)
        self.watch = PollScheduler[_Seen](task_ids, policy, self.clock.now(), scatter.uniform)
        self.poller = Poller(
            self.watch,
            self._look,
            rate_limiter=RateLimiter(),
            workers=InlineWorkerPool(self.clock, self.event_queue, latency),
            event_queue=self.event_queue,
            clock=self.clock,
        )

    def to_its_end(self) -> "_Run":
        self.snapshots = [e for e in self.poller.events() if isinstance(e, Snapshot)]
        return self

    @property
    def moments(self) -> list[float]:
        """When looks began."""
        return [moment for moment, _ in self.looks]

    @property
    def end(self) -> dict[str, ExitCode]:
        """How each task ended."""
        return {
            s.task_id: s.error.exit_code if s.error else ExitCode.DONE
            for s in self.snapshots
            if s.settled
        }

    def _look(self, task_id: str) -> _Seen:
        self.looks.append((self.clock.now(), task_id))
        answer = self._script(task_id, self.clock.now())
        if isinstance(answer, KieError):
            raise answer
        return answer


def _finishes_at(moment: float) -> Script:
    return lambda _task, now: _Seen("success" if now >= moment else "waiting")


def _always(answer: _Seen | KieError) -> Script:
    return lambda _task, _now: answer


def _most_in_a_second(moments: Sequence[float]) -> int:
    return max(n - bisect_left(moments, m - 1 + 1e-9) for n, m in enumerate(moments, start=1))


def test_a_finished_task_takes_one_look() -> None:
    run = _Run(_always(_Seen("success")), wait_policy(900, None)).to_its_end()
    assert run.snapshots == [Snapshot("a", _Seen("success"), 0.35, settled=True)]
    assert run.moments == [0]


@pytest.mark.parametrize("finished", [0.1, 5, 13.1, 39.9, 41, 146, 453, 786, 880])
def test_a_result_is_noticed_soon_after_it_is_there(finished: float) -> None:
    for seed in range(20):
        run = _Run(
            _finishes_at(finished), wait_policy(900, None), latency=0, seed=seed
        ).to_its_end()
        lag = run.clock.now() - finished
        assert lag <= max(2.2, 0.06 * finished)


def test_fifteen_minutes_of_waiting_ask_about_a_hundred_times() -> None:
    for seed in range(20):
        run = _Run(_always(_Seen("generating")), wait_policy(900, None), seed=seed).to_its_end()
        assert 90 <= len(run.looks) <= 110
        assert run.end == {"a": ExitCode.DEADLINE}
        assert 900 <= run.moments[-1] < 900.35
        assert run.clock.now() == run.moments[-1] + 0.35


def test_an_interval_is_kept() -> None:
    run = _Run(_always(_Seen("waiting")), wait_policy(10, 3)).to_its_end()
    assert run.moments == [0, 3, 6, 9, 10]


def test_no_time_is_one_look() -> None:
    run = _Run(_always(_Seen("waiting")), wait_policy(0, None), ["a", "b"]).to_its_end()
    assert run.moments == [0, 0]
    assert run.end == {"a": ExitCode.DEADLINE, "b": ExitCode.DEADLINE}


def test_only_changes_of_state_are_told() -> None:
    def script(_task: str, now: float) -> _Seen:
        states = {0: "waiting", 30: "generating", 60: "success"}
        return _Seen([state for moment, state in states.items() if now >= moment][-1])

    run = _Run(script, wait_policy(900, None)).to_its_end()
    assert [(s.answer.state if s.answer else None, s.settled) for s in run.snapshots] == [
        ("waiting", False),
        ("generating", False),
        ("success", True),
    ]


@pytest.mark.parametrize(
    ("policy", "fewest", "longest"), [(wait_policy(900, None), 120, 130), (query_policy(), 15, 20)]
)
@pytest.mark.parametrize("error", [_ERROR, _SILENT])
def test_temporary_trouble_is_borne_for_its_box_of_time(
    policy: PollPolicy, fewest: float, longest: float, error: KieError
) -> None:
    for seed in range(20):
        run = _Run(_always(error), policy, seed=seed).to_its_end()
        assert run.end == {"a": ExitCode.UNAVAILABLE}
        assert fewest <= run.clock.now() <= longest
        assert len(run.looks) >= 4


def test_looks_that_fail_slowly_still_get_four_tries() -> None:
    run = _Run(_always(_ERROR), query_policy(), latency=19).to_its_end()
    assert len(run.looks) == 4


def test_a_server_that_never_answers_is_given_up_after_four_silent_looks() -> None:
    run = _Run(_always(_Seen("success")), query_policy(), latency=inf).to_its_end()
    assert run.end == {"a": ExitCode.UNAVAILABLE}
    assert len(run.looks) == 4
    assert run.snapshots[-1].error is not None
    assert run.snapshots[-1].error.message.startswith("no answer within 20 s; tried 4 times")


def test_trouble_that_passes_is_forgotten() -> None:
    def script(_task: str, now: float) -> _Seen | KieError:
        if now % 130 > 20:
            return _ERROR if now % 130 > 25 else _Seen("waiting")
        return _Seen("success" if now > 700 else "waiting")

    run = _Run(script, wait_policy(900, None)).to_its_end()
    assert run.end == {"a": ExitCode.DONE}


def test_a_rate_limit_that_lasts_pauses_all_looks_and_ends_with_the_box() -> None:
    run = _Run(_always(_TOO_OFTEN), wait_policy(900, None), latency=0.5).to_its_end()
    assert run.end == {"a": ExitCode.UNAVAILABLE}
    pauses = [b - a - 0.5 for a, b in pairwise(run.moments)]
    assert pauses[:3] == pytest.approx([5, 10, 20])
    assert all(pause >= 30 - 1e-9 for pause in pauses[3:])
    assert 120 <= run.clock.now() <= 160


def test_a_look_without_any_answer_does_not_end_a_rate_limit() -> None:
    answers: dict[float, KieError] = {0: _TOO_OFTEN, 5: _SILENT}

    def script(_task: str, now: float) -> _Seen | KieError:
        return answers.get(now) or (_TOO_OFTEN if now < 10 else _Seen("success"))

    run = _Run(script, wait_policy(900, None), latency=0).to_its_end()
    assert run.moments[:2] == [0, 5]
    assert run.moments[3] - run.moments[2] == pytest.approx(10)


def test_a_question_under_a_lasting_rate_limit_ends_after_four_looks() -> None:
    run = _Run(_always(_TOO_OFTEN), query_policy(), latency=0).to_its_end()
    assert run.end == {"a": ExitCode.UNAVAILABLE}
    assert run.moments == pytest.approx([0, 5, 15, 35])


def test_a_question_is_not_kept_waiting_by_a_long_retry_after() -> None:
    told = RateLimited("Kie is asked too often", retry_after=3600)
    run = _Run(_always(told), query_policy()).to_its_end()
    assert run.end == {"a": ExitCode.UNAVAILABLE}
    assert run.moments == [0]


def test_retry_after_of_a_rate_limit_holds_for_every_task() -> None:
    def script(_task: str, now: float) -> _Seen | KieError:
        return _Seen("success") if now > 40 else RateLimited("too often", retry_after=45)

    run = _Run(script, wait_policy(900, None), ["a", "b", "c"], latency=0).to_its_end()
    assert run.moments == [0, 0, 0, 45, 45, 45]
    assert set(run.end.values()) == {ExitCode.DONE}


def test_a_retry_after_beyond_the_deadline_waits_for_the_deadline_and_no_longer() -> None:
    told = RateLimited("Kie is asked too often", retry_after=3600)
    run = _Run(_always(told), wait_policy(900, None)).to_its_end()
    assert run.moments == [0]
    assert run.clock.now() == 900
    assert run.end == {"a": ExitCode.UNAVAILABLE}


def test_one_rate_limit_among_good_answers_pauses_once_and_is_over() -> None:
    def script(_task: str, now: float) -> _Seen | KieError:
        return _TOO_OFTEN if now == 0 else _Seen("success")

    run = _Run(script, wait_policy(900, None), ["a", "b"], latency=0).to_its_end()
    assert run.end == {"a": ExitCode.DONE, "b": ExitCode.DONE}
    assert run.moments == [0, 0, 5, 5]


def test_a_task_that_becomes_visible_within_a_minute_is_waited_for() -> None:
    def script(_task: str, now: float) -> _Seen | KieError:
        return _UNSEEN if now < 58 else _finishes_at(100)(_task, now)

    assert _Run(script, wait_policy(900, None)).to_its_end().end == {"a": ExitCode.DONE}


def test_a_task_that_stays_invisible_is_not_found_after_a_minute() -> None:
    run = _Run(_always(_UNSEEN), wait_policy(900, None)).to_its_end()
    assert run.end == {"a": ExitCode.NOT_FOUND}
    assert 60 <= run.clock.now() <= 61
    assert len(run.looks) > 20


def test_a_deadline_within_the_grace_says_not_found() -> None:
    run = _Run(_always(_UNSEEN), wait_policy(20, None)).to_its_end()
    assert run.end == {"a": ExitCode.NOT_FOUND}
    assert run.clock.now() == pytest.approx(20.35)


def test_one_bad_id_stops_no_other() -> None:
    answers = {"bad": _UNSEEN, "failed": TaskFailed("said so"), "off": _ERROR}
    script: Script = lambda task, now: answers.get(task) or _finishes_at(200)(task, now)  # noqa: E731
    run = _Run(script, wait_policy(900, None), ["bad", "failed", "off", "good"]).to_its_end()
    assert run.end == {
        "failed": ExitCode.FAILED,
        "bad": ExitCode.NOT_FOUND,
        "off": ExitCode.UNAVAILABLE,
        "good": ExitCode.DONE,
    }


def test_a_refused_key_is_asked_with_no_more() -> None:
    refusal = AccountRefused("Kie refused the API key")
    run = _Run(_always(refusal), wait_policy(900, None), [str(n) for n in range(100)]).to_its_end()
    assert set(run.end.values()) == {ExitCode.REFUSED}
    assert len(run.end) == 100
    assert len(run.looks) <= 8


def _names(count: int) -> list[str]:
    return [f"task-{n}" for n in range(count)]


@pytest.mark.parametrize("latency", [0.0, 0.35, 1.1])
def test_many_tasks_keep_the_budget_and_nearly_use_it_up(latency: float) -> None:
    run = _Run(
        _always(_Seen("waiting")), wait_policy(120, None), _names(300), latency=latency
    ).to_its_end()
    assert _most_in_a_second(run.moments) <= 8
    assert len(run.looks) >= 0.97 * 8 * 120
    assert 120 <= run.clock.now() <= 131


def test_many_tasks_are_looked_at_in_turn_and_none_is_starved() -> None:
    run = _Run(_always(_Seen("waiting")), wait_policy(300, 1), _names(100)).to_its_end()
    counts = Counter(task for _, task in run.looks)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert [task for _, task in run.looks[:100]] == _names(100)


def test_a_slow_kie_is_never_asked_more_than_so_many_times_at_once() -> None:
    flying = []

    def script(_task: str, _now: float) -> _Seen:
        flying.append(run.watch.in_flight)
        return _Seen("success")

    run = _Run(script, query_policy(), _names(100), latency=15)
    run.to_its_end()
    assert max(flying) == MAX_CONCURRENT_POLLS
    assert len(run.looks) == 100


def test_a_thousand_tasks_with_a_bad_answer_each_now_and_then_all_come_through() -> None:
    # A round takes 125 s, more than the box: only the trouble itself may count, not the queue.
    looks: Counter[str] = Counter()

    def script(task: str, _now: float) -> _Seen | KieError:
        looks[task] += 1
        if looks[task] % 2:
            return _SILENT if int(task[5:]) % 2 else _ERROR
        return _Seen("success" if looks[task] >= 6 else "waiting")

    run = _Run(script, wait_policy(7200, None), _names(1000)).to_its_end()
    assert Counter(run.end.values()) == {ExitCode.DONE: 1000}


class _BusyWorkers(InlineWorkerPool):
    """Workers whose threads all hang for a while: what is submitted meanwhile piles up."""

    def __init__(self, clock: FakeClock, event_queue: FakeEventQueue, until: float) -> None:
        super().__init__(clock, event_queue)
        self._until = until

    def submit(self, job: Job) -> None:
        if self._clock.now() < self._until:
            self._event_queue.put_at(self._until, job)
        else:
            super().submit(job)


def test_looks_that_waited_too_long_for_a_thread_are_not_carried_out_in_a_heap() -> None:
    run = _Run(_always(_Seen("success")), wait_policy(900, None), _names(100))
    run.poller._workers = _BusyWorkers(run.clock, run.event_queue, until=12)
    for event in run.poller.events():
        if callable(event):
            event()
    assert len(run.looks) == 100
    assert _most_in_a_second(run.moments) <= 8


def test_events_of_others_pass_through() -> None:
    run = _Run(_finishes_at(10), wait_policy(900, None))
    run.event_queue.put_at(3, "saved")
    assert "saved" in list(run.poller.events())


def test_a_frame_is_a_moment_to_draw() -> None:
    run = _Run(_finishes_at(10), wait_policy(900, 5))
    seen = [run.clock.now() for event in run.poller.events(tick_interval=0.5) if event is None]
    assert max(b - a for a, b in pairwise(seen)) <= 0.5 + 1e-9


def test_a_signal_passes_through() -> None:
    run = _Run(_finishes_at(10), wait_policy(900, None))
    run.event_queue.put_at(3, Interrupted(2))
    with pytest.raises(Interrupted):
        run.to_its_end()
    assert run.clock.now() == 3
    assert not run.watch.done


def test_a_bug_on_a_worker_comes_up_on_the_main_thread() -> None:
    def broken(_task_id: str) -> _Seen:
        raise ZeroDivisionError

    clock = SystemClock()
    event_queue = ThreadEventQueue(clock)
    watch = PollScheduler[_Seen](["a"], query_policy(), clock.now(), random.Random(1).uniform)
    poller = Poller(
        watch,
        broken,
        rate_limiter=RateLimiter(),
        workers=DaemonThreadPool(2, event_queue),
        event_queue=event_queue,
        clock=clock,
    )
    with pytest.raises(WorkerCrashed) as crash:
        list(poller.events())
    assert isinstance(crash.value.__cause__, ZeroDivisionError)


class _Body:
    """What an answer holds; it can be seen to be gone."""


@pytest.mark.parametrize("error", [_ERROR, _SILENT, _UNSEEN])
def test_while_it_is_asked_again_nothing_is_kept_of_an_answer(error: KieError) -> None:
    bodies: list[weakref.ref[_Body]] = []

    def script(_task_id: str, _now: float) -> _Seen:
        assert [body() for body in bodies] == [None] * len(bodies)
        body = _Body()
        bodies.append(weakref.ref(body))
        raise type(error)(error.message) from ValueError(body)

    _Run(script, wait_policy(600, None)).to_its_end()
    assert len(bodies) > 3

"""Whole waits against a scripted Kie, on a fake clock: what is asked when, and how it ends."""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf

from kiecli.api.models import Task
from kiecli.api.rate_limiter import RateLimiter
from kiecli.errors import KieError
from kiecli.polling.policy import IntervalFunction, PollPolicy, Random, poll_interval
from kiecli.polling.poller import PollCompleted, Poller
from kiecli.polling.scheduler import PollScheduler
from kiecli.polling.snapshot import Snapshot
from tests.support.fakes import FakeClock, FakeEventQueue, InlineWorkerPool

Answer = Task | KieError | None
"""What Kie answers; None is never."""

Script = Callable[[str, float], tuple[Answer, float]]
"""Returns the answer to a poll of a task that starts at a moment, and the seconds it takes."""


def seen(state: str | None, **fields: object) -> Task:
    """Return a task in a state, with one result once it has succeeded."""
    done = {"resultJson": {"resultUrls": ["https://h/a.png"]}} if state == "success" else {}
    return Task.parse("a", {"state": state, **done, **fields})


def always(answer: Answer, latency: float = 0.0) -> Script:
    """Return a script that knows one answer."""
    return lambda _task_id, _now: (answer, latency)


def longest(_low: float, high: float) -> float:
    """Draw the largest jitter."""
    return high


class PollRun:
    """Tasks that are polled until each is settled.

    Attributes:
        polls: When which task was polled.
        snapshots: What became known of the tasks, with the moments.
    """

    def __init__(
        self,
        script: Script,
        policy: PollPolicy,
        task_ids: Sequence[str] = ("a",),
        *,
        random: Random = longest,
        interval_function: IntervalFunction = poll_interval,
    ) -> None:
        self.clock = FakeClock()
        self.event_queue = FakeEventQueue(self.clock)
        self.rate_limiter = RateLimiter(self.clock)
        self.polls: list[tuple[float, str]] = []
        self.snapshots: list[tuple[float, Snapshot]] = []
        self._script = script
        self.scheduler = PollScheduler(
            task_ids, policy, self.clock.now(), random, interval_function
        )
        self.poller = Poller(
            self.scheduler,
            self._poll,
            rate_limiter=self.rate_limiter,
            workers=InlineWorkerPool(self.clock, self.event_queue),
            clock=self.clock,
        )

    def to_its_end(self) -> "PollRun":
        """Wait until every task is settled."""
        while not self.poller.done:
            event = self.event_queue.get(self.poller.start_due())
            if isinstance(event, PollCompleted):
                self._note(list(self.poller.receive(event)))
            elif callable(event):
                event()
            self._note(list(self.poller.expire()))
        return self

    @property
    def moments(self) -> list[float]:
        """When polls started."""
        return [round(moment, 2) for moment, _ in self.polls]

    @property
    def ends(self) -> list[tuple[str, float, str]]:
        """How each task was settled: its id, when, and the message or else the state."""
        return [
            (s.task_id, round(moment, 2), s.error.message if s.error else _state(s))
            for moment, s in self.snapshots
            if s.settled
        ]

    def _note(self, snapshots: list[Snapshot]) -> None:
        self.snapshots += [(self.clock.now(), snapshot) for snapshot in snapshots]

    def _poll(self, task_id: str, started: float) -> Task:
        now = self.clock.now()
        self.polls.append((now, task_id))
        answer, latency = self._script(task_id, now)
        if answer is None:
            latency = inf
        # The client tells the rate limiter how its request ended, when it has.
        error = answer if isinstance(answer, KieError) else None
        completed = partial(self.rate_limiter.completed, started, error)
        self.event_queue.put_at(now + latency, completed)
        self.event_queue.delay = latency
        if isinstance(answer, Task):
            return answer
        raise answer or KieError("never seen")


def _state(snapshot: Snapshot) -> str:
    return str(snapshot.answer and snapshot.answer.state)

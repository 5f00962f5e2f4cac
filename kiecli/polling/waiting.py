"""What all tasks share that are polled together."""

from kiecli.errors import KieError
from kiecli.polling.policy import IntervalFunction, PollPolicy, Random
from kiecli.polling.time_box import RetryState

_NEVER = float("inf")


class Waiting:
    """What all tasks of a run share.

    Attributes:
        policy: What the command wants of its polls.
        random: Draws the jitter of intervals and pauses.
        interval: Returns the seconds from one good answer to the next poll.
        deadline: When the last poll is due.
        paused_until: No poll can start before, because Kie answered 429.
        last_answer: When Kie last gave an answer that was no temporary trouble, for any task.
        closed_by: Why no more polls are made: Kie asks for too long a pause; or None.
    """

    def __init__(
        self, policy: PollPolicy, now: float, random: Random, interval: IntervalFunction
    ) -> None:
        """Start waiting now."""
        self.policy = policy
        self.random = random
        self.interval = interval
        self.deadline = now + policy.timeout if policy.timeout else _NEVER
        self.paused_until = -_NEVER
        self.last_answer = -_NEVER
        self.closed_by: KieError | None = None

    def new_trouble(self, error: KieError, started: float) -> RetryState:
        """Return the box of time for trouble that a poll met which started then."""
        return RetryState(max(started, self.last_answer), self.policy.retry_timeout, error)

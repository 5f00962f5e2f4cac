"""`kiecli config check`: asks Kie for the credits left, with the key in force."""

from contextlib import closing
from functools import partial
from math import inf
from typing import Any, NamedTuple

from kiecli.api.client import KieClient
from kiecli.api.responses import BASE_URL_HINT, TASK_ID_HINT
from kiecli.commands import output
from kiecli.config.settings import KEY_PAGE, Value
from kiecli.errors import (
    ConnectionFailed,
    ExitCode,
    KieError,
    KieUnavailable,
    TaskFailed,
    TaskNotFound,
    without_frames,
)
from kiecli.polling.policy import MIN_ATTEMPTS, POLL_TIMEOUT, QUERY_POLICY, REQUEST_TIMEOUT
from kiecli.polling.retries import RetryState
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render import json_lines
from kiecli.render.reporter import Reporter
from kiecli.runtime import OutputOptions, Runtime
from kiecli.safe_text import sanitize

# Instead of the usual hint, which is to run `kiecli config check`: that is this command.
_KEY_HINTS = {
    "environment": f"set KIE_API_KEY to a key from {KEY_PAGE}",
    "file": f"get a key at {KEY_PAGE}, then run: kiecli config set api-key",
}


class _CreditsReceived(NamedTuple):
    """The event that a request for the credits has ended."""

    attempt: int
    answer: float | KieError


def check(runtime: Runtime, *, json: bool) -> ExitCode:
    """Print where the key came from and the credits left, or why it was refused.

    Raises:
        KieError: There is no key, or the configuration cannot be used.
    """
    key = runtime.config.value("api-key")
    client = runtime.client(OutputOptions())
    with closing(output.query_reporter(runtime, OutputOptions())) as reporter:
        answer = _ask(runtime, client, reporter)
        error = answer if isinstance(answer, KieError) else None
        rerun_command = ""
        if error is not None:
            _advise(error, key)
            rerun_command = _rerun_command(error, json=json)
            reporter.error(error, resume_command=rerun_command)
    if json:
        runtime.out.line(json_lines.encoded(_record(key, answer, rerun_command)))
    elif not isinstance(answer, KieError):
        runtime.out.write(f"key\t{sanitize(key.origin)}\ncredits\t{answer:.15g}\n")
    return ExitCode.DONE if error is None else error.exit_code


def _ask(runtime: Runtime, client: KieClient, reporter: Reporter) -> float | KieError:
    """Return the credits left, or the error when the time for retries is over."""
    clock = runtime.clock
    # Each attempt may hang, so each has a thread: none waits for that of the one before.
    workers = runtime.workers(MIN_ATTEMPTS)
    retry_state: RetryState | None = None
    attempt = 0
    while True:
        attempt += 1
        started = clock.now()
        workers.submit(partial(_request, client, attempt))
        hard_end = inf if retry_state is None else retry_state.hard_end
        answer = _receive(runtime, reporter, attempt, min(hard_end, started + POLL_TIMEOUT))
        if answer is None and retry_state is not None and hard_end <= clock.now():
            # Cut short, it has not timed out: what is known is the error of the one before.
            retry_state.attempts += 1
            return retry_state.to_error(clock.now())
        if answer is None:
            answer = ConnectionFailed(f"no answer within {REQUEST_TIMEOUT:.0f} s")
        if not (isinstance(answer, KieError) and answer.temporary):
            return answer
        retry_state = retry_state or RetryState(started, QUERY_POLICY.retry_timeout, answer)
        retry_state.add(answer)
        next_at = _next_attempt(runtime, retry_state)
        if next_at is None:
            return retry_state.to_error(clock.now())
        retry = Retry(answer, retry_state.elapsed(next_at), retry_state.limit)
        reporter.snapshot(Snapshot("", None, 0.0, settled=False, retry=retry))
        # Attempts count from 1, so nothing answers attempt 0: a pause that a signal can end.
        _receive(runtime, reporter, 0, next_at)


def _next_attempt(runtime: Runtime, retry_state: RetryState) -> float | None:
    """Return when to ask again, or None to give up."""
    now = runtime.clock.now()
    next_at = max(
        retry_state.next_poll(now, runtime.random), now + runtime.rate_limiter.pause_left()
    )
    # The last attempt is at the very end of the time for retries, unless Kie asks for more.
    is_late = retry_state.reason.retry_after is not None and next_at > retry_state.ends_at
    is_over = is_late or next_at >= retry_state.hard_end
    return None if retry_state.is_full(now) or is_over else next_at


def _request(client: KieClient, attempt: int) -> _CreditsReceived:
    answer: float | KieError
    try:
        answer = client.credits()
    except (TaskNotFound, TaskFailed):  # codes that mean something for tasks only
        answer = KieUnavailable("Kie's answer contains no credit balance")
    except KieError as error:
        answer = without_frames(error)
    return _CreditsReceived(attempt, answer)


def _receive(
    runtime: Runtime, reporter: Reporter, attempt: int, until: float
) -> float | KieError | None:
    """Return the answer to an attempt, or None at `until`; drop late answers to others."""
    while True:
        event = runtime.event_queue.get(min(until, runtime.clock.now() + reporter.tick_interval))
        if event is None and runtime.clock.now() >= until:
            return None
        reporter.tick()
        if isinstance(event, _CreditsReceived) and event.attempt == attempt:
            return event.answer


def _advise(error: KieError, key: Value) -> None:
    if error.hint.endswith("kiecli config check"):
        error.hint = _KEY_HINTS[key.source]
    elif error.hint == TASK_ID_HINT:  # none was sent
        error.hint = BASE_URL_HINT


def _rerun_command(error: KieError, *, json: bool) -> str:
    """Return the command to retry with, where that may help: exit code 6 promises one."""
    if error.exit_code is not ExitCode.UNAVAILABLE:
        return ""
    return "kiecli config check --json" if json else "kiecli config check"


def _record(key: Value, answer: float | KieError, rerun_command: str) -> dict[str, Any]:
    error = answer if isinstance(answer, KieError) else None
    return {
        "ok": error is None,
        "source": key.source,
        "credits": None if isinstance(answer, KieError) else answer,
        "error": json_lines.error_record(error, rerun_command),
        "exit_code": int(ExitCode.DONE if error is None else error.exit_code),
    }

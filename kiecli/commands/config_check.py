"""`kiecli config check`: asks Kie for the credits left, with the key in force."""

from typing import Any, NamedTuple

from kiecli.api.client import KieClient
from kiecli.config.api_key import KEY_PAGE
from kiecli.config.settings import Value
from kiecli.errors import ExitCode, KieError, KieUnavailable, TaskFailed, TaskNotFound
from kiecli.polling.policy import MIN_ATTEMPTS, query_policy
from kiecli.polling.scheduler import Snapshot
from kiecli.render import json_lines
from kiecli.render.notices import Notices
from kiecli.render.text import error_line, sanitize
from kiecli.runtime import OutputOptions, Runtime

# In the place of the usual advice, which is to run this very check.
_KEY_HINTS = {
    "environment": f"set KIE_API_KEY to a key from {KEY_PAGE}",
    "file": f"get a key at {KEY_PAGE}, then run: kiecli config set api-key",
}


class Credits(NamedTuple):
    """Kie's answer to a good key, in the form that can be polled for."""

    left: float
    state: str | None = None
    finished: bool = True


def check(runtime: Runtime, *, json: bool) -> ExitCode:
    """Print where the key came from and the credits left, or why it was refused.

    Raises:
        KieError: There is no key, or the configuration cannot be used.
    """
    key = runtime.config.value("api-key")
    last = _last_poll(runtime, runtime.client(OutputOptions()))
    if last.error is not None:
        _advise(last.error, key)
        runtime.err.line(error_line(last.error))
    if json:
        runtime.out.line(json_lines.encoded(_record(key, last)))
    elif last.answer is not None:
        runtime.out.write(f"key\t{sanitize(key.origin)}\ncredits\t{last.answer.left:.15g}\n")
    return _code(last)


def _last_poll(runtime: Runtime, client: KieClient) -> Snapshot[Credits]:
    """Ask until there is an answer or the time for retries is over."""

    def poll(_: str) -> Credits:
        try:
            return Credits(client.credits())
        except (TaskNotFound, TaskFailed) as error:  # a code that has a meaning for tasks only
            raise KieUnavailable("Kie's answer contains no credit balance") from error

    poller = runtime.poller(["credits"], query_policy(), poll, threads=MIN_ATTEMPTS)
    notices = Notices(runtime.clock.now())
    for last in (event for event in poller.events() if isinstance(event, Snapshot)):
        for line in notices.of_trouble(last):
            runtime.err.line(f"kiecli: {line}")
    return last


def _advise(error: KieError, key: Value) -> None:
    if error.hint.endswith("kiecli config check"):
        error.hint = _KEY_HINTS[key.source]


def _code(last: Snapshot[Credits]) -> ExitCode:
    return ExitCode.DONE if last.error is None else last.error.exit_code


def _record(key: Value, last: Snapshot[Credits]) -> dict[str, Any]:
    return {
        "ok": last.error is None,
        "source": key.source,
        "credits": None if last.answer is None else last.answer.left,
        "error": json_lines.error_record(last.error),
        "exit_code": int(_code(last)),
    }

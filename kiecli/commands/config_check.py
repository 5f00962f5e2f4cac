"""`kiecli config check`: asks Kie with the key in force."""

from typing import Any, NamedTuple

from kiecli.api.client import KieClient
from kiecli.config.settings import Value
from kiecli.errors import ExitCode, KieError, KieUnavailable, TaskFailed, TaskNotFound
from kiecli.polling.policy import MIN_ATTEMPTS, query_policy
from kiecli.polling.scheduler import Snapshot
from kiecli.render import json_lines
from kiecli.render.notices import Notices
from kiecli.render.text import error_line, sanitize
from kiecli.runtime import OutputOptions, Runtime

_CURES = {
    "environment": "put another key into KIE_API_KEY",
    "file": "keep another key with: kiecli config set api-key",
}


class Credits(NamedTuple):
    """Kie's answer: the key is good, and so much is left. It can be polled for."""

    left: float
    state: str | None = None
    finished: bool = True


def check(runtime: Runtime, *, json: bool) -> ExitCode:
    """Print where the key came from and the credits left, or say why it is no good.

    Raises:
        KieError: There is no key, or the configuration cannot be used.
    """
    key = runtime.config.value("api-key")
    last = _last_look(runtime, runtime.client(OutputOptions()))
    if last.error is not None:
        _advise(last.error, key)
        runtime.err.line(error_line(last.error, about=f"with {key.origin}"))
    if json:
        runtime.out.line(json_lines.encoded(_record(key, last)))
    elif last.answer is not None:
        runtime.out.write(f"key\t{sanitize(key.origin)}\ncredits\t{last.answer.left:.15g}\n")
    return _code(last)


def _last_look(runtime: Runtime, client: KieClient) -> Snapshot[Credits]:
    """Ask until there is an answer or the box of time is full."""

    def look(_: str) -> Credits:
        try:
            return Credits(client.credits())
        except (TaskNotFound, TaskFailed) as error:  # no task was asked about
            raise KieUnavailable("Kie's answer tells no credits") from error

    poller = runtime.poller(["credits"], query_policy(), look, threads=MIN_ATTEMPTS)
    notices = Notices(runtime.clock.now())
    for last in (event for event in poller.events() if isinstance(event, Snapshot)):
        for line in notices.of_trouble(last):
            runtime.err.line(f"kiecli: {line}")
    return last


def _advise(error: KieError, key: Value) -> None:
    """Replace the advice to run this very check."""
    if error.hint.endswith("kiecli config check"):
        error.hint = _CURES[key.source]


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

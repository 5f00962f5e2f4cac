"""`kiecli config check`: asks Kie with the key in force."""

from typing import Any, NamedTuple

from kiecli.errors import ExitCode, KieError, KieUnavailable, TaskFailed, TaskNotFound
from kiecli.polling import Poller
from kiecli.render import machine
from kiecli.render.notices import Notices
from kiecli.render.words import clean, error_line
from kiecli.rhythm import asking_once
from kiecli.runtime import Runtime, Voice
from kiecli.settings import Value
from kiecli.watch import Snapshot, Watch


_CURES = {
    "environment": "put another key into KIE_API_KEY",
    "file": "keep another key with: kiecli config set api-key",
}


class Credits(NamedTuple):
    """Kie's answer: the key is good, and so much is left."""

    left: float
    state: str | None = None
    finished: bool = True


def check(runtime: Runtime, *, json: bool) -> ExitCode:
    """Print where the key came from and the credits left, or say why it is no good.

    Raises:
        KieError: There is no key, or the configuration cannot be used.
    """
    key = runtime.config.value("api-key")
    answer = _ask(runtime)
    if isinstance(answer, KieError) and answer.hint.endswith("kiecli config check"):
        answer.hint = _CURES[key.source]  # this is that check
    if json:
        runtime.out.line(machine.encoded(_record(key, answer)))
    elif isinstance(answer, Credits):
        runtime.out.write(f"key\t{clean(key.origin)}\ncredits\t{answer.left:.15g}\n")
    if isinstance(answer, Credits):
        return ExitCode.DONE
    runtime.err.line(error_line(answer, about=f"with {key.origin}"))
    return answer.exit_code


def _ask(runtime: Runtime) -> Credits | KieError:
    client = runtime.client(Voice())

    def look(_: str) -> Credits:
        try:
            return Credits(client.credits())
        except (TaskNotFound, TaskFailed) as error:  # no task was asked about
            raise KieUnavailable("Kie's answer tells no credits") from error

    began = runtime.clock.now()
    watch: Watch[Credits] = Watch(["credits"], asking_once(), began, runtime.random)
    poller = Poller(
        watch,
        look,
        budget=runtime.budget,
        workers=runtime.workers(1),
        inbox=runtime.inbox,
        clock=runtime.clock,
    )
    notices = Notices(began)
    last: Snapshot[Any] | None = None
    for event in poller.events():
        if isinstance(event, Snapshot):
            for line in notices.of_trouble(event):
                runtime.err.line(f"kiecli: {line}")
            last = event
    assert last is not None
    return last.error or last.answer


def _record(key: Value, answer: Credits | KieError) -> dict[str, Any]:
    good = isinstance(answer, Credits)
    return {
        "ok": good,
        "source": key.source,
        "credits": answer.left if good else None,
        "error": None if good else _error(answer),
        "exit_code": int(ExitCode.DONE if good else answer.exit_code),
    }


def _error(error: KieError) -> dict[str, Any]:
    return {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "temporary": error.temporary,
    }

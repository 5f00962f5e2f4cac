"""`kiecli status`: asks once about each task and shows the answers in the order given."""

from collections.abc import Sequence

from kiecli import outcome
from kiecli.commands import output
from kiecli.commands.batch import Run, asked
from kiecli.errors import ExitCode
from kiecli.outcome import Outcome
from kiecli.polling.policy import asking_once
from kiecli.polling.scheduler import Snapshot
from kiecli.render.formats import Answer
from kiecli.runtime import Runtime, Voice


def status(
    runtime: Runtime, voice: Voice, arguments: Sequence[str], *, exit_status: bool
) -> ExitCode:
    """Ask once, show the answers, return the code.

    Args:
        runtime: Streams, settings, clock and network.
        voice: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        exit_status: Whether the code tells what the answers say.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    words = ["status", "--exit-status"] if exit_status else ["status"]
    found = asked(runtime, voice, arguments, words)
    with output.status_screen(runtime, voice, found.task_ids) as screen:
        run = Run(runtime, voice, found, words, screen)
        answer = output.status_answer(runtime, voice, screen)
        in_order = _InOrder(found.task_ids, answer)
        for event in run.events(asking_once()):
            assert isinstance(event, Snapshot)
            ended = outcome.of_question(
                event.task_id, event.answer, event.error, words, exit_status=exit_status
            )
            in_order.add(ended)
            run.note(ended)
        answer.close()
        return run.end()


class _InOrder:
    """Hands outcomes on in the order of the line, each as soon as those before it are there."""

    def __init__(self, task_ids: Sequence[str], answer: Answer) -> None:
        self._places = list(reversed(task_ids))
        self._answer = answer
        self._early: dict[str, Outcome] = {}

    def add(self, ended: Outcome) -> None:
        self._early[ended.task_id] = ended
        while self._places and self._places[-1] in self._early:
            self._answer.add(self._early.pop(self._places.pop()))

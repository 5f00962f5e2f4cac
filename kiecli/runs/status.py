"""`kiecli status`: asks once about each task and shows the answers in the order given."""

from collections.abc import Sequence

from kiecli import outcome
from kiecli.errors import ExitCode
from kiecli.rhythm import asking_once
from kiecli.runs import casting
from kiecli.runs.run import Run, asked
from kiecli.runtime import Runtime, Voice
from kiecli.watch import Snapshot


def status(
    runtime: Runtime, voice: Voice, arguments: Sequence[str], *, exit_status: bool
) -> ExitCode:
    """Ask once, show the answers, return the code.

    Args:
        runtime: The world.
        voice: How to speak.
        arguments: Ids, or `-`.
        exit_status: Whether the code tells what the answers say.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    found = asked(runtime, arguments)
    words = ["status", "--exit-status"] if exit_status else ["status"]
    with casting.screen(runtime, voice, found.task_ids) as screen:
        run = Run(runtime, voice, found, words, screen)
        for event in run.events(asking_once()):
            if isinstance(event, Snapshot):
                run.note(
                    outcome.of_question(
                        event.task_id, event.answer, event.error, words, exit_status=exit_status
                    )
                )
        answer = casting.status_answer(runtime, voice, screen)
        for task_id in found.task_ids:
            answer.add(run.outcomes[task_id])
        answer.close()
        return run.end()

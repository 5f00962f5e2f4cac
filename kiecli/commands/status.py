"""`kiecli status`: asks once about each task and shows the answers in the order given."""

from collections.abc import Sequence
from contextlib import closing

from kiecli import outcome
from kiecli.commands import output
from kiecli.commands.batch import TaskBatch, select_tasks
from kiecli.errors import ExitCode
from kiecli.outcome import Outcome
from kiecli.polling.policy import QUERY_POLICY
from kiecli.polling.snapshot import Snapshot
from kiecli.render.formats import ResultWriter
from kiecli.runtime import OutputOptions, Runtime


def status(
    runtime: Runtime, output_options: OutputOptions, arguments: Sequence[str], *, exit_status: bool
) -> ExitCode:
    """Run `kiecli status`: poll each task once, print its state, return the exit code.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        exit_status: Whether failed and unfinished tasks have exit codes of their own.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    selection = select_tasks(runtime, output_options, arguments)
    panel = output.draws_panel(runtime, output_options, selection)
    with closing(output.query_reporter(runtime, output_options, errors_in_panel=panel)) as reporter:
        writer = output.status_writer(runtime, output_options, reporter.write_stdout)
        draws = runtime.out.is_terminal and not (output_options.json or output_options.quiet)
        in_order = _OrderedWriter(selection.task_ids, writer, draws=draws)
        batch = TaskBatch(runtime, output_options, selection, reporter, in_order)
        batch.held = in_order.held
        for event in batch.events(QUERY_POLICY):
            assert isinstance(event, Snapshot)
            task_id, task, error = event.task_id, event.answer, event.error
            batch.record(outcome.from_status(task_id, task, error, exit_status=exit_status))
        reporter.close()  # a spinner would stand in the panel's place
        in_order.close()
        return batch.finish()


class _OrderedWriter:
    """Writes outcomes in the order of the command line, each once those before it are known.

    Attributes:
        held: The outcomes that are not on stdout yet; a signal would lose them, so the resume
            command names their tasks.
    """

    def __init__(self, task_ids: Sequence[str], writer: ResultWriter, *, draws: bool) -> None:
        self.held: dict[str, Outcome] = {}
        self._places = list(reversed(task_ids))  # popped from the end, the first id first
        self._writer = writer
        self._draws = draws  # a table is drawn at the end: until then stdout has none of it

    def add(self, outcome: Outcome) -> None:
        self.held[outcome.task_id] = outcome
        while self._places and self._places[-1] in self.held:
            task_id = self._places.pop()
            self._writer.add(self.held[task_id])
            if not self._draws:
                del self.held[task_id]

    def close(self) -> None:
        self._writer.close()
        self.held.clear()

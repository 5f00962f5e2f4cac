"""`kiecli download`: saves every result of each task, as soon as the task has succeeded."""

from collections.abc import Sequence
from functools import partial

from kiecli import outcome
from kiecli.api.models import Phase, Task
from kiecli.commands import output
from kiecli.commands.archived_tasks import ArchivedTasks
from kiecli.commands.batch import TaskBatch, select_tasks
from kiecli.commands.command_line import resume_argv, waiting_argv
from kiecli.commands.download_checks import check_for_stdout, check_line
from kiecli.commands.download_options import DownloadFlags
from kiecli.commands.events import FileFinished, WorkerFailed
from kiecli.commands.stop_rule import StopRule
from kiecli.download.archive import Archive
from kiecli.download.disk import ensure_writable
from kiecli.download.downloader import Downloader
from kiecli.download.plan import SavedFile, SaveOptions, Target
from kiecli.download.progress import TransferEvent, TransferRetrying
from kiecli.errors import ExitCode, FolderNotWritable, KieError
from kiecli.files.template import Template
from kiecli.polling.snapshot import Snapshot
from kiecli.render.formats import ResultWriter, SafeTextWriter
from kiecli.render.text import humanize
from kiecli.runtime import OutputOptions, Runtime

_SOON = 2 * 3600.0  # seconds of life left to a link that are worth a warning


def download(
    runtime: Runtime, output_options: OutputOptions, arguments: Sequence[str], flags: DownloadFlags
) -> ExitCode:
    """Save results, show their paths as tasks finish, return the code.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        flags: How to save.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    selection = select_tasks(runtime, output_options, arguments)
    template = Template.parse(flags.template)
    check_line(flags, template, selection)
    directory = runtime.config.value("dir", flags.directory).text
    options = SaveOptions(
        directory,
        template,
        flags.overwrite,
        checksum=output_options.json,
        write_metadata=flags.write_metadata,
    )
    options.check_folder()
    archive = None if flags.archive is None else Archive(flags.archive, runtime.clock)
    archived = ArchivedTasks(archive, selection, dry_run=flags.dry_run)
    left = archived.left
    timeout = flags.timeout if flags.wait else None
    with output.reporter(
        runtime, output_options, left, watching=flags.wait, timeout=timeout
    ) as reporter:
        answer = output.download_writer(runtime, output_options, reporter)
        archived.show(reporter, answer)
        if not left.task_ids:
            return ExitCode.DONE
        if flags.stop is StopRule.ANY and archived.has_saved:
            archived.leave_open(resume_argv(runtime.argv), reporter, answer)
            return ExitCode.DONE
        run = TaskBatch(runtime, output_options, left, reporter, flags.stop)
        try:
            if not (flags.dry_run or flags.to_stdout or template.absolute):
                ensure_writable(directory)
        except FolderNotWritable as error:
            return _end_all(run, answer, error)
        session = DownloadSession(run, flags, options, answer, output_options, archived)
        return session.run()


def _end_all(run: TaskBatch, answer: ResultWriter, error: KieError) -> ExitCode:
    """End every task with what keeps all of them from being saved, and return the code."""
    for task_id in run.task_ids:
        ended = run.labelled(outcome.Outcome(task_id, None, error, error.exit_code, files=()))
        answer.add(ended)
        run.record(ended)
    return run.finish()


class DownloadSession:
    """The saving part of a run: tasks come in as they succeed, outcomes go out as they are done."""

    def __init__(
        self,
        run: TaskBatch,
        flags: DownloadFlags,
        options: SaveOptions,
        answer: ResultWriter,
        output_options: OutputOptions,
        archived: ArchivedTasks,
    ) -> None:
        runtime = run.runtime
        self._run = run
        self._archived = archived
        self._flags = flags
        self._answer = answer
        self._clock = runtime.clock
        self._event_queue = runtime.event_queue
        out = runtime.out
        self._sink = SafeTextWriter(out.write) if out.is_terminal else out.binary()
        self._threads = runtime.workers(flags.jobs)
        client = runtime.client_factory.client(
            log=runtime.trace(output_options), pool_per_thread=True
        )
        self._downloader = Downloader(
            client=client,
            close_connections=client.close_connections,
            fresh_link=run.client.fresh_link,
            clock=runtime.clock,
            options=options,
            report=self._report,
            random=runtime.random,
            idle=self._threads.idle,
        )
        self._tasks: dict[str, Task] = {}
        self._missing: dict[str, int] = {}
        self._files: dict[str, dict[int, SavedFile]] = {}
        self._held: list[Task] = []

    def run(self) -> ExitCode:
        """Save until every task has its outcome."""
        for event in self._run.events(self._flags.policy, lambda: bool(self._missing)):
            match event:
                case Snapshot():
                    self._settled(event)
                case _:
                    self._run.reporter.ended(event.target, event.file)
                    self._saved(event)
        for left_open in self._run.leave_open():
            self._show(left_open)
        return self._run.finish(summarize=not self._flags.dry_run, lead=self._lead())

    def _settled(self, snapshot: Snapshot) -> None:
        task = snapshot.answer
        if snapshot.error is not None or task is None or task.phase is Phase.FAILED:
            argv = self._run.argv
            self._end(outcome.from_wait(snapshot.task_id, task, snapshot.error, argv))
        elif not task.finished:
            self._end(outcome.pending(task, waiting_argv(self._run.argv)))
        elif self._run.is_decided:
            pass  # it stays open
        elif self._flags.stop is StopRule.ANY and self._missing:
            self._held.append(task)  # the first to arrive may win yet
        else:
            self._begin(task)

    def _begin(self, task: Task) -> None:
        try:
            targets = self._downloader.plan(task, self._run.selection.labels.get(task.task_id))
            if self._flags.to_stdout:
                self._check_for_stdout(task, targets)
        except KieError as error:
            self._end(outcome.from_wait(task.task_id, task, error, self._run.argv))
            return
        self._tasks[task.task_id] = task
        self._files[task.task_id] = {}
        self._missing[task.task_id] = len(targets)
        self._warn_of_age(task)
        for target in targets:
            if self._flags.dry_run:
                self._saved(FileFinished(target, SavedFile.planned(target)))
            else:
                self._threads.submit(partial(self._save, target))

    def _check_for_stdout(self, task: Task, targets: list[Target]) -> None:
        is_terminal = self._run.runtime.out.is_terminal
        check_for_stdout(task, targets, self._run.selection, is_terminal=is_terminal)

    def _save(self, target: Target) -> None:
        """Save one target, on a worker."""
        event: object
        try:
            if self._flags.to_stdout:
                file = self._downloader.write_to(target, self._sink)
            else:
                file = self._downloader.save(target)
            event = FileFinished(target, file)
        except BaseException as error:  # noqa: BLE001  raised again by the main thread
            event = WorkerFailed(error)
        self._event_queue.put(event)

    def _report(self, event: TransferEvent) -> None:
        """Hand an event of a worker to the main thread, where it is shown.

        Each wakes the main thread, at the cost of the threads that save.
        """
        if self._run.reporter.shows_growth or isinstance(event, TransferRetrying):
            self._event_queue.put(event)

    def _saved(self, event: FileFinished) -> None:
        task_id = event.target.task_id
        self._files[task_id][event.target.n] = event.file
        self._missing[task_id] -= 1
        if self._missing[task_id] == 0:
            del self._missing[task_id]
            files = self._files[task_id]
            in_order = tuple(files[n] for n in sorted(files))
            task = self._tasks[task_id]
            self._end(outcome.from_download(task, in_order, self._run.argv))
            self._begin_held()

    def _begin_held(self) -> None:
        """Save the next success where the one before could not be saved (--any)."""
        while self._held and not (self._missing or self._run.is_decided):
            self._begin(self._held.pop(0))

    def _end(self, ended: outcome.Outcome) -> None:
        ended = self._archived.add(self._run.labelled(ended), self._run.reporter)
        self._show(ended)
        self._run.record(ended)

    def _show(self, ended: outcome.Outcome) -> None:
        if not self._flags.to_stdout:
            self._answer.add(ended._replace(files=ended.files or ()))

    def _warn_of_age(self, task: Task) -> None:
        """Say how long the links still live when that is not long."""
        left = 0.0 if task.expires_at is None else task.expires_at - self._clock.wall()
        if 0 < left < _SOON and task.results:
            name = self._run.selection.name(task.task_id)
            self._run.reporter.note(f"{name}: its links expire in about {humanize(left)}")

    def _lead(self) -> str:
        """Return what is printed before the line that saves what is left."""
        if self._flags.to_stdout:
            return "nothing was written; to try again"
        files = (file for ended in self._run.outcomes.values() for file in ended.files or ())
        is_some_complete = any(file.error is None for file in files)
        return "files already saved are kept; to fetch the rest" if is_some_complete else ""

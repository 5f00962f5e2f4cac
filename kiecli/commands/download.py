"""`kiecli download`: saves every result of each task, as soon as the task has succeeded."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from kiecli import outcome
from kiecli.api.models import Phase, Task
from kiecli.commands import output
from kiecli.commands.batch import TaskBatch, resume_argv, select_tasks
from kiecli.commands.download_options import DownloadFlags, check_for_stdout, check_line
from kiecli.download.disk_checks import ensure_writable
from kiecli.download.downloader import FILES_PER_TRANSFER, Downloader
from kiecli.download.plan import SavedFile, SaveOptions
from kiecli.download.progress import FileFinished, TaskSaved, TransferEvent, TransferRetrying
from kiecli.errors import ExitCode, FolderNotWritable, KieError
from kiecli.files.template import PARSED_DEFAULT, Template
from kiecli.outcome import Outcome
from kiecli.polling.policy import QUERY_POLICY, WAIT_POLICY
from kiecli.polling.snapshot import Snapshot
from kiecli.runtime import OutputOptions, Runtime

if TYPE_CHECKING:
    from kiecli.commands.archived_tasks import ArchivedTasks
    from kiecli.download.plan import Target
    from kiecli.task_ids.task_selection import TaskSelection

_EXPIRES_SOON = 2 * 3600.0  # seconds; links that live no longer than that are worth a note


def download(
    runtime: Runtime, output_options: OutputOptions, arguments: Sequence[str], flags: DownloadFlags
) -> ExitCode:
    """Run `kiecli download`: save results, print paths as tasks finish, return the exit code.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        flags: How to save.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    selection = select_tasks(runtime, output_options, arguments)
    template = PARSED_DEFAULT if flags.template is None else Template.parse(flags.template)
    is_into_folder = not (flags.to_stdout or template.absolute)
    # Where nothing is saved into a folder, it does not matter that the setting `dir` is broken; and
    # `--dir` itself is refused there.
    directory = runtime.config.value("dir", flags.directory).text if is_into_folder else "."
    checksum = output_options.json
    options = SaveOptions(directory, template, flags.overwrite, checksum, flags.write_metadata)
    # The default template needs no checks: it names tasks apart and never leaves the folder.
    if flags.template is not None or flags.to_stdout:
        check_line(flags, options, selection)
    archived = None if flags.archive is None else _archived_tasks(flags, selection, runtime)
    left = selection if archived is None else archived.left
    timeout = flags.timeout if flags.wait else None
    with closing(
        output.reporter(runtime, output_options, left, watching=flags.wait, timeout=timeout)
    ) as reporter:
        writer = output.download_writer(
            runtime, output_options, reporter.write_stdout, to_stdout=flags.to_stdout
        )
        if archived is not None and archived.report_skipped(flags.stop, runtime, reporter, writer):
            return ExitCode.DONE
        batch = TaskBatch(runtime, output_options, left, reporter, writer, flags.stop)
        try:
            if is_into_folder and not flags.dry_run:
                ensure_writable(directory)
        except FolderNotWritable as error:
            return _end_all(batch, error)
        return DownloadSession(batch, flags, options, output_options, archived).run()


def _archived_tasks(
    flags: DownloadFlags, selection: "TaskSelection", runtime: Runtime
) -> "ArchivedTasks":
    from kiecli.commands.archived_tasks import ArchivedTasks
    from kiecli.download.archive import Archive

    archive = Archive(flags.archive or "", runtime.clock)
    return ArchivedTasks(archive, selection, dry_run=flags.dry_run)


def _end_all(batch: TaskBatch, error: KieError) -> ExitCode:
    """End every task with the same error, and return the exit code."""
    for task_id in batch.selection.task_ids:
        batch.record(Outcome(task_id, None, error, error.exit_code))
    return batch.finish()


class DownloadSession:
    """Saves the results of each task as soon as it has succeeded, on worker threads."""

    def __init__(
        self,
        batch: TaskBatch,
        flags: DownloadFlags,
        options: SaveOptions,
        output_options: OutputOptions,
        archived: "ArchivedTasks | None",
    ) -> None:
        self._batch = batch
        self._runtime = runtime = batch.runtime
        self._flags = flags
        self._archived = archived
        self._workers = runtime.workers(flags.jobs, FILES_PER_TRANSFER)
        log = runtime.event_queue.put if output_options.verbose else None
        client = runtime.client_factory.client(log=log, pool_per_thread=True)
        self._downloader = Downloader(
            client=client,
            close_connections=client.close_connections,
            fresh_link=batch.client.fresh_link,
            clock=runtime.clock,
            options=options,
            report=self._report,
            random=runtime.random,
            idle=self._workers.idle,
            archive=flags.archive,
        )
        self._saving: dict[str, dict[int, SavedFile]] = {}
        """Of each task that is being saved, the files that have ended, by their place in it."""
        self._lock = Lock()
        self._held: list[Task] = []
        """Succeeded tasks that are saved only if the one before them cannot be (--any)."""

    def run(self) -> ExitCode:
        """Poll and save until every task has its outcome; return the exit code."""
        flags, reporter = self._flags, self._batch.reporter
        policy = QUERY_POLICY
        if flags.wait:
            policy = WAIT_POLICY._replace(timeout=flags.timeout, interval=flags.interval)
        try:
            for event in self._batch.events(policy, is_saving=lambda: bool(self._saving)):
                match event:
                    case Snapshot():
                        self._on_settled(event)
                    case FileFinished():
                        reporter.file_finished(event.target, event.file)
                    case TaskSaved():
                        self._on_task_saved(event.task)
                    case _:
                        reporter.transfer(event)
        except BaseException:  # a signal, or the reader of stdout went away
            self._downloader.abandon()
            raise
        lead = str if flags.dry_run else self._lead
        return self._batch.finish(summarize=not flags.dry_run, lead=lead)

    def _on_settled(self, snapshot: Snapshot) -> None:
        task = snapshot.answer
        if snapshot.error is not None or task is None or task.phase is Phase.FAILED:
            self._end_task(outcome.from_wait(snapshot.task_id, task, snapshot.error))
        elif not task.finished:
            from kiecli.commands.command_line import waiting_argv

            self._end_task(outcome.pending(task, waiting_argv(resume_argv(self._runtime))))
        elif self._batch.decided is not None:
            pass  # another task has decided the run (--any, --fail-fast): this one is left open
        elif self._flags.stop and self._saving and self._takes_first_success():
            self._held.append(task)  # the one that is being saved may win yet
        else:
            self._begin_saving(task)

    def _takes_first_success(self) -> bool:
        """Whether one saved task is enough (--any)."""
        from kiecli.commands.stop_rule import ANY

        return self._flags.stop == ANY

    def _begin_saving(self, task: Task) -> None:
        selection = self._batch.selection
        try:
            targets = self._downloader.plan(task, selection.labels.get(task.task_id))
            if self._flags.to_stdout:
                is_terminal = self._runtime.out.is_terminal
                check_for_stdout(task, targets, selection, is_terminal=is_terminal)
        except KieError as error:
            self._end_task(outcome.from_wait(task.task_id, task, error))
            return
        self._saving[task.task_id] = {}
        self._warn_of_age(task)
        if self._flags.dry_run:
            self._preview(task, targets)
            return
        for target in targets:
            self._workers.submit(partial(self._save, target, len(targets)))

    def _preview(self, task: Task, targets: "Sequence[Target]") -> None:
        """Report where the files of a task would be saved (--dry-run)."""
        for target in targets:
            file = self._downloader.preview(target)
            if file.error is not None:
                self._batch.reporter.error(file.error, about=target.name)
            self._saving[task.task_id][target.n] = file
        self._on_task_saved(task)

    def _save(self, target: "Target", count: int) -> TaskSaved | BaseException | None:
        """Save one of a task's `count` targets, on a worker; return TaskSaved for the last.

        Or the exception that the main thread has to raise again.
        """
        try:
            if self._flags.to_stdout:
                file = self._downloader.write_to(target, output.stdout_sink(self._runtime))
            else:
                file = self._downloader.save(target)
        except BaseException as error:  # noqa: BLE001  stdout is closed, or a bug: the main
            return error  # thread raises it again
        # Each event wakes the main thread, at the cost of the threads that save.
        if self._batch.reporter.shows_files or file.error is not None:
            self._runtime.event_queue.put(FileFinished(target, file))
        with self._lock:  # one of them is the last; all have sent their events before
            ended = self._saving[target.task_id]
            ended[target.n] = file
            return TaskSaved(target.task) if len(ended) == count else None

    def _report(self, event: TransferEvent) -> None:
        """Hand an event of a worker to the main thread, where it is shown."""
        if self._batch.reporter.shows_growth or isinstance(event, TransferRetrying):
            self._runtime.event_queue.put(event)

    def _on_task_saved(self, task: Task) -> None:
        ended = self._saving.pop(task.task_id)
        files = tuple(ended[n] for n in sorted(ended))
        errors = [file.error for file in files if file.error is not None]
        all_saved = Outcome(task.task_id, task, files=files)
        self._end_task(outcome.not_saved(task, files, errors) if errors else all_saved)
        # The next success may win where this one could not be saved (--any).
        while self._held and not self._saving and self._batch.decided is None:
            self._begin_saving(self._held.pop(0))

    def _end_task(self, ended: Outcome) -> None:
        if self._archived is not None:
            ended = self._archived.add(ended, self._batch.reporter)
        self._batch.record(ended)

    def _warn_of_age(self, task: Task) -> None:
        """Print in how much time a task's links expire, when that is soon."""
        wall = self._runtime.clock.wall()
        left = 0.0 if task.expires_at is None else task.expires_at - wall
        if 0 < left < _EXPIRES_SOON and task.results:
            from kiecli.render.text import humanize

            name = self._batch.selection.name(task.task_id)
            self._batch.reporter.note(f"{name}: its links expire in about {humanize(left)}")

    def _lead(self) -> str:
        """Return what is printed before the resume command of a run that saved not everything."""
        if self._flags.to_stdout:
            return "nothing was written; to try again"
        files = (file for ended in self._batch.outcomes.values() for file in ended.files or ())
        is_some_complete = any(file.error is None for file in files)
        return "files already saved are kept; to fetch the rest" if is_some_complete else ""

"""The renderers of a run, chosen by the streams and the flags and nothing else."""

from kiecli.outcome import Outcome
from kiecli.render.formats import Answer, Lines, path_lines, record_lines, state_words, url_lines
from kiecli.render.reporter import LogScreen, PanelScreen, Screen
from kiecli.runtime import Runtime, Voice


def screen(
    runtime: Runtime,
    voice: Voice,
    task_ids: tuple[str, ...],
    *,
    follows: bool = False,
    files: bool = False,
) -> Screen:
    """Return what speaks on stderr.

    Args:
        runtime: Streams, settings, clock and network.
        voice: The flags `--json`, `--quiet` and `--verbose`.
        task_ids: What the run is about.
        follows: Whether somebody waits, so that changes of state are worth showing.
        files: Whether files are going to be saved.
    """
    annotations = runtime.environ.get("GITHUB_ACTIONS") == "true"
    if voice.quiet:
        return Screen(runtime.out, runtime.err, annotations=annotations)
    if runtime.err.is_terminal and (follows or files) and not annotations:
        from kiecli.render.live import LiveScreen

        return LiveScreen(
            runtime.out,
            runtime.err,
            runtime.clock,
            runtime.environ,
            task_ids=task_ids if follows else (),
        )
    return LogScreen(
        runtime.out, runtime.err, runtime.clock, annotations=annotations, follows=follows
    )


def status_screen(runtime: Runtime, voice: Voice, task_ids: tuple[str, ...]) -> Screen:
    """Return what speaks on stderr beside the answer of `status`."""
    draws_panel = len(task_ids) == 1 and not (voice.json or voice.quiet)
    if draws_panel and runtime.out.same_place(runtime.err):
        return PanelScreen(runtime.out, runtime.err, runtime.clock)
    return screen(runtime, voice, task_ids)


def _json_lines(runtime: Runtime, show: Screen) -> Answer:
    from kiecli.render import json_lines

    def lines(outcome: Outcome) -> list[str]:
        return [json_lines.line(outcome, runtime.clock.wall())]

    return Lines(show.answer, lines)


def status_answer(runtime: Runtime, voice: Voice, show: Screen) -> Answer:
    """Return what `status` says on stdout."""
    if voice.json:
        return _json_lines(runtime, show)
    if voice.quiet:
        return Lines(show.answer, state_words)
    if not runtime.out.is_terminal:
        return Lines(show.answer, record_lines)
    from kiecli.render.tables import StatusAnswer, console

    return StatusAnswer(console(runtime.out, runtime.environ), runtime.clock.wall())


def wait_answer(runtime: Runtime, voice: Voice, show: Screen) -> Answer:
    """Return what `wait` says on stdout."""
    return _json_lines(runtime, show) if voice.json else Lines(show.answer, url_lines)


def download_answer(runtime: Runtime, voice: Voice, show: Screen) -> Answer:
    """Return what `download` says on stdout."""
    return _json_lines(runtime, show) if voice.json else Lines(show.answer, path_lines)

"""No two results of a run are saved as one file."""

import os
from pathlib import Path

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import NameReservations, SaveOptions, plan
from kiecli.errors import UsageError
from kiecli.files.template import Template
from kiecli.system.syntax import SHELL
from tests.support.systems import needs_links


class Run:
    """Names that a run has reserved for its tasks."""

    def __init__(self, template: str) -> None:
        self.options = SaveOptions("out", Template.parse(template))
        self.reservations = NameReservations(self.options.template)

    def reserve(self, task_id: str, *urls: str) -> list[str]:
        data = {"state": "success", "resultJson": {"resultUrls": [f"http://h/{u}" for u in urls]}}
        targets = plan(Task.parse(task_id, data), self.options)
        self.reservations.add(targets)
        return [target.path.replace(os.sep, "/") for target in targets]

    def refused(self, task_id: str, *urls: str) -> tuple[str, str]:
        with pytest.raises(UsageError) as raised:
            self.reserve(task_id, *urls)
        return raised.value.message.replace(os.sep, "/"), raised.value.hint


@pytest.mark.parametrize(
    ("template", "urls", "paths", "advice"),
    [
        ("{task_id}.{ext}", ["a.png", "b.png"], "both be out/t.png", "{task_id}-{n}.{ext}"),
        ("{name}.{ext}", ["1/a.jpg", "2/a.jpg"], "both be out/a.jpg", "{name}-{n}.{ext}"),
        ("{name}.{ext}", ["a%2Fb.jpg", "a-b.jpg"], "both be out/a-b.jpg", "{name}-{n}.{ext}"),
        ("pic.png", ["a.png", "b.png"], "both be out/pic.png", "pic-{n}.{ext}"),
        ("pic", ["a.png", "b.png"], "both be out/pic", "pic-{n}"),
        # One file where names differ by case or by their Unicode form only.
        (
            "{name}.{ext}",
            ["a.png", "A.png"],
            "be out/a.png and out/A.png, which can be one file",
            "{name}-{n}.{ext}",
        ),
        (
            "{name}.{ext}",
            ["caf%C3%A9.png", "cafe%CC%81.png"],
            "be out/caf\u00e9.png and out/cafe\u0301.png, which can be one file",
            "{name}-{n}.{ext}",
        ),
        (
            "{name}/../x.{ext}",
            ["a.png", "b.png"],
            "be out/a/../x.png and out/b/../x.png, which can be one file",
            "{name}/../x-{n}.{ext}",
        ),
        # Only the hosts could tell whether these have different extensions.
        ("{name}.{ext}", ["a.png", "a"], "be out/a.png and out/a, which can be one file", None),
        ("{name}.{ext}", ["A", "a.png"], "be out/A and out/a.png, which can be one file", None),
        ("{name}.{ext}", ["1/a", "2/a"], "both be out/a", None),
        # The part of one is the other.
        (
            "{name}.{ext}",
            ["a.png", "a.png.part"],
            "be out/a.png and out/a.png.part, where the part of the first goes",
            None,
        ),
    ],
)
def test_two_results_of_a_task_on_one_name_are_refused(
    template: str, urls: list[str], paths: str, advice: str | None
) -> None:
    message, hint = Run(template).refused("t", *urls)
    assert message == f"results 1 and 2 would {paths}"
    assert hint == f"add {{n}}, as in: -o {SHELL.quote(advice or '{name}-{n}.{ext}')}"


def test_results_of_different_types_may_differ_in_their_extensions_alone() -> None:
    assert Run("{task_id}.{ext}").reserve("t", "a.png", "b.mp4") == ["out/t.png", "out/t.mp4"]


def test_a_name_is_taken_once_in_a_run_and_not_at_all_by_a_refused_task() -> None:
    run = Run("{task_id}.{ext}")
    run.refused("a-b", "1.png", "2.png")
    assert run.reserve("a:b", "1.png") == ["out/a-b.png"]
    assert run.refused("a-b", "1.png") == (
        "results of the tasks a:b and a-b would both be out/a-b.png",
        "save each into a folder of its own, with -d",
    )


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        (
            ["a.part.json", "a"],
            "results 2 and 1 would be out/a and out/a.part.json, where the part of the first goes",
        ),
        (
            ["a.png", "a.png.json"],
            (
                "results 1 and 2 would be out/a.png and out/a.png.json, where the metadata of the"
                " first goes"
            ),
        ),
        (
            ["a.png.json", "a.png"],
            (
                "results 2 and 1 would be out/a.png and out/a.png.json, where the metadata of the"
                " first goes"
            ),
        ),
        (
            ["a", "a.png.json"],
            "results 1 and 2 would be out/a and out/a.png.json, which can be one file",
        ),
        (
            ["a.x.json", "a"],
            "results 1 and 2 would be out/a.x.json and out/a, which can be one file",
        ),
    ],
)
def test_what_goes_beside_a_result_takes_a_name_too(urls: list[str], message: str) -> None:
    run = Run("{name}.{ext}")
    run.reservations = NameReservations(run.options.template, with_metadata=True)
    assert run.refused("t", *urls)[0] == message


def test_the_part_of_one_task_s_result_is_no_place_for_another_s() -> None:
    run = Run("{name}.{ext}")
    run.reserve("one", "a.png.part")
    assert run.refused("two", "a.png")[0] == (
        "results of the tasks two and one would be out/a.png and out/a.png.part, where the part of"
        " the first goes"
    )


@pytest.mark.parametrize(
    ("url", "archive", "message"),
    [
        ("A.png", "./out/x/../a.png", "out/A.png is the file of --archive"),
        ("a.png", "out/a.png.part", "the part of out/a.png is the file of --archive"),
        ("a.png", "out/a.png.part.json", "the part of out/a.png is the file of --archive"),
        ("a.png", "out/a.png.json", "the metadata of out/a.png is the file of --archive"),
        ("a", "out/a.txt", "out/a can be the file of --archive"),
        ("a", "out/a.png.json", "out/a can be the file of --archive"),
    ],
)
def test_nothing_is_written_where_the_archive_is(url: str, archive: str, message: str) -> None:
    run = Run("{name}.{ext}")
    run.reservations = NameReservations(
        run.options.template, with_metadata=True, archive=archive.replace("/", os.sep)
    )
    assert run.refused("t", url) == (message, "give the archive another name")
    assert run.reserve("t", "b.png") == ["out/b.png"]


@needs_links
@pytest.mark.parametrize(
    ("links", "archive"),
    [
        ({"way": "out"}, "way/a.png"),
        ({"out": "way"}, "way/a.png"),
        ({"out": "way", "other": "way"}, "other/a.png"),
        ({"done.txt": "out/a.png"}, "done.txt"),
        ({"out/a.png": "../done.txt"}, "out/a.png"),
    ],
)
def test_the_archive_is_known_whatever_links_lead_to_it(
    folder: Path, links: dict[str, str], archive: str
) -> None:
    for name in {"out", "way"} - set(links):
        (folder / name).mkdir()
    for name, leads_to in links.items():
        (folder / name).symlink_to(leads_to)
    run = Run("{name}.{ext}")
    run.reservations = NameReservations(run.options.template, archive=archive.replace("/", os.sep))
    message, _ = run.refused("t", "a.png")
    assert message.endswith("a.png is the file of --archive")
    assert run.reserve("t", "b.png")

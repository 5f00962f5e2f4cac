"""What a task has to save and where, planned before the first byte."""

import os
from pathlib import Path

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile, SaveOptions, Target, plan
from kiecli.errors import SaveError, UsageError
from kiecli.files.template import DEFAULT_TEMPLATE, FIELDS, Template

WHEN = 1_790_000_000.0
_ALL_FIELDS = "-".join(f"{{{field}}}" for field in FIELDS)


def task(*urls: str, inline_result: object = None) -> Task:
    result = {"resultUrls": list(urls)} if urls else {"resultObject": inline_result}
    data = {
        "state": "success",
        "model": "wan/2-7-image",
        "completeTime": WHEN * 1000,
        "resultJson": result,
    }
    return Task.parse("t1", data)


def options(template: str = DEFAULT_TEMPLATE, directory: str = ".") -> SaveOptions:
    return SaveOptions(directory, Template.parse(template))


def paths(template: str, *urls: str) -> list[tuple[str, bool, bool]]:
    targets = plan(task(*urls), options(template))
    return [(target.path, target.path_known, target.name_is_unique) for target in targets]


@pytest.mark.parametrize(
    ("template", "urls", "planned"),
    [
        (DEFAULT_TEMPLATE, ["http://h/a.png"], [("t1-1.png", True, True)]),
        (
            DEFAULT_TEMPLATE,
            ["http://h/1/image.jpg", "http://h/2/image.jpg"],
            [("t1-1.jpg", True, True), ("t1-2.jpg", True, True)],
        ),
        (DEFAULT_TEMPLATE, ["http://h/music"], [("t1-1", False, True)]),
        ("cover.png", ["http://h/a.png"], [("cover.png", True, False)]),
        ("cover.png", ["http://h/music"], [("cover.png", True, False)]),
        ("cover.{ext}", ["http://h/music"], [("cover", False, False)]),
        ("{task_id}.{ext}", ["http://h/a.png"], [("t1.png", True, True)]),
        (
            "{task_id}/{name}.{ext}",
            ["http://h/a.png", "http://h/b.png"],
            [("t1/a.png", True, True), ("t1/b.png", True, True)],
        ),
        (
            "{model}-{date}-{n}.{ext}",
            ["http://h/a.png"],
            [("wan-2-7-image-2026-09-21-1.png", True, False)],
        ),
        (DEFAULT_TEMPLATE, ["http://h/..%2f..%2fx.PNG"], [("t1-1.png", True, True)]),
        ("{name}.{ext}", ["http://h/..%2f..%2fx.PNG"], [("x.png", True, False)]),
    ],
)
def test_every_result_has_a_path_that_may_tell_whose_it_is(
    template: str, urls: list[str], planned: list[tuple[str, bool, bool]]
) -> None:
    found = paths(template, *urls)
    assert [
        (path.lstrip("-").replace(os.sep, "/"), known, name_is_unique)
        for path, known, name_is_unique in found
    ] == planned


@pytest.mark.parametrize(
    ("directory", "template", "path"),
    [
        (".", DEFAULT_TEMPLATE, "t1-1.png"),
        ("", DEFAULT_TEMPLATE, "t1-1.png"),
        ("./", DEFAULT_TEMPLATE, "./t1-1.png"),
        ("out", DEFAULT_TEMPLATE, f"out{os.sep}t1-1.png"),
        ("out/", DEFAULT_TEMPLATE, "out/t1-1.png"),
        ("./out", "deep/{n}.{ext}", f"./out{os.sep}deep{os.sep}1.png"),
        ("out", "/elsewhere/x.png", f"{os.sep}elsewhere{os.sep}x.png"),
    ],
)
def test_a_path_is_the_folder_as_typed_and_the_name(
    directory: str, template: str, path: str
) -> None:
    planned = plan(task("http://h/a.png"), options(template, directory))
    assert [target.path for target in planned] == [path]


def test_a_target_has_what_saving_it_takes() -> None:
    made = task("http://h/a%20b.png")
    (target,) = plan(made, options(), "hero")
    assert target == Target(
        task=made,
        label="hero",
        n=1,
        url="http://h/a%20b.png",
        path="hero-1.png",
        path_known=True,
        name_is_unique=False,
        values={
            "label": "hero",
            "task_id": "t1",
            "n": "1",
            "name": "a b",
            "ext": "png",
            "model": "wan/2-7-image",
        },
    )
    assert (target.task_id, target.completed_at, target.inline_result) == ("t1", WHEN, None)


@pytest.mark.parametrize("inline_result", [{"lyricsData": []}, [], {}, 0])
def test_a_result_that_is_no_file_is_saved_as_json(inline_result: object) -> None:
    (target,) = plan(task(inline_result=inline_result), options())
    assert (target.url, target.inline_result, target.path, target.expected_extension) == (
        None,
        inline_result,
        "t1-1.json",
        "json",
    )


def test_a_success_with_nothing_at_all_to_save_is_an_error() -> None:
    with pytest.raises(SaveError) as raised:
        plan(task(), options())
    assert raised.value.message == "the task succeeded, but Kie lists nothing to save"


def test_results_of_different_types_may_differ_in_their_extensions_alone() -> None:
    assert paths("{task_id}.{ext}", "http://h/a.png", "http://h/a.mp4") == [
        ("t1.png", True, False),
        ("t1.mp4", True, False),
    ]


def test_a_template_that_names_a_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError) as raised:
        options("out", str(tmp_path)).check_folder()
    assert (raised.value.message, raised.value.hint) == (
        "--output out names an existing folder",
        f"to save into it: -d {tmp_path / 'out'}",
    )


def test_a_failed_file_tells_its_target_and_its_error() -> None:
    (target,) = plan(task("http://h/a.png"), options())
    error = SaveError("no")
    assert SavedFile.failed(target, error) == SavedFile(
        1, "http://h/a.png", "t1-1.png", None, None, None, "failed", 0, error
    )


@pytest.mark.parametrize(
    ("task_id", "template", "is_unique"),
    [
        ("a-b", DEFAULT_TEMPLATE, True),
        ("a-b", "{task_id}/{n}.{ext}", True),
        # Another task may have an id that gives the same name.
        ("a:b", DEFAULT_TEMPLATE, False),
        ("a.", DEFAULT_TEMPLATE, False),
        ("a" * 128, "b" * 150 + "{task_id}-{n}.{ext}", False),
    ],
)
def test_a_name_is_unique_only_where_it_has_the_whole_id(
    task_id: str, template: str, is_unique: bool
) -> None:
    (target,) = plan(task("http://h/a.png")._replace(task_id=task_id), options(template))
    assert target.name_is_unique is is_unique


def test_a_result_gives_its_template_a_value_for_every_word() -> None:
    data = {
        "state": "success",
        "model": "wan/2-7-image",
        "completeTime": 1_790_035_199_999,
        "param": {"input": {"prompt": "A red panda"}},
        "resultJson": {"resultUrls": ["https://h/back.png", "https://h/cover.png"]},
    }
    values = plan(Task.parse("t1", data), options(_ALL_FIELDS), "hero")[1].values
    assert values == {
        "label": "hero",
        "task_id": "t1",
        "n": "2",
        "name": "cover",
        "ext": "png",
        "model": "wan/2-7-image",
        "date": "2026-09-21",
        "prompt": "A red panda",
    }
    assert set(values) == set(FIELDS)


@pytest.mark.parametrize(
    ("result", "name", "ext"),
    [({"resultUrls": ["https://h/music"]}, "music", None), ({"resultObject": {}}, "", "json")],
)
def test_what_is_not_known_of_a_result_is_none_or_empty(
    result: object, name: str, ext: str | None
) -> None:
    unknown = Task.parse("t", {"state": "success", "resultJson": result})
    (target,) = plan(unknown, options(_ALL_FIELDS))
    assert target.values == {
        "label": "t",
        "task_id": "t",
        "n": "1",
        "name": name,
        "ext": ext,
        "model": None,
        "prompt": "",
    }

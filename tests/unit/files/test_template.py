"""Names of files: what was typed is honoured, what the network says is made harmless."""

import pytest

from kiecli.api.models import Task
from kiecli.errors import UsageError
from kiecli.files.template import (
    DEFAULT_TEMPLATE,
    PARSED_DEFAULT,
    Template,
    extension_for,
    split_url_name,
    task_values,
)
from kiecli.system.path_syntax import PosixPaths, WindowsPaths
from kiecli.system.syntax import SHELL

_TASK_ID = "3a1f6b0c9d2e4f58a7b6c5d4e3f20112"
_VALUES = {
    "label": "hero",
    "task_id": _TASK_ID,
    "n": "2",
    "name": "cover",
    "ext": "png",
    "model": "wan/2-7-image",
    "date": "2026-09-21",
    "prompt": "A red panda",
}


def test_the_default_is_what_parsing_makes_of_it() -> None:
    assert Template.parse(DEFAULT_TEMPLATE) == PARSED_DEFAULT


@pytest.mark.parametrize(
    ("template", "path"),
    [
        (DEFAULT_TEMPLATE, "hero-2.png"),
        ("{task_id}-{prompt}", f"{_TASK_ID}-A-red-panda"),
        ("{date}/{model}/{name}.{ext}", "2026-09-21/wan-2-7-image/cover.png"),
        ("cover.png", "cover.png"),
        ("My cover (final)!.png", "My cover (final)!.png"),
        ("/srv/out/{n}.{ext}", "/srv/out/2.png"),
        ("../out//{n}.{ext}", "../out//2.png"),
        ("./.{name}-", "./.cover-"),
        ("{n}{n}{n}", "222"),
        ("{{n}}", "{n}"),
        ("{{{n}}}", "{2}"),
        ("}}{n}{{", "}2{"),
        ("con.{ext}", "con.png"),
        ("con.d/aux", "con.d/aux"),
        ("a\nb", "a\nb"),
    ],
)
def test_a_template_is_filled_and_its_own_text_stays_as_typed(template: str, path: str) -> None:
    assert Template.parse(template, PosixPaths()).fill(_VALUES) == path


_KNOWN = "{label} {task_id} {n} {name} {ext} {model} {date} {prompt}"


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        (
            "{tsk_id}.png",
            "--output has an unknown word: {tsk_id}",
            f"did you mean {{task_id}}? Words: {_KNOWN}",
        ),
        (
            "{TASK_ID}",
            "--output has an unknown word: {TASK_ID}",
            f"did you mean {{task_id}}? Words: {_KNOWN}",
        ),
        ("{ n }", "--output has an unknown word: { n }", f"did you mean {{n}}? Words: {_KNOWN}"),
        ("{colour}", "--output has an unknown word: {colour}", f"words: {_KNOWN}"),
        ("{}", "--output has an unknown word: {}", f"words: {_KNOWN}"),
        ("{0}", "--output has an unknown word: {0}", f"words: {_KNOWN}"),
        ("{n:03}.png", "--output has {n:03}, but words take no format spec", "write {n}"),
        ("{n!r}.png", "--output has {n!r}, but words take no format spec", "write {n}"),
        ("{n.real}", "--output has {n.real}, but words take no format spec", "write {n}"),
        ("{name[0]}", "--output has {name[0]}, but words take no format spec", "write {name}"),
        (
            "a{n",
            "--output a{n has an unmatched {",
            "for a literal brace write {{ or }}",
        ),
        (
            "{n}}.png",
            "--output {n}}.png has an unmatched }",
            "for a literal brace write {{ or }}",
        ),
        ("", "--output is empty", "the default is {label}-{n}.{ext}"),
        ("/dev/stdout", "--output /dev/stdout is not a file", "for stdout, use: -o -"),
        ("out/", "--output out/ names a folder, not a file", "to save into a folder: -d out/"),
        (
            "{n}/",
            "--output {n}/ names a folder, not a file",
            f"to save into a folder: -d {SHELL.quote('{n}/')}",
        ),
        ("a/.", "--output a/. names a folder, not a file", "to save into a folder: -d a/."),
        ("..", "--output .. names a folder, not a file", "to save into a folder: -d .."),
    ],
)
def test_a_template_that_cannot_work_is_refused_with_what_to_write(
    template: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        Template.parse(template, PosixPaths())
    assert (refusal.value.message, refusal.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("template", "words", "absolute", "escapes_directory"),
    [
        ("{task_id}-{n}.{ext}", frozenset({"task_id", "n", "ext"}), False, False),
        ("/tmp/{{n}}.png", frozenset(), True, False),
        ("a/../{model}", frozenset({"model"}), False, True),
        ("..{name}/..a/b..", frozenset({"name"}), False, False),
    ],
)
def test_a_template_tells_what_it_uses_and_where_it_leads(
    template: str, words: frozenset[str], absolute: bool, escapes_directory: bool
) -> None:
    parsed = Template.parse(template, PosixPaths())
    assert (parsed.fields, parsed.absolute, parsed.escapes_directory) == (
        words,
        absolute,
        escapes_directory,
    )


@pytest.mark.parametrize(
    ("template", "several_tasks", "in_folder"),
    [
        ("{task_id}.{ext}", True, True),
        ("cover.png", False, True),
        ("/tmp/cover.png", False, False),
        ("../{task_id}", True, False),
    ],
)
def test_a_template_that_goes_with_the_rest_of_the_line_passes(
    template: str, several_tasks: bool, in_folder: bool
) -> None:
    Template.parse(template, PosixPaths()).check(several_tasks=several_tasks, in_folder=in_folder)


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        (
            "pic-{n}.{ext}",
            "several tasks cannot share --output pic-{n}.{ext}",
            f"add {{label}}, as in: -o {SHELL.quote('pic-{n}-{label}.{ext}')}",
        ),
        (
            "pic",
            "several tasks cannot share --output pic",
            f"add {{label}}, as in: -o {SHELL.quote('pic-{label}')}",
        ),
        (
            "/tmp/{task_id}",
            "--output /tmp/{task_id} is an absolute path",
            "use it without --dir, or give a relative one",
        ),
        (
            "a/../../{task_id}",
            "--output a/../../{task_id} leads out of --dir",
            "use it without --dir, or leave out ..",
        ),
    ],
)
def test_a_template_that_the_rest_of_the_line_rules_out_is_refused(
    template: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        Template.parse(template, PosixPaths()).check(several_tasks=True, in_folder=True)
    assert (refusal.value.message, refusal.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("template", "several_results", "has_label", "is_unique"),
    [
        ("{task_id}-{n}.{ext}", True, True, True),
        ("{task_id}/{name}.{ext}", True, True, True),
        ("{task_id}.{ext}", False, True, True),
        ("{task_id}.{ext}", True, True, False),
        # Without a label the task's id stands in its place.
        ("{label}-{n}.{ext}", True, False, True),
        ("{label}.{ext}", False, False, True),
        ("{label}.{ext}", True, False, False),
        ("{label}-{n}.{ext}", True, True, False),
        ("{name}-{n}-{date}.{ext}", False, False, False),
        ("cover.png", False, False, False),
    ],
)
def test_a_name_is_unique_that_has_the_task_and_the_place_of_the_result(
    template: str, several_results: bool, has_label: bool, is_unique: bool
) -> None:
    found = Template.parse(template, PosixPaths()).is_unique_per_result(
        several_results=several_results, has_label=has_label
    )
    assert found is is_unique


@pytest.mark.parametrize(
    ("template", "stem"),
    [
        (DEFAULT_TEMPLATE, "hero-2"),
        ("out/{name}.{ext}", "out/cover"),
        ("{ext}/{n}.{ext}", "unknown/2"),
        ("{n}-{ext}", "2-unknown"),
        ("cover.unknown", "cover.unknown"),
    ],
)
def test_a_stem_stops_before_the_extension_that_nobody_knows_yet(template: str, stem: str) -> None:
    assert Template.parse(template, PosixPaths()).fill_stem({**_VALUES, "ext": None}) == stem


@pytest.mark.parametrize("length", [1, 199, 200, 5000])
def test_a_stem_is_the_start_of_the_name_whatever_the_extension_will_be(length: int) -> None:
    template = Template.parse("{name}-{task_id}-{n}.{ext}", PosixPaths())
    values = {**_VALUES, "name": "ü" * length}
    for extension in ("7z", "webm", "x" * 10):
        name = template.fill({**values, "ext": extension})
        assert name == f"{template.fill_stem(values)}.{extension}"


@pytest.mark.parametrize(
    ("url", "stem", "extension"),
    [
        ("https://tempfile.aiquickdraw.com/r/image.jpg", "image", "jpg"),
        ("https://h/a/Cover%20Art.JPEG?sig=x.gif#y.gif", "Cover Art", "jpeg"),
        ("https://h/..%2F..%2Fetc%2Fpasswd.png", "../../etc/passwd", "png"),
        ("https://h/%E2%82%AC%FF.mp4", "€\ufffd", "mp4"),
        ("https://h/song.tar.gz", "song.tar", "gz"),
        ("https://musicfile.kie.ai/MTg0ZjY5", "MTg0ZjY5", ""),
        ("https://h/song v1.5", "song v1.5", ""),
        ("https://h/image.png!thumb", "image.png!thumb", ""),
        ("https://h/x.averylongending", "x.averylongending", ""),
        ("https://h/.png", ".png", ""),
        ("https://h/x.", "x.", ""),
        ("https://h/x.7z", "x", "7z"),
        ("https://h/a.b/", "", ""),
        ("https://h", "", ""),
        ("", "", ""),
        ("https://[h/x.png", "x", "png"),
    ],
)
def test_a_url_is_read_for_its_own_file_name(url: str, stem: str, extension: str) -> None:
    assert split_url_name(url) == (stem, extension)


@pytest.mark.parametrize(
    ("content_type", "head", "extension"),
    [
        ("image/jpeg", b"\x89PNG\r\n\x1a\n", "jpg"),
        ("video/mp4", b"", "mp4"),
        ("application/octet-stream", b"\x89PNG\r\n\x1a\n", "png"),
        ("application/x-whatever", b"OggS", "ogg"),
        (None, b"fLaC", "flac"),
        ("", b"no idea", "bin"),
        (None, b"", "bin"),
    ],
)
def test_the_type_decides_on_an_extension_before_the_bytes_do(
    content_type: str | None, head: bytes, extension: str
) -> None:
    assert extension_for(content_type, head) == extension


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("two\n  words", "two words"),
        ("x" * 60, "x" * 60),
        ("x" * 30 + " " + "y" * 29, "x" * 30 + " " + "y" * 29),
        ("x" * 30 + " " + "y" * 30, "x" * 30),
        ("x" * 60 + " y", "x" * 60),
        ("x" * 61 + " y", "x" * 60),
        ("x " + "y" * 58 + " z", "x " + "y" * 58),
        ("\u65e5" * 61, "\u65e5" * 60),
    ],
)
def test_a_long_prompt_is_cut_between_words(prompt: str, words: str) -> None:
    task = Task.parse("t", {"param": {"input": {"prompt": prompt}}})
    assert task_values(task, None, ["prompt"])["prompt"] == words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("out\\con", "--output out\\con: con is a device on Windows"),
        ("nul.{ext}", "--output nul.{ext}: nul is a device on Windows"),
        ("C:\\a:{n}", "--output C:\\a:{n}: a name cannot have ':' on Windows"),
    ],
)
def test_on_windows_names_that_its_disks_cannot_have_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Template.parse(text, WindowsPaths())
    assert (refusal.value.message, refusal.value.hint) == (message, "give another name")


def test_on_windows_a_backslash_at_the_end_names_a_folder() -> None:
    with pytest.raises(UsageError) as refusal:
        Template.parse("out\\", WindowsPaths())
    assert refusal.value.message == "--output out\\ names a folder, not a file"


def test_on_windows_both_slashes_make_folders() -> None:
    template = Template.parse("C:{model}/x\\..\\{n}.{ext}", WindowsPaths())
    assert template.fill({"model": "a\\b:c", "n": "1", "ext": "png"}) == "C:a-b-c\\x\\..\\1.png"
    assert (template.absolute, template.escapes_directory) == (True, True)


def test_what_nobody_knows_is_called_unknown() -> None:
    template = Template.parse("{date}/{model}-{name}.{ext}", PosixPaths())
    assert template.fill({"model": "", "name": None}) == "unknown/unknown-unknown.unknown"

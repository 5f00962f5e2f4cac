"""What comes from the network can do nothing in a path."""

import os
import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.files.sanitize import PathComponent, Token, fold_path, sanitize
from kiecli.files.template import FIELDS, Template
from kiecli.system.path_syntax import PosixPaths


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("wan/2-7-image", "wan-2-7-image"),
        ("../../x", "x"),
        ("/etc/x", "etc-x"),
        ("C:\\x", "C-x"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("-.-.x", "x"),
        ("..", "unknown"),
        ("...", "unknown"),
        ("a..b", "a-b"),
        ("a../..b", "a-b"),
        ("v1.5.", "v1.5"),
        ("a\0b", "a-b"),
        ("a\r\n\tb", "a-b"),
        ("a\x1b[31mb", "a-31mb"),
        ("gpj\u202egnp", "gpj-gnp"),
        ("\u200fa\u2066b\u2069", "a-b-"),
        ("a\ud800b", "a-b"),
        ("~root", "root"),
        ("a b", "a-b"),
        ("a - b", "a---b"),
        ('<>:"|?*', "unknown"),
        ("$(reboot)`;&", "reboot-"),
        ("a/\u2215\uff0f/b", "a-b"),
        ("icon@2x_v1+2=3,4", "icon@2x_v1+2=3,4"),
        ("Ünïcode-日本語-नमस्ते-٣", "Ünïcode-日本語-नमस्ते-٣"),
        ("🎬 film", "film"),
        ("", "unknown"),
        (None, "unknown"),
        ("x" * 300, "x" * 200),
        ("x" + "日" * 100, "x" + "日" * 66),
        ("x" * 199 + ".y", "x" * 199),
    ],
)
def test_a_value_becomes_harmless_and_stays_recognisable(value: str | None, name: str) -> None:
    assert sanitize("name", value) == name


@pytest.mark.parametrize(
    ("field", "name"), [("prompt", "a-quoted"), ("label", "a-quoted-"), ("name", "a-quoted-")]
)
def test_a_prompt_ends_in_a_word(field: str, name: str) -> None:
    """It was cut there; a label or a name is as somebody chose it."""
    assert sanitize(field, 'a "quoted"') == name


def test_an_extension_keeps_ten_bytes() -> None:
    assert sanitize("ext", "../a-very-long-one") == "a-very-lon"


def _filled(template: str, **values: str) -> str:
    return Template.parse(template, PosixPaths()).fill(values)


@pytest.mark.parametrize(
    ("template", "name", "path"),
    [
        ("{name}", "CON", "_CON"),
        ("{name}.{ext}", "nul", "_nul.png"),
        ("{name}.{ext}", "Aux.tar", "_Aux.tar.png"),
        ("{name}", "COM¹", "_COM¹"),
        ("{name}1.x", "lpt", "_lpt1.x"),
        ("co{name}", "m9", "_com9"),
        ("a/{name}/b", "prn", "a/_prn/b"),
        ("{name}-{n}.{ext}", "CON", "CON-1.png"),
        ("x.{name}", "CON", "x.CON"),
        ("con.{name}", "a", "con.a"),
        ("{name}", "console", "console"),
        ("{name}", "com10", "com10"),
    ],
)
def test_filling_in_never_makes_a_name_that_is_a_device(
    template: str, name: str, path: str
) -> None:
    assert _filled(template, name=name, n="1", ext="png") == path


@pytest.mark.parametrize(
    ("template", "path"),
    [
        # 220 bytes and the extension; name and model give way, the others tell files apart.
        ("{name}-{model}-{n}.{ext}", f"{'a' * 108}-{'b' * 108}-7.jpeg"),
        ("{name}-{task_id}-{n}.{ext}", f"{'a' * 88}-{'c' * 128}-7.jpeg"),
        ("{model}/{name}.{ext}", f"{'b' * 200}/{'a' * 200}.jpeg"),
        ("{task_id}{task_id}", "c" * 220),
        # A byte that is no UTF-8, as it comes in an argument, counts as one.
        ("\udcff{name}-{model}-{n}.{ext}", f"\udcff{'a' * 107}-{'b' * 107}-7.jpeg"),
    ],
)
def test_a_name_that_would_be_too_long_is_shortened_where_it_matters_least(
    template: str, path: str
) -> None:
    values = {"name": "a" * 500, "model": "b" * 500, "task_id": "c" * 128, "n": "7"}
    assert _filled(template, **values, ext="jpeg") == path


@pytest.mark.parametrize(
    ("template", "end"),
    [
        ("{name}", "_"),
        (".{ext}", ".png"),
        ("{n}.{ext}", "12.png"),
        ("{name}-{label}-{task_id}", "_-hero-abc"),
    ],
)
def test_a_name_that_was_typed_too_long_is_left_to_the_disk_to_refuse(
    template: str, end: str
) -> None:
    """What tells a file from others is whole, so that it cannot become another one's name."""
    values = {"name": "日本", "label": "hero", "task_id": "abc", "n": "12", "ext": "png"}
    assert _filled("x" * 222 + template, **values) == "x" * 222 + end


def test_the_number_of_a_result_is_never_cut() -> None:
    assert _filled("x" * 215 + "{label}-{n}", label="hero", n="123") == "x" * 215 + "h-123"


def test_a_wholly_typed_component_tells_its_text() -> None:
    pieces = (Token("{", is_field=False), Token("x", is_field=False))
    assert PathComponent(pieces).typed == "{x"
    assert PathComponent((*pieces, Token("n", is_field=True))).typed is None


_TEMPLATES = st.lists(
    st.sampled_from([f"{{{word}}}" for word in FIELDS] + list(".-_/a") + ["CO", "con", "{{", "}}"]),
    min_size=1,
    max_size=12,
).map("".join)
_TEXT = st.text(max_size=400) | st.sampled_from(["..", "/", "CON", "\ud800", "日" * 300, "\0", "-"])


@settings(max_examples=300, deadline=None)
@given(template=_TEMPLATES, values=st.dictionaries(st.sampled_from(FIELDS), _TEXT))
def test_whatever_is_filled_in_the_path_stays_the_one_that_was_typed(
    template: str, values: Mapping[str, str]
) -> None:
    template = f"{template}z"  # ends in a file
    path = Template.parse(template, PosixPaths()).fill(values)
    typed = template.split("/")
    components = path.split("/")
    assert len(components) == len(typed)
    for component, source in zip(components, typed, strict=True):
        if "{" not in source.replace("{{", ""):
            continue
        assert component not in {"", ".", ".."}
        assert component[0] not in ".-" or source[0] in ".-"
        assert len(component.encode()) <= 255 - len(".part.json")
        assert not {unicodedata.category(char)[0] for char in component} & {"C", "Z"}
        assert os.fsencode(component)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("out/a.png", "./out//A.PNG"),
        ("\u00c4.png", "a\u0308.PNG"),
        ("\uac00", "\u1100\u1161"),
        ("\u03a3.png", "\u03c2.png"),
    ],
)
def test_paths_that_some_disk_takes_for_one_fold_to_the_same(one: str, other: str) -> None:
    assert fold_path(one) == fold_path(other)

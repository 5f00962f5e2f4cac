"""How the house is built: who may lean on whom, how big a room is, and which words it speaks."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from itertools import accumulate
from pathlib import Path

import pytest

from tests.support.dialect import CONSTANT, INSTEAD, PROSE

_ROOT = Path(__file__).parents[2]

# From the ground up. Each row has rooms, each room its modules; a folder brings all it holds. A
# module may import from its own room and from every row below: never upward, never sideways.
_FLOORS: list[dict[str, str]] = [
    {"ground": "errors clock durations sizes urls safe_json safe_text redaction terminal"},
    {"system": "system", "workers": "workers"},
    {
        "network": "network",
        "config": "config",
        "streams": "streams",
        "signals": "signals",
    },
    {"api": "api"},
    {"files": "files", "polling": "polling"},
    {"download": "download"},
    {"outcome": "outcome"},
    {"render": "render", "task_ids": "task_ids"},
    {"runtime": "runtime"},
    {"commands": "commands"},
    {"cli": "cli"},
    {"entry": "__main__"},
]
_SANDBOX = "sandbox"

# Lines. Long enough for all of one question: pip's resumable download, in one file, has as many.
_MAX_MODULE = 400
_MAX_BODY = 40


@cache
def _modules() -> dict[str, Path]:
    """Return the files of kiecli by their names without `kiecli.`; `` is the package itself."""
    found = {}
    for path in sorted((_ROOT / "kiecli").rglob("*.py")):
        parts = path.relative_to(_ROOT / "kiecli").with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_modules()[module].read_text(encoding="utf-8"))


def _imported(module: str) -> set[str]:
    """Return the modules of kiecli that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: say the whole name instead of dots"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {_owner(name) for name in names if name.split(".")[0] == "kiecli"}


def _owner(name: str) -> str:
    """Return the module that an imported name is, or stands in."""
    suffix = name.removeprefix("kiecli").removeprefix(".")
    return suffix if suffix in _modules() else suffix.rpartition(".")[0]


def _place(module: str) -> tuple[int, str]:
    """Return the floor and the room of a module."""
    for floor, rooms in enumerate(_FLOORS):
        for room, members in rooms.items():
            if {*accumulate(module.split("."), "{}.{}".format)} & {*members.split()}:
                return floor, room
    pytest.fail(f"{module} has no place in the house: give it one in _FLOORS")


def _residents() -> list[str]:
    return [m for m in _modules() if m and m.split(".")[0] != _SANDBOX]


@pytest.mark.parametrize("module", _residents())
def test_imports_point_down(module: str) -> None:
    floor, room = _place(module)
    for imported in _imported(module) - {""}:
        below, neighbour = _place(imported)
        assert below < floor or (below, neighbour) == (floor, room), (
            f"{module} ({room}) may not import {imported} ({neighbour})"
        )


def test_no_imports_go_in_circles() -> None:
    TopologicalSorter({module: _imported(module) - {module} for module in _modules()}).prepare()


def test_every_module_that_the_floors_name_is_there() -> None:
    named = {m for rooms in _FLOORS for members in rooms.values() for m in members.split()}
    assert named <= set(_modules())


def test_one_module_knows_the_engine_of_httpx() -> None:
    import_httpcore = {
        module
        for module in _modules()
        for node in ast.walk(_tree(module))
        if (isinstance(node, ast.Import) and "httpcore" in {alias.name for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and node.module == "httpcore")
    }
    assert import_httpcore == {"network.transport"}


def test_the_sandbox_stands_alone() -> None:
    for module in _modules():
        inside = module.split(".")[0] == _SANDBOX
        across = {m for m in _imported(module) - {""} if (m.split(".")[0] == _SANDBOX) != inside}
        assert not across, f"{module} imports {across}"


@pytest.mark.parametrize("module", [module for module in _modules() if module])
def test_a_module_can_be_read_in_one_sitting(module: str) -> None:
    assert len(_modules()[module].read_text(encoding="utf-8").splitlines()) <= _MAX_MODULE


def _bodies(module: str) -> Iterator[tuple[str, int]]:
    """Yield each function with the lines of its body, its docstring left out."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1:2] if ast.get_docstring(node) else node.body[:1]
            end = node.end_lineno or 0
            yield node.name, end - first[0].lineno + 1 if first else 0


@pytest.mark.parametrize("module", [module for module in _modules() if module])
def test_a_function_can_be_seen_at_once(module: str) -> None:
    assert [name for name, lines in _bodies(module) if lines > _MAX_BODY] == []


def test_most_functions_are_short() -> None:
    lines = sorted(lines for module in _modules() for _, lines in _bodies(module))
    assert lines[len(lines) // 2] <= 5
    assert lines[len(lines) * 9 // 10] <= 22


def _identifiers(module: str) -> Iterator[str]:
    """Yield every name that a module gives or uses, locals, parameters and attributes too."""
    yield from module.split(".")
    for node in ast.walk(_tree(module)):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.alias(name=name)
                | ast.arg(arg=name)
                | ast.keyword(arg=str(name))
                | ast.Name(id=name)
                | ast.Attribute(attr=name)
                | ast.MatchAs(name=str(name))
                | ast.ExceptHandler(name=str(name))
            ):
                yield name


@pytest.mark.parametrize("module", [module for module in _modules() if module])
def test_names_are_those_of_the_field(module: str) -> None:
    for name in _identifiers(module):
        field = INSTEAD.get(name, INSTEAD.get(name.lstrip("_")))
        assert field is None, f"{module}: {name} is not a word of the field; perhaps {field}"
        assert not CONSTANT.fullmatch(name), f"{module}: {name} is MAX_ or MIN_ in the field"


@pytest.mark.parametrize("module", [module for module in _modules() if module])
def test_texts_are_in_words_of_the_field(module: str) -> None:
    assert PROSE.findall(_modules()[module].read_text(encoding="utf-8")) == []


def test_nothing_is_called_by_a_word_that_says_nothing() -> None:
    empty = {"utils", "helpers", "helper", "manager", "handler", "service", "constants", "misc"}
    assert not {part for module in _modules() for part in module.split(".")} & empty


@pytest.mark.parametrize("module", [m for m in _modules() if m.split(".")[0] == "cli"])
def test_annotations_of_commands_can_be_read_at_run_time(module: str) -> None:
    # Typer reads them: https://typer.tiangolo.com
    source = _modules()[module].read_text(encoding="utf-8")
    assert "from __future__" not in source
    assert "TYPE_CHECKING" not in source

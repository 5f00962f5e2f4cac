"""What a typed path means: the same rules on both kinds of systems, wherever the tests run."""

import pytest

from kiecli.system.path_syntax import PosixPaths, WindowsPaths

WINDOWS, POSIX = WindowsPaths(), PosixPaths()


@pytest.mark.parametrize(
    ("path", "windows", "posix"),
    [
        ("a/b\\c", ["a", "b", "c"], ["a", "b\\c"]),
        ("\\\\server\\share", ["", "", "server", "share"], ["\\\\server\\share"]),
        ("a", ["a"], ["a"]),
    ],
)
def test_parts_are_between_separators(path: str, windows: list[str], posix: list[str]) -> None:
    assert (WINDOWS.split(path), POSIX.split(path)) == (windows, posix)


@pytest.mark.parametrize(
    ("path", "windows", "posix"),
    [
        ("/a", True, True),
        ("\\a", True, False),
        ("C:\\a", True, False),
        ("c:a", True, False),
        ("a/b", False, False),
        ("ab:c", False, False),
    ],
)
def test_absolute_is_what_starts_elsewhere(path: str, windows: bool, posix: bool) -> None:
    assert (WINDOWS.is_absolute(path), POSIX.is_absolute(path)) == (windows, posix)


@pytest.mark.parametrize(
    ("part", "windows", "posix"),
    [
        ("..", True, True),
        (".. ", True, False),
        ("...", True, False),
        (".", False, False),
        ("..a", False, False),
        (" ", False, False),
    ],
)
def test_the_parent_folder_is_recognized_on_each_system(
    part: str, windows: bool, posix: bool
) -> None:
    assert (WINDOWS.is_parent(part), POSIX.is_parent(part)) == (windows, posix)


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("con", "con"),
        ("NUL", "NUL"),
        ("prn.png", "prn"),
        ("aux.", "aux"),
        ("LPT9.txt", "LPT9"),
        ("com¹", "com¹"),
        ("conin$", "conin$"),
        ("nul .txt", "nul"),
    ],
)
def test_devices_are_no_names_on_windows(name: str, device: str) -> None:
    assert WINDOWS.problem(f"out\\{name}\\x") == f"{device} is a device on Windows"
    assert POSIX.problem(f"out/{name}") is None


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a:b", None),  # the file `b` on drive A
        ("out/a?b", "a name cannot have '?' on Windows"),
        ("ab:c", "a name cannot have ':' on Windows"),
        ("C:\\a:b", "a name cannot have ':' on Windows"),
        ("a\tb", "a name cannot have '\\t' on Windows"),
        ("out/name.", "a name cannot end in a dot or a space on Windows"),
        ("name /x", "a name cannot end in a dot or a space on Windows"),
        ("C:\\out\\..\\conference", None),
        ("./nullable.png", None),
        ("\\\\server\\share\\a", None),
    ],
)
def test_windows_says_why_a_name_is_impossible(path: str, problem: str | None) -> None:
    assert WINDOWS.problem(path) == problem

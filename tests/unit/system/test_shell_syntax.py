"""Lines for a shell: sh, and PowerShell and cmd alike where that can be."""

import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.safe_text import sanitize
from kiecli.system.shell_syntax import PosixShell, WindowsShells, join

WINDOWS, POSIX = WindowsShells(), PosixShell()


def _is_shown(word: str) -> bool:
    return sanitize(word) == word


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("ecf8cf8611cc40ff", "ecf8cf8611cc40ff"),
        ("hero=ID.x:y_z-1", "hero=ID.x:y_z-1"),
        ("--wait", "--wait"),
        ("-d", "-d"),
        (r"C:\out\new", r"C:\out\new"),
        ("../out", "../out"),
        ("schön", "schön"),
        ("name@2x#1~", "name@2x#1~"),
        ("", '""'),
        ("my pictures", '"my pictures"'),
        ("{date}/{label}-{n}.{ext}", '"{date}/{label}-{n}.{ext}"'),
        ("a,b", '"a,b"'),
        ("@home", '"@home"'),
        ("#1", '"#1"'),
        ("~/out", '"~/out"'),
        ("-o.x", '"-o.x"'),
        ("a&b|c>d", '"a&b|c>d"'),
        ("it's", '"it\'s"'),
        ("no\u00a0break", '"no\u00a0break"'),
        ("C:\\my files\\", '"C:\\my files\\\\"'),
        ("C:\\files\\", "C:\\files\\"),
        ("$x", "'$x'"),
        ("a`b", "'a`b'"),
        ('say "x"', "'say \"x\"'"),
        ("it's $5", "'it''s $5'"),
        ("it\u2019s \u201cfine\u201d", "'it\u2019\u2019s \u201cfine\u201d'"),
    ],
)
def test_on_windows_a_word_has_quotes_where_it_needs_them(word: str, typed: str) -> None:
    assert WINDOWS.quote(word) == typed


@pytest.mark.parametrize(
    ("word", "typed"), [("a-b_c.d", "a-b_c.d"), ("", "''"), ("a b", "'a b'"), ("{n}", "'{n}'")]
)
def test_elsewhere_it_has_the_quotes_of_sh(word: str, typed: str) -> None:
    assert POSIX.quote(word) == typed


def test_a_line_is_its_words() -> None:
    words = ["kiecli", "wait", "a b", "$"]
    assert join(WINDOWS, words) == "kiecli wait \"a b\" '$'"
    assert join(POSIX, words) == "kiecli wait 'a b' '$'"


def test_a_file_is_read_by_what_the_shell_has() -> None:
    assert POSIX.with_stdin("kiecli status -", "my ids.txt") == "kiecli status - < 'my ids.txt'"
    assert (
        WINDOWS.with_stdin("kiecli status -", "my ids.txt")
        == 'Get-Content "my ids.txt" | kiecli status -'
    )


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(_is_shown), max_size=3)
)
def test_what_sh_reads_is_what_was_meant(words: list[str]) -> None:
    assert shlex.split(join(POSIX, words)) == words


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("a\nb", r"$'a\x0ab'"),
        ("it's a\ttab\\", r"$'it\x27s a\x09tab\x5c'"),
        ("\u200fabc", r"$'\xe2\x80\x8fabc'"),
        ("\udcffa", r"$'\xffa'"),
        ("##[x", r"$'\x23\x23\x5bx'"),
    ],
)
def test_what_no_message_shows_as_it_is_comes_in_escapes(word: str, typed: str) -> None:
    assert POSIX.quote(word) == typed


@pytest.mark.skipif(shutil.which("bash") is None, reason="sh may not know the escapes yet")
def test_bash_reads_escapes_as_what_was_meant() -> None:
    words = ["a\nb", "it's \x1b[1m\\", "\u200fab\u0085c", "##[a]", "\x7f0"]
    line = f"printf '%s\\0' {join(POSIX, words)}"
    ran = subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=10)
    assert ran.stdout.decode().split("\0")[:-1] == words

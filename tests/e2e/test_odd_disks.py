"""Places that take some files and not others: a locale's names, no room for temporary files."""

import re

import pytest

from tests.support.processes import Installed, Ran
from tests.support.server import FaultyServer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
_PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("words", [[], ["--json"], ["-n"]], ids=str)
def test_a_name_that_the_locale_cannot_spell_fails_alone(
    words: list[str], kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("t1", urls=[f"{kie.url}/a.png", f"{kie.url}/caf%C3%A9.png"])
    kie.faults.file("/a.png", PNG)
    ran = kiecli("download", "-q", *words, "-o", "{name}.{ext}", "t1", environ=_PLAIN_C)
    if "-n" in words:
        assert ran == Ran(0, "a.png\ncaf\\xe9.png\n", "")
        return
    assert (ran.code, [path.name for path in kiecli.folder.iterdir()]) == (7, ["a.png"])
    assert ran.err.splitlines()[0] == (
        "kiecli: t1: could not save caf\\xe9.png: file names in this locale cannot contain some of"
        " these characters. Set LC_ALL=C.UTF-8, or choose another name with -o"
    )


def test_without_room_for_a_temporary_file_nothing_goes_to_stdout(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG)])
    ran = kiecli.shell("set -o pipefail; ulimit -f 0; kiecli download -q -o - t1 | cat")
    assert (ran.code, ran.out) == (7, "")
    first, again = ran.err.splitlines()
    assert re.fullmatch(
        r"kiecli: t1: could not save t1-1\.png: cannot create a temporary file: no usable temporary"
        r" directory found in \[.*\]\. Set TMPDIR to a writable folder",
        first,
    )
    assert again == "kiecli: nothing was written; to try again: kiecli download -o - t1"


def test_an_archive_that_may_not_grow_is_advised_about_itself(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG)])
    assert kiecli("download", "t1").code == 0
    ran = kiecli.shell("ulimit -f 0; kiecli download --archive done.txt t1")
    assert ran == Ran(
        7,
        "t1-1.png\n",
        "kiecli: already there: t1-1.png (108 B)\n"
        "kiecli: could not add t1 to done.txt: the file is larger than the disk or 'ulimit -f'"
        " allows. Raise the limit with 'ulimit -f', or give another file with --archive\n"
        "kiecli: files already saved are kept; to fetch the rest:"
        " kiecli download --archive done.txt t1\n",
    )


def test_more_files_at_once_than_may_be_open_wait_for_each_other(
    kie: FaultyServer, kiecli: Installed
) -> None:
    urls = [kie.faults.file(f"/{n}.png", PNG, drip=(60, 0.02)) for n in range(9)]
    kie.faults.task("t1", urls=urls)
    ran = kiecli.shell("ulimit -n 14; kiecli download -q -j 16 t1")
    assert (ran.code, ran.err, len(list(kiecli.folder.iterdir()))) == (0, "", 9)


def test_as_many_files_at_once_as_may_be_open_leave_some_for_modules(
    kie: FaultyServer, kiecli: Installed
) -> None:
    urls = [kie.faults.file(f"/{n}.png", PNG, drip=(30, 0.03)) for n in range(60)]
    kie.faults.task("t1", urls=urls)
    ran = kiecli.shell("ulimit -n 48; kiecli download -j 60 t1 demo-fail gone")
    assert (ran.code, len(list(kiecli.folder.iterdir()))) == (1, 60)
    assert ran.err.splitlines()[-1] == (
        "kiecli: 3 tasks: 1 saved (60 files, 6.5 kB, 4 credits), 1 failed (demo-fail),"
        " 1 not found (gone)"
    )

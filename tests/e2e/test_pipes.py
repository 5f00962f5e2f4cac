"""Lines of a shell with `kiecli` in the middle."""

import re
import shlex
import shutil
import struct
import sys
import zlib

import pytest

from tests.support.faults import envelope
from tests.support.processes import Installed, Ran
from tests.support.server import FaultyServer

_CREATE = (
    'curl -s -X POST "$KIE_BASE_URL/api/v1/jobs/createTask" '
    '-H "Authorization: Bearer $KIE_API_KEY" -H "Content-Type: application/json" '
    """-d '{"model":"wan/2-7-image","input":{"prompt":"A red panda"}}'"""
)
_needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl makes the task")
_SANDBOX = f"{sys.executable} -m kiecli.sandbox"


def is_whole_png(body: bytes) -> bool:
    """Tell whether every chunk up to the last one is there and as it was written."""
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", body, at)
        (checksum,) = struct.unpack_from(">I", body, at + 8 + length)
        assert checksum == zlib.crc32(body[at + 4 : at + 8 + length])
        at += 12 + length
    return at == len(body)


@_needs_curl
def test_create_wait_and_save_in_one_line(kiecli: Installed) -> None:
    """In the sandbox, as its help says: the answer of createTask goes in, a path comes out."""
    line = f"{_CREATE} | kiecli download --wait -d out -"
    ran = kiecli.shell(f"{_SANDBOX} bash -o pipefail -c {shlex.quote(line)}")
    (task_id,) = re.findall("created (.*);", ran.err)
    assert (ran.code, ran.out) == (0, f"out/{task_id}-1.png\n")
    first, *states, last = ran.err.splitlines()
    line = f"kiecli download --wait -d out {task_id}"
    assert first == f"kiecli: created {task_id}; if interrupted, continue with: {line}"
    assert all(state.startswith(f"kiecli: {task_id}: ") for state in states)
    assert last == f"kiecli: saved out/{task_id}-1.png (16.4 kB)"
    assert is_whole_png((kiecli.folder / "out" / f"{task_id}-1.png").read_bytes())


@_needs_curl
def test_a_creation_that_failed_is_told_with_its_own_code(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.always("createTask", envelope(402, "Credits insufficient"))
    ran = kiecli.shell(f"{_CREATE} | kiecli download --wait -")
    said = "the answer on stdin is an error, not a task: the account is out of credits"
    reason = "Credits insufficient (code 402). Top up at https://kie.ai/pricing"
    assert ran == Ran(4, "", f"kiecli: {said}: {reason}\n")
    assert not kie.faults.seen("recordInfo")


def test_a_command_before_the_pipe_that_fails_is_named_as_the_cause(kiecli: Installed) -> None:
    assert kiecli.shell("false | kiecli wait -") == Ran(
        2, "", "kiecli: no task id on stdin: did the command before the pipe fail?\n"
    )


def test_a_result_goes_through_a_pipe_whole(kiecli: Installed) -> None:
    ran = kiecli.shell("kiecli download -q -o - demo-image | tee copy | wc -c")
    assert (ran.code, ran.err) == (0, "")
    copy = (kiecli.folder / "copy").read_bytes()
    assert int(ran.out) == len(copy)
    assert is_whole_png(copy)


def test_what_json_says_can_be_asked_about_again(kiecli: Installed) -> None:
    line = "kiecli status --json demo-image demo-audio | kiecli wait -q -"
    ran = kiecli.shell(line)
    assert (ran.code, len(ran.out.splitlines()), ran.err) == (0, 3, "")


def test_an_address_goes_into_a_variable(kie: FaultyServer, kiecli: Installed) -> None:
    ran = kiecli.shell('url=$(kiecli wait -q demo-image) || exit; echo "<$url>"')
    assert ran == Ran(0, f"<{kie.url}/files/demo-image/1/image.png>\n", "")


@pytest.mark.parametrize(
    ("task_id", "said"), [("demo-image", "done"), ("demo-fail", "failed"), ("demo-slow", "open")]
)
def test_a_case_of_the_shell_sorts_states(task_id: str, said: str, kiecli: Installed) -> None:
    """As README and the help of `status` have it."""
    line = (
        f"case $(kiecli status -q {task_id}) in success) echo done;; fail) echo failed;; "
        "*) echo open;; esac"
    )
    assert kiecli.shell(line).out == f"{said}\n"


def test_a_reader_that_takes_one_line_ends_it_without_a_word(
    kie: FaultyServer, kiecli: Installed
) -> None:
    """Were it longer than what fits a pipe."""
    kie.faults.task("a", urls=[f"{kie.url}/{n}/{'x' * 200}.png" for n in range(2000)])
    ran = kiecli.shell("kiecli wait -q a | head -1; echo ${PIPESTATUS[0]}")
    assert ran == Ran(0, f"{kie.url}/0/{'x' * 200}.png\n141\n", "")


def test_a_reader_that_leaves_ends_a_wait_that_has_no_more_to_print(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("a", urls=[f"{kie.url}/1.png", f"{kie.url}/2.png"])
    ran = kiecli.shell("kiecli wait -q a demo-slow | head -1; echo ${PIPESTATUS[0]}")
    assert ran == Ran(0, f"{kie.url}/1.png\n141\n", "")


def test_a_reader_of_a_result_that_leaves_ends_it_without_a_word(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", bytes(1_000_000), content_type=None)])
    ran = kiecli.shell("kiecli download -q -o - a | head -c 1 | wc -c; echo ${PIPESTATUS[0]}")
    assert ran == Ran(0, "1\n141\n", "")
    assert list(kiecli.folder.iterdir()) == []

"""The file that keeps settings."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiecli.config.store import ConfigStore
from kiecli.errors import ConfigError, ExitCode
from tests.support.systems import (
    limit,
    make_named_pipe,
    make_socket,
    needs_devices,
    needs_exact_path_errors,
    needs_links,
    needs_modes,
    needs_named_pipes,
    needs_process_limits,
    needs_pty,
    needs_unlinking_open_files,
    open_terminal,
)

LEFT_ALONE = "fix or remove it; it was not changed"
ELSEWHERE = "fix that, or set KIECLI_CONFIG to another file"


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.lstat().st_mode))


def refusal(store: ConfigStore) -> ConfigError:
    """The one refusal that reading, keeping and forgetting share."""
    with pytest.raises(ConfigError) as reading:
        store.read()
    for change in (lambda: store.set("dir", "x"), lambda: store.remove("dir")):
        with pytest.raises(ConfigError) as changing:
            change()
        assert changing.value.message == reading.value.message
    assert reading.value.exit_code is ExitCode.USAGE
    return reading.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kiecli" / "config.json"


@pytest.fixture
def written(path: Path) -> Path:
    """A file with a setting and a key that is not ours."""
    path.parent.mkdir()
    path.write_text('{"theme": {"dark": [1, "ü"]}, "dir": "out"}', encoding="utf-8")
    return path


def test_a_missing_file_holds_nothing_and_is_not_made(path: Path) -> None:
    assert ConfigStore(path).read() == {}
    assert not path.parent.exists()


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_an_empty_file_holds_nothing(written: Path, content: bytes) -> None:
    written.write_bytes(content)
    assert ConfigStore(written).read() == {}


def test_a_byte_order_mark_is_no_part_of_the_file(written: Path) -> None:
    written.write_bytes(b'\xef\xbb\xbf{"dir": "out"}')
    assert ConfigStore(written).read() == {"dir": "out"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b'{\n  "dir": "out",\n  3\n}',
            "expecting property name enclosed in double quotes in line 3",
        ),
        (b'{"dir": "out"', "expecting ',' delimiter in line 1"),
        (b'{"dir":\n"\xff"}', "not UTF-8 in line 2"),
        (b'["dir"]', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[" * 100, "nested too deeply"),
        (b"\0" * 9, "expecting value in line 1"),
        (b" " * (1 << 20) + b"{}", "too large for a config file"),
        (
            b" " * ((1 << 20) - 1) + b"{",
            "expecting property name enclosed in double quotes in line 1",
        ),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_left_alone(
    written: Path, content: bytes, reason: str
) -> None:
    written.write_bytes(content)
    error = refusal(ConfigStore(written))
    assert error.message == f"the config file {written} is broken: {reason}"
    assert error.hint == LEFT_ALONE
    assert written.read_bytes() == content
    assert [entry.name for entry in written.parent.iterdir()] == ["config.json"]


def test_keys_that_are_not_ours_survive_in_their_order(written: Path) -> None:
    store = ConfigStore(written)
    store.set("timeout", "5m")
    store.set("dir", "other")
    assert list(json.loads(written.read_text()).items()) == [
        ("theme", {"dark": [1, "ü"]}),
        ("dir", "other"),
        ("timeout", "5m"),
    ]
    assert store.remove("dir") is True
    assert store.remove("dir") is False
    assert store.read() == {"theme": {"dark": [1, "ü"]}, "timeout": "5m"}


def test_a_name_that_is_not_utf8_survives(path: Path) -> None:
    store = ConfigStore(path)
    store.set("dir", "out\udcff")
    assert store.read() == {"dir": "out\udcff"}


def test_forgetting_what_is_not_there_writes_nothing(path: Path) -> None:
    assert ConfigStore(path).remove("dir") is False
    assert not path.parent.exists()


@needs_modes
@pytest.mark.parametrize("mask", [0, 0o022, 0o777])
def test_file_and_folders_are_the_owners_alone_whatever_the_umask(
    tmp_path: Path, mask: int
) -> None:
    path = tmp_path / "new" / "kiecli" / "config.json"
    with umask(mask):
        ConfigStore(path).set("dir", "out")
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == ["0o600", "0o700", "0o700"]
    assert path.read_text() == '{\n  "dir": "out"\n}\n'


@needs_modes
def test_a_file_that_others_could_read_is_closed_by_a_change(written: Path) -> None:
    written.parent.chmod(0o755)
    written.chmod(0o644)
    store = ConfigStore(written)
    assert store.is_exposed()
    store.set("dir", "out")
    assert not store.is_exposed()
    assert mode(written) == "0o600"
    assert mode(written.parent) == "0o755"


def test_only_a_file_can_be_exposed(path: Path) -> None:
    assert not ConfigStore(path).is_exposed()
    assert not ConfigStore(Path(os.devnull)).is_exposed()


@needs_unlinking_open_files
def test_the_file_is_replaced_by_a_new_one_not_rewritten(written: Path) -> None:
    with written.open() as before:
        ConfigStore(written).set("dir", "other")
        assert json.load(before)["dir"] == "out"
    assert [entry.name for entry in written.parent.iterdir()] == ["config.json"]


@needs_links
def test_a_link_in_its_place_stays_and_its_target_is_replaced(
    written: Path, tmp_path: Path
) -> None:
    link = tmp_path / "links" / "config.json"
    link.parent.mkdir()
    link.symlink_to("../kiecli/config.json")
    ConfigStore(link).set("dir", "other")
    assert link.is_symlink()
    assert not written.is_symlink()
    assert ConfigStore(written).read() == ConfigStore(link).read()
    assert ConfigStore(link).read()["dir"] == "other"
    assert mode(written) == "0o600"
    assert [entry.name for entry in link.parent.iterdir()] == ["config.json"]


@needs_links
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "config.json"
    link.symlink_to("gone.json")
    error = refusal(ConfigStore(link))
    assert (error.message, error.hint) == (
        f"cannot read the config file {link}: it is a dangling link",
        ELSEWHERE,
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


@needs_links
def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "config.json"
    link.symlink_to("config.json")
    message = f"cannot read the config file {link}: too many levels of symbolic links"
    assert refusal(ConfigStore(link)).message == message


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    message = f"cannot read the config file {path}: is a directory"
    assert refusal(ConfigStore(path)).message == message


@needs_exact_path_errors
def test_a_file_in_its_folders_place_is_refused(path: Path) -> None:
    path.parent.write_text("")
    message = f"cannot read the config file {path}: not a directory"
    assert refusal(ConfigStore(path)).message == message
    assert path.parent.read_text() == ""


@needs_exact_path_errors
def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    message = f"cannot read the config file {path}: file name too long"
    assert refusal(ConfigStore(path)).message == message


@needs_named_pipes
def test_a_pipe_in_its_place_is_refused_at_once_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "config.json"
    make_named_pipe(pipe)
    store = ConfigStore(pipe)
    message = f"cannot read the config file {pipe}: it is not a regular file"
    assert refusal(store).message == message
    with pytest.raises(ConfigError) as error:
        store.set("dir", "out")
    assert error.value.message == message
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@needs_named_pipes
def test_a_pipe_without_a_name_is_refused_as_what_it_is() -> None:
    """`KIECLI_CONFIG=<(...)` and `/dev/stdin` lead to one."""
    read, write = os.pipe()
    store = ConfigStore(Path(f"/dev/fd/{read}"))
    message = f"cannot read the config file {store.path}: it is not a regular file"
    assert refusal(store).message == message
    os.close(read)
    os.close(write)


@needs_devices
def test_no_file_at_all_is_named_by_the_null_device() -> None:
    assert ConfigStore(Path(os.devnull)).read() == {}


@needs_pty
def test_a_device_is_not_replaced() -> None:
    """A terminal, beside which no file can be made: to lose the null device breaks the machine."""
    ours, theirs = open_terminal()
    os.write(ours, b"\n")
    store = ConfigStore(Path(f"/dev/fd/{theirs}"))
    with pytest.raises(ConfigError) as error:
        store.set("dir", "out")
    reason = "it is not a regular file"
    assert error.value.message == f"cannot write the config file {store.path}: {reason}"
    assert stat.S_ISCHR(store.path.stat().st_mode)
    os.close(ours)
    os.close(theirs)


@needs_named_pipes
def test_a_socket_in_its_place_is_refused(folder: Path) -> None:
    make_socket(Path("config.json"))  # relative: such a path has some 100 characters at most
    message = "cannot read the config file config.json: it is not a regular file"
    assert refusal(ConfigStore(Path("config.json"))).message == message
    assert stat.S_ISSOCK((folder / "config.json").stat().st_mode)


@needs_process_limits
def test_a_full_disk_leaves_the_old_file_and_nothing_else(written: Path) -> None:
    before = written.read_bytes()
    with limit("FSIZE", 0), pytest.raises(ConfigError) as error:
        ConfigStore(written).set("dir", "other")
    assert error.value.message == f"cannot write the config file {written}: file too large"
    assert error.value.hint == ELSEWHERE
    assert written.read_bytes() == before
    assert [entry.name for entry in written.parent.iterdir()] == ["config.json"]

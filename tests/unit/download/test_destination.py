"""What becomes of something that stands under a target's name already."""

import os
from pathlib import Path

import pytest

from kiecli.download.destination import NOT_PROBED, Decision, FileState, FileType, decide, inspect
from kiecli.download.integrity import Integrity
from tests.support.systems import needs_links, needs_named_pipes

NOTHING = FileState(FileType.NOTHING)
FILE = FileState(FileType.FILE, 100)
LINK = FileState(FileType.LINK)
FOLDER = FileState(FileType.FOLDER)
PIPE = FileState(FileType.OTHER)
COMPLETE, CORRUPT, UNKNOWN = Integrity.COMPLETE, Integrity.CORRUPT, Integrity.UNKNOWN
FETCH, KEEP, PROBE, REFUSE = Decision.FETCH, Decision.KEEP, Decision.PROBE, Decision.REFUSE
OURS, STRANGE = True, False
REPLACE, NORMAL = True, False


@pytest.mark.parametrize(
    ("existing", "condition", "name_is_unique", "overwrite", "length", "decision"),
    [
        (NOTHING, UNKNOWN, OURS, NORMAL, NOT_PROBED, FETCH),
        (NOTHING, UNKNOWN, STRANGE, NORMAL, NOT_PROBED, FETCH),
        (NOTHING, UNKNOWN, STRANGE, REPLACE, NOT_PROBED, FETCH),
        # The name says it is this result: its own bytes decide, and the host where they cannot.
        (FILE, COMPLETE, OURS, NORMAL, NOT_PROBED, KEEP),
        (FILE, CORRUPT, OURS, NORMAL, NOT_PROBED, FETCH),
        (FILE, UNKNOWN, OURS, NORMAL, NOT_PROBED, PROBE),
        (FILE, UNKNOWN, OURS, NORMAL, 100, KEEP),
        (FILE, UNKNOWN, OURS, NORMAL, None, KEEP),
        (FILE, UNKNOWN, OURS, NORMAL, 101, FETCH),
        # The name could be any file's: only the length can tell that it is this one.
        (FILE, COMPLETE, STRANGE, NORMAL, NOT_PROBED, PROBE),
        (FILE, CORRUPT, STRANGE, NORMAL, NOT_PROBED, PROBE),
        (FILE, COMPLETE, STRANGE, NORMAL, 100, KEEP),
        (FILE, UNKNOWN, STRANGE, NORMAL, 100, KEEP),
        (FILE, CORRUPT, STRANGE, NORMAL, 100, FETCH),
        (FILE, COMPLETE, STRANGE, NORMAL, 101, REFUSE),
        (FILE, CORRUPT, STRANGE, NORMAL, 101, REFUSE),
        (FILE, COMPLETE, STRANGE, NORMAL, None, REFUSE),
        (FILE, COMPLETE, OURS, REPLACE, NOT_PROBED, FETCH),
        (FILE, COMPLETE, STRANGE, REPLACE, NOT_PROBED, FETCH),
        # A link is replaced where nothing else can be meant, and never written through.
        (LINK, UNKNOWN, OURS, NORMAL, NOT_PROBED, FETCH),
        (LINK, UNKNOWN, STRANGE, NORMAL, NOT_PROBED, REFUSE),
        (LINK, UNKNOWN, STRANGE, REPLACE, NOT_PROBED, FETCH),
        (FOLDER, UNKNOWN, OURS, NORMAL, NOT_PROBED, REFUSE),
        (FOLDER, UNKNOWN, OURS, REPLACE, NOT_PROBED, REFUSE),
        (PIPE, UNKNOWN, OURS, NORMAL, NOT_PROBED, REFUSE),
        (PIPE, UNKNOWN, STRANGE, REPLACE, NOT_PROBED, REFUSE),
    ],
)
def test_what_is_to_be_done(
    existing: FileState,
    condition: Integrity,
    name_is_unique: bool,
    overwrite: bool,
    length: int | None,
    decision: Decision,
) -> None:
    found = decide(
        existing, condition, name_is_unique=name_is_unique, overwrite=overwrite, length=length
    )
    assert found is decision


@needs_links
@needs_named_pipes
def test_what_stands_there_is_seen_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = {
        name: (inspect(str(tmp_path / name)).kind, inspect(str(tmp_path / name)).size > 0)
        for name in ("nothing", "file", "folder", "link", "dangling", "pipe")
    }
    assert found == {
        "nothing": (FileType.NOTHING, False),
        "file": (FileType.FILE, True),
        "folder": (FileType.FOLDER, True),
        "link": (FileType.LINK, True),
        "dangling": (FileType.LINK, True),
        "pipe": (FileType.OTHER, False),
    }


def test_a_changed_file_is_told_from_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    before = inspect(str(path))
    assert inspect(str(path)) == before
    (tmp_path / "new").write_bytes(b"67890")
    (tmp_path / "new").replace(path)
    assert inspect(str(path)) != before

"""What becomes of something that stands under a target's name already."""

import os
from pathlib import Path

import pytest

from kiecli.download.destination import UNASKED, Decision, Existing, Kind, decide, look
from kiecli.download.integrity import Condition

NOTHING = Existing(Kind.NOTHING)
FILE = Existing(Kind.FILE, 100)
LINK = Existing(Kind.LINK)
FOLDER = Existing(Kind.FOLDER)
PIPE = Existing(Kind.OTHER)
WHOLE, BROKEN, UNCLEAR = Condition.WHOLE, Condition.BROKEN, Condition.UNCLEAR
FETCH, KEEP, ASK, REFUSE = Decision.FETCH, Decision.KEEP, Decision.ASK, Decision.REFUSE
OURS, STRANGE = True, False
REPLACE, NORMAL = True, False


@pytest.mark.parametrize(
    ("existing", "condition", "counts", "overwrite", "length", "decision"),
    [
        (NOTHING, UNCLEAR, OURS, NORMAL, UNASKED, FETCH),
        (NOTHING, UNCLEAR, STRANGE, NORMAL, UNASKED, FETCH),
        (NOTHING, UNCLEAR, STRANGE, REPLACE, UNASKED, FETCH),
        # The name says it is this result: its own bytes decide, and the host where they cannot.
        (FILE, WHOLE, OURS, NORMAL, UNASKED, KEEP),
        (FILE, BROKEN, OURS, NORMAL, UNASKED, FETCH),
        (FILE, UNCLEAR, OURS, NORMAL, UNASKED, ASK),
        (FILE, UNCLEAR, OURS, NORMAL, 100, KEEP),
        (FILE, UNCLEAR, OURS, NORMAL, None, KEEP),
        (FILE, UNCLEAR, OURS, NORMAL, 101, FETCH),
        # The name could be any file's: only the length can tell that it is this one.
        (FILE, WHOLE, STRANGE, NORMAL, UNASKED, ASK),
        (FILE, BROKEN, STRANGE, NORMAL, UNASKED, ASK),
        (FILE, WHOLE, STRANGE, NORMAL, 100, KEEP),
        (FILE, UNCLEAR, STRANGE, NORMAL, 100, KEEP),
        (FILE, BROKEN, STRANGE, NORMAL, 100, FETCH),
        (FILE, WHOLE, STRANGE, NORMAL, 101, REFUSE),
        (FILE, BROKEN, STRANGE, NORMAL, 101, REFUSE),
        (FILE, WHOLE, STRANGE, NORMAL, None, REFUSE),
        (FILE, WHOLE, OURS, REPLACE, UNASKED, FETCH),
        (FILE, WHOLE, STRANGE, REPLACE, UNASKED, FETCH),
        # A link is replaced where nothing else can be meant, and never written through.
        (LINK, UNCLEAR, OURS, NORMAL, UNASKED, FETCH),
        (LINK, UNCLEAR, STRANGE, NORMAL, UNASKED, REFUSE),
        (LINK, UNCLEAR, STRANGE, REPLACE, UNASKED, FETCH),
        (FOLDER, UNCLEAR, OURS, NORMAL, UNASKED, REFUSE),
        (FOLDER, UNCLEAR, OURS, REPLACE, UNASKED, REFUSE),
        (PIPE, UNCLEAR, OURS, NORMAL, UNASKED, REFUSE),
        (PIPE, UNCLEAR, STRANGE, REPLACE, UNASKED, REFUSE),
    ],
)
def test_what_is_to_be_done(
    existing: Existing,
    condition: Condition,
    counts: bool,
    overwrite: bool,
    length: int | None,
    decision: Decision,
) -> None:
    found = decide(existing, condition, counts=counts, overwrite=overwrite, length=length)
    assert found is decision


def test_what_stands_there_is_seen_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = {
        name: (look(str(tmp_path / name)).kind, look(str(tmp_path / name)).size > 0)
        for name in ("nothing", "file", "folder", "link", "dangling", "pipe")
    }
    assert found == {
        "nothing": (Kind.NOTHING, False),
        "file": (Kind.FILE, True),
        "folder": (Kind.FOLDER, True),
        "link": (Kind.LINK, True),
        "dangling": (Kind.LINK, True),
        "pipe": (Kind.OTHER, False),
    }


def test_a_changed_file_is_told_from_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    before = look(str(path))
    assert look(str(path)) == before
    (tmp_path / "new").write_bytes(b"67890")
    (tmp_path / "new").rename(path)
    assert look(str(path)) != before

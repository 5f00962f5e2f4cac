"""What becomes of something that stands under a target's name already."""

from pathlib import Path

import pytest

from kiecli.api.models import Task
from kiecli.download.destination import FileState, FileType
from kiecli.download.existing import Comparison, Decision, compare, decide, find_existing
from kiecli.download.host_probe import HostFile
from kiecli.download.integrity import Integrity
from kiecli.download.plan import SaveOptions, plan
from kiecli.errors import SaveError
from kiecli.files.template import Template
from tests.support.systems import WINDOWS

FILE = FileState(FileType.FILE, 100)
LINK = FileState(FileType.LINK)
FOLDER = FileState(FileType.FOLDER)
PIPE = FileState(FileType.OTHER)
COMPLETE, CORRUPT, UNKNOWN = Integrity.COMPLETE, Integrity.CORRUPT, Integrity.UNKNOWN
FETCH, KEEP, PROBE, REFUSE = Decision.FETCH, Decision.KEEP, Decision.PROBE, Decision.REFUSE
COMPARE = Decision.COMPARE
OURS, UNPROVED = True, False
REPLACE, NORMAL = True, False
NOT_PROBED, SAME = Comparison.NOT_PROBED, Comparison.SAME
DIFFERENT, UNDECIDED = Comparison.DIFFERENT, Comparison.UNDECIDED


@pytest.mark.parametrize(
    ("existing", "integrity", "is_ours", "overwrite", "comparison", "decision"),
    [
        # It can only be this result: its own bytes decide, and the host where they cannot.
        (FILE, COMPLETE, OURS, NORMAL, NOT_PROBED, KEEP),
        (FILE, CORRUPT, OURS, NORMAL, NOT_PROBED, FETCH),
        (FILE, UNKNOWN, OURS, NORMAL, NOT_PROBED, PROBE),
        (FILE, UNKNOWN, OURS, NORMAL, SAME, KEEP),
        (FILE, UNKNOWN, OURS, NORMAL, UNDECIDED, KEEP),
        (FILE, UNKNOWN, OURS, NORMAL, DIFFERENT, FETCH),
        # It could be any file: only the host's own bytes prove that it is this one.
        (FILE, COMPLETE, UNPROVED, NORMAL, NOT_PROBED, PROBE),
        (FILE, CORRUPT, UNPROVED, NORMAL, NOT_PROBED, PROBE),
        (FILE, COMPLETE, UNPROVED, NORMAL, SAME, KEEP),
        (FILE, UNKNOWN, UNPROVED, NORMAL, SAME, KEEP),
        (FILE, CORRUPT, UNPROVED, NORMAL, SAME, COMPARE),
        (FILE, COMPLETE, UNPROVED, NORMAL, UNDECIDED, COMPARE),
        (FILE, CORRUPT, UNPROVED, NORMAL, UNDECIDED, COMPARE),
        (FILE, COMPLETE, UNPROVED, NORMAL, DIFFERENT, REFUSE),
        (FILE, CORRUPT, UNPROVED, NORMAL, DIFFERENT, REFUSE),
        (FILE, COMPLETE, OURS, REPLACE, NOT_PROBED, FETCH),
        (FILE, COMPLETE, UNPROVED, REPLACE, NOT_PROBED, FETCH),
        # A link to no file is replaced where nothing else can be meant, and never written through.
        (LINK, UNKNOWN, OURS, NORMAL, NOT_PROBED, FETCH),
        (LINK, UNKNOWN, UNPROVED, NORMAL, NOT_PROBED, REFUSE),
        (LINK, UNKNOWN, UNPROVED, REPLACE, NOT_PROBED, FETCH),
        (FOLDER, UNKNOWN, OURS, NORMAL, NOT_PROBED, REFUSE),
        (FOLDER, UNKNOWN, OURS, REPLACE, NOT_PROBED, REFUSE),
        (PIPE, UNKNOWN, OURS, NORMAL, NOT_PROBED, REFUSE),
        (PIPE, UNKNOWN, UNPROVED, REPLACE, NOT_PROBED, REFUSE),
    ],
)
def test_an_existing_file_is_kept_compared_replaced_or_refused(
    existing: FileState,
    integrity: Integrity,
    is_ours: bool,
    overwrite: bool,
    comparison: Comparison,
    decision: Decision,
) -> None:
    found = decide(existing, integrity, is_ours=is_ours, overwrite=overwrite, comparison=comparison)
    assert found is decision


@pytest.mark.parametrize(
    ("host", "comparison"),
    [
        (None, UNDECIDED),
        (HostFile(None, None, None), UNDECIDED),
        (HostFile(100, None, None), UNDECIDED),
        (HostFile(100, None, b"the end"), SAME),
        (HostFile(100, None, b"another"), DIFFERENT),
        (HostFile(101, None, None), DIFFERENT),
        (HostFile(101, None, b"the end"), DIFFERENT),
    ],
)
def test_a_file_is_the_host_s_by_its_length_and_its_end(
    host: HostFile | None, comparison: Comparison
) -> None:
    assert compare(100, b"the end", host) is comparison


# Root neither may read it.
UNREADABLE = Path("/sys/bus/clocksource/drivers_probe")


@pytest.mark.skipif(
    WINDOWS or not UNREADABLE.exists(), reason="no file that nobody may read: no /sys here"
)
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_that_cannot_be_read_is_replaced_where_that_is_wanted(overwrite: bool) -> None:
    path = str(UNREADABLE)
    data = {"state": "success", "resultJson": {"resultUrls": ["https://files.test/a.png"]}}
    (target,) = plan(Task.parse("t", data), SaveOptions("", Template.parse(path)))
    found = {path: FileState(FileType.FILE, 4096)}
    if overwrite:
        assert find_existing(target, found, _no_host, overwrite=True) is None
        return
    with pytest.raises(SaveError) as raised:
        find_existing(target, found, _no_host, overwrite=False)
    assert raised.value.message == (
        f"could not save {path}: the existing file cannot be read: permission denied"
    )


def _no_host(_offset: int) -> HostFile | None:
    raise AssertionError("no request is needed")

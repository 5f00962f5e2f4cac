"""What the flags of `kiecli download` ask for."""

from typing import NamedTuple

from kiecli.commands.stop_rule import StopRule
from kiecli.files.template import DEFAULT_TEMPLATE
from kiecli.polling.policy import PollPolicy, query_policy, wait_policy


class DownloadFlags(NamedTuple):
    """How results are to be saved: the flags of `download`, None where they were not given."""

    directory: str | None
    output: str | None
    """A template, or `-` for stdout."""
    wait: bool
    timeout: float
    """Seconds to wait at most; 0 is one poll."""
    interval: float | None
    """Seconds between two polls of a task, or None for the usual ones."""
    jobs: int
    """How many files are fetched at once."""
    overwrite: bool
    dry_run: bool
    archive: str | None = None
    """A file that lists tasks which are left out, and takes those that are done."""
    write_metadata: bool = False
    stop: StopRule = StopRule.NEVER
    """Which outcome of one task decides the run."""

    @property
    def to_stdout(self) -> bool:
        """Whether the one result goes to stdout."""
        return self.output == "-"

    @property
    def template(self) -> str:
        """What files are named by."""
        return DEFAULT_TEMPLATE if self.output is None or self.to_stdout else self.output

    @property
    def policy(self) -> PollPolicy:
        """What is wanted of the polls."""
        return wait_policy(self.timeout, self.interval) if self.wait else query_policy()

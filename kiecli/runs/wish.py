"""What the flags of `kiecli download` ask for."""

from typing import NamedTuple

from kiecli.rhythm import Policy, asking_once, waiting


class Wish(NamedTuple):
    """How results are wished to be saved: the flags of `download`."""

    directory: str | None
    output: str | None
    wait: bool
    timeout: float
    interval: float | None
    jobs: int
    overwrite: bool
    dry_run: bool

    @property
    def to_stdout(self) -> bool:
        """Whether the one result goes to stdout."""
        return self.output == "-"

    @property
    def policy(self) -> Policy:
        """What is wanted of the looks."""
        return waiting(self.timeout, self.interval) if self.wait else asking_once()

    def words(self, *, wait: bool) -> list[str]:
        """Return the command that takes this up again."""
        words = ["download", *(["--wait"] if wait else [])]
        words += [] if self.directory is None else ["-d", self.directory]
        return words + ([] if self.output is None else ["-o", self.output])

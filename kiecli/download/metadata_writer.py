"""Writing the metadata file beside a file that has been saved or kept."""

from collections.abc import Callable

from kiecli.download import metadata
from kiecli.download.checksum import checksum_of
from kiecli.download.destination import in_the_way, inspect
from kiecli.download.disk_errors import disk_error
from kiecli.download.part_file import PartFile, remove_part
from kiecli.download.plan import SavedFile, Target, metadata_path
from kiecli.errors import SaveError
from kiecli.system.disk_interface import Disk


class MetadataWriter:
    """Writes metadata files as results are written: into a part that is then renamed."""

    def __init__(self, disk: Disk, wait: Callable[[], None], *, overwrite: bool) -> None:
        """Write nothing yet.

        Args:
            disk: Where the files are.
            wait: Called each time another process is found to write the same file.
            overwrite: Whether any other file of that name is replaced.
        """
        self._disk = disk
        self._wait = wait
        self._overwrite = overwrite

    def write(self, target: Target, saved: SavedFile) -> SavedFile:
        """Write what is known of a file, unless it is there for a file that was kept.

        Returns:
            The file, which stays saved whatever goes wrong here: that is in its `error`.
        """
        path = metadata_path(saved.path)
        try:
            # What is there stays, with whatever a user has added to it.
            if saved.status == "kept" and metadata.proves(saved.path, saved.bytes, target):
                self._remove_leftover(f"{path}.part", target)
                return saved
            if saved.sha256 is None:
                saved = saved._replace(sha256=checksum_of(saved.path))
            self._write(path, metadata.encode(target, saved), target)
        except SaveError as error:
            return saved._replace(error=error)
        except OSError as error:
            return saved._replace(error=disk_error(path, error))
        return saved

    def _remove_leftover(self, path: str, target: Target) -> None:
        """Remove what a killed run left of a metadata file that is complete by now."""
        # Anything else of that name is somebody's file.
        state = inspect(path)
        if state is not None and not (state.size and metadata.read(path, target) is None):
            remove_part(path, self._disk)

    def _write(self, path: str, data: bytes, target: Target) -> None:
        # Through a part, as a result: half a metadata file would prove nothing, or the wrong thing.
        part = PartFile(f"{path}.part", self._wait, self._disk)
        try:
            part.reset(None)
            part.append(data)
            # Read under the lock of the part: another kiecli may just have written it.
            replace = self._overwrite or metadata.read(path, target) is not None
            part.commit(path, replace=replace)
        except FileExistsError as error:
            raise in_the_way(path, inspect(path)) from error
        finally:
            part.release()

"""Files that are not, or not wholly, searchable: why, trying again, and leaving out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from data.home import Home
    from data.jobs import Job, Jobs
    from indexer.build.removal import Removed


@dataclass(frozen=True)
class Problem:
    """One file of a library."""

    path: Path
    """Where it lies."""
    video_id: int | None
    """Its video; None where its bytes could not be read."""
    state: str
    """`failed`, or `partial`: searchable in part."""
    reason: str
    """What a person should read."""
    attempts: int
    """How often it was tried."""
    gone: bool
    """The file is not there now: deleted, or on a disk that is away."""


class Problems:
    """The problems of one library."""

    def __init__(self, home: Home, catalogue: Catalogue, jobs: Jobs) -> None:
        self._home = home
        self._catalogue = catalogue
        self._jobs = jobs

    def all(self) -> list[Problem]:
        """List them by path; a file with several, as a picture and a sound, is there for each."""
        catalogue = self._catalogue
        failures = catalogue.embeddings.failures(catalogue.encoder) + catalogue.readings.failures()
        files = catalogue.files.known([one.path for one in failures]) if failures else {}
        found = []
        for one in failures:
            video = files[one.path].video_id if one.path in files else None
            gone = not one.path.exists()
            found.append(Problem(one.path, video, one.state, one.reason, one.attempts, gone))
        return sorted(found, key=lambda one: (one.path, one.state))

    def retry(self, paths: Sequence[Path] = (), *, asked_by: str = "") -> Job:
        """Ask for a job that tries files again, however often they were tried; none takes all.

        Raises:
            ReelwiseError: There is nothing to try again, or a file has no problem.
        """
        known = dict.fromkeys(one.path for one in self.all())
        strange = [path for path in paths if path not in known]
        if strange or not known:
            what = f"{strange[0]} has no problem" if strange else "no file has a problem"
            raise ReelwiseError(f"{what}: nothing to try again", fix="reelwise status --failed")
        chosen = [str(path) for path in paths or known]
        return self._jobs.add("reindex", {"paths": chosen}, asked_by=asked_by)

    def leave_out(self, paths: Sequence[Path]) -> list[Removed]:
        """Drop files from the library and pass them over from now on; they stay on the disk.

        Raises:
            ReelwiseError: A path is none of the library, or another process is writing to it.
        """
        from indexer.build.removal import remove_paths

        return remove_paths(self._home, paths)

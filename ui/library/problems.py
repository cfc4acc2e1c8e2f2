"""Files that are not, or not wholly, searchable: why, trying again, and leaving out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    def retry(
        self, paths: Sequence[Path] = (), videos: Collection[int] = (), *, asked_by: str = ""
    ) -> Job:
        """Ask for a job that tries files again, however often they were tried.

        A file that waits to be tried already is not tried twice.

        Args:
            paths: The files.
            videos: Numbers of videos whose files are meant as well; nothing of both takes all.
            asked_by: Who asks.

        Returns:
            The job; one that was there where it has all of them.

        Raises:
            ReelwiseError: A file has no problem, or none of them is there now.
        """
        known = {one.path: one for one in self.all()}
        strange = [path for path in paths if path not in known]
        of_videos = [path for path, one in known.items() if one.video_id in videos]
        if not (paths or videos):
            of_videos = [*known]
        chosen = dict.fromkeys((*paths, *of_videos))
        if strange or not chosen:
            what = f"{strange[0]} has no problem" if strange else "no file has a problem"
            raise ReelwiseError(f"{what}: nothing to try again", fix="reelwise status --failed")
        here = [str(path) for path in chosen if not known[path].gone]
        if not here:
            what = f"{next(iter(chosen))} is not there now"
            raise ReelwiseError(what, fix="bring it back, or leave it out of the library")
        return self._jobs.add_files("reindex", here, asked_by=asked_by)

    def leave_out(self, paths: Sequence[Path]) -> list[Removed]:
        """Drop files from the library and pass them over from now on; they stay on the disk.

        Raises:
            ReelwiseError: A path is none of the library, or another process is writing to it.
        """
        from indexer.build.removal import remove_paths

        return remove_paths(self._home, paths)

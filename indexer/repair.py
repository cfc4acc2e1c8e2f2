"""Bring a damaged or lost catalogue back."""

from datetime import UTC, datetime

from data.catalogue import Catalogue
from data.catalogue.guard.copies import bring_back
from data.catalogue.soundness.checks import structure_problems
from data.errors import DamagedFile
from data.home import Home, WriterLock, is_home, require_library


def mend_catalogue(home: Home) -> list[str]:
    """Put the newest whole copy in place of a damaged or missing catalogue; gives what was done.

    Raises:
        ReelwiseError: There is no library, the catalogue is damaged and has no copy, or another
            process is writing.
    """
    if not is_home(home.root):
        require_library(home)
    with WriterLock(home):
        problem = _problem(home)
        if problem is None:
            return []
        is_missing = not _is_there(home)
        copy, kept = bring_back(home)
        if copy is None and not is_missing:
            raise DamagedFile(
                f"{problem}; there is no copy to bring back",
                fix="bring the file back from a backup; or move it away, run this again for an "
                "empty catalogue, then reelwise index with the library's folders",
            )
    done = [problem if kept is None else f"{problem} (it is kept as {kept})"]
    if copy is None:
        return [*done, f"made an empty catalogue: run reelwise index FOLDER{_encoders(home)}"]
    made_at = datetime.fromtimestamp(copy.stat().st_mtime, UTC).isoformat(timespec="seconds")
    what = f"brought back the copy of the catalogue of {made_at}"
    return [*done, f"{what}; watch events and tags recorded since then are lost"]


def _encoders(home: Home) -> str:
    """The encoder to name: an empty catalogue does not know which one made the vectors."""
    folders = home.all_vectors.iterdir() if home.all_vectors.is_dir() else ()
    ids = sorted(path.name for path in folders if path.is_dir())
    return f" --encoder NAME, that of the vectors here ({', '.join(ids)})" if ids else ""


def _problem(home: Home) -> str | None:
    if not _is_there(home):
        return "the catalogue was missing"
    try:
        with Catalogue(home) as catalogue:
            problems = structure_problems(catalogue)
    except DamagedFile as error:
        return error.problem
    return problems[0] if problems else None


def _is_there(home: Home) -> bool:
    return home.catalogue.exists() and home.catalogue.stat().st_size > 0

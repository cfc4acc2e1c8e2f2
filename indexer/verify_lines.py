"""Check line parts against the catalogue and against their checksums."""

from pathlib import Path
from typing import Protocol

from data.catalogue import Catalogue, LinePart
from data.errors import ReelwiseError
from data.home import Home
from indexer.store.lines import LineStore, stray_line_parts

_READ_AGAIN = "run reelwise verify --repair, then reelwise index with the library's folders"
_TAKE_IN = (
    "run reelwise index with the library's folders: what the library lacks is taken in; if it "
    "stays, its videos are gone, and the file can be deleted"
)


class Report(Protocol):
    """What was checked, and what is wrong."""

    def add(self, what: str, path: Path, fix: str) -> None:
        """Add one problem."""

    def count(self, what: str) -> None:
        """Count one more checked thing."""


def check_lines(home: Home, catalogue: Catalogue, report: Report) -> dict[str, set[int]]:
    """Compare every line part with the catalogue; gives the unusable videos by engine id."""
    broken: dict[str, set[int]] = {}
    for part in catalogue.readings.parts(live=False):
        if not part.readings:
            continue  # no reading uses it any more: the next writer removes it
        report.count("line_parts")
        store = LineStore(home, part.engine_id)
        wrong, problem = _wrong_readings(store, part)
        if not wrong or not _still_listed(catalogue, part):
            continue
        broken.setdefault(part.engine_id, set()).update(wrong)
        report.add(problem, store.path(part.name), _READ_AGAIN)
    _check_strays(home, catalogue, report)
    return broken


def _wrong_readings(store: LineStore, part: LinePart) -> tuple[set[int], str]:
    """The videos whose lines cannot be used, and why."""
    try:
        held = store.read_part(part.name, part.sha256)
    except ReelwiseError as error:
        return {row.video_id for row in part.readings}, error.problem
    wrong = {row.video_id for row in part.readings if len(held.get(row.number, ())) != row.n_lines}
    return wrong, f"lines of {len(wrong)} videos are not those of the catalogue"


def _still_listed(catalogue: Catalogue, part: LinePart) -> bool:
    # A writer may have removed it, rightly, during the check.
    return part.name in catalogue.readings.part_names(part.engine_id)


def _check_strays(home: Home, catalogue: Catalogue, report: Report) -> None:
    folders = sorted(home.all_lines.iterdir()) if home.all_lines.is_dir() else []
    for folder in filter(Path.is_dir, folders):
        for name in stray_line_parts(catalogue, LineStore(home, folder.name)):
            report.add("the catalogue does not know this line part", folder / name, _TAKE_IN)

"""Checking a whole library: what `reelwise verify` and a job of that kind do."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from data.errors import DamagedFile, ReelwiseError
from ui.library.documents import Document

if TYPE_CHECKING:
    from data.home import Home
    from indexer.verify import Progress, VerifyReport

AGREE = "catalogue, vectors, index and recommender agree"


def check_all(
    home: Home, *, deep: bool = False, repair: bool = False, progress: Progress | None = None
) -> VerifyReport:
    """Check catalogue, vectors, index and recommender; see `verify_library`.

    Raises:
        ReelwiseError: As there.
    """
    from indexer.verify import verify_library

    report = verify_library(home, deep=deep, repair=repair, progress=progress)
    _check_model(home, report, repair=repair)
    return report


def found_document(report: VerifyReport) -> Document:
    """What was found, as JSON gives it."""
    problems = [
        {"what": each.what, "path": str(each.path), "fix": each.fix} for each in report.problems
    ]
    return {
        "ok": not problems,
        "problems": problems,
        "notes": report.notes,
        "repaired": report.repaired,
    }


def _check_model(home: Home, report: VerifyReport, *, repair: bool) -> None:
    """Add what is wrong with the recommender's model; a damaged one is removed by a repair."""
    from data.catalogue import Catalogue
    from data.durable import make_dir
    from data.history.forgetting import remove_models
    from recommender.model.store import require_folder, require_undamaged

    try:
        with suppress(DamagedFile), Catalogue(home) as catalogue:
            require_folder(catalogue)
        require_undamaged(home)
    except ReelwiseError as error:
        if not repair:
            report.add(error.problem, home.recommender, error.fix)
            return
        remove_models(home)
        make_dir(home.recommender, private=True)
        report.repaired.append(
            f"{error.problem}: default settings answer; reelwise train recommender makes another"
        )

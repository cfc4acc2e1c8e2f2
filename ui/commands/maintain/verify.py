"""`reelwise verify`: consistency of the library."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import DamagedFile, ReelwiseError
from data.printable import printable
from ui.terminal.answer import EXIT_KNOWN_ERROR, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count

if TYPE_CHECKING:
    from data.home import Home
    from indexer.verify import VerifyReport

AGREE = "catalogue, vectors, index and recommender agree"


def verify(
    deep: Annotated[
        bool, typer.Option("--deep", help="Also compare every video file with its content key.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair what can be restored from the rest.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Check catalogue, vectors, index and recommender against each other.

    The exit code is 1 where problems remain.
    """
    from data.home import resolve_home
    from indexer.verify import verify_library

    library = resolve_home(home)
    report = verify_library(library, deep=deep, repair=repair)
    _check_model(library, report, repair=repair)
    problems = [asdict(each) for each in report.problems]
    document = {"ok": not problems, "problems": problems, "repaired": report.repaired}
    done = [f"repaired: {line}" for line in report.repaired]
    if not problems:
        return Answer(document, "\n".join([*done, AGREE]))
    lines = [*done, f"{count(len(problems), 'problem')}:"]
    for each in problems:
        what = printable(f"{each['what']}: {each['path']}")
        lines += [f"  {what}", f"    fix: {printable(each['fix'])}"]
    return Answer(document, "\n".join(lines), EXIT_KNOWN_ERROR)


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

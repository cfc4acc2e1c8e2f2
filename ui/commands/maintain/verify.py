"""`reelwise verify`: consistency of the library."""

from __future__ import annotations

from typing import Annotated

import typer

from data.printable import printable
from ui.terminal.answer import EXIT_KNOWN_ERROR, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count


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
    from ui.library.keeping.checking import AGREE, check_all, found_document

    report = check_all(resolve_home(home), deep=deep, repair=repair)
    document = found_document(report)
    problems = document["problems"]
    done = [f"repaired: {line}" for line in report.repaired]
    notes = printable("\n".join(report.notes))
    if not problems:
        return Answer(document, "\n".join([*done, AGREE]), notice=notes)
    lines = [*done, f"{count(len(problems), 'problem')}:"]
    for each in problems:
        what = printable(f"{each['what']}: {each['path']}")
        lines += [f"  {what}", f"    fix: {printable(each['fix'])}"]
    return Answer(document, "\n".join(lines), EXIT_KNOWN_ERROR, notes)

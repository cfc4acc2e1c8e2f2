"""`reelwise review learn`: a rule that learns from decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.reviews.options import OwnByOption, who
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import count

if TYPE_CHECKING:
    from indexer.review.learning import Wished
    from ui.library.documents import Document

USUAL_MISSES = 0.1


def learn(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of a rule of the policy.")],
    misses: Annotated[
        float | None,
        typer.Option(
            metavar="R",
            min=0,
            max=1,
            help=f"Largest share of its cases that it may miss.  [default: {USUAL_MISSES}]",
        ),
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            metavar="R",
            min=0,
            max=1,
            help="Instead: largest share of allowed cases that it may take for cases.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what it would err by.")
    ] = False,
    by: OwnByOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Fit a head on the decisions about a rule, and let the rule ask it.

    Ten blocked and ten allowed cases are needed. The threshold is set for an error on cases of
    videos that the head was not fitted on.
    """
    from indexer.review.learning import Wished

    if misses is not None and false_alarms is not None:
        raise typer.BadParameter("give one of --misses and --false-alarms")
    wished = Wished("misses", USUAL_MISSES if misses is None else misses)
    if false_alarms is not None:
        wished = Wished("false-alarms", false_alarms)
    with Library(home) as library:
        learned = library.reviews.learn(rule, wished, by=who(by), keeps=not dry_run, told=report)
    return _answer(learned, wished)


def _answer(learned: Document, wished: Wished) -> Answer:
    lines = [
        f"learned from {learned['blocked']:,} blocked and {learned['allowed']:,} allowed cases; "
        f"from {learned['threshold']:g} on, judged on cases of videos that it was not fitted on:",
        f"  it misses {learned['misses']:,} of {count(learned['cases'], 'case')} "
        f"({learned['miss_rate']:.1%})",
        f"  it takes {learned['false_alarms']:,} of {learned['others']:,} others for cases "
        f"({learned['false_alarm_rate']:.1%})",
        "these are cases that a rule had found: of other clips nobody has decided",
    ]
    version = learned["policy"]
    if version is not None:
        lines.append(
            f"policy {version} holds; {count(learned['new'], 'new case')}   "
            f"(back: reelwise review policy restore --version {version - 1})"
        )
    told = "" if learned["reached"] else f"{wished.rate:.1%} {wished.error} cannot be reached"
    return Answer(learned, "\n".join(lines), notice=told)

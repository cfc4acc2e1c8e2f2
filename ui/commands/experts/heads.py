"""`reelwise heads`: the labels and numbers that a library has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.labelling.heads import head_document
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_KNOWN_ERROR, Answer
from ui.terminal.heads import main_figure, what
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns

if TYPE_CHECKING:
    from indexer.heads.predicting import Untold

SHOWN_CHARS = 60
"""Characters of the labels of a head that a list shows."""


def list_heads(
    context: typer.Context, home: HomeOption = None, as_json: JsonOption = False
) -> Answer | None:
    """List what was learned by reelwise train head, or remove a head."""
    if context.invoked_subcommand is not None:
        return None
    from indexer.heads.predicting import Untold, untold_by
    from indexer.heads.stored import load_heads

    with Library(home) as library:
        heads, damaged = load_heads(library.catalogue.home)
        known = library.catalogue.predictions.heads()
        clips = {name: library.catalogue.predictions.count(each) for name, each in known.items()}
        untold = {
            head.name: untold_by(library.catalogue, head, known[head.name])
            for head in heads
            if head.name in known
        }
    rows = [
        [
            head.name,
            f"{head.task}, {head.model.family}",
            _cut(what(head)),
            main_figure(head),
            f"{len(head.vocabulary):,} words" if head.vocabulary else f"{head.record.rows:,} rows",
            _clips(clips.get(head.name, 0), untold.get(head.name, Untold())),
            head.record.made_at[:16].replace("T", " "),
            f"to be fitted again: {head.to_refit}" if head.to_refit else "",
        ]
        for head in heads
    ]
    document = {
        "heads": [
            {
                **head_document(head),
                "predicted": clips.get(head.name, 0),
                "untold": untold.get(head.name, Untold()).clips,
            }
            for head in heads
        ],
        "damaged": [{"error": each.problem, "fix": each.fix} for each in damaged.values()],
    }
    notice = "\n".join(printable(f"{each.problem}\n  fix: {each.fix}") for each in damaged.values())
    code = EXIT_KNOWN_ERROR if damaged else EXIT_DONE
    return Answer(document, "\n".join(columns(rows, indent="")) or "no head yet", code, notice)


def _clips(predicted: int, untold: Untold) -> str:
    cannot = f", cannot tell {untold.clips:,}" if untold else ""
    return f"{predicted:,} clips{cannot}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 3] + "..."


def remove_head(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The head.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Remove a head and what it predicted."""
    from indexer.heads.stored import remove_head

    with Library(home) as library:
        remove_head(library.catalogue.home, name)
        library.catalogue.predictions.drop(name.strip().lower())
    return Answer({"removed": name.strip().lower()}, printable(f"{name} is removed"))

"""`reelwise train recommender`: choose settings and fit the model that `recommend` answers with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.library.documents import Document, model_document
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import count, length, size

if TYPE_CHECKING:
    from recommender.model.manifest import ModelManifest


def recommender(
    export: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a copy of the model to this new folder too."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Fit the recommender on the watch history, with settings chosen on its held-out latest part.

    The library can be used meanwhile; the model is used from the next request on.
    """
    from data.jobs import JobProgress
    from recommender.choosing.train import train_recommender
    from ui.library.jobs.run import JobRun
    from ui.library.jobs.work import training_summary

    target = None if export is None else export.absolute()
    with Library(home) as library:
        with JobRun(library, "train", {}) as run:

            def note(line: str) -> None:
                report(line)
                run.note(JobProgress("training", message=line))

            manifest = train_recommender(library.home, export=target, note=note)
            run.finished(*training_summary(manifest))
        document = model_document(library.catalogue)
    lines = _lines(document, manifest, target)
    return Answer({**document, "export": target}, "\n".join(lines))


def _lines(document: Document, manifest: ModelManifest, target: Path | None) -> list[str]:
    from recommender.model.blend import HISTORY_LENGTHS

    kept = manifest.kept
    lines = [
        f"{document['model']} answers from now on: fitted in {length(manifest.took_s)} on "
        f"{count(kept.events, 'event')} of {count(kept.people, 'person', 'people')}",
        manifest.why,
    ]
    if {"default", "fitted"} <= set(manifest.figures):
        default, fitted = manifest.figures["default"], manifest.figures["fitted"]
        lines.append(f"NDCG@20 of these weights {fitted:.4f}, of the default ones {default:.4f}")
    if document.get("weights"):
        lines.append("weights by number of liked videos:")
        bounds = zip(HISTORY_LENGTHS, [*(n - 1 for n in HISTORY_LENGTHS[1:]), None], strict=True)
        heads = [f"{a}" if a == b else f"{a}-{b}" if b else f"{a}+" for a, b in bounds]
        lines.append(f"  {'source':<17} {' '.join(f'{head:>5}' for head in heads)}")
    for name, weights in document.get("weights", {}).items():
        lines.append(f"  {name:<17} {' '.join(f'{one:5.3f}' for one in weights)}")
    files = sum(file.size_bytes for file in manifest.files.values())
    lines.append(f"it keeps {kept.what} ({size(files)})")
    if target is not None:
        lines.append(f"copied to {target}: history forget cannot reach it there, and says so")
    return lines

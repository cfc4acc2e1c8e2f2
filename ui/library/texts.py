"""Figures of texts and videos as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.library.documents import Document

if TYPE_CHECKING:
    from indexer.texts.evaluate import MeasuredTexts

MAIN = "text_to_video"
"""The task whose figures have no prefix."""


def texts_document(measured: MeasuredTexts) -> Document:
    """What was measured, flat: figures of finding videos by texts, then other tasks by prefix."""
    figures, unused = measured.figures, measured.unused
    document: Document = {
        "protocol": measured.texts.protocol,
        "set": measured.texts.kind,
        "n": next(iter(figures.values()))["n"],
        "videos": measured.n_videos,
        "tasks": list(figures),
    }
    for task, values in figures.items():
        prefix = "" if task == MAIN else f"{task}_"
        document |= {f"{prefix}{name}": value for name, value in values.items()}
    document |= {
        "missing": sum(each.is_missing for each in unused),
        "broken": sum(not each.is_missing for each in unused),
        "partial": list(measured.partial),
        "failed": len(unused),
        "troubles": [{"video": each.name, "reason": each.reason} for each in unused],
        "seconds": measured.seconds,
    }
    return document

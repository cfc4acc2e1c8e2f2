"""Figures of action recognition as a document."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ui.library.documents import Document

if TYPE_CHECKING:
    from indexer.actions.evaluate import MeasuredActions


def actions_document(measured: MeasuredActions, *, per_class: bool) -> Document:
    """What was measured, flat: figures by names of classes, then with prefixes the other ways."""
    stored, actions = measured.stored, measured.actions
    document: Document = {
        "protocol": actions.protocol,
        "layout": actions.layout,
        "n": len(stored.test.videos),
        "n_train": 0 if stored.train is None else len(stored.train.videos),
        "n_classes": len(actions.classes),
    }
    for way, figures in measured.ways.items():
        prefix = "" if way == "zero_shot" else f"{way}_"
        document |= {f"{prefix}{name}": value for name, value in figures.values.items()}
    document |= {f"{way}_model": model for way, model in measured.models.items()}
    document |= {
        "missing": sum(each.is_missing for each in stored.unused),
        "broken": sum(not each.is_missing for each in stored.unused),
        "partial": stored.partial,
        "in_both_parts": stored.in_both,
        "failed": len(stored.unused),
        "troubles": [
            {"video": each.name, "part": str(each.part), "reason": each.reason}
            for each in stored.unused
        ],
        "seconds": measured.seconds,
    }
    if per_class:
        document["per_class"] = {
            way: [dataclasses.asdict(each) for each in figures.classes]
            for way, figures in measured.ways.items()
        }
        document["confusion"] = {
            way: [list(row) for row in figures.confusion] for way, figures in measured.ways.items()
        }
    return document

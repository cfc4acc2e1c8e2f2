"""Heads as documents: what they predict, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.library.documents import Document

if TYPE_CHECKING:
    from indexer.heads.head import Head


def head_document(head: Head) -> Document:
    """What is known of a head, as JSON gives it."""
    record = head.record
    return {
        "name": head.name,
        "task": str(head.task),
        "model": str(head.model.family),
        "classes": list(head.classes),
        "columns": list(head.needed),
        "encoder_id": head.encoder_id,
        "rows": record.rows,
        "videos": record.videos,
        "made_at": record.made_at,
        "labels": dict(record.labels),
        "task_found": record.task_why,
        "judged": record.judged,
        "figures": dict(record.figures),
        "baselines": {name: dict(values) for name, values in record.baselines.items()},
        "tried": [dict(each) for each in record.tried],
        "to_refit": head.to_refit or None,
    }

"""Which videos of the catalogue a run has to embed."""

from __future__ import annotations

from collections.abc import Iterable

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import MAX_ATTEMPTS, FileRecord, Pending, State


def not_embedded(
    catalogue: Catalogue, encoder_id: str, *, retry_failed: bool
) -> tuple[list[Pending], int]:
    """Videos that an encoder has not embedded.

    Args:
        catalogue: The library's catalogue.
        encoder_id: The encoder.
        retry_failed: Also videos that are quarantined, or were read only in part.

    Returns:
        The videos whose file can be reached, and the number of the others.
    """
    wanted = [
        each
        for each in catalogue.embeddings.missing(encoder_id, retry_failed=True)
        if retry_failed or each.attempts < MAX_ATTEMPTS
    ]
    reachable = [each for each in wanted if each.path.exists()]
    offline = len(wanted) - len(reachable)
    return reachable + (_read_in_part(catalogue, encoder_id) if retry_failed else []), offline


def _read_in_part(catalogue: Catalogue, encoder_id: str) -> list[Pending]:
    partial = [
        each.path
        for each in catalogue.embeddings.failures(encoder_id)
        if each.state == State.PARTIAL and each.path.exists()
    ]
    return _by_video(catalogue.files.known(partial).values())


def every_video(catalogue: Catalogue) -> list[Pending]:
    """Every video whose file can be reached, embedded or not, once."""
    return _by_video(record for path, record in catalogue.files.known().items() if path.exists())


def _by_video(records: Iterable[FileRecord]) -> list[Pending]:
    firsts: dict[int, Pending] = {}
    for record in records:
        if record.video_id is not None:
            pending = Pending(record.video_id, record.path, record.size_bytes, 0)
            firsts.setdefault(record.video_id, pending)
    return list(firsts.values())

"""Comparing what a run of `index` added with the rest of the library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from indexer.copies.stored import all_compared

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from data.home import Home
    from indexer.build.progress import Listener
    from indexer.build.report import IndexReport


def compare_new(
    home: Home, catalogue: Catalogue, report: IndexReport, listener: Listener | None
) -> None:
    """Find what new videos share with others; the report says how many, or why it is not known.

    Args:
        home: The library.
        catalogue: Its catalogue.
        report: Of the run that added them.
        listener: Shows progress.
    """
    encoder_id = catalogue.encoder
    if encoder_id is None or all_compared(catalogue, encoder_id):
        return
    from indexer.build.progress import Snapshot
    from indexer.duplicates.find import compare_videos

    began_s = time.monotonic()

    def told(done: int, in_all: int) -> None:
        if listener is not None:
            now = Snapshot("comparing videos", done, in_all)
            now.elapsed_s = time.monotonic() - began_s
            now.bytes_done, now.bytes_total = done, in_all
            listener.update(now)

    try:
        report.duplicates = compare_videos(home, catalogue, progress=told).sharing
    except ReelwiseError as error:
        report.duplicates_notice = (
            f"new videos were not compared with the others: {error.problem}; then: "
            "reelwise duplicates"
        )

"""A question reaches a running server with all that was asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from data.lines import Channel
from indexer.search.query import Filters, Query
from ui.library.asking.questions import search_asked, search_question


def test_every_filter_reaches_the_server() -> None:
    filters = Filters(
        under=Path("/films"),
        min_duration_s=1.5,
        max_duration_s=9.0,
        after=datetime(2026, 5, 1, tzinfo=UTC),
        before=datetime(2026, 6, 1, 12, 30, tzinfo=UTC),
        codec="hevc",
        min_resolution_px=720,
        tags=("kite", "sea"),
        min_relevance=0.25,
        all_copies=True,
        where=("action=jump", "risk>=0.8"),
    )
    left_out = {"videos", "exclude_video", "withheld_too"}  # no command asks for these
    unlike = {name for name, value in vars(filters).items() if value != getattr(Filters(), name)}
    assert unlike == set(vars(filters)) - left_out, "a filter without a value proves nothing"
    query = Query("a", without="b", channels=frozenset({Channel.PICTURE}), then=("c",), within_s=3)
    document = json.loads(json.dumps(search_question(query, filters, k=3, merge=True)))
    assert search_asked(document) == (query, filters)

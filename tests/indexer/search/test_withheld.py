"""What moderation withholds leaves search at once, inside the search, without a rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.home import Home
from data.lines import Channel
from data.review.deciding import Deciding, Decision
from indexer.search.query import Filters, Query
from indexer.search.searcher import Searcher
from tests.data.review.made import find, set_policy
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store
from tests.indexer.said import home_with_talk
from tests.indexer.stored import ENCODER

N_VIDEOS, N_CLIPS = 30, 6


@pytest.fixture
def crowd(home: Home) -> Home:
    """Many clips near red."""
    rng = np.random.default_rng(0)
    red = ColourEncoder().encode_texts(["red"])[0]
    store(
        home,
        {
            f"v{v}.mp4": unit_rows(red + rng.normal(0, 0.5, (N_CLIPS, 8)).astype(np.float32))
            for v in range(N_VIDEOS)
        },
    )
    return home


@pytest.fixture
def catalogue(crowd: Home) -> Iterator[Catalogue]:
    with Catalogue(crowd) as opened:
        set_policy(opened)
        yield opened


def stretches(searcher: Searcher, k: int, **how: bool) -> list[tuple[int, float, float]]:
    filters = Filters(withheld_too=how.get("withheld_too", False))
    hits = searcher.search(Query("red"), k, filters=filters, merge=how.get("merge", False)).hits
    return [(hit.video_id, hit.start_s, hit.end_s) for hit in hits]


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_the_best_of_what_is_left_is_found_however_much_is_withheld(
    crowd: Home, catalogue: Catalogue, share: float, *, merge: bool
) -> None:
    clips = catalogue.clip_table("colour-1")
    chosen = np.random.default_rng(1).choice(len(clips), round(share * len(clips)), replace=False)
    hidden = {
        (int(clips.video_ids[at]), float(clips.starts_s[at]), float(clips.ends_s[at]))
        for at in chosen
    }
    with closing(Searcher(crowd, ColourEncoder())) as searcher:
        every = stretches(searcher, N_VIDEOS * N_CLIPS)
        find(catalogue, "fights", *((*each, 0.9) for each in hidden))
        left = [each for each in every if each not in hidden]
        if not merge:
            assert stretches(searcher, 10) == left[:10]
        for video, start_s, end_s in stretches(searcher, 10, merge=merge):
            assert not any(v == video and a < end_s and start_s < b for v, a, b in hidden)
        assert stretches(searcher, N_VIDEOS * N_CLIPS, withheld_too=True) == every


def test_a_decision_counts_in_the_next_search_of_another_process(
    crowd: Home, catalogue: Catalogue
) -> None:
    with closing(Searcher(crowd, ColourEncoder())) as searcher:
        best = stretches(searcher, 1)[0]
        view = searcher.view
        find(catalogue, "crowds", (*best, 0.9))
        assert stretches(searcher, 1) == [best]
        Deciding(catalogue).decide(1, Decision("block", "ann", "no"))
        assert best not in stretches(searcher, N_VIDEOS * N_CLIPS)
        other = stretches(searcher, 1)[0]
        similar = searcher.similar(other[0], k=N_VIDEOS * N_CLIPS).hits
        assert not any((hit.video_id, hit.start_s) == best[:2] for hit in similar)
        inside = searcher.inside(best[0], Query("red")).hits
        assert not any(hit.start_s < best[2] and best[1] < hit.end_s for hit in inside)
        Deciding(catalogue).undo(1, by="ann")
        assert stretches(searcher, 1) == [best]
        assert not searcher.refresh()
        assert searcher.view is view


def test_relevance_stays_what_it_was(crowd: Home, catalogue: Catalogue) -> None:
    with closing(Searcher(crowd, ColourEncoder())) as searcher:
        before = {hit.clip_ids: hit.score for hit in searcher.search(Query("red"), 50).hits}
        find(catalogue, "fights", (1, 0.0, 4.0, 0.9))
        hits = searcher.search(Query("red"), 50).hits
    assert hits
    assert all(before.get(hit.clip_ids, hit.score) == hit.score for hit in hits)


def test_lines_in_what_is_withheld_are_not_found_nor_the_name_of_such_a_video(
    tmp_path: Path,
) -> None:
    home = home_with_talk(tmp_path, "alpha", "beta")

    class Deaf(ColourEncoder):
        """Encodes for this library."""

        def __init__(self) -> None:
            super().__init__()
            self.id = ENCODER

    with Catalogue(home) as catalogue, closing(Searcher(home, Deaf())) as searcher:
        alpha, beta = catalogue.video("alpha.mp4").id, catalogue.video("beta.mp4").id
        set_policy(catalogue)

        def found(text: str) -> set[int]:
            query = Query(text, channels=frozenset({Channel.SPEECH}))
            return {hit.video_id for hit in searcher.search(query).hits}

        assert found("ferry leaves") == {alpha, beta}
        find(catalogue, "fights", (alpha, 0.0, 5.0, 0.9))
        assert found("ferry leaves") == {beta}
        assert found("painted red") == {alpha, beta}

"""Conditions on what heads say of clips, inside the search: exact however few clips pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead, Prediction
from data.errors import ReelwiseError
from data.home import Home
from data.lines import Channel
from indexer.search.query import Filters, Query
from indexer.search.searcher import NONE_PASSES, Searcher
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store
from tests.indexer.said import home_with_talk
from tests.indexer.stored import ENCODER

N_VIDEOS, N_CLIPS = 60, 6
ACTION = KnownHead(0, "action", "r", "colour-1", "classes", ("jump", "run"), ())


def predict(home: Home, head: KnownHead, jumps: set[int]) -> None:
    """Say of some clips that somebody jumps, and of all others that somebody runs."""
    with Catalogue(home) as catalogue:
        number = catalogue.predictions.begin(head)
        ids = [int(clip) for clip in catalogue.clip_table(head.encoder_id).ids]
        rows = [Prediction(clip, "jump" if clip in jumps else "run", 0.9, True) for clip in ids]
        catalogue.predictions.put(number, rows)


@pytest.fixture
def crowd(home: Home) -> Home:
    """Many clips near red, and few that are anywhere else."""
    rng = np.random.default_rng(0)
    red = ColourEncoder().encode_texts(["red"])[0]
    clips = {
        f"v{v}.mp4": unit_rows(red + rng.normal(0, 0.5, (N_CLIPS, 8)).astype(np.float32))
        for v in range(N_VIDEOS)
    }
    store(home, clips)
    return home


@contextmanager
def searching(home: Home) -> Iterator[Searcher]:
    with closing(Searcher(home, ColourEncoder())) as searcher:
        yield searcher


@pytest.mark.parametrize("share", [0.01, 0.1, 0.9])
@pytest.mark.parametrize("merge", [False, True])
def test_the_best_clips_that_pass_are_found_however_few_pass(
    crowd: Home, share: float, *, merge: bool
) -> None:
    with Catalogue(crowd) as catalogue:
        ids = catalogue.clip_table("colour-1").ids
    rng = np.random.default_rng(1)
    jumps = {int(clip) for clip in rng.choice(ids, max(2, round(share * len(ids))), replace=False)}
    predict(crowd, ACTION, jumps)
    with searching(crowd) as searcher:
        filters = Filters(where=("action=jump",))
        hits = searcher.search(Query("red"), 10, filters=filters, merge=merge).hits
        every = searcher.search(Query("red"), N_VIDEOS * N_CLIPS, merge=False).hits
    found = [clip for hit in hits for clip in hit.clip_ids]
    assert set(found) <= jumps
    if not merge:
        best = [hit.clip_ids[0] for hit in every if hit.clip_ids[0] in jumps][:10]
        assert found == best
        assert len(found) == min(10, len(jumps))


def test_what_no_clip_fulfils_finds_nothing_and_says_so(crowd: Home) -> None:
    predict(crowd, ACTION, set())
    with searching(crowd) as searcher:
        result = searcher.search(Query("red"), filters=Filters(where=("action=jump",)))
    assert result.hits == []
    assert NONE_PASSES in result.warnings


def test_clips_of_which_a_head_has_not_predicted_are_told(crowd: Home) -> None:
    with Catalogue(crowd) as catalogue:
        number = catalogue.predictions.begin(ACTION)
        ids = [int(clip) for clip in catalogue.clip_table("colour-1").ids]
        catalogue.predictions.put(number, [Prediction(ids[0], "jump", 0.9, True)])
    told = f"the head action has not predicted of {len(ids) - 1:,} clips, which are left out"
    filters = Filters(where=("action=jump",))
    with searching(crowd) as searcher:
        results = [searcher.search(Query("red"), filters=filters)]
        results += [searcher.similar(results[0].hits[0].video_id, filters=filters)]
        none = searcher.search(Query("red"), filters=Filters(where=("action=run",)))
        for result in (*results, none):
            assert [each for each in result.warnings if told in each]
        assert NONE_PASSES in none.warnings
        assert not searcher.search(Query("red"), filters=Filters(where=("width>=0",))).warnings
        with Catalogue(crowd) as catalogue:
            rows = [Prediction(clip, "run", 0.9, True) for clip in ids[1:]]
            catalogue.predictions.put(number, rows)
        assert searcher.refresh()
        assert not searcher.search(Query("red"), filters=filters).warnings


def test_new_predictions_count_after_a_refresh(crowd: Home) -> None:
    with Catalogue(crowd) as catalogue:
        first = int(catalogue.clip_table("colour-1").ids[0])
    predict(crowd, ACTION, set())
    filters = Filters(where=("action=jump",))
    with searching(crowd) as searcher:
        assert searcher.search(Query("red"), filters=filters).hits == []
        predict(crowd, ACTION, {first})
        assert searcher.refresh()
        hits = searcher.search(Query("red"), filters=filters).hits
        assert [hit.clip_ids for hit in hits] == [(first,)]
        similar = searcher.similar(hits[0].video_id, filters=Filters(where=("action=run",)))
        assert similar.hits
        assert first not in {clip for hit in similar.hits for clip in hit.clip_ids}
        with pytest.raises(ReelwiseError, match="nothing is called 'speed'"):
            searcher.search(Query("red"), filters=Filters(where=("speed>1",)))


def test_lines_are_found_in_clips_that_pass(tmp_path: Path) -> None:
    home = home_with_talk(tmp_path, "alpha", "beta")
    head = KnownHead(0, "action", "r", ENCODER, "classes", ("jump", "run"), ())
    with Catalogue(home) as catalogue:
        table = catalogue.clip_table(ENCODER)
        video, other = catalogue.video("alpha.mp4").id, catalogue.video("beta.mp4").id
    # The line is said in the first two seconds of both: of one video other clips pass.
    early = table.starts_s < 2.0
    mine = ((table.video_ids == video) & early) | ((table.video_ids == other) & ~early)
    jumps = {int(clip) for clip in table.ids[mine]}
    assert set(table.video_ids[mine].tolist()) == {video, other}
    predict(home, head, jumps)

    class Deaf(ColourEncoder):
        """Encodes for this library."""

        def __init__(self) -> None:
            super().__init__()
            self.id = ENCODER

    with closing(Searcher(home, Deaf())) as searcher:
        filters = Filters(where=("action=jump",))
        query = Query("ferry leaves", channels=frozenset({Channel.SPEECH}))
        assert {hit.video_id for hit in searcher.search(query).hits} == {video, other}
        assert {hit.video_id for hit in searcher.search(query, filters=filters).hits} == {video}

"""Tags as words that a search finds: those of people, and those that were seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead, Prediction
from data.home import Home
from data.labels.vocabulary import Word
from data.lines import Channel
from indexer.heads.stored import save_head
from indexer.search.keywords import Keyword, key_words_of, tags_of
from indexer.search.query import Filters, Query
from indexer.search.result import Hit
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.heads.test_stored import made_head
from tests.indexer.made import store
from tests.indexer.said import home_with_talk
from tests.indexer.stored import ENCODER

LABELS = ("beach", "dog", "hot dog", "parking lot")
HEAD = KnownHead(0, "tags", "r0", "colour-1", "several", LABELS, ())
ONLY_TAGS = frozenset({Channel.TAG})
COLOURS = ("red", "green", "blue", "white", "yellow", "purple")


@pytest.fixture
def ids(home: Home) -> dict[str, int]:
    """Six videos of two clips of 4 s, each of one colour."""
    encoder = ColourEncoder()
    clips = {f"{colour}.mp4": encoder.encode_texts([colour, colour]) for colour in COLOURS}
    return store(home, clips)


@pytest.fixture
def searcher(home: Home, ids: dict[str, int]) -> Iterator[Searcher]:
    with closing(Searcher(home, ColourEncoder())) as searcher:
        yield searcher


def see(home: Home, *seen: tuple[int, int, str, float], head: KnownHead = HEAD) -> None:
    """Say of clips (video, place) that they show something."""
    with Catalogue(home) as catalogue:
        number = catalogue.predictions.begin(head)
        table = catalogue.clip_table("colour-1")
        rows = []
        for video, place, label, score in seen:
            clip = int(table.ids[table.video_ids == video][place])
            rows.append(Prediction(clip, label, score, chosen=score >= 0.5))
        catalogue.predictions.put(number, rows)


def give(home: Home, video: int, *tags: str) -> None:
    with Catalogue(home) as catalogue:
        catalogue.tags.add(video, tags)


def hits(searcher: Searcher, text: str, *, tags_only: bool = True, k: int = 10) -> list[Hit]:
    query = Query(text, channels=ONLY_TAGS) if tags_only else Query(text)
    return searcher.search(query, k).hits


def named(hit: Hit) -> list[tuple[str, float, float]]:
    return [(m.text, m.start_s, m.end_s) for m in hit.matched if m.channel is Channel.TAG]


def test_a_tag_that_was_seen_finds_its_moment_and_says_so(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    blue, red = ids["blue.mp4"], ids["red.mp4"]
    see(home, (blue, 1, "beach", 0.9), (blue, 0, "dog", 0.7), (red, 0, "beach", 0.4))
    best = hits(searcher, "a beach", tags_only=False)[0]
    assert (best.video_id, named(best)) == (blue, [("beach", 4.0, 8.0)])
    assert best.why["tag"] == pytest.approx(0.95 * 0.9, abs=0.01)
    assert [hit.video_id for hit in hits(searcher, "beaches")] == [blue]
    assert hits(searcher, "snow") == []


def test_clips_that_touch_are_one_moment_as_likely_as_the_best(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    see(home, (ids["red.mp4"], 0, "dog", 0.6), (ids["red.mp4"], 1, "dog", 0.8))
    (hit,) = hits(searcher, "dog")
    assert named(hit) == [("dog", 0.0, 8.0)]
    assert hit.why["tag"] == pytest.approx(0.76)


def test_a_tag_that_was_seen_has_to_be_named_whole(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    red, blue = ids["red.mp4"], ids["blue.mp4"]
    see(home, (red, 0, "hot dog", 0.9), (blue, 0, "dog", 0.6), (blue, 1, "parking lot", 0.9))
    assert [hit.video_id for hit in hits(searcher, "dog")] == [blue]
    assert [hit.video_id for hit in hits(searcher, "hot dog")] == [red, blue]
    assert [named(hit)[0][0] for hit in hits(searcher, "dogs in a parking lot")] == ["parking lot"]
    assert hits(searcher, "lot") == []


def test_the_tag_of_a_person_is_found_at_once_and_by_one_of_its_words(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    assert hits(searcher, "holiday") == []
    give(home, ids["green.mp4"], "Summer Holidays")
    (hit,) = hits(searcher, "holiday")
    assert (hit.video_id, named(hit)) == (ids["green.mp4"], [("Summer Holidays", 0.0, 8.0)])
    with Catalogue(home) as catalogue:
        catalogue.tags.remove(ids["green.mp4"], ["summer holidays"])
        catalogue.tags.add(ids["white.mp4"], ["Ferien", "休暇"])
    assert hits(searcher, "holiday") == []
    assert [hit.video_id for hit in hits(searcher, "ferien")] == [ids["white.mp4"]]
    assert [hit.video_id for hit in hits(searcher, "休暇")] == [ids["white.mp4"]]


def test_words_in_quotation_marks_have_to_stand_so_in_the_tag(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    give(home, ids["green.mp4"], "summer holidays")
    give(home, ids["blue.mp4"], "holidays in summer")
    assert len(hits(searcher, "summer holidays")) == 2
    found = hits(searcher, '"summer holidays"', tags_only=False)
    assert [hit.video_id for hit in found] == [ids["green.mp4"]]


def test_a_tag_that_was_seen_is_no_second_witness_beside_the_picture(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    red = ids["red.mp4"]
    before = {hit.video_id: hit.relevance for hit in hits(searcher, "red dog", tags_only=False)}
    see(home, (red, 0, "dog", 0.51))
    after = {hit.video_id: hit.relevance for hit in hits(searcher, "red dog", tags_only=False)}
    assert after == pytest.approx(before, abs=1e-5)
    give(home, ids["green.mp4"], "red dog")
    told = {hit.video_id: hit.relevance for hit in hits(searcher, "red dog", tags_only=False)}
    assert told[ids["green.mp4"]] > 0.9 > before[ids["green.mp4"]]


def test_filters_hold_for_tags_too(home: Home, ids: dict[str, int], searcher: Searcher) -> None:
    red, blue = ids["red.mp4"], ids["blue.mp4"]
    see(home, (red, 0, "dog", 0.9), (blue, 0, "dog", 0.8), (blue, 1, "beach", 0.8))
    give(home, red, "dog")
    query = Query("dog", channels=ONLY_TAGS)

    def found(**limits: object) -> set[int]:
        filters = replace(Filters(), **limits)  # type: ignore[arg-type]
        return {hit.video_id for hit in searcher.search(query, filters=filters).hits}

    assert found() == {red, blue}
    assert found(videos=frozenset({blue})) == {blue}
    assert found(where=("tags=dog",)) == {red, blue}
    assert found(where=("tags=beach",)) == set()  # the dog is in another clip
    assert found(where=("tags.hot dog>=0.5",)) == set()


def test_other_words_and_german_ones_find_a_tag(
    home: Home, ids: dict[str, int], searcher: Searcher
) -> None:
    words = (Word("beach", also=("seaside",), german=("Strand",)), *map(Word, LABELS[1:]))
    save_head(home, replace(made_head("tags"), vocabulary=words))
    see(home, (ids["blue.mp4"], 0, "beach", 0.9))
    for text in ("seaside", "am Strand", "Strände"):
        assert [named(hit)[0][0] for hit in hits(searcher, text)] == ["beach"], text
    see(home, (ids["red.mp4"], 0, "beach", 0.9), head=replace(HEAD, encoder_id="colour-2"))
    assert hits(searcher, "beach") == []


def test_the_tags_of_a_video_come_with_the_clip_that_shows_each_best(
    home: Home, ids: dict[str, int]
) -> None:
    blue = ids["blue.mp4"]
    see(home, (blue, 0, "dog", 0.6), (blue, 1, "dog", 0.7), (blue, 1, "beach", 0.8))
    with Catalogue(home) as catalogue:
        found = tags_of(catalogue, [blue, ids["red.mp4"]])
    # A dog all the time is more than a beach for half of it.
    assert found == {
        blue: [
            Keyword("dog", Channel.TAG, 0.7, 4.0, 8.0),
            Keyword("beach", Channel.TAG, 0.8, 4.0, 8.0),
        ]
    }


def test_key_words_are_what_tells_a_video_from_the_others(tmp_path: Path) -> None:
    class Deaf(ColourEncoder):
        """Encodes for this library."""

        def __init__(self) -> None:
            super().__init__()
            self.id = ENCODER

    home = home_with_talk(tmp_path, "alpha", "beta", "gamma")
    with Catalogue(home) as catalogue, closing(Searcher(home, Deaf())) as searcher:
        video = catalogue.video("beta.mp4").id
        found = key_words_of(catalogue, searcher.view.words, video)
        assert searcher.keywords(video) == found
    texts = [each.text for each in found]
    assert texts[0] == "beta"  # said twice, and in no other video
    assert {"ferry", "painted"} < set(texts)
    assert not {"the", "from", "in"} & set(texts)
    first = found[0]
    assert (first.line, first.channel, first.times) == (
        "the ferry leaves from beta",
        Channel.SPEECH,
        2,
    )
    assert (first.start_s, first.end_s, first.score) == (0.0, 2.0, 1.0)
    assert np.all(np.diff([each.score for each in found]) <= 0)

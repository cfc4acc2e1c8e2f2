"""Tasks on vectors that are written down: each axis is one thing that a text may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from data.arrays import Floats
from data.text_sets.text_set import Caption, Choice, Moment, ReversedPair, SetVideo, TextSet
from indexer.texts.tasks import Figures, Tasks
from indexer.texts.vectors import PARTS, SetVectors

AXES = ("dog", "cat", "opens", "closes")


def encode(texts: Sequence[str]) -> Floats:
    """A row with 2 for each axis that a text names: not of length 1, which is not promised."""
    return np.array([[2.0 * (axis in text) for axis in AXES] for text in texts], np.float32)


def vectors(clips: Mapping[int, Sequence[str]], n_videos: int, parts: Floats | None) -> SetVectors:
    """By place of a video what each of its clips shows."""
    places = sorted(clips)
    rows = np.full(n_videos, -1)
    rows[places] = np.arange(len(places))
    every = [unit(encode(clips[place])) for place in places]
    firsts = np.cumsum([0, *(len(each) for each in every)])[:-1]
    means = unit(np.stack([each.mean(axis=0) for each in every]))
    of_rows = {} if parts is None else dict.fromkeys(range(len(places)), parts)
    return SetVectors(np.array(places), rows, np.concatenate(every), firsts, means, of_rows)


def unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def measure(
    texts: TextSet,
    clips: Mapping[int, Sequence[str]],
    *,
    count_missing: bool = False,
    parts: Floats | None = None,
) -> dict[str, Figures]:
    found = vectors(clips, len(texts.videos), parts)
    return Tasks(texts, found, encode, count_missing=count_missing).all_figures()


def text_set(n_videos: int, **asked: object) -> TextSet:
    videos = tuple(SetVideo(str(at), (str(at),)) for at in range(n_videos))
    return TextSet("made", "made", videos, **({"retrievals": {}} | asked))  # type: ignore[arg-type]


def test_a_video_is_its_best_clip_or_its_mean() -> None:
    texts = text_set(2, retrievals={"": (Caption(0, "dog"), Caption(1, "cat"))})
    # One clip of the first shows the dog alone; as a whole the second shows more of a dog.
    clips = {0: ("dog", "cat", "cat", "cat"), 1: ("dog cat",)}
    figures = measure(texts, clips)
    assert figures["text_to_video"]["recall_at_1"] == 0.5  # cat: 1 in the first, .71 in the second
    assert figures["text_to_video_by_mean"]["recall_at_1"] == 0.0
    assert figures["video_to_text"]["recall_at_1"] == 0.0  # equal scores count against
    assert figures["text_to_video"]["n"] == figures["text_to_video"]["candidates"] == 2


def test_missing_videos_are_left_out_or_count_as_not_found() -> None:
    captions = (Caption(0, "dog"), Caption(1, "cat"), Caption(2, "opens"), Caption(2, "closes"))
    texts = text_set(3, retrievals={"": captions})
    clips = {0: ("dog",), 1: ("cat",)}
    figures = measure(texts, clips)
    assert (figures["text_to_video"]["recall_at_1"], figures["text_to_video"]["n"]) == (1.0, 2)
    figures = measure(texts, clips, count_missing=True)
    assert (figures["text_to_video"]["recall_at_10"], figures["text_to_video"]["n"]) == (0.5, 4)
    assert figures["text_to_video"]["candidates"] == 3
    assert figures["video_to_text"]["recall_at_10"] == pytest.approx(2 / 3)


def test_choices_are_counted_by_kind_and_equal_ones_are_wrong() -> None:
    choices = (
        Choice(0, ("dog", "cat", "opens", "closes"), 0, "positive"),
        Choice(0, ("dog", "cat"), 1, "negative"),
        Choice(0, ("cat", "opens"), 0, "negative"),
        Choice(1, ("dog", "cat"), 0, "positive"),
    )
    texts = text_set(2, choices=choices)
    figures = measure(texts, {0: ("dog",)})["choice"]
    assert figures == {
        "accuracy": pytest.approx(1 / 3),
        "chance": pytest.approx((1 / 4 + 1 / 2 + 1 / 2) / 3),
        "accuracy_negative": 0.0,
        "accuracy_positive": 1.0,
        "n": 3,
    }
    counted = measure(texts, {0: ("dog",)}, count_missing=True)["choice"]
    assert (counted["accuracy"], counted["accuracy_positive"], counted["n"]) == (0.25, 0.5, 4)


def reversed_set(n: int) -> TextSet:
    """Doors that open, each with its reversed video."""
    pairs = tuple(ReversedPair(2 * at, 2 * at + 1, "opens", "closes") for at in range(n))
    origin = tuple(Caption(2 * at, "opens") for at in range(n))
    hard = tuple(Caption(at, ("opens", "closes")[at % 2]) for at in range(2 * n))
    return text_set(2 * n, retrievals={"": origin, "hard": hard}, pairs=pairs)


def test_pairs_ask_which_way_time_runs() -> None:
    # The first is told both ways, the second looks the same both ways.
    clips = {0: ("opens",), 1: ("closes",), 2: ("opens closes",), 3: ("opens closes",)}
    figures = measure(reversed_set(2), clips)
    assert figures["binary"] == {
        "text_to_video": 0.5,
        "video_to_text": 0.5,
        "reversed_text_to_video": 0.5,
        "reversed_video_to_text": 0.5,
        "chance": 0.5,
        "n": 2,
    }
    assert figures["text_to_video"]["candidates"] == 2
    assert figures["hard_text_to_video"]["candidates"] == 4


def test_without_reversed_videos_only_texts_are_asked() -> None:
    figures = measure(reversed_set(1), {0: ("opens",)})
    assert figures["binary"] == {"video_to_text": 1.0, "chance": 0.5, "n": 1}
    assert "hard_text_to_video" not in figures
    counted = measure(reversed_set(2), {0: ("opens",)}, count_missing=True)
    assert counted["binary"]["video_to_text"] == 0.5
    assert counted["hard_text_to_video"]["recall_at_1"] == 0.25


def test_moments_stand_beside_the_middle_and_chance() -> None:
    parts = np.zeros((len(PARTS), len(AXES)), np.float32)
    parts[PARTS.index((1, 1)), 0] = 1.0
    parts[PARTS.index((4, 4)), 0] = 2.0
    moments = (Moment(0, "dog", ((1, 1),) * 4, 4), Moment(0, "dog", ((4, 4),) * 4, 6))
    figures = measure(text_set(2, moments=moments), {0: ("dog",)}, parts=parts)
    assert figures["moments"] == {"rank_at_1": 1.0, "rank_at_5": 1.0, "miou": 1.0, "n": 2}
    # The middle of four segments is (1, 2), of six (2, 3): one overlaps by half, one not at all.
    assert figures["moments_centre"]["miou"] == 0.25
    assert 0.0 < figures["moments_random"]["rank_at_1"] < 0.2
    assert "text_to_video" not in figures

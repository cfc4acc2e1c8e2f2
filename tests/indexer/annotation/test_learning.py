"""What labels teach: what is proposed next, how much each label adds, and which are doubtful."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from data.annotations.annotations import Annotations, Said
from data.annotations.taught import label_file
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.labels.kinds import Task
from indexer.annotation.annotator import FIRST_DIFFERENT, Annotator, TooFewLabels
from indexer.annotation.curve import sizes_of
from indexer.annotation.errors import confident_errors
from indexer.annotation.pool import Pool, open_pool
from indexer.annotation.proposing import choose, margin_unsure
from indexer.heads.inputs.examples import Examples
from indexer.heads.models.model import Family
from indexer.heads.training import HeadTraining, train_heads
from tests.data.review.made import find, set_policy
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store

N = 16
WORDS = ("red", "blue")


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    """Videos of three clips, every second near red, the others near blue."""
    rng = np.random.default_rng(0)
    words = ColourEncoder().encode_texts(list(WORDS))
    clips = {
        f"v{n:02d}.mp4": unit_rows(words[n % 2][None] + rng.normal(0, 0.25, (3, 8)))
        for n in range(N)
    }
    store(home, clips)
    with Catalogue(home) as opened:
        Annotations(opened).make("colours", labels=WORDS)
        yield opened


@pytest.fixture
def annotator(catalogue: Catalogue) -> Annotator:
    return Annotator(catalogue, "colours", open_pool(catalogue))


def label(
    catalogue: Catalogue, n: int, *, wrong: tuple[int, ...] = (), task: Task | None = None
) -> None:
    """Label the first clip of the first videos, some of them wrongly."""
    said = [Said(at + 1, 0.0, 4.0, (WORDS[(at + (at in wrong)) % 2],)) for at in range(n)]
    Annotations(catalogue).say_all("colours", said, by="ann", source="api", task=task)


def test_before_there_are_labels_what_is_proposed_differs_and_is_of_other_videos(
    annotator: Annotator,
) -> None:
    found = annotator.propose(N)
    assert [each.why for each in found.items] == ["different"] * N
    assert len({each.video_id for each in found.items}) == N
    reds = [each.video_id % 2 for each in found.items[:2]]
    assert sorted(reds) == [0, 1]
    more = annotator.propose(N + 3)
    assert len({(each.video_id, each.start_s) for each in more.items}) == N + 3
    assert [each.video_id for each in more.items[:N]] == [each.video_id for each in found.items]


def test_what_is_labelled_or_skipped_is_not_proposed_again(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    label(catalogue, 4)
    # Half of a clip is labelled by a stretch that is none.
    half = Said(5, 2.0, 7.0, ("red",))
    Annotations(catalogue).say("colours", half, by="ann", source="api")
    Annotations(catalogue).say("colours", Said(6, 0.0, 4.0), by="ann", source="api")
    found = annotator.propose(1000).items
    places = {(each.video_id, each.start_s) for each in found}
    assert len(found) == 3 * N - 4 - 2 - 1
    assert not places & {(1, 0.0), (4, 0.0), (5, 0.0), (5, 4.0), (6, 0.0)}
    assert (5, 8.0) in places
    assert annotator.propose(0).items == []


def test_what_the_head_is_unsure_of_comes_first(catalogue: Catalogue, annotator: Annotator) -> None:
    label(catalogue, N)
    more = [Said(at + 1, 4.0, 8.0, (WORDS[at % 2],)) for at in range(FIRST_DIFFERENT - N)]
    Annotations(catalogue).say_all("colours", more, by="ann", source="api")
    found = annotator.propose(3)
    assert (found.asked, found.of_labels) == ("labels", FIRST_DIFFERENT)
    assert {each.why for each in found.items} == {"unsure"}
    head = annotator.head()
    assert head is not None
    every = annotator.propose(1000).items
    assert len(every) == 3 * N - FIRST_DIFFERENT
    assert found.items[0].unsure == max(each.unsure for each in every)
    first, last = every[:5], every[-5:]
    assert min(each.unsure for each in first) > max(each.unsure for each in last)
    assert all(sum(chance for _, chance in each.guesses) == pytest.approx(1) for each in every)


def test_of_two_alike_that_it_is_unsure_of_the_second_comes_late() -> None:
    vectors = np.array([[1, 0], [1, 0.01], [0.6, 0.8], [0, 1]], np.float32)
    ids, spans_s = np.arange(4), np.tile([0.0, 4.0], (4, 1))
    pool = Pool("e", ids, ids, spans_s, Examples(unit_rows(vectors)), 4)
    unsure = np.array([0.9, 0.89, 0.6, 0.5], np.float32)
    taken = np.zeros(4, np.bool_)
    chosen = choose(pool, n=4, taken=taken, labelled=None, unsure=unsure)
    assert chosen.places.tolist() == [0, 3, 2, 1]
    one_video = replace(pool, video_ids=np.array([1, 2, 3, 1]))
    chosen = choose(one_video, n=4, taken=taken, labelled=None, unsure=unsure)
    assert chosen.places.tolist() == [0, 2, 1, 3]
    assert chosen.unsure == pytest.approx([0.9, 0.6, 0.89, 0.5])


def test_newest_labels_are_learned_from_in_the_background(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    label(catalogue, 10)
    assert annotator.propose(1).of_labels == 10
    label(catalogue, 14)
    # Whoever asks what is next does not wait for what is being learned.
    with ThreadPoolExecutor(1) as other, annotator._learning:
        asked = other.submit(annotator.propose, 1, waits=False)
        assert asked.result(timeout=60).of_labels == 10
    annotator.close()
    assert annotator.propose(1, waits=False).of_labels == 14


def test_a_stored_head_of_that_name_is_asked_before_labels_teach(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    label(catalogue, 8)
    kept = label_file(Annotations(catalogue), "colours")
    training = HeadTraining("colours", kept, families=(Family.LINEAR,))
    trained = train_heads(catalogue, training, lambda: pytest.fail("no texts"), lambda _: None)
    assert trained.heads[0].record.labels["file"] == "the set colours"
    for _ in range(8):
        Annotations(catalogue).undo("colours", by="ann")
    found = Annotator(catalogue, "colours", open_pool(catalogue)).propose(2)
    assert (found.asked, {each.why for each in found.items}) == ("head", {"unsure"})
    catalogue.set_encoder("other-1", "other-1")
    store(catalogue.home, {"w.mp4": np.eye(8, dtype=np.float32)[:2]}, encoder_id="other-1")
    other = Annotator(catalogue, "colours", open_pool(catalogue)).propose(2)
    assert other.asked == ""
    assert "vectors of colour-1" in other.notice
    assert {each.why for each in other.items} == {"different"}


def f1_by_labels(annotator: Annotator) -> dict[int, float]:
    found = {point.labels: point.f1_macro for point in annotator.curve()}
    return {n: f1 for n, f1 in found.items() if f1 is not None}


def test_more_labels_do_better_on_other_videos(catalogue: Catalogue, annotator: Annotator) -> None:
    label(catalogue, N)
    points = f1_by_labels(annotator)
    assert list(points) == sizes_of(N)
    assert points[N] > 0.9
    assert all(0 <= f1 <= 1 for f1 in points.values())


def test_a_point_of_a_curve_knows_only_the_labels_that_came_first(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    order = [*range(0, N, 2), *range(1, N, 2)]
    said = [Said(at + 1, 0.0, 4.0, (WORDS[at % 2],)) for at in order]
    Annotations(catalogue).say_all("colours", said, by="ann", source="api")
    points = f1_by_labels(annotator)
    # The first half of the labels is red alone: nothing is known of blue.
    assert all(f1 < 0.4 for n, f1 in points.items() if n <= N // 2)
    assert points[N] > 0.9


@pytest.mark.parametrize("n", [4, 5, 11, 40, 500])
def test_a_curve_has_few_points_and_ends_with_all_labels(n: int) -> None:
    sizes = sizes_of(n)
    assert sizes == sorted(set(sizes))
    assert (sizes[0], sizes[-1]) == (4, n)
    assert len(sizes) <= 8


def test_wrong_labels_are_doubted_first(catalogue: Catalogue, annotator: Annotator) -> None:
    label(catalogue, N, wrong=(3, 10))
    found = annotator.doubts()
    assert {each.annotation.video_id for each in found[:2]} == {4, 11}
    assert (found[0].given, found[0].likely) in (("red", "blue"), ("blue", "red"))
    chance, likely_chance = found[0].chance, found[0].likely_chance
    assert chance is not None
    assert likely_chance is not None
    assert chance < likely_chance


def test_of_several_labels_one_that_is_missing_is_doubted(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    made = Annotations(catalogue)
    made.make("colours", Task.SEVERAL)
    said = [Said(at + 1, 0.0, 4.0, ("red", "warm") if at % 2 == 0 else ("-",)) for at in range(N)]
    said[4] = Said(5, 0.0, 4.0, ("red",))
    made.say_all("colours", said, by="ann", source="api")
    first = annotator.doubts()[0]
    assert (first.annotation.video_id, first.given, first.likely) == (5, "-", "warm")


def test_confident_errors_are_those_of_the_published_rule() -> None:
    chances = np.array(
        [
            *([0.9, 0.1, 0.0], [0.7, 0.3, 0.0], [0.2, 0.8, 0.0], [0.45, 0.55, 0.0]),
            *([0.85, 0.15, 0.0], [0.52, 0.48, 0.0], [0.4, 0.6, 0.0]),
        ],
        np.float32,
    )
    given = np.array([0, 0, 1, 1, 1, 0, 1])
    # Means of what was given: class 0 .71, class 1 .52; nobody gave class 2. The sixth row is
    # confidently no other class: what was given is the likelier one.
    assert confident_errors(chances, given) == {4: 0}
    nobodys = chances + np.array([0.0, 0.0, 0.95], np.float32)
    assert confident_errors(nobodys, given) == {4: 0}


def test_unsure_is_the_margin_and_of_several_labels_the_least_sure_one() -> None:
    one = np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]], np.float32)
    assert margin_unsure(Task.CLASSES, one) == pytest.approx([1.0, 0.2], abs=1e-6)
    several = np.array([[0.99, 0.5], [0.9, 0.05]], np.float32)
    assert margin_unsure(Task.SEVERAL, several) == pytest.approx([1.0, 0.2], abs=1e-6)
    assert margin_unsure(Task.CLASSES, np.ones((2, 1), np.float32)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ([], "has 0 labelled stretches; at least 4"),
        ([(v, "red") for v in (1, 2, 3, 4, 5)], "every labelled stretch is 'red'"),
    ],
)
def test_a_set_that_teaches_nothing_says_why(
    catalogue: Catalogue, annotator: Annotator, said: list[Any], problem: str
) -> None:
    for video_id, word in said:
        kept = Said(video_id, 0.0, 4.0, (word,))
        Annotations(catalogue).say("colours", kept, by="ann", source="api")
    with pytest.raises(TooFewLabels, match=problem):
        annotator.curve()
    with pytest.raises(TooFewLabels, match=problem):
        annotator.doubts()
    assert annotator.propose(2).items


def test_labels_of_one_video_propose_and_are_not_judged(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    store(catalogue.home, {"long.mp4": unit_rows(np.eye(8, dtype=np.float32)[:6] + 0.1)})
    video_id = catalogue.video("long.mp4").id
    said = [Said(video_id, 4.0 * at, 4.0 * at + 4, (WORDS[at % 2],)) for at in range(6)]
    Annotations(catalogue).say_all("colours", said, by="ann", source="api")
    mine = Annotator(catalogue, "colours", open_pool(catalogue))
    assert mine.head() is not None
    with pytest.raises(ReelwiseError, match="all its labels are of one video"):
        mine.curve()


def test_a_large_library_is_looked_at_in_part(catalogue: Catalogue) -> None:
    pool = open_pool(catalogue, most=12)
    assert 0 < len(pool) <= 15
    assert pool.of_clips == 3 * N
    assert len(np.unique(pool.video_ids)) == 4


def test_what_moderation_withholds_is_not_proposed(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    set_policy(catalogue)
    every = {(each.video_id, each.start_s) for each in annotator.propose(1000).items}
    find(catalogue, "fights", (1, 0.0, 4.0, 0.9))
    left = {(each.video_id, each.start_s) for each in annotator.propose(1000).items}
    assert every - left == {(1, 0.0)}

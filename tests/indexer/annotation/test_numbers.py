"""A set of numbers: what is proposed next, how far off the head is, which numbers may be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from data.annotations.annotations import Annotations, Said
from data.annotations.taught import label_file
from data.arrays import Floats
from data.catalogue import Catalogue
from data.home import Home
from data.labels.kinds import Task
from indexer.annotation.annotator import FIRST_DIFFERENT, Annotator, TooFewLabels
from indexer.annotation.errors import modified_z_scores
from indexer.annotation.pool import open_pool
from indexer.annotation.proposing import spread_unsure
from indexer.heads.models.model import Family
from indexer.heads.training import HeadTraining, train_heads
from tests.fakes import unit_rows
from tests.indexer.made import store

N = 30


@pytest.fixture(scope="module")
def clips() -> dict[str, Floats]:
    """Videos of three clips around one direction, in which the last one lies by itself."""
    rng = np.random.default_rng(0)
    usual = np.eye(8, dtype=np.float32)[:1] + rng.normal(0, 0.3, (N, 3, 8))
    usual[-1, :, 7] += 2.0
    return {f"v{n:02d}.mp4": unit_rows(rows.astype(np.float32)) for n, rows in enumerate(usual)}


@pytest.fixture
def catalogue(home: Home, clips: dict[str, Floats]) -> Iterator[Catalogue]:
    store(home, clips)
    with Catalogue(home) as opened:
        Annotations(opened).make("risk", Task.NUMBER)
        yield opened


@pytest.fixture
def annotator(catalogue: Catalogue) -> Annotator:
    return Annotator(catalogue, "risk", open_pool(catalogue))


def risk_of(rows: Floats) -> float:
    """What the first clip of a video has: it is in its vector."""
    return round(float(10 + 5 * rows[0, 1] - 3 * rows[0, 2]), 3)


def label(
    catalogue: Catalogue,
    clips: dict[str, Floats],
    videos: Sequence[int],
    *,
    off: Sequence[int] = (),
) -> None:
    """Give the first clips of some videos their number, some of them twenty too much."""
    rows = list(clips.values())
    said = [Said(at + 1, 0.0, 4.0, (str(risk_of(rows[at]) + 20 * (at in off)),)) for at in videos]
    Annotations(catalogue).say_all("risk", said, by="ann", source="api")


def test_early_proposals_differ_and_later_ones_are_what_a_committee_disagrees_about(
    catalogue: Catalogue, annotator: Annotator, clips: dict[str, Floats]
) -> None:
    label(catalogue, clips, range(FIRST_DIFFERENT - 1))
    early = annotator.propose(5)
    assert {each.why for each in early.items} == {"different"}
    assert all(each.number is not None and each.guesses == () for each in early.items)
    label(catalogue, clips, [FIRST_DIFFERENT - 1])
    found = annotator.propose(1000)
    assert (found.asked, found.of_labels) == ("labels", FIRST_DIFFERENT)
    assert {each.why for each in found.items} == {"unsure"}
    # The video that lies by itself: no label tells of its direction.
    assert found.items[0].video_id == N
    assert found.items[0].unsure == max(each.unsure for each in found.items)
    spreads = [each.spread for each in found.items if each.spread is not None]
    assert len(spreads) == len(found.items)
    assert min(spreads) > 0


def test_the_guessed_number_is_near_and_few_labels_guess_nothing(
    catalogue: Catalogue, annotator: Annotator, clips: dict[str, Floats]
) -> None:
    label(catalogue, clips, range(9))
    assert {each.number for each in annotator.propose(3).items} == {None}
    label(catalogue, clips, range(9, N - 2))
    by_place = {(each.video_id, each.start_s): each for each in annotator.propose(1000).items}
    number = by_place[N - 1, 0.0].number
    assert number == pytest.approx(risk_of(list(clips.values())[N - 2]), abs=0.5)


def test_the_curve_is_the_error_beside_that_of_the_mean(
    catalogue: Catalogue, annotator: Annotator, clips: dict[str, Floats]
) -> None:
    label(catalogue, clips, range(N))
    points = annotator.curve()
    assert points[-1].labels == N
    assert all(point.f1_macro is None for point in points)
    last = points[-1]
    assert last.mae is not None
    assert last.mae_of_mean is not None
    assert 0 < last.mae < 0.5 * last.mae_of_mean
    y = np.array([risk_of(rows) for rows in clips.values()])
    assert last.mae_of_mean == pytest.approx(np.abs(y - y.mean()).mean(), rel=0.1)


def test_a_curve_of_numbers_begins_where_every_fold_is_taught(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    first = [Said(1, 4.0 * at, 4.0 * at + 4, (str(at),)) for at in range(3)]
    more = [Said(1, 4.0 * at, 4.0 * at + 5, (str(at),)) for at in range(2)]
    other = [Said(at, 0.0, 4.0, (str(at),)) for at in (2, 3)]
    Annotations(catalogue).say_all("risk", [*first, *more, *other], by="ann", source="api")
    assert [point.labels for point in annotator.curve()] == [6, 7]


def test_numbers_that_are_far_off_are_doubted_and_usual_errors_are_not(
    catalogue: Catalogue, annotator: Annotator, clips: dict[str, Floats]
) -> None:
    label(catalogue, clips, range(N - 1))
    assert all(each.times_usual is not None and each.times_usual < 8 for each in annotator.doubts())
    label(catalogue, clips, range(N - 1), off=(4, 11))
    found = annotator.doubts()
    assert {each.annotation.video_id for each in found[:2]} == {5, 12}
    first, second = found[0].times_usual, found[1].times_usual
    assert first is not None
    assert second is not None
    assert first >= second > 3.5
    assert found[0].chance is None
    given, likely = float(found[0].given), float(found[0].likely)
    assert abs(given - 20 - likely) < 5


def test_one_number_that_is_far_off_makes_no_other_doubtful(
    catalogue: Catalogue, annotator: Annotator, clips: dict[str, Floats]
) -> None:
    label(catalogue, clips, range(N - 1))
    usual = {each.annotation.video_id for each in annotator.doubts()}
    far = Said(5, 0.0, 4.0, ("3000",))
    Annotations(catalogue).say("risk", far, by="ann", source="api")
    found = annotator.doubts()
    assert {each.annotation.video_id for each in found} <= {5, *usual}
    # It is measured by the errors of heads that it did not teach: else these were of some hundred.
    assert found[0].times_usual is not None
    assert found[0].times_usual > 500


def test_numbers_that_are_all_the_same_teach_nothing(
    catalogue: Catalogue, annotator: Annotator
) -> None:
    said = [Said(at, 0.0, 4.0, ("0.5",)) for at in range(1, 8)]
    Annotations(catalogue).say_all("risk", said, by="ann", source="api")
    with pytest.raises(TooFewLabels, match=r"every labelled stretch is '0\.5'"):
        annotator.curve()
    assert {each.number for each in annotator.propose(2).items} == {None}


def test_a_stored_head_of_numbers_guesses_before_labels_teach(
    catalogue: Catalogue, annotator: Annotator, clips: dict[str, Floats]
) -> None:
    label(catalogue, clips, range(N))
    kept = label_file(Annotations(catalogue), "risk")
    training = HeadTraining("risk", kept, families=(Family.LINEAR,))
    trained = train_heads(catalogue, training, lambda: pytest.fail("no texts"), lambda _: None)
    assert trained.heads[0].task is Task.NUMBER
    for _ in range(N):
        Annotations(catalogue).undo("risk", by="ann")
    found = Annotator(catalogue, "risk", open_pool(catalogue)).propose(2)
    assert (found.asked, {each.why for each in found.items}) == ("head", {"different"})
    assert all(each.number is not None and each.spread is None for each in found.items)


def test_z_scores_are_those_of_the_published_rule() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    assert modified_z_scores(values) == pytest.approx(np.abs(values - 3) / 1.4826, rel=1e-4)
    half = modified_z_scores(np.array([0.0, 0.0, 0.0, 10.0]))
    assert half == pytest.approx([0, 0, 0, 10 / (1.2533 * 2.5)], rel=1e-4)
    assert modified_z_scores(np.ones(4)).tolist() == [0.0] * 4


def test_a_spread_is_measured_by_that_of_the_labels() -> None:
    spread = np.array([0.0, 1.0, 8.0], np.float32)
    assert spread_unsure(spread, 2.0).tolist() == [0.0, 0.5, 1.0]
    assert spread_unsure(spread, 0.0).tolist() == [0.0, 1.0, 1.0]

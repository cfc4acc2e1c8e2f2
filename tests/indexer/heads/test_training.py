from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home, resolve_home
from data.labels.rows import LabelWish
from indexer.heads.inputs.examples import Examples
from indexer.heads.models.model import Family
from indexer.heads.of_rows import predict_rows
from indexer.heads.predicting import bring_up_to_date
from indexer.heads.stored import forget_person, head_names, load_head
from indexer.heads.training import HeadTraining, train_heads
from tests.indexer.heads.made import (
    NAMES,
    action_rows,
    alternating_library,
    made_library,
    train,
    write_csv,
)

pytestmark = pytest.mark.long(10)

LINEAR = (Family.LINEAR,)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A library of which tests train heads of other names."""
    home = resolve_home(tmp_path_factory.mktemp("heads") / "home")
    home.make()
    made_library(home)
    return home


def with_columns(tmp_path: Path) -> Path:
    """Numbers that a column decides, not the picture."""
    rows = [
        (*row[:3], 10.0 + 5 * (at % 3), f"user{at % 3}", at % 7)
        for at, row in enumerate(action_rows())
    ]
    return write_csv(tmp_path / "rows.csv", "video,start_s,end_s,label,user,price", rows)


def test_a_head_learns_what_clips_show(home: Home, tmp_path: Path) -> None:
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", action_rows())
    trained = train(home, HeadTraining("action", labels, folds=3, families=LINEAR))
    head = load_head(home, "action")
    figures = head.record.figures
    assert head.classes == ("jump", "run", "sit")
    assert (head.record.rows, head.record.videos, trained.troubles) == (40, 10, [])
    assert 0.9 < figures["f1_macro"] <= 1.0
    assert head.record.baselines["frequency"]["f1_macro"] < 0.4
    assert sum(map(sum, figures["confusion"])) == figures["n"] == 40
    assert "whole videos" in head.record.judged
    assert figures["calibration_error"] < 0.15


def test_labels_of_chance_are_judged_as_chance(home: Home, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = [(*row[:3], rng.choice(["x", "y"])) for row in action_rows()]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", rows)
    figures = train(home, HeadTraining("chance", labels, families=LINEAR)).heads[0].record.figures
    assert 0.25 < figures["auc"] < 0.75


def test_a_column_is_used_where_the_picture_says_nothing(home: Home, tmp_path: Path) -> None:
    file = with_columns(tmp_path)
    head = train(home, HeadTraining("value", file, families=LINEAR)).heads[0]
    assert head.needed == ("user", "price")
    assert head.record.figures["rmse"] < 0.5 * head.record.baselines["mean"]["rmse"]


def test_no_row_is_judged_by_a_model_that_saw_a_later_one(home: Home, tmp_path: Path) -> None:
    # Half of the past says nothing of the rest: the label is what it was one step before.
    rows = [(*row[:3], float(at // 10), at) for at, row in enumerate(action_rows())]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label,time", rows)
    record = train(home, HeadTraining("later", labels, families=LINEAR)).heads[0].record
    assert "each later than all it is fitted on" in record.judged
    assert record.figures["n"] < record.rows
    assert record.baselines["last_value"]["rmse"] < record.baselines["mean"]["rmse"]


def test_several_columns_of_labels_share_a_trunk(home: Home, tmp_path: Path) -> None:
    rows = [(*row, "low" if row[3] == "sit" else "") for row in action_rows()]
    rows = [(*row[:4], row[4] or "high") for row in rows]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label_kind,label_height", rows)
    networks = (Family.NETWORK,)
    trained = train(home, HeadTraining("multi", labels, folds=2, families=networks))
    assert [head.name for head in trained.heads] == ["multi.kind", "multi.height"]
    tried = {each["name"]: each for each in trained.heads[0].record.tried}
    assert set(tried) == {"mlp", "shared mlp"}
    assert tried["shared mlp"]["f1_macro"] > 0.8

    with_trunk = HeadTraining("top", labels, LabelWish(label_columns=("label_height",)))
    with_trunk = HeadTraining(
        "top", labels, with_trunk.wish, families=LINEAR, trunks=("multi.kind",), folds=2
    )
    head = train(home, with_trunk).heads[0]
    assert len(head.recipe.trunks[0].layers) == 2
    recipe = load_head(home, head.name).recipe
    assert recipe.of_vector == 32 + 64 * recipe.changes  # what the trunk gives, not the clip vector


N_ORDERED = 20


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Videos in which run and sit take turns."""
    home = resolve_home(tmp_path_factory.mktemp("ordered") / "home")
    home.make()
    alternating_library(home, N_ORDERED)
    return home


def begins_with(video: int, clip: int) -> str:
    return f"from {NAMES[1 + (video + clip) % 2]}"


def ordered_rows(tmp_path: Path) -> Path:
    """Whether run comes before sit, or after it: both have the same mean."""
    rows = [
        (f"v{v}.mp4", c * 4.0, c * 4.0 + 8.0, begins_with(v, c))
        for v in range(N_ORDERED)
        for c in range(2)
    ]
    return write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", rows)


@pytest.mark.parametrize("family", [Family.GRU, Family.CONVOLUTION])
def test_frames_in_order_tell_what_their_mean_does_not(
    ordered: Home, tmp_path: Path, family: Family
) -> None:
    labels = ordered_rows(tmp_path)
    training = HeadTraining("order", labels, frames=True, families=(family,), folds=2)
    head = train(ordered, training).heads[0]
    assert head.uses_frames
    assert head.record.figures["accuracy"] > 0.6
    assert {each["name"] for each in head.record.tried} == {f"{family}", f"{family}, changes"}
    stored = load_head(ordered, "order")
    assert stored.model.family is family


def test_how_a_stretch_changes_is_told_to_linear_models(ordered: Home, tmp_path: Path) -> None:
    head = train(ordered, HeadTraining("way", ordered_rows(tmp_path), families=LINEAR, folds=2))
    stored = load_head(ordered, "way")
    assert stored.recipe.changes
    assert stored.record.tried[0]["name"].endswith(", changes")
    assert stored.record.figures["accuracy"] > 0.9
    tried = {each["name"]: each["accuracy"] for each in head.heads[0].record.tried}
    assert max(tried[name] for name in tried if "changes" not in name) < 0.6
    asked = write_csv(
        tmp_path / "q.csv", "video,start_s,end_s", [("v0.mp4", 0, 8), ("v5.mp4", 0, 8)]
    )
    with Catalogue(ordered) as catalogue:
        told = predict_rows(catalogue, "way", asked, lambda: pytest.fail("no column has texts"))
        assert bring_up_to_date(catalogue).clips["way"] == 3 * N_ORDERED
    assert [row.said[0][0] for row in told.rows] == [begins_with(v, 0) for v in (0, 5)]


def test_many_rows_are_not_told_how_they_change(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.heads.inputs.stretches.MOST_CHANGES", 39 * 4 * 16)
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", action_rows())
    tried = train(home, HeadTraining("many", labels, families=LINEAR)).heads[0].record.tried
    assert not any("changes" in each["name"] for each in tried)


def test_rows_of_unknown_videos_are_counted_and_left_out(home: Home, tmp_path: Path) -> None:
    rows = [*action_rows(), ("elsewhere.mp4", 0, 4, "run"), ("v1.mp4", 900, 904, "run")]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", rows)
    trained = train(home, HeadTraining("some", labels, families=LINEAR, folds=2))
    assert [(each.line, each.reason) for each in trained.troubles] == [
        (42, "no indexed video is called 'elsewhere.mp4'"),
        (43, "its stretch begins at 900 s, and the video ends at 16 s"),
    ]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("v1.mp4", "x"), ("v2.mp4", "x"), ("v3.mp4", "x"), ("v4.mp4", "x")], "nothing to tell"),
        ([("v1.mp4", "x"), ("v2.mp4", "y")], "at least 4 are needed"),
        ([("other.mp4", "x"), ("third.mp4", "y")], "none of the 2 rows is about a stretch"),
    ],
)
def test_what_teaches_nothing_is_refused_and_nothing_is_written(
    home: Home, tmp_path: Path, rows: list[tuple[str, str]], problem: str
) -> None:
    labels = write_csv(tmp_path / "a.csv", "video,label", rows)
    with pytest.raises(ReelwiseError, match=problem):
        train(home, HeadTraining("refused", labels, families=LINEAR))
    assert "refused" not in head_names(home)


def test_one_video_is_no_test_of_another(home: Home, tmp_path: Path) -> None:
    rows = [("v1.mp4", c * 4.0, c * 4.0 + 4.0, "xy"[c % 2]) for c in range(4)]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", rows)
    with pytest.raises(ReelwiseError, match="all rows are of one video"):
        train(home, HeadTraining("single", labels, families=LINEAR))


def test_a_forgotten_person_is_no_longer_in_a_head_and_it_says_so(
    home: Home, tmp_path: Path
) -> None:
    train(home, HeadTraining("liked", with_columns(tmp_path), families=LINEAR, folds=2))
    content = (home.head("liked") / "head.json").read_bytes()
    assert b"user0" not in content
    assert "liked" in forget_person(home, "user0")
    head = load_head(home, "liked")
    assert head.to_refit == "a person in its rows was forgotten"
    assert not head.was_fitted_on("user0")
    assert head.was_fitted_on("user1")
    assert forget_person(home, "somebody else") == []


def test_a_comment_is_read_by_the_sentence_encoder(home: Home, tmp_path: Path) -> None:
    rows = [
        (*row[:3], "01"[at % 2], ("how sad this is", "what a happy day")[at % 2])
        for at, row in enumerate(action_rows())
    ]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label,comment", rows)

    class Letters:
        """Counts letters: exact vectors without a model."""

        id, dim = "letters-1", 26

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            alphabet = "abcdefghijklmnopqrstuvwxyz"
            return np.array([[text.count(a) for a in alphabet] for text in texts], np.float32)

        def knows(self, word: str) -> bool:
            return True

    wish = LabelWish(kinds={"comment": "text"})
    training = HeadTraining("mood", labels, wish, families=LINEAR, folds=2)
    with Catalogue(home) as catalogue:
        head = train_heads(catalogue, training, Letters, lambda _: None).heads[0]
    assert head.sentences_id == "letters-1"
    assert head.record.figures["accuracy"] > 0.9


def test_tastes_of_persons_are_stored_as_they_were_fitted(home: Home, tmp_path: Path) -> None:
    labels = with_columns(tmp_path)
    training = HeadTraining("tasted", labels, folds=2, families=(Family.TASTES,))
    (fitted,) = train(home, training).heads
    stored = load_head(home, "tasted")
    assert stored.model.family is Family.TASTES
    vectors = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    columns = {"user": ["user0", "user1", "user2", "nobody"], "price": ["1", "2", "3", ""]}
    said = stored.outputs(Examples(vectors, columns=columns))
    assert np.array_equal(said, fitted.outputs(Examples(vectors, columns=columns)))
    assert len(np.unique(said)) == 4

"""Predictions of all clips: stored, brought up to date, removed with their clips, made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.durable import arm_crash
from data.errors import ReelwiseError
from data.home import Home
from data.labels.kinds import Task
from indexer.build.removal import remove_paths
from indexer.heads.described import JSON_FILE
from indexer.heads.head import Head
from indexer.heads.of_rows import predict_rows
from indexer.heads.predicting import bring_up_to_date, said
from indexer.heads.stored import TENSORS_FILE, load_head, remove_head
from indexer.heads.training import HeadTraining
from indexer.verify import verify_library
from tests.indexer.heads.made import (
    NAMES,
    action_rows,
    kind_of,
    made_library,
    train,
    vector,
    write_csv,
)
from tests.indexer.heads.test_stored import made_head
from tests.indexer.heads.test_training import LINEAR
from tests.indexer.made import store

N_VIDEOS = 6


def no_sentences() -> None:
    raise AssertionError("no column has texts")


@pytest.fixture
def trained(home: Home, tmp_path: Path) -> Head:
    """A library of six videos, and a head that was trained on five of them."""
    made_library(home, N_VIDEOS)
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", action_rows(5))
    return train(home, HeadTraining("action", labels, folds=2, families=LINEAR)).heads[0]


def update(home: Home) -> dict[str, int]:
    with Catalogue(home) as catalogue:
        return bring_up_to_date(catalogue).clips


def chosen(home: Home, name: str = "action") -> dict[int, list[str]]:
    """By video, what its clips are said to show, in order of time."""
    with Catalogue(home) as catalogue:
        head = catalogue.predictions.heads()[name]
        table = catalogue.clip_table("colour-1")
        ids = [int(clip) for clip in table.ids]
        best = {p.clip_id: p.label for p in catalogue.predictions.of(head, ids) if p.chosen}
        found: dict[int, list[str]] = {}
        for clip, video in zip(ids, table.video_ids.tolist(), strict=True):
            found.setdefault(video, []).append(best.get(clip, ""))
        return found


def problems(home: Home) -> list[str]:
    return [each.what for each in verify_library(home).problems]


def test_all_clips_get_a_prediction_and_new_ones_theirs(home: Home, trained: Head) -> None:
    assert update(home) == {"action": 4 * N_VIDEOS}
    assert update(home) == {}
    wanted = [[NAMES[kind_of(v, c)] for c in range(4)] for v in range(N_VIDEOS)]
    right = np.array(list(chosen(home).values())) == np.array(wanted)
    assert right.mean() > 0.85
    new = store(home, {"new.mp4": np.stack([vector(2, np.random.default_rng(9))])})["new.mp4"]
    assert "action predicted is missing for 1 clips" in " ".join(problems(home))
    assert update(home) == {"action": 1}
    assert chosen(home)[new] == ["sit"]
    assert problems(home) == []


def test_predictions_go_with_their_clips(home: Home, trained: Head) -> None:
    update(home)
    with Catalogue(home) as catalogue:
        video = catalogue.video("v0.mp4").id
        catalogue.embeddings.forget("colour-1", [video])
        head = catalogue.predictions.heads()["action"]
        assert catalogue.predictions.count(head) == 4 * (N_VIDEOS - 1)
    remove_paths(home, [Path("/videos/v1.mp4")])
    assert len(chosen(home)) == N_VIDEOS - 2


def test_a_head_that_was_fitted_anew_predicts_anew(
    home: Home, trained: Head, tmp_path: Path
) -> None:
    update(home)
    rows = [(*row[:3], f"no {row[3]}") for row in action_rows(5)]
    labels = write_csv(tmp_path / "b.csv", "video,start_s,end_s,label", rows)
    train(home, HeadTraining("action", labels, folds=2, families=LINEAR))
    assert "action predicted is of an older fit" in " ".join(problems(home))
    assert update(home) == {"action": 4 * N_VIDEOS}
    assert {label[:3] for labels in chosen(home).values() for label in labels} == {"no "}
    remove_head(home, "action")
    assert problems(home) == ["predictions of heads that are gone are left"]
    verify_library(home, repair=True)
    assert problems(home) == []


@pytest.mark.parametrize("point", ["predictions.begun", "predictions.put.before_commit"])
def test_a_kill_in_between_is_made_good_by_the_next_run(
    home: Home, trained: Head, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.heads.predicting.VIDEOS_AT_ONCE", 2)

    class Killed(BaseException):
        """Stands for SIGKILL in this process: what is not committed is gone."""

    def kill(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("data.durable.os.kill", kill)
    arm_crash(f"{point}:{1 if point.endswith('begun') else 2}")
    try:
        with pytest.raises(Killed):
            update(home)
    finally:
        arm_crash(None)
    assert "is missing for" in " ".join(problems(home))
    update(home)
    assert problems(home) == []
    assert all(all(labels) for labels in chosen(home).values())


def test_predictions_that_changed_on_the_disk_are_found_and_made_anew(
    home: Home, trained: Head
) -> None:
    update(home)
    for change in ("score = score / 2 + 0.01", "score = 7.0", "label = 'fly'"):
        with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
            connection.exec_driver_sql(f"UPDATE predictions SET {change} WHERE chosen = 1")
        assert "the head action predicted" in " ".join(problems(home))
        assert verify_library(home, repair=True).repaired
        assert problems(home) == []


def test_a_damaged_head_is_told_and_keeps_what_it_predicted(home: Home, trained: Head) -> None:
    update(home)
    for name in (TENSORS_FILE, JSON_FILE):
        path = home.head("action") / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-3])
        assert "is not as it was written" in " ".join(problems(home))
        with Catalogue(home) as catalogue:
            assert bring_up_to_date(catalogue).left_out == {"action": "it is damaged"}
        assert len(chosen(home)) == N_VIDEOS
        path.write_bytes(whole)


def test_a_head_of_another_encoder_predicts_nothing_and_says_so(
    home: Home, trained: Head, tmp_path: Path
) -> None:
    store(home, {"v0.mp4": np.eye(1, 16, dtype=np.float32)}, encoder_id="colour-2")
    with Catalogue(home) as catalogue:
        catalogue.set_encoder("colour-2", "colour-2")
        assert "fitted on vectors of colour-1" in bring_up_to_date(catalogue).left_out["action"]
        rows = write_csv(tmp_path / "rows.csv", "video", [("v0.mp4",)])
        with pytest.raises(ReelwiseError, match="fitted on vectors of colour-1"):
            predict_rows(catalogue, "action", rows, no_sentences)  # type: ignore[arg-type]


def test_a_head_with_columns_predicts_of_rows_alone(home: Home, tmp_path: Path) -> None:
    made_library(home, N_VIDEOS)
    rows = [(*row[:3], 10.0 + 5 * (at % 3), at % 3) for at, row in enumerate(action_rows(5))]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label,level", rows)
    wanted = HeadTraining("price", labels, families=LINEAR, folds=2)
    train(home, wanted)
    with Catalogue(home) as catalogue:
        assert "needs the columns level" in bring_up_to_date(catalogue).left_out["price"]
        asked = [("v5.mp4", 0, 4, 2), ("v5.mp4", 0, 4, 0), ("gone.mp4", 0, 4, 1)]
        file = write_csv(tmp_path / "rows.csv", "video,start_s,end_s,level", asked)
        found = predict_rows(catalogue, "price", file, no_sentences)  # type: ignore[arg-type]
        high, low = (row.said[0][1] for row in found.rows)
        assert 3 < high - low < 14
        assert [each.line for each in found.troubles] == [4]
        lacking = write_csv(tmp_path / "lacking.csv", "video", [("v5.mp4",)])
        with pytest.raises(ReelwiseError, match="has no column level, which the head price needs"):
            predict_rows(catalogue, "price", lacking, no_sentences)  # type: ignore[arg-type]
    assert problems(home) == []
    assert load_head(home, "price").needed == ("level",)


@pytest.mark.parametrize(
    ("task", "row", "told"),
    [
        (Task.CLASSES, [0.02, 0.98], [("yes", 0.98, True)]),
        (Task.CLASSES, [0.4, 0.6], [("yes", 0.6, True), ("no", 0.4, False)]),
        (Task.SEVERAL, [0.7, 0.6], [("no", 0.7, True), ("yes", 0.6, True)]),
        (Task.SEVERAL, [0.01, 0.02], [("yes", 0.02, False)]),
        (Task.NUMBER, [12.5], [("", 12.5, True)]),
    ],
)
def test_what_is_said_of_a_clip(
    task: Task, row: Sequence[float], told: list[tuple[str, float, bool]]
) -> None:

    head = replace(made_head("action"), task=task)
    found = said(head, np.array(row, np.float32))
    assert [(label, round(score, 4), is_so) for label, score, is_so in found] == told

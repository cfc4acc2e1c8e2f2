"""Heads over small pictures in space and time: what moves is told where vectors say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.arrays import Floats
from data.catalogue import Catalogue
from data.catalogue.values import sql
from data.errors import DamagedFile, ReelwiseError
from data.home import Home, resolve_home
from data.labels.kinds import Task
from indexer.heads.fitting import volume as volume_fit
from indexer.heads.fitting.linear import fit_linear
from indexer.heads.inputs.stretches import NO_PICTURES, READ_AGAIN
from indexer.heads.inputs.volumes import FRAMES, volume_of
from indexer.heads.models.answers import answers_of
from indexer.heads.models.model import Family
from indexer.heads.models.volume import beside, volume_raw
from indexer.heads.of_rows import predict_rows
from indexer.heads.predicting import Untold, bring_up_to_date
from indexer.heads.stored import TENSORS_FILE, load_head
from indexer.heads.training import HeadTraining, Trained
from indexer.verify import verify_library
from tests.indexer.heads.made import train, write_csv
from tests.indexer.heads.moving import CLIP_S, CLIPS, clip_pictures, moving_library, way

pytestmark = pytest.mark.long(18)

N_VIDEOS = 12
OF_PICTURES = (Family.VOLUME,)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = resolve_home(tmp_path_factory.mktemp("moving") / "home")
    home.make()
    moving_library(home, N_VIDEOS)
    return home


@pytest.fixture(scope="module")
def trained(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    """A head that was fitted for less long than usual, on videos in which squares move."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_fit, "STEPS", 60)
        labels = labels_of(tmp_path_factory.mktemp("labels"), range(N_VIDEOS))
        training = HeadTraining("way", labels, volumes=True, families=OF_PICTURES, folds=2)
        yield train(home, training)


def labels_of(folder: Path, videos: range) -> Path:
    rows = [
        (f"v{v}.mp4", c * CLIP_S, (c + 1) * CLIP_S, way(v, c)) for v in videos for c in range(CLIPS)
    ]
    return write_csv(folder / "a.csv", "video,start_s,end_s,label", rows)


def test_what_moves_is_learned_from_pictures_where_vectors_say_nothing(
    home: Home, trained: Trained
) -> None:
    record = trained.heads[0].record
    assert {each["name"] for each in record.tried} == {"3d", "3d, clips"}
    assert record.figures["accuracy"] > 0.8
    assert load_head(home, "way").uses_volumes


def test_clips_are_predicted_of_when_they_come_and_those_of_old_are_named(
    home: Home, trained: Trained
) -> None:
    moving_library(home, 1, first=50)
    with Catalogue(home) as catalogue:
        assert bring_up_to_date(catalogue).clips == {"way": CLIPS * (N_VIDEOS + 1)}
        assert bring_up_to_date(catalogue).clips == {}
    assert not [each for each in verify_library(home, deep=True).problems if "way" in each.what]
    moving_library(home, 1, first=60, pictures=False)
    with Catalogue(home) as catalogue:
        told = bring_up_to_date(catalogue)
        assert (told.clips, told.left_out) == ({}, {})
        assert told.untold == {"way": Untold(CLIPS, 1)}
        # It is no damage, and no repair could make it good: only the video itself.
        report = verify_library(home)
        assert [each.what for each in report.problems if "way" in each.what] == []
        assert [each for each in report.notes if NO_PICTURES in each] == [
            f"the head way cannot tell 2 clips of 1 videos: {NO_PICTURES} ({READ_AGAIN})"
        ]
        # What is missing of others beside them still is a problem.
        with catalogue.writing("test") as connection:
            connection.execute(sql("DELETE FROM predictions WHERE clip_id = 1"))
        (problem,) = [each for each in verify_library(home).problems if "way" in each.what]
        assert "is missing for 1 clips" in problem.what
        assert bring_up_to_date(catalogue).clips == {"way": CLIPS}


def test_rows_are_predicted_of_by_their_pictures(
    home: Home, trained: Trained, tmp_path: Path
) -> None:
    asked = labels_of(tmp_path, range(4))
    with Catalogue(home) as catalogue:
        told = predict_rows(catalogue, "way", asked, lambda: pytest.fail("no column has texts"))
    said = [row.said[0][0] for row in told.rows]
    right = np.mean([a == way(*divmod(at, CLIPS)) for at, a in enumerate(said)])
    assert right > 0.8


def test_a_head_whose_network_was_changed_on_the_disk_is_refused(
    home: Home, trained: Trained
) -> None:
    file = home.head("way") / TENSORS_FILE
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DamagedFile, match="wrong checksum"):
        load_head(home, "way")
    file.write_bytes(content)


def test_videos_without_pictures_are_refused_by_line_and_nothing_is_written(
    home: Home, tmp_path: Path
) -> None:
    moving_library(home, 2, first=70, pictures=False)
    training = HeadTraining("blind", labels_of(tmp_path, range(70, 72)), volumes=True)
    with pytest.raises(ReelwiseError, match=f"line 2: {NO_PICTURES}") as raised:
        train(home, training)
    assert "--features 3d" in raised.value.fix
    assert not home.head("blind").exists()


def test_a_volume_has_pictures_evenly_spread_and_some_twice_where_there_are_few() -> None:
    many = np.repeat(np.arange(15, dtype=np.uint8)[:, None], 256, axis=1)
    assert volume_of(many)[:, 0, 0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert volume_of(many[:2])[:, 3, 3].tolist() == [0] * 4 + [1] * 4


def test_it_stops_when_videos_that_are_kept_aside_are_told_no_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    labels = [("left", "right")[at % 2] for at in range(20)]
    volumes = np.stack([volume_of(clip_pictures(label, rng)) for label in labels])
    mixed = answers_of(Task.CLASSES, [(str(each),) for each in rng.permutation(labels)])
    seen: list[int] = []

    def average(*_: object) -> None:
        seen.append(1)

    monkeypatch.setattr(volume_fit, "LEAST_ROWS", 20)
    monkeypatch.setattr(volume_fit, "LEAST_STEPS", 2)
    monkeypatch.setattr(volume_fit, "CHECK", 2)
    monkeypatch.setattr(volume_fit, "_average", average)  # the mean stays as it began: no better
    videos = np.arange(20, dtype=np.int64)
    volume_fit.fit_volume(volumes, np.zeros((20, 0), np.float32), mixed, videos, seed=0)
    assert len(seen) == 2 + volume_fit.PATIENCE * 2


def test_a_linear_model_beside_it_is_brought_to_its_scale() -> None:
    rng = np.random.default_rng(1)
    volumes = rng.integers(0, 255, (12, FRAMES, 16, 16)).astype(np.uint8)
    rows: Floats = rng.normal(size=(12, 3)).astype(np.float32)
    numbers = answers_of(Task.NUMBER, [(str(100 + 10 * row[0]),) for row in rows])
    videos = np.arange(12, dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_fit, "STEPS", 3)
        net = volume_fit.fit_volume(volumes, rows[:, :0], numbers, videos, seed=0)
    linear = fit_linear(rows, numbers, strength=3.0)
    both = beside(net, linear, volumes, rows, 3)

    def outputs(arrays: dict[str, Floats], raw: Floats) -> Floats:
        return raw * arrays["scale"] + arrays["shift"]

    alone = outputs(dict(net.arrays), volume_raw(net.arrays, volumes, rows, 3))
    of_rows = outputs(dict(linear.arrays), rows @ linear.arrays["weight"].T + linear.arrays["bias"])
    said = outputs(dict(both.arrays), volume_raw(both.arrays, volumes, rows, 3))
    np.testing.assert_allclose(said, (alone + of_rows) / 2, rtol=1e-4)

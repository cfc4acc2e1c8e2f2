from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.types import FrameSpec
from data.video.write import write_video
from embeddings.training.captions import Stretch
from embeddings.training.head.features import Collected, Encode, FeatureSource, collect, mild_view

SPEC = FrameSpec(16, 16)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of four seconds; frame i is painted grey 6*i, the second one 60 brighter."""
    folder = tmp_path_factory.mktemp("painted")
    for name, offset in (("a.mp4", 0), ("b.mp4", 60)):
        frames = [np.full((32, 32, 3), 6 * i // 2 + offset, np.uint8) for i in range(40)]
        write_video(folder / name, frames, fps=10, crf=10)
    (folder / "bad.mp4").write_text("no video at all")
    return folder


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A feature of two numbers: the mean grey, and one."""
    means = pixels.astype(np.float32).mean((1, 2, 3)) / 255
    return np.stack([means, np.ones_like(means)], axis=1)


def gathered(
    stretches: Sequence[Stretch], cache: Path, *, views: int = 0, encode: Encode | None = grey
) -> Collected:
    source = FeatureSource(SPEC, "grey", encode, views)
    return collect(stretches, source, cache, workers=1)


def test_a_stretch_is_sampled_twice_a_second_from_its_start(videos: Path, tmp_path: Path) -> None:
    stretch = Stretch(videos / "a.mp4", 1.0, 3.0)
    ((frames, times),) = gathered([stretch, stretch], tmp_path).frames[stretch]
    assert times.tolist() == [1.0, 1.5, 2.0, 2.5]
    assert np.allclose(frames[:, 0] * 255, [30, 45, 60, 75], atol=3)
    assert frames.dtype == np.float16


def test_a_second_run_decodes_nothing_and_gives_the_same(videos: Path, tmp_path: Path) -> None:
    stretches = [Stretch(videos / "a.mp4", 0.0, 2.0), Stretch(videos / "b.mp4", 0.0, 2.0)]
    first = gathered(stretches, tmp_path, views=1)
    again = gathered(stretches, tmp_path, views=1)
    assert (first.decoded, again.decoded) == (2, 0)
    for stretch in stretches:
        assert len(first.frames[stretch]) == 2
        for (rows, _), (kept, _) in zip(first.frames[stretch], again.frames[stretch], strict=True):
            assert np.array_equal(rows, kept)
    assert gathered(stretches, tmp_path, views=2).decoded == 2  # one view is not enough
    assert gathered(stretches, tmp_path).decoded == 0  # more than enough are


def test_a_bad_video_is_recorded_and_stops_nothing(videos: Path, tmp_path: Path) -> None:
    good = Stretch(videos / "b.mp4", 0.0, 1.0)
    bad = [Stretch(videos / "bad.mp4", 0.0, 1.0), Stretch(videos / "gone.mp4", 0.0, 1.0)]
    late = Stretch(videos / "a.mp4", 90.0, 95.0)
    found = gathered([*bad, late, good], tmp_path)
    assert list(found.frames) == [good]
    told = {trouble.where.split("/")[-1]: trouble.reason for trouble in found.troubles}
    assert set(told) == {"bad.mp4 0-1 s", "gone.mp4 0-1 s", "a.mp4 90-95 s"}
    assert "not a video" in told["bad.mp4 0-1 s"]


def test_a_damaged_cache_file_is_made_again(videos: Path, tmp_path: Path) -> None:
    stretch = Stretch(videos / "a.mp4", 0.0, 1.0)
    before = gathered([stretch], tmp_path).frames[stretch][0][0]
    (file,) = (tmp_path / "training" / "grey").iterdir()
    for damage in (b"", file.read_bytes()[:100]):
        file.write_bytes(damage)
        again = gathered([stretch], tmp_path)
        assert again.decoded == 1
        assert np.array_equal(again.frames[stretch][0][0], before)


def test_the_same_content_under_another_name_is_known(videos: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes((videos / "a.mp4").read_bytes())
    gathered([Stretch(videos / "a.mp4", 0.0, 1.0)], tmp_path)
    assert gathered([Stretch(copy, 0.0, 1.0)], tmp_path).decoded == 0


def test_pixels_are_kept_where_features_change(videos: Path, tmp_path: Path) -> None:
    stretch = Stretch(videos / "a.mp4", 0.0, 2.0)
    ((pixels, times),) = gathered([stretch], tmp_path, encode=None).frames[stretch]
    assert pixels.dtype == np.uint8
    assert pixels.shape == (len(times), 16, 16, 3)


def test_a_view_keeps_the_shape_and_changes_the_picture_alike_in_every_frame() -> None:
    clip = np.random.default_rng(0).integers(0, 255, (5, 24, 32, 3), dtype=np.uint8)
    clip[:] = clip[0]
    view = mild_view(clip, np.random.default_rng(1))
    assert view.shape == clip.shape
    assert view.dtype == np.uint8
    assert not np.array_equal(view, clip)
    assert all(np.array_equal(view[0], frame) for frame in view)

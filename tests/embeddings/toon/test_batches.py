import numpy as np
import pytest
from numpy.typing import NDArray

from data.toons.scenes import Scene, random_scene
from embeddings.toon import batches as toon_batches
from embeddings.toon.bank import BANK_PX, Bank, bank_scene
from embeddings.toon.batches import BatchShape, ToonBatch, batches, meaning, reverse_scene
from embeddings.toon.footage import random_footage
from embeddings.toon.labels import label
from embeddings.training.augment import MILD, STRONG, Distortion


def scene_of(n_actors: int, motions: tuple[str, ...]) -> Scene:
    rng = np.random.default_rng(0)
    while True:
        scene = random_scene(rng, held_out=None, n_actors=n_actors)
        if tuple(actor.motion for actor in scene.actors) == motions:
            return scene


class TestedFootage:
    """Shows at any time how late it is; its times must lie within it."""

    duration_s = 5.0

    def frames(self, times_s: NDArray[np.float64], *, size_px: int) -> NDArray[np.uint8]:
        assert ((times_s >= 0) & (times_s <= self.duration_s)).all()
        pixels = np.zeros((len(times_s), size_px, size_px, 3), np.uint8)
        pixels[:] = np.round(times_s * 50).astype(np.uint8)[:, None, None, None]
        return pixels


def marked(
    frames: NDArray[np.uint8], _rng: np.random.Generator, how: Distortion, *, size_px: int
) -> NDArray[np.uint8]:
    """Stands in for `distort`: changes nothing but one pixel, which tells how strong it was."""
    del size_px
    out = frames.copy()
    out[:, 0, 0] = {MILD: 1, STRONG: 2}[how]
    return out


def test_every_part_of_a_batch_is_of_the_scene_it_stands_for(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toon_batches, "distort", marked)
    monkeypatch.setattr(toon_batches, "random_footage", lambda _rng: TestedFootage())
    monkeypatch.setattr(Scene, "caption", lambda scene, _rng: f"says {meaning(scene)}")
    shape = BatchShape(px=BANK_PX, frames=240, strong=34, footage=30, view_frames=3)
    mild, strong = [], []
    shown: list[set[int]] = []
    for _, batch in zip(range(6), batches(bank, shape, 0), strict=False):
        n, length = batch.times_s.shape
        assert batch.toons.shape == (n, length, BANK_PX, BANK_PX, 3)
        assert n == 240 // length
        picked = [owner(bank, times) for times in batch.times_s]
        assert len(set(picked)) == n
        shown.append(set(picked))
        scenes = [bank_scene(bank.spec, i) for i in picked]
        for i, times, frames in zip(picked, batch.times_s, batch.toons, strict=True):
            mild.append(check_view(bank, i, times, frames, mark=1))
        for row in range(shape.strong):
            times, frames = batch.strong_times_s[row], batch.strong[row]
            strong.append(check_view(bank, picked[row], times, frames, mark=2))
        assert (batch.labels.frames == label(scenes, batch.times_s).frames).all()
        assert batch.meanings == [meaning(scene) for scene in scenes]
        assert batch.captions == [f"says {meaning(scene)}" for scene in scenes]
        turned = [reverse_scene(scene) for scene in scenes]
        assert batch.backward_captions == [f"says {meaning(s)}" if s else None for s in turned]
        assert batch.backward_meanings == [meaning(s) if s else "" for s in turned]
        swapped = [scene.opposite() for scene in scenes if len(scene.actors) == 2]
        assert batch.wrong_captions == [f"says {meaning(s)}" for s in swapped if s is not None]
        check_footage(batch)
    assert len(set.union(*shown)) > 100
    mild_share, _ = np.mean(mild, axis=0)
    strong_share, strong_middle = np.mean(strong, axis=0)
    assert mild_share > 0.82 > 0.55 > strong_share
    assert 0.45 < strong_middle < 0.55


def test_a_batch_follows_from_its_number(bank: Bank) -> None:
    shape = BatchShape(px=32, frames=40, strong=3, footage=2)
    whole = batches(bank, shape, 7)
    next(whole)
    second, later = next(whole), next(batches(bank, shape, 7, first=1))
    assert np.array_equal(second.toons, later.toons)
    assert second.captions == later.captions
    assert second.seed == later.seed != next(whole).seed


def owner(bank: Bank, times_s: NDArray[np.float32]) -> int:
    """The one scene whose times these are."""
    (found,) = np.flatnonzero(np.isin(bank.times_s, times_s).sum(1) == len(set(times_s.tolist())))
    return int(found)


def check_view(
    bank: Bank, i: int, times_s: NDArray[np.float32], frames: NDArray[np.uint8], *, mark: int
) -> tuple[float, float]:
    """Hold a view against its scene; give the share of it between the view's ends, and the middle.

    Both count from 0, the scene's first frame, to 1, its last.
    """
    kept = np.array(bank.times_s[i])
    assert (np.diff(times_s) >= 0).all()
    assert (frames[:, 0, 0] == mark).all()
    assert (frames[:, 1:] == bank.frames[i, np.searchsorted(kept, times_s)][:, 1:]).all()
    first, last = (times_s[[0, -1]] - kept[0]) / (np.nanmax(kept) - kept[0])
    return float(last - first), float(first + last) / 2


def check_footage(batch: ToonBatch) -> None:
    mild, strong = batch.footage[..., 0, 0, 0], batch.footage[..., 5, 5, 0].astype(float) / 50
    assert (mild[0] == 1).all()
    assert (mild[1] == 2).all()
    since = strong - strong[..., :1]
    assert (since >= 0).all()
    assert (strong[0, :, 0] != strong[1, :, 0]).any()
    assert np.abs(batch.footage_times_s[0] - since[0]).max() < 0.021
    speeds = since[1][:, -1] / np.maximum(batch.footage_times_s[1][:, -1], 1e-3)
    far = since[1][:, -1] > 1
    assert far.sum() > 3
    assert 0.75 < speeds[far].min() < 0.98
    assert 1.05 < speeds[far].max() < 1.35


def test_a_reversed_scene_has_other_directions_and_another_order() -> None:
    left = reverse_scene(scene_of(1, ("left",)))
    assert left is not None
    assert left.actors[0].motion == "right"
    assert reverse_scene(scene_of(1, ("bounce",))) is None
    scene = scene_of(2, ("rise", "spin"))
    both = reverse_scene(scene)
    assert both is not None
    assert [a.motion for a in both.actors] == ["spin", "fall"]
    assert [a.kind for a in both.actors] == [a.kind for a in reversed(scene.actors)]
    assert [a.begin_s for a in both.actors] == [0.0, scene.duration_s / 2]
    assert [a.end_s for a in both.actors] == [scene.duration_s / 2, scene.duration_s]
    assert [a.begin_s for a in both.actors] == [a.begin_s for a in scene.actors]


def test_footage_is_the_same_from_the_same_seed_and_varied_otherwise() -> None:
    one, again, other = (random_footage(np.random.default_rng(s)) for s in (1, 1, 2))
    times = np.array([0.0, 2.0])
    assert (one.frames(times) == again.frames(times)).all()
    assert one.frames(times).std() > 1
    assert not (one.canvas == other.canvas).all()

import numpy as np
import pytest

from data.footage import random_footage
from data.toons import Scene, random_scene
from embeddings.augment import MILD, STRONG, distort
from embeddings.toon_bank import (
    Bank,
    BankSpec,
    BatchShape,
    backwards,
    bank_scene,
    batches,
    draw_bank,
    meaning,
)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    spec = BankSpec(tmp_path_factory.mktemp("bank"), n_scenes=130, seed=5)
    bank = Bank(spec)
    draw_bank(spec, 0, 2)
    draw_bank(spec, 1, 2)
    return bank


def scene_of(n_actors: int, motions: tuple[str, ...]) -> Scene:
    rng = np.random.default_rng(0)
    while True:
        scene = random_scene(rng, held_out=None, n_actors=n_actors)
        if tuple(actor.motion for actor in scene.actors) == motions:
            return scene


def test_no_training_scene_is_a_held_out_combination(bank: Bank) -> None:
    assert len(bank.drawn()) == 130
    assert not any(bank_scene(bank.spec, i).held_out for i in range(130))


def test_a_bank_that_was_stopped_goes_on_without_drawing_twice(bank: Bank) -> None:
    before = np.array(bank.frames[7])
    bank.frames[7, 0] = 99
    bank.times_s[8] = np.nan
    draw_bank(bank.spec, 0, 1)
    assert (bank.frames[7, 0] == 99).all()
    assert len(bank.drawn()) == 130
    bank.frames[7] = before


def test_a_batch_shows_frames_in_order_under_their_own_captions(bank: Bank) -> None:
    shape = BatchShape(px=32, frames=160, strong=6, footage=5)
    stream = batches(bank, shape, np.random.default_rng(0))
    for _ in range(3):
        batch = next(stream)
        n, length = batch.times_s.shape
        assert batch.toons.shape == (n, length, 32, 32, 3)
        assert n == 160 // length
        assert (np.diff(batch.times_s, axis=1) >= 0).all()
        assert batch.footage.shape == (2, 5, shape.view_frames, 32, 32, 3)
        known = {bank_scene(bank.spec, i).facts: bank_scene(bank.spec, i) for i in range(130)}
        meanings = {meaning(scene) for scene in known.values()}
        assert set(batch.meanings) <= meanings
        assert not set(batch.wrong_captions) & set(batch.captions)


def test_backwards_turns_directions_and_order() -> None:
    left = backwards(scene_of(1, ("left",)))
    assert left is not None
    assert left.actors[0].motion == "right"
    assert backwards(scene_of(1, ("bounce",))) is None
    scene = scene_of(2, ("rise", "spin"))
    both = backwards(scene)
    assert both is not None
    assert [a.motion for a in both.actors] == ["spin", "fall"]
    assert [a.kind for a in both.actors] == [a.kind for a in reversed(scene.actors)]
    assert [a.begin_s for a in both.actors] == [a.begin_s for a in scene.actors]


@pytest.mark.parametrize("how", [MILD, STRONG])
def test_a_view_keeps_its_shape_and_one_distortion_a_clip(how: object) -> None:
    clip = np.repeat(np.random.default_rng(1).integers(0, 255, (1, 40, 60, 3), np.uint8), 4, 0)
    for seed in range(20):
        view = distort(clip, np.random.default_rng(seed), how, size_px=32)  # type: ignore[arg-type]
        assert view.shape == (4, 32, 32, 3)
        assert (view == view[:1]).all()


def test_strong_views_are_farther_from_the_video_than_mild_ones() -> None:
    rng = np.random.default_rng(3)
    clips = [random_footage(rng).frames(np.array([0.5]), size_px=48) for _ in range(12)]

    def distance(how: object) -> float:
        views = [distort(c, np.random.default_rng(9), how, size_px=48) for c in clips]  # type: ignore[arg-type]
        return float(
            np.mean([np.abs(v.astype(float) - c).mean() for v, c in zip(views, clips, strict=True)])
        )

    assert distance(STRONG) > 1.5 * distance(MILD)


def test_footage_is_the_same_from_the_same_seed_and_varied_otherwise() -> None:
    one, again, other = (random_footage(np.random.default_rng(s)) for s in (1, 1, 2))
    times = np.array([0.0, 2.0])
    assert (one.frames(times) == again.frames(times)).all()
    assert one.frames(times).std() > 1
    assert not (one.canvas == other.canvas).all()

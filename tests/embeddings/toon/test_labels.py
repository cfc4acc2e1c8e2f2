"""Labels say what `Actor.pose` says; probes cost what the written formula says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from data.toons.actors import MOTIONS, Actor
from data.toons.places import PLACES
from data.toons.scenes import Scene, random_scene
from data.toons.shapes import ASPECT, COLOURS, KINDS
from embeddings.toon.labels import GRID_CELLS, Labels, Probes, label

CELLS = GRID_CELLS[0] * GRID_CELLS[1]
SIZES = (CELLS, len(KINDS), len(COLOURS))


def scene_of(*actors: Actor) -> Scene:
    return Scene(actors, "desert", 4.0, 1)


def still(kind: str, colour: str, at: tuple[float, float], motion: str = "spin") -> Actor:
    return Actor(kind, colour, motion, 0.0, 4.0, at, at, 0.4, phase=0.5)


def label_one(scene: Scene, *times_s: float) -> tuple[NDArray[np.float32], ...]:
    """(t, cells down, cells across), (t, kinds), (t, colours) of one scene."""
    found = label([scene], np.array([times_s], np.float32)).frames[0]
    cells, kinds, colours = np.split(found, np.cumsum(SIZES)[:-1], axis=1)
    return cells.reshape(-1, GRID_CELLS[1], GRID_CELLS[0]), kinds, colours


def test_the_cells_of_an_actor_have_its_position_as_their_mean() -> None:
    x, y = 0.7, 0.4
    cells, _, _ = label_one(scene_of(still("car", "red", (x, y))), 1.0)
    across, down = (
        (np.arange(GRID_CELLS[0]) + 0.5) / GRID_CELLS[0] * ASPECT,
        (np.arange(GRID_CELLS[1]) + 0.5) / GRID_CELLS[1],
    )
    assert cells.sum() == pytest.approx(1)
    assert np.count_nonzero(cells) == 4
    assert (cells[0] * across).sum() == pytest.approx(x, abs=1e-5)
    assert (cells[0] * down[:, None]).sum() == pytest.approx(y, abs=1e-5)


def test_an_actor_in_a_corner_fills_the_cell_there() -> None:
    corners = {(0.0, 0.0): (0, 0), (ASPECT, 1.0): (GRID_CELLS[1] - 1, GRID_CELLS[0] - 1)}
    for at, (row, column) in corners.items():
        cells, _, _ = label_one(scene_of(still("car", "red", at)), 1.0)
        assert cells[0, row, column] == cells.sum() == 1


def test_only_visible_actors_are_told_each_with_its_kind_and_colour() -> None:
    car = still("car", "red", (0.5, 0.5))
    ghost = still("rabbit", "blue", (1.2, 0.5), "vanish")  # gone after half of its time
    cells, kinds, colours = label_one(scene_of(car, ghost), 0.0, 4.0)
    both, alone = [KINDS.index("car"), KINDS.index("rabbit")], [KINDS.index("car")]
    assert [sorted(np.flatnonzero(row).tolist()) for row in kinds] == [sorted(both), alone]
    tones = list(COLOURS)
    assert colours[0, tones.index("red")] == colours[0, tones.index("blue")] == 1
    assert colours[1].sum() == colours[1, tones.index("red")] == 1
    assert cells.sum((1, 2)) == pytest.approx([2, 1])


def test_acts_tell_who_did_what_in_which_order_and_nobody_is_a_class() -> None:
    rng = np.random.default_rng(0)
    scenes = [random_scene(rng, held_out=None, n_actors=n) for n in (2, 1, 2)]
    found = label(scenes, np.zeros((3, 2), np.float32))
    for scene, acts, place in zip(scenes, found.acts, found.places, strict=True):
        assert PLACES[place] == scene.place
        for actor, (kind, colour, motion) in zip(scene.actors, acts, strict=False):
            assert KINDS[kind] == actor.kind
            assert list(COLOURS)[colour] == actor.colour
            assert MOTIONS[motion] == actor.motion
    assert found.acts[1, 1].tolist() == [len(KINDS), len(COLOURS), len(MOTIONS)]
    assert len({scene.place for scene in scenes}) > 1


def test_times_belong_to_the_rows_and_columns_they_stand_in() -> None:
    moving = scene_of(replace(still("car", "red", (0.4, 0.5), "right"), stop=(1.4, 0.5)))
    resting = scene_of(still("car", "red", (0.4, 0.5)))
    frames = label([moving, resting], np.array([[0.0, 4.0], [4.0, 4.0]], np.float32)).frames
    assert (frames[0, 0] == frames[1]).all()
    assert (frames[0, 0] != frames[0, 1]).any()


def entropy(said: torch.Tensor, wanted: NDArray[np.float32]) -> float:
    """Cross entropy of shares that need not add up to one."""
    return -float((torch.log_softmax(said, 0) * torch.from_numpy(wanted / wanted.sum())).sum())


def test_probes_cost_the_mean_cross_entropy_of_every_question_that_has_an_answer() -> None:
    torch.manual_seed(0)
    probes, dim = Probes(16), 16
    frames, clips = torch.randn(3, 4, dim), torch.randn(3, dim)
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, (3, 4, sum(SIZES))).astype(np.float32)
    truth[1, 2] = 0  # nobody can be seen there
    acts = np.stack([rng.integers(0, n, (3, 2)) for n in (53, 11, 18)], axis=-1)
    places = np.array([4, 0, 9])
    with torch.no_grad():
        costs = probes(frames, clips, Labels(truth, places, acts))
        scale, by_frame, by_clip = dim**0.5, 0.0, 0.0
        for first, size in zip((0, CELLS, CELLS + len(KINDS)), SIZES, strict=True):
            piece = slice(first, first + size)
            by_frame += float(
                np.mean(
                    [
                        entropy(probes.frame(frames[b, t] * scale)[piece], truth[b, t, piece])
                        for b, t in np.ndindex(3, 4)
                        if (b, t) != (1, 2)
                    ]
                )
            )
        for b in range(3):
            said = torch.log_softmax(probes.place(frames[b].mean(0) * scale), 0)
            by_frame -= float(said[places[b]]) / 3
            for order in range(2):
                answers = torch.split(probes.acts[order](clips[b] * scale), [53, 11, 18])
                for answer, act in zip(answers, acts[b, order], strict=True):
                    by_clip -= float(torch.log_softmax(answer, 0)[act]) / 3
    assert float(costs["frame_facts"]) == pytest.approx(by_frame, rel=1e-5)
    assert float(costs["clip_facts"]) == pytest.approx(by_clip, rel=1e-5)

"""What the toon world promises of its pixels: every fact of a scene can be seen."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from data.toons import shapes as shapes_module
from data.toons.actors import MOTIONS, OPPOSITES, Actor, Slot, place_actor
from data.toons.places import PLACES, draw_place
from data.toons.scenes import Scene, draw_scene, is_held_out, random_scene
from data.toons.shapes import COLOURS, KINDS, paint, palette, read_parts

SEEDS = range(4)
CODE = np.array([65536, 256, 1])
"""Times a colour: one number for it."""
PINNED = [
    "grow desert",
    "grow space",
    "grow kitchen",
    "appear meadow",
    "shake meadow",
    "zigzag forest",
    "blink underwater",
    "blink kitchen",
]
"""The held-out motions and places of red cars."""


def _scene_with(motion: str, seed: int) -> Scene:
    """A scene of one actor with this motion and all else by chance."""
    rng = np.random.default_rng([seed, MOTIONS.index(motion)])
    kind, place = str(rng.choice(KINDS)), str(rng.choice(PLACES))
    colour = str(rng.choice(list(COLOURS)))
    return Scene((place_actor(rng, kind, colour, motion, Slot(0, 4)),), place, 4.0, seed)


def _trace(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Times two per second, and from the pixels: centres (n, 2) in frame heights, areas (n,)."""
    offset_s = 0.12 * (scene.seed % 4)  # no motion may hide from frames that fall otherwise
    times_s = np.arange(offset_s, scene.duration_s + 0.01, 0.5)
    frames = draw_scene(scene, times_s).astype(int)
    backdrop = draw_place(scene.place, scene.seed, width_px=320, height_px=180).astype(int)
    centres, areas = [], []
    for frame in frames:
        y, x = np.nonzero(np.abs(frame - backdrop).sum(2) > 24)
        areas.append(float(len(x)))
        middle = ((x.min() + x.max()) / 2, (y.min() + y.max()) / 2) if len(x) else (np.nan, np.nan)
        centres.append(middle)
    return times_s, np.array(centres) / 180, np.array(areas)


def test_the_world_is_as_large_as_promised() -> None:
    assert len(KINDS) == 52
    assert len(set(KINDS)) == 52
    assert len(COLOURS) == 10
    assert len(PLACES) == 10
    assert len(MOTIONS) == 17


def _area_px(*kinds: str) -> int:
    area_px = 0
    for kind in kinds:
        canvas = np.zeros((200, 300, 3), np.uint8)
        paint(canvas, kind, "red", np.array([[150.0, 0, 150], [0, 150.0, 100]]))
        area_px += int(canvas.any(2).sum())
    return area_px


def test_the_drawings_are_those_that_the_toon_encoder_learned() -> None:
    drawings = json.loads(Path(shapes_module.__file__).with_name("kinds.json").read_text("utf-8"))
    digest = hashlib.sha256(json.dumps(drawings).encode()).hexdigest()
    assert digest == "9c42185c4af9ef522b0e1ae0e897740a4d998a2392fb5e41740d2158e3c406ab"
    # What the reader makes of them: OpenCV may place a border pixel differently, no more.
    assert _area_px("car") == pytest.approx(17_999, abs=20)
    assert _area_px("clock") == pytest.approx(22_662, abs=20)
    assert _area_px(*KINDS) == pytest.approx(1_070_688, abs=500)


def test_parts_are_read_back_to_front_with_eyes_and_mirror_images() -> None:
    rows: list[list[Any]] = [
        ["box", "dark", 0, 0, 1, 2],
        ["mirrored", ["polygon", "body", 1, 0, 2, 0, 2, 1]],
    ]
    back, right, left = read_parts(rows)
    assert (back.tone, back.points.tolist()) == ("dark", [[0, 0], [1, 0], [1, 2], [0, 2]])
    assert (right.tone, right.points.tolist()) == ("body", [[1, 0], [2, 0], [2, 1]])
    assert (left.tone, left.points.tolist()) == ("body", [[-1, 0], [-2, 0], [-2, 1]])
    eye = read_parts([["eye", 0.5, 0.25, 0.1]])
    assert [part.tone for part in eye] == ["ink", "white", "ink", "white"]
    assert np.ptp(eye[0].points, axis=0).tolist() == pytest.approx([0.25, 0.25], abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_mostly_in_its_own_colour(kind: str) -> None:
    for colour in COLOURS:
        canvas = np.full((200, 300, 3), (1, 200, 150), np.uint8)
        paint(canvas, kind, colour, np.array([[150.0, 0, 150], [0, 150.0, 100]]))
        tones = palette(colour)
        codes = canvas @ CODE
        area = {tone: int((codes == CODE @ rgb).sum()) for tone, rgb in tones.items()}
        shades = area["body"] + area["dark"] + area["light"]
        if colour in ("white", "black"):  # their shades are close to neutrals
            assert area["body"] > 0
            continue
        neutral = sum(area[t] for t in ("glass", "cream", "skin", "steel", "grey", "bark", "leaf"))
        assert shades > 1.2 * neutral, colour
        assert area["body"] > 0.4 * shades, colour


def test_kinds_differ_even_as_small_squashed_silhouettes() -> None:
    shapes = []
    for kind in KINDS:
        canvas = np.zeros((96, 96, 3), np.uint8)
        paint(canvas, kind, "yellow", np.array([[40.0, 0, 48], [0, 70.0, 48]]))
        shapes.append(canvas.astype(float))
    distances = {
        (a, b): float(np.abs(shapes[i] - shapes[j]).mean())
        for (i, a), (j, b) in itertools.combinations(enumerate(KINDS), 2)
    }
    closest = min(distances, key=lambda pair: distances[pair])
    assert distances[closest] > 12, closest


def test_colours_differ_clearly() -> None:
    pairs = itertools.combinations(np.array(list(COLOURS.values()), float), 2)
    assert min(float(np.linalg.norm(a - b)) for a, b in pairs) > 70


@pytest.mark.parametrize("place", PLACES)
def test_a_place_varies_with_its_seed_and_looks_like_no_other(place: str) -> None:
    def view(where: str, seed: int) -> NDArray[np.float64]:
        pixels = draw_place(where, seed, width_px=160, height_px=90)
        return cv2.resize(pixels, (16, 9), interpolation=cv2.INTER_AREA).astype(float)

    assert (
        draw_place(place, 5, width_px=64, height_px=36)
        == draw_place(place, 5, width_px=64, height_px=36)
    ).all()
    again = [float(np.abs(view(place, 1) - view(place, s)).mean()) for s in (2, 3, 4)]
    others = [float(np.abs(view(place, 1) - view(p, 2)).mean()) for p in PLACES if p != place]
    assert min(again) > 0.5
    assert max(again) < min(others)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("motion", "axis", "sign"),
    [("left", 0, -1), ("right", 0, 1), ("rise", 1, -1), ("fall", 1, 1)],
)
def test_moving_one_way_moves_the_pixels_that_way(
    motion: str, axis: int, sign: int, seed: int
) -> None:
    _, centres, areas = _trace(_scene_with(motion, seed))
    steps = sign * np.diff(centres, axis=0)
    assert (steps[:, axis] > 0).all()
    assert steps[:, axis].sum() > (0.4 if axis == 0 else 0.2)
    assert np.abs(steps[:, 1 - axis]).max() < 0.02
    assert areas.min() > 0.6 * areas.max()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("motion", "sign"), [("diagonal_up", -1), ("diagonal_down", 1)])
def test_diagonal_ways_move_both_up_or_down_and_aside(motion: str, sign: int, seed: int) -> None:
    _, centres, _ = _trace(_scene_with(motion, seed))
    steps = np.diff(centres, axis=0)
    assert (sign * steps[:, 1] > 0).all()
    assert (steps[:, 0] > 0).all() or (steps[:, 0] < 0).all()
    assert abs(steps[:, 0].sum()) > 0.6 * abs(steps[:, 1].sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_growing_grows_and_shrinking_shrinks_in_place(seed: int) -> None:
    for motion, sign in (("grow", 1), ("shrink", -1)):
        _, centres, areas = _trace(_scene_with(motion, seed))
        assert (sign * np.diff(areas) > 0).all()
        assert areas.max() > 4 * areas.min()
        assert np.ptp(centres, axis=0).max() < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_appearing_and_vanishing_happen_once_in_the_middle(seed: int) -> None:
    for motion, there in (("appear", (False, True)), ("vanish", (True, False))):
        times_s, _, areas = _trace(_scene_with(motion, seed))
        seen = areas > 0
        assert (seen[0], seen[-1]) == there
        changes = np.flatnonzero(np.diff(seen.astype(int)))
        assert len(changes) == 1
        assert 0.2 * 4 < times_s[changes[0]] < 0.8 * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_blinking_goes_and_comes_back(seed: int) -> None:
    _, _, areas = _trace(_scene_with("blink", seed))
    seen = "".join("x" if area > 0 else "." for area in areas)
    assert re.search(r"x+\.+x+\.+x", seen), seen


@pytest.mark.parametrize("seed", SEEDS)
def test_turning_and_trembling_stay_in_place_but_never_still(seed: int) -> None:
    for motion in ("spin", "shake"):
        scene = _scene_with(motion, seed)
        _, centres, areas = _trace(scene)
        assert np.ptp(centres, axis=0).max() < 0.3
        assert areas.min() > 0.5 * areas.max()
        frames = draw_scene(scene, np.arange(0.5, 4, 0.5)).astype(int)
        changed = (np.abs(np.diff(frames, axis=0)).sum(3) > 60).mean((1, 2))
        assert changed.min() > 0.003
    angles = [_scene_with("spin", seed).actors[0].pose(t).turn_deg for t in (0, 0.5, 1, 4)]
    assert np.abs(angles) == pytest.approx([0, 45, 90, 360])


def _turns(values: NDArray[np.float64]) -> int:
    """How often a sequence changes between going up and going down."""
    steps = np.diff(values)
    steps = steps[np.abs(steps) > 0.01]
    return int((np.diff(np.sign(steps)) != 0).sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_cycles_are_told_apart_at_two_frames_a_second(seed: int) -> None:
    _, bounce, _ = _trace(_scene_with("bounce", seed))
    assert np.ptp(bounce[:, 0]) < 0.02
    assert np.ptp(bounce[:, 1]) > 0.22
    assert _turns(bounce[:, 1]) >= 3
    _, swing, _ = _trace(_scene_with("swing", seed))
    assert _turns(swing[:, 0]) >= 2
    assert np.ptp(swing[:, 0]) > 0.2
    _, zigzag, _ = _trace(_scene_with("zigzag", seed))
    assert _turns(zigzag[:, 0]) == 0
    assert abs(zigzag[-1, 0] - zigzag[0, 0]) > 0.4
    assert _turns(zigzag[:, 1]) >= 3
    _, circle, _ = _trace(_scene_with("circle", seed))
    middle = circle.mean(0)
    radii = np.linalg.norm(circle - middle, axis=1)
    assert np.ptp(circle, axis=0).min() > 0.35
    assert radii.min() > 0.15


def test_objects_are_a_quarter_to_half_of_the_frame_and_inside_it() -> None:
    rng = np.random.default_rng(0)
    heights = []
    for _ in range(80):
        scene = random_scene(rng, held_out=None, n_actors=1)
        if scene.actors[0].motion in ("grow", "shrink", "appear", "vanish", "blink", "spin"):
            continue
        times_s = np.array([0.4 * scene.duration_s])
        on = draw_scene(scene, times_s)[0].astype(int)
        off = draw_place(scene.place, scene.seed, width_px=320, height_px=180).astype(int)
        y, x = np.nonzero(np.abs(on - off).sum(2) > 24)
        heights.append((y.max() - y.min()) / 180)
        assert min(x.min(), y.min(), 319 - x.max(), 179 - y.max()) >= 0
    assert np.percentile(heights, 5) > 0.2
    assert np.percentile(heights, 95) < 0.65


def test_only_motion_tells_left_from_right() -> None:
    rng = np.random.default_rng(1)
    faces: dict[str, list[int]] = {"left": [], "right": []}
    starts: dict[str, list[float]] = {"left": [], "right": []}
    for _ in range(400):
        for motion, facing in faces.items():
            actor = place_actor(rng, "car", "red", motion, Slot(0, 4))
            facing.append(actor.faces)
            starts[motion].append(actor.pose(2.0).x)
    assert abs(np.mean(faces["left"])) < 0.15
    assert abs(np.mean(faces["right"])) < 0.15
    assert abs(np.mean(starts["left"]) - np.mean(starts["right"])) < 0.05


@pytest.mark.parametrize("seed", range(6))
def test_two_actors_act_one_after_the_other(seed: int) -> None:
    scene = random_scene(np.random.default_rng(seed), held_out=None, n_actors=2)
    first, then = scene.actors
    assert (first.kind, first.colour) != (then.kind, then.colour)
    half_s = scene.duration_s / 2
    early, late = np.linspace(0, half_s, 7), np.linspace(half_s, scene.duration_s, 7)

    def still(actor: Actor, times_s: NDArray[np.float64]) -> bool:
        frames = draw_scene(replace(scene, actors=(actor,)), times_s)
        return bool((frames == frames[0]).all())

    assert not still(first, early)
    assert still(first, late[1:])
    assert still(then, early[:-1])
    assert not still(then, late)


def test_the_opposite_is_the_same_scene_played_backwards() -> None:
    for motion in MOTIONS:
        scene = _scene_with(motion, 3)
        twin = scene.opposite()
        if motion not in OPPOSITES:
            assert twin is None
            continue
        assert twin is not None
        assert twin.actors[0].motion == OPPOSITES[motion]
        assert twin.opposite() == scene or motion in ("appear", "vanish")
        times_s = np.linspace(0.1, 3.9, 5)
        forwards = draw_scene(scene, times_s).astype(int)
        backwards = draw_scene(twin, 4 - times_s).astype(int)
        assert (np.abs(forwards - backwards).max(3) > 40).mean() < 0.001


def test_the_opposite_of_two_actors_swaps_who_is_first() -> None:
    scene = random_scene(np.random.default_rng(4), held_out=None, n_actors=2)
    twin = scene.opposite()
    assert twin is not None
    assert [a.kind for a in twin.actors] == [a.kind for a in scene.actors[::-1]]
    assert twin.actors[0].begin_s == 0
    assert twin.captions()[0] != scene.captions()[0]
    assert twin.opposite() == scene


def test_one_combination_in_ten_is_held_out_on_every_machine() -> None:
    every = itertools.product(KINDS, COLOURS, MOTIONS, PLACES)
    share = np.mean(
        [is_held_out(kind, colour, motion, place) for kind, colour, motion, place in every]
    )
    assert 0.095 < share < 0.105
    # Pinned: a change of the rule would let trained combinations into the test sets.
    held_out = [
        f"{motion} {place}"
        for motion, place in itertools.product(MOTIONS, PLACES)
        if is_held_out("car", "red", motion, place)
    ]
    assert held_out == PINNED


def test_held_out_scenes_never_leak_into_training() -> None:
    rng = np.random.default_rng(2)
    for held_out in (True, False):
        for _ in range(150):
            scene = random_scene(rng, held_out=held_out)
            told = [is_held_out(a.kind, a.colour, a.motion, scene.place) for a in scene.actors]
            assert told == [held_out] * len(told)
            assert scene.held_out is held_out


def test_a_quarter_of_the_scenes_has_two_actors() -> None:
    rng = np.random.default_rng(3)
    scenes = [random_scene(rng, held_out=False) for _ in range(600)]
    assert 0.2 < np.mean([len(s.actors) == 2 for s in scenes]) < 0.3
    assert all(3 <= s.duration_s <= 6 for s in scenes)
    with pytest.raises(ValueError, match="not 3"):
        random_scene(rng, held_out=None, n_actors=3)


def test_drawing_follows_from_the_scene_alone_at_any_size() -> None:
    one = random_scene(np.random.default_rng(9), held_out=None)
    two = random_scene(np.random.default_rng(9), held_out=None)
    assert one == two
    times_s = [0.5, 1.5]
    frames = draw_scene(one, times_s, width_px=96, height_px=96)
    assert frames.shape == (2, 96, 96, 3)
    assert frames.dtype == np.uint8
    assert (frames == draw_scene(two, times_s, width_px=96, height_px=96)).all()
    assert random_scene(np.random.default_rng(10), held_out=None) != one
    squashed = cv2.resize(draw_scene(one, times_s)[0], (96, 96), interpolation=cv2.INTER_AREA)
    assert float(np.abs(squashed.astype(int) - frames[0]).mean()) < 6

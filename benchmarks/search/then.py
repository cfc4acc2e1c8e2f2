"""One scene and then another, among cartoons that hold the same scenes in every order.

For each ordered pair of held-out scenes there are two videos: in one the second scene follows at
once, in the other two further scenes stand between. Scenes that touch are in different places, as
cuts within one place are not seen: both would be in one clip. `pair` asks for one scene, then for
the other; `near` also within a second. `first_alone`, `second_alone` and `one_text` ask with one
scene, and with both captions joined in one sentence. A question is right when a video of its pair
comes first, for `near` the one in which the scenes touch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.scenes import held_out_scenes
from data.home import resolve_home
from data.toons.names import toon_name
from data.toons.scenes import Scene
from data.toons.stories import FPS, Story, draw_story
from data.video.write import write_video
from embeddings.opening.choice import load_encoder
from indexer.build.pipeline import index_library
from indexer.search.query import Query
from indexer.search.searcher import Searcher

N_SCENES = {"small": 6, "full": 12}
FILLERS = 24
"""Scenes that stand around and between those that are asked for."""
NEAR_S = 1.0


def run(size: str) -> dict[str, Any]:
    """Write, index and ask."""
    scenes = _distinct(N_SCENES[size] + FILLERS)
    asked, fillers = scenes[: N_SCENES[size]], scenes[N_SCENES[size] :]
    encoder = load_encoder("toon")
    with tempfile.TemporaryDirectory() as folder:
        pairs = list(_pairs(Path(folder) / "toons", asked, fillers))
        home = resolve_home(Path(folder) / "home")
        index_library(home, [Path(folder) / "toons"], encoder)
        with closing(Searcher(home, encoder)) as searcher:
            figures = _figures(searcher, asked, pairs)
    return {"videos": 2 * len(pairs), "questions": len(pairs), **figures}


def _distinct(n: int) -> list[Scene]:
    """Scenes of one actor, no two with the same kind of actor and place."""
    found: dict[tuple[str, str], Scene] = {}
    for scene in held_out_scenes(40 * n, seed=700):
        if len(scene.actors) == 1:
            found.setdefault((scene.actors[0].kind, scene.place), scene)
    return list(found.values())[:n]


Pair = tuple[int, int, str, str]
"""Numbers of two scenes, the video in which one follows the other at once, and the other video."""


def _pairs(folder: Path, asked: Sequence[Scene], fillers: Sequence[Scene]) -> Iterator[Pair]:
    """Write both videos of every ordered pair of scenes."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    pairs = [(a, b) for a, b in permutations(range(len(asked)), 2) if _touch(asked[a], asked[b])]
    for number, (a, b) in enumerate(pairs):
        near, far = toon_name(2 * number + 1), toon_name(2 * number + 2)
        between = [fillers[each] for each in rng.permutation(len(fillers))]
        between = _elsewhere(between, {asked[a].place, asked[b].place})
        _write(folder / near, [between[0], asked[a], asked[b], between[1]])
        _write(folder / far, [asked[a], *between[2:4], asked[b]])
        yield a, b, near, far


def _touch(one: Scene, other: Scene) -> bool:
    return one.place != other.place


def _elsewhere(scenes: Sequence[Scene], places: set[str]) -> list[Scene]:
    """Scenes in places that are none of these, each in another one."""
    found: dict[str, Scene] = {}
    for scene in scenes:
        if scene.place not in places:
            found.setdefault(scene.place, scene)
    return list(found.values())


def _write(path: Path, scenes: Sequence[Scene]) -> None:
    story = Story(path.stem, tuple(scenes), subtitled=False, seed=0)
    write_video(path, draw_story(story), fps=FPS, crf=23)


def _figures(searcher: Searcher, asked: Sequence[Scene], pairs: Sequence[Pair]) -> dict[str, float]:
    right: dict[str, list[bool]] = {}
    took_ms: list[float] = []
    for a, b, near, far in pairs:
        one, other = asked[a].captions()[0], asked[b].captions()[0]
        questions = {
            "first_alone": Query(one),
            "second_alone": Query(other),
            "one_text": Query(f"{one}, then {other}"),
            "pair": Query(one, then=(other,)),
            "near": Query(one, then=(other,), within_s=NEAR_S),
        }
        for name, query in questions.items():
            result = searcher.search(query, k=1)
            wanted = (near,) if name == "near" else (near, far)
            right.setdefault(name, []).append(result.hits[0].path.name in wanted)
            if name == "pair":
                took_ms.append(result.took_ms)
    figures = {name: round(float(np.mean(each)), 3) for name, each in right.items()}
    return {**figures, "ms_per_pair": round(float(np.median(took_ms)), 1)}

"""Videos and changed copies of them, with what each pair of files really shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.toons.scenes import Scene, random_scene
from data.toons.stories import FPS, Story, draw_story, make_story
from data.video.decoders.opening import open_video
from data.video.decoders.pictures import pictures
from data.video.transcode import Change, join, transcode
from data.video.write import write_video

LONGEST_S = 16.0
"""A real clip is used up to here,"""
FRAMES_PER_S = 15.0
"""with at most so many frames a second,"""
LINES_PX = 240
"""and at most so many lines."""
SHARED_S = 2.0
"""Two files are duplicates that share at least this much, or most of the shorter one."""
MOST_SHARE = 0.6
HALVES_FROM_S = 12.0
"""A clip this long also gives two files that share nothing but the place."""

WHOLE: dict[str, Change] = {
    "reencoded": Change(scale=0.6, crf=33),
    "other_codec": Change(scale=0.75, codec="mpeg4"),
    "cropped": Change(crop=0.8, crf=28),
    "mirrored": Change(mirrored=True, crf=28),
    "bordered": Change(border=0.12, crf=28),
    "logo": Change(logo=0.15, crf=28),
    "grey": Change(saturation=0.0, crf=28),
    "faster": Change(speed=1.25, crf=28),
    "twice_as_fast": Change(speed=2.0, crf=28),
    "all_at_once": Change(scale=0.7, crop=0.9, saturation=0.6, speed=1.1, logo=0.12, crf=31),
}
"""Changes of a whole video."""
PARTS = ("cut", "cut_small", "compiled")
"""Changes that keep a part: the middle half; the same, small and with a border; parts joined."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a source that a file shows."""

    source: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Made:
    """One file, and what it shows."""

    path: Path
    kind: str
    """`original`, a kind of change, or a kind of other video that only looks alike."""
    shows: tuple[Stretch, ...]
    """Stretches of sources; a source that no other file shows is an other video."""


def shared_s(one: Made, other: Made) -> float:
    """Seconds of sources that both show."""
    return sum(
        max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s))
        for a in one.shows
        for b in other.shows
        if a.source == b.source
    )


def is_pair(one: Made, other: Made) -> bool | None:
    """Whether two files are duplicates; None where they share too little to say."""
    both_s = shared_s(one, other)
    if both_s == 0:
        return False
    shorter_s = min(sum(s.end_s - s.start_s for s in each.shows) for each in (one, other))
    return True if both_s >= min(SHARED_S, MOST_SHARE * shorter_s) else None


def small_original(source: Path, folder: Path) -> Path:
    """Write the beginning of a real clip as the original of a family: small, so that it is fast."""
    path = folder / f"{source.stem}.mp4"
    frames, next_s = [], 0.0
    for start_s, _, pixels in pictures(source):
        if start_s >= LONGEST_S:
            break
        if start_s >= next_s - 1e-3:
            scale = min(1.0, LINES_PX / pixels.shape[0])
            frames.append((start_s, Change(scale=scale).apply(pixels)))
            next_s = start_s + 1 / FRAMES_PER_S
    length_s = frames[-1][0] + 1 / FRAMES_PER_S
    write_video(path, (pixels for _, pixels in frames), fps=len(frames) / length_s, crf=20)
    return path


def changed_copies(original: Path, folder: Path, kinds: Sequence[str]) -> Iterator[Made]:
    """Write changed copies of a video and, of a long one, two parts that share nothing."""
    with open_video(original) as opened:
        length_s = min(opened.info.duration_s, LONGEST_S)
    name, whole = original.stem, (Stretch(original.name, 0.0, length_s),)
    yield Made(original, "original", whole)
    for kind in kinds:
        path = folder / f"{name}-{kind}{'.mkv' if kind == 'other_codec' else '.mp4'}"
        if kind in WHOLE:
            transcode(original, path, replace(WHOLE[kind], end_s=length_s))
            yield Made(path, kind, whole)
        elif kind in ("cut", "cut_small"):
            part = Change(length_s / 4, 3 * length_s / 4)
            if kind == "cut_small":
                part = replace(part, scale=0.5, border=0.08, crf=34)
            transcode(original, path, part)
            yield Made(path, kind, (Stretch(original.name, part.start_s, part.end_s or 0.0),))
    if length_s >= HALVES_FROM_S:
        for place, (a, b) in enumerate(((0.0, 0.45), (0.55, 1.0)), 1):
            path = folder / f"{name}-half{place}.mp4"
            transcode(original, path, Change(a * length_s, b * length_s))
            yield Made(path, "half", (Stretch(original.name, a * length_s, b * length_s),))


def compiled(originals: Sequence[Path], folder: Path) -> Iterator[Made]:
    """Join the middle halves of each three videos."""
    for place in range(0, len(originals) - 2, 3):
        parts, shows = [], []
        for path in originals[place : place + 3]:
            with open_video(path) as opened:
                length_s = min(opened.info.duration_s, LONGEST_S)
            a, b = length_s / 4, 3 * length_s / 4
            parts.append((path, Change(a, b, size=(320, 180))))
            shows.append(Stretch(path.name, a, b))
        path = folder / f"compiled-{place}.mp4"
        join(parts, path)
        yield Made(path, "compiled", tuple(shows))


def backwards(original: Path, folder: Path) -> Made:
    """The same frames in the other order: another video."""
    path = folder / f"{original.stem}-backwards.mp4"
    frames = [pixels for start_s, _, pixels in pictures(original) if start_s < 10.0]
    even = [frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames]
    write_video(path, even[::-1], fps=max(1.0, len(even) / 10.0), crf=24)
    return Made(path, "backwards", (Stretch(path.name, 0.0, 10.0),))


def toons(folder: Path, n: int, *, seed: int) -> Iterator[tuple[Path, list[Made]]]:
    """Write cartoons, and of each others of the same places: other motions, other actors."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        story = make_story(seed * 1000 + number)
        rng = np.random.default_rng([seed, number])
        path = _draw(folder / f"story-{number:03}.mp4", story.scenes)
        others = {
            "other_motion": tuple(_other_motion(scene) for scene in story.scenes),
            "other_actors": tuple(_other_actors(scene, rng) for scene in story.scenes),
        }
        made = []
        for kind, scenes in others.items():
            if all(a != b for a, b in zip(scenes, story.scenes, strict=True)):
                other = _draw(folder / f"story-{number:03}-{kind}.mp4", scenes)
                made.append(Made(other, kind, (Stretch(other.name, 0.0, 1.0),)))
        yield path, made


def _draw(path: Path, scenes: Sequence[Scene]) -> Path:
    story = Story(path.stem, tuple(scenes), subtitled=False, seed=0)
    write_video(path, draw_story(story), fps=FPS, crf=23)
    return path


def _other_motion(scene: Scene) -> Scene:
    return scene.opposite() or scene


def _other_actors(scene: Scene, rng: np.random.Generator) -> Scene:
    """Others who act in the same place, before the same backdrop."""
    other = random_scene(rng, held_out=None, n_actors=len(scene.actors))
    while other.duration_s > scene.duration_s:
        other = random_scene(rng, held_out=None, n_actors=len(scene.actors))
    return replace(other, place=scene.place, seed=scene.seed)

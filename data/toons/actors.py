"""Actors of the toon world: what moves, how, and where it is at any time.

Periods are chosen so that every motion shows in two frames per second: none of them has a
period near 0.5 s or 1 s, and each shows several different poses within three seconds.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from data.toons.shapes import ASPECT, drawing

OPPOSITES: dict[str, str] = {
    "left": "right",
    "rise": "fall",
    "diagonal_up": "diagonal_down",
    "grow": "shrink",
    "appear": "vanish",
}
OPPOSITES |= {after: before for before, after in OPPOSITES.items()}
FLAT = frozenset({"left", "right", "appear", "vanish", "spin", "shake", "blink"})
"""Motions that fit into the upper or lower half of the frame."""

_Span = tuple[float, float]

_SPIN_S = 4.0
_BOUNCE_S = 1.6
_SWING_S = 2.6
_ZIGZAG_S = 1.7
_CIRCLE_S = 3.5
_BLINK_S = 1.5
_POP_S = 0.25
_MARGIN = 0.03
_SMALL, _LARGE = 0.32, 1.25  # scale at the small and large end of growing and shrinking


@dataclass(frozen=True)
class Pose:
    """Where an actor is at one instant."""

    x: float
    """Centre, in frame heights from the left."""
    y: float
    """Centre, in frame heights from the top."""
    scale: float
    """Frame heights per unit of the drawing; 0 when the actor cannot be seen."""
    turn_deg: float = 0.0
    """Rotation, clockwise."""


@dataclass(frozen=True)
class Actor:
    """One object of a scene with its one motion."""

    kind: str
    """One of `KINDS`."""
    colour: str
    """One of `COLOURS`."""
    motion: str
    """One of `MOTIONS`."""
    begin_s: float
    """When it starts to act; before, it waits in its first pose."""
    end_s: float
    """When it stops; afterwards it stays in its last pose."""
    start: tuple[float, float]
    """Centre when it starts, in frame heights."""
    stop: tuple[float, float]
    """Centre when it stops (for most motions equal to `start`)."""
    scale: float
    """Frame heights per unit of the drawing."""
    faces: int = 1
    """1 looks to the right, -1 to the left, independent of the motion."""
    phase: float = 0.0
    """Where in its cycle it starts, or when within its time it appears, 0 to 1."""
    sense: int = 1
    """1 turns clockwise, -1 the other way."""

    @property
    def facts(self) -> tuple[str, str, str]:
        """Kind, colour and motion."""
        return self.kind, self.colour, self.motion

    def opposite(self) -> Self | None:
        """Return the actor that does the same backwards; None where that would look the same."""
        if self.motion not in OPPOSITES:
            return None
        motion, phase = OPPOSITES[self.motion], 1.0 - self.phase
        return replace(self, motion=motion, start=self.stop, stop=self.start, phase=phase)

    def pose(self, time_s: float) -> Pose:
        """Return where it is at `time_s` of the scene."""
        acting_s = min(max(time_s, self.begin_s), self.end_s) - self.begin_s
        part = acting_s / (self.end_s - self.begin_s)
        x = self.start[0] + part * (self.stop[0] - self.start[0])
        y = self.start[1] + part * (self.stop[1] - self.start[1])
        still = Pose(x, y, self.scale)
        return _CHANGES[self.motion](self, still, acting_s) if self.motion in _CHANGES else still

    def affine(self, time_s: float, width_px: int, height_px: int) -> NDArray[np.float64] | None:
        """Return the (2, 3) map from drawing units to pixels, or None while it cannot be seen."""
        pose = self.pose(time_s)
        if pose.scale <= 0.01:
            return None
        c, s = math.cos(math.radians(pose.turn_deg)), math.sin(math.radians(pose.turn_deg))
        sx, sy = width_px / ASPECT, float(height_px)
        return np.array(
            [
                [sx * pose.scale * self.faces * c, -sx * pose.scale * s, sx * pose.x],
                [sy * pose.scale * self.faces * s, sy * pose.scale * c, sy * pose.y],
            ]
        )


def _grow(actor: Actor, still: Pose, acting_s: float) -> Pose:
    part = acting_s / (actor.end_s - actor.begin_s)
    if actor.motion == "shrink":
        part = 1 - part
    return replace(still, scale=still.scale * (_SMALL + (_LARGE - _SMALL) * part))


def _appear(actor: Actor, still: Pose, acting_s: float) -> Pose:
    """Pop up (or away) within a quarter of a second around a moment near the middle."""
    moment_s = (0.35 + 0.3 * actor.phase) * (actor.end_s - actor.begin_s)
    shown = min(max((acting_s - moment_s) / _POP_S + 0.5, 0.0), 1.0)
    if actor.motion == "vanish":
        shown = 1 - shown
    return replace(still, scale=still.scale * shown)


def _spin(actor: Actor, still: Pose, acting_s: float) -> Pose:
    return replace(still, turn_deg=actor.sense * 360 * acting_s / _SPIN_S)


def _bounce(actor: Actor, still: Pose, acting_s: float) -> Pose:
    hop = abs(math.sin(math.pi * acting_s / _BOUNCE_S))
    return replace(still, y=still.y - 0.36 * hop)


def _shake(actor: Actor, still: Pose, acting_s: float) -> Pose:
    """Tremble with two speeds that no sampling at two per second can line up with."""
    if acting_s <= 0 or acting_s >= actor.end_s - actor.begin_s:
        return still
    a, b = math.sin(2 * math.pi * 3.3 * acting_s), math.sin(2 * math.pi * 4.7 * acting_s + 1)
    return replace(still, x=still.x + 0.035 * (a + b), turn_deg=6 * (a - b))


def _swing(actor: Actor, still: Pose, acting_s: float) -> Pose:
    """Swing like a pendulum hung above the centre."""
    angle_deg = actor.sense * 42 * math.sin(2 * math.pi * acting_s / _SWING_S)
    rope, angle = 0.42, math.radians(angle_deg)
    return replace(
        still,
        x=still.x - rope * math.sin(angle),
        y=still.y - rope * (1 - math.cos(angle)),
        turn_deg=angle_deg,
    )


def _zigzag(actor: Actor, still: Pose, acting_s: float) -> Pose:
    cycle = (acting_s / _ZIGZAG_S + 0.25) % 1.0
    return replace(still, y=still.y + actor.sense * 0.2 * (4 * abs(cycle - 0.5) - 1))


def _circle(actor: Actor, still: Pose, acting_s: float) -> Pose:
    angle = 2 * math.pi * (actor.phase + actor.sense * acting_s / _CIRCLE_S)
    return replace(still, x=still.x + 0.24 * math.cos(angle), y=still.y + 0.24 * math.sin(angle))


def _blink(actor: Actor, still: Pose, acting_s: float) -> Pose:
    hidden = (acting_s / _BLINK_S) % 1.0 >= 0.5 and acting_s < actor.end_s - actor.begin_s
    return replace(still, scale=0.0) if hidden else still


_CHANGES = {
    "grow": _grow,
    "shrink": _grow,
    "appear": _appear,
    "vanish": _appear,
    "spin": _spin,
    "bounce": _bounce,
    "shake": _shake,
    "swing": _swing,
    "zigzag": _zigzag,
    "circle": _circle,
    "blink": _blink,
}
_PATHS = ("left", "right", "rise", "fall", "diagonal_up", "diagonal_down")
MOTIONS: tuple[str, ...] = (*_PATHS, *_CHANGES)
"""Every way to move or change; those in `OPPOSITES` are another one played backwards."""


@dataclass(frozen=True)
class Slot:
    """The part of a scene an actor may use: its time and its share of the width."""

    begin_s: float
    """Start of its time."""
    end_s: float
    """End of its time."""
    left: float = 0.0
    """Left border in frame heights."""
    right: float = ASPECT
    """Right border in frame heights."""
    top: float = 0.0
    """Upper border in frame heights."""
    bottom: float = 1.0
    """Lower border in frame heights."""


def place_actor(rng: np.random.Generator, kind: str, colour: str, motion: str, slot: Slot) -> Actor:
    """Return an actor whose whole motion fits the slot, with everything else left to chance."""
    alone = (slot.right - slot.left) * (slot.bottom - slot.top) > 1
    shape = drawing(kind)
    side = rng.uniform(0.34, 0.42) if alone else rng.uniform(0.28, 0.33)
    scale = side / (2 * math.sqrt(shape.half_width * shape.half_height))
    shortest = 0.7 if alone else 0.85
    half = (shape.half_width * scale, shape.half_height * scale)
    path = _path(rng, motion, _room(motion, slot, half), shortest)
    faces, phase, sense = int(rng.choice([-1, 1])), float(rng.random()), int(rng.choice([-1, 1]))
    time_s = (slot.begin_s, slot.end_s)
    return Actor(kind, colour, motion, *time_s, *path, scale, faces, phase, sense)


def _room(motion: str, slot: Slot, half: tuple[float, float]) -> tuple[_Span, _Span]:
    """Return where the centre may be so that the whole motion stays in the slot."""
    reach = _REACH.get(motion, (0.0, 0.0, 0.0))
    if motion == "spin":
        half = (math.hypot(*half), math.hypot(*half))
    return (
        _span(slot.left + half[0] + reach[0], slot.right - half[0] - reach[0]),
        _span(slot.top + half[1] + reach[1], slot.bottom - half[1] - reach[2]),
    )


def _path(
    rng: np.random.Generator, motion: str, room: tuple[_Span, _Span], shortest: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where the centre starts and stops; a path covers `shortest` or more of what fits."""
    x, y = room
    x0 = x1 = float(rng.uniform(*x))
    y0 = y1 = float(rng.uniform(*y))
    if motion in ("left", "right", "zigzag"):
        x0, x1 = _stretch(rng, x, 1.1, shortest)
    elif motion in ("rise", "fall"):
        y1, y0 = _stretch(rng, y, 1.0, shortest)
    elif motion in ("diagonal_up", "diagonal_down"):
        y1, y0 = _stretch(rng, y, 1.0, shortest)
        x0, x1 = _stretch(rng, x, 1.3 * (y0 - y1), shortest)
    if motion in ("left", "fall", "diagonal_down"):
        (x0, y0), (x1, y1) = (x1, y1), (x0, y0)
    if motion in ("zigzag", "diagonal_up", "diagonal_down") and rng.random() < 0.5:
        x0, x1 = x1, x0
    return (x0, y0), (x1, y1)


_REACH: dict[str, tuple[float, float, float]] = {
    "bounce": (0.0, 0.36, 0.0),
    "shake": (0.07, 0.0, 0.0),
    "swing": (0.22, 0.1, 0.0),
    "zigzag": (0.0, 0.2, 0.2),
    "circle": (0.24, 0.24, 0.24),
    "grow": (0.05, 0.05, 0.05),
    "shrink": (0.05, 0.05, 0.05),
}
"""How far a motion leaves its path: sideways, upwards, downwards, in frame heights."""


def _span(low: float, high: float) -> _Span:
    """Return the interval inside the margins; its middle twice where nothing fits."""
    low, high = low + _MARGIN, high - _MARGIN
    return (low, high) if low < high else ((low + high) / 2, (low + high) / 2)


def _stretch(rng: np.random.Generator, span: _Span, longest: float, shortest: float) -> _Span:
    """Return two ends, the smaller first; `shortest` is a share of the span."""
    room = min(span[1] - span[0], longest)
    length = rng.uniform(shortest * room, room)
    low = rng.uniform(span[0], span[1] - length)
    return float(low), float(low + length)

"""Cartoon vehicles, all looking to the right."""

from __future__ import annotations

from data.toons.kinds.shapes import Part, bar, blob, both, bow, box, ell, pie, poly, shape


def _wheel(x: float, y: float, r: float) -> list[Part]:
    return [ell("ink", x, y, r), ell("steel", x, y, r * 0.55), ell("grey", x, y, r * 0.2)]


def car() -> list[Part]:
    """Return a small car: a cabin with two windows on a low body."""
    return [
        shape("body", "-0.44,0.04 -0.3,-0.27 -0.26,-0.3 0.14,-0.3 0.2,-0.27 0.4,0.04"),
        box("body", -0.64, -0.04, 0.64, 0.24, 0.11),
        poly("glass", -0.34, 0.0, -0.24, -0.22, -0.07, -0.22, -0.07, 0.0),
        poly("glass", 0.0, 0.0, 0.0, -0.22, 0.14, -0.22, 0.28, 0.0),
        box("dark", -0.64, 0.14, 0.64, 0.2),
        box("line", -0.05, 0.05, 0.03, 0.075),
        ell("cream", 0.57, 0.05, 0.055),
        ell("dark", -0.59, 0.05, 0.04),
        *_wheel(-0.34, 0.24, 0.155),
        *_wheel(0.34, 0.24, 0.155),
    ]


def bus() -> list[Part]:
    """Return a long bus: a row of windows and a door."""
    windows = [box("glass", x, -0.28, x + 0.2, -0.06, 0.03) for x in (-0.66, -0.4, -0.14, 0.12)]
    return [
        box("body", -0.74, -0.38, 0.74, 0.28, 0.09),
        box("light", -0.74, 0.0, 0.74, 0.06),
        *windows,
        box("glass", 0.42, -0.28, 0.68, -0.02, 0.03),
        box("dark", 0.4, 0.06, 0.6, 0.26, 0.02),
        ell("cream", 0.68, 0.15, 0.045),
        *_wheel(-0.44, 0.28, 0.14),
        *_wheel(0.26, 0.28, 0.14),
    ]


def truck() -> list[Part]:
    """Return a lorry: a big load box behind a separate cab."""
    ribs = [box("dark", x, -0.4, x + 0.03, 0.14) for x in (-0.56, -0.38, -0.2, -0.02)]
    return [
        box("grey", -0.72, 0.12, 0.68, 0.24),
        box("body", -0.74, -0.46, 0.16, 0.16, 0.03),
        *ribs,
        shape("body", "0.22,-0.24 0.5,-0.24 0.62,0.0 0.7,0.04 0.7,0.24 0.22,0.24"),
        poly("glass", 0.32, -0.18, 0.46, -0.18, 0.56, 0.0, 0.32, 0.0),
        ell("cream", 0.65, 0.12, 0.04),
        *_wheel(-0.52, 0.26, 0.13),
        *_wheel(-0.22, 0.26, 0.13),
        *_wheel(0.46, 0.26, 0.13),
    ]


def train() -> list[Part]:
    """Return a steam engine: boiler, funnel, cab and cow-catcher."""
    return [
        box("grey", -0.62, 0.16, 0.58, 0.28),
        poly("grey", 0.5, 0.14, 0.76, 0.38, 0.5, 0.38),
        box("body", -0.2, -0.16, 0.56, 0.18, 0.06),
        box("body", -0.6, -0.4, -0.14, 0.18),
        box("dark", -0.68, -0.48, -0.06, -0.38, 0.03),
        box("glass", -0.5, -0.3, -0.24, -0.08, 0.02),
        poly("dark", 0.3, -0.14, 0.24, -0.46, 0.5, -0.46, 0.44, -0.14),
        pie("light", 0.06, -0.15, 0.1, 0.1, (180, 360)),
        box("dark", 0.16, -0.16, 0.2, 0.18),
        ell("cream", 0.58, -0.02, 0.06),
        *_wheel(-0.42, 0.28, 0.16),
        *_wheel(-0.06, 0.32, 0.11),
        *_wheel(0.2, 0.32, 0.11),
        *_wheel(0.44, 0.32, 0.11),
    ]


def boat() -> list[Part]:
    """Return a sailing boat with two sails."""
    return [
        box("bark", -0.03, -0.56, 0.03, 0.24),
        poly("body", -0.06, -0.54, -0.06, 0.14, -0.52, 0.14, -0.3, -0.18),
        poly("light", 0.06, -0.46, 0.3, -0.16, 0.48, 0.14, 0.06, 0.14),
        shape("body", "-0.62,0.2 0.66,0.2 0.52,0.4 0.42,0.46 -0.42,0.46 -0.52,0.4"),
        poly("white", -0.59, 0.26, 0.62, 0.26, 0.58, 0.32, -0.56, 0.32),
    ]


def submarine() -> list[Part]:
    """Return a submarine with portholes, periscope and propeller."""
    portholes = [
        part
        for x in (-0.3, 0.0, 0.3)
        for part in (ell("dark", x, 0.06, 0.1), ell("glass", x, 0.06, 0.07))
    ]
    return [
        bar("grey", 0.02, -0.48, 0.02, -0.2, 0.05),
        bar("grey", 0.02, -0.48, 0.14, -0.48, 0.06),
        ell("grey", -0.7, -0.06, 0.05, 0.13),
        ell("grey", -0.7, 0.18, 0.05, 0.13),
        box("body", -0.2, -0.34, 0.2, 0.0, 0.07),
        blob(
            "body", "-0.68,0.06 -0.4,-0.16 0.2,-0.2 0.58,-0.1 0.7,0.08 0.54,0.26 0.1,0.34 -0.4,0.28"
        ),
        blob("dark", "-0.6,0.14 0.0,0.24 0.64,0.16 0.5,0.27 0.1,0.34 -0.4,0.28"),
        *portholes,
    ]


def rocket() -> list[Part]:
    """Return a rocket that stands on its flame."""
    return [
        blob("cream", "-0.12,0.42 0.0,0.36 0.12,0.42 0.06,0.56 0.0,0.7 -0.06,0.56"),
        *both(poly("dark", 0.14, 0.1, 0.36, 0.36, 0.36, 0.52, 0.12, 0.4)),
        blob(
            "body",
            "0.0,-0.66 0.14,-0.44 0.23,-0.1 0.2,0.26 0.12,0.44 -0.12,0.44"
            " -0.2,0.26 -0.23,-0.1 -0.14,-0.44",
        ),
        blob("dark", "0.0,-0.66 0.12,-0.46 0.15,-0.38 0.0,-0.35 -0.15,-0.38 -0.12,-0.46"),
        ell("line", 0.0, -0.1, 0.13),
        ell("glass", 0.0, -0.1, 0.1),
        box("light", -0.2, 0.2, 0.2, 0.26),
        bar("dark", 0.0, 0.3, 0.0, 0.5, 0.06),
    ]


def plane() -> list[Part]:
    """Return an airliner seen from the side."""
    windows = [ell("glass", x, -0.04, 0.032) for x in (-0.32, -0.2, -0.08, 0.04, 0.16, 0.28)]
    return [
        poly("dark", -0.04, -0.06, 0.12, -0.06, -0.08, -0.32, -0.18, -0.32),
        poly("body", -0.62, 0.0, -0.74, -0.36, -0.6, -0.36, -0.36, -0.08),
        blob(
            "body",
            "-0.68,-0.04 -0.4,-0.14 0.3,-0.15 0.6,-0.08 0.7,0.04 0.5,0.14 0.0,0.15 -0.44,0.1",
        ),
        poly("glass", 0.47, -0.1, 0.6, -0.07, 0.64, -0.02, 0.47, -0.02),
        *windows,
        poly("dark", -0.06, 0.04, 0.2, 0.04, -0.16, 0.38, -0.3, 0.38),
        poly("dark", -0.58, -0.02, -0.44, -0.02, -0.66, 0.14, -0.74, 0.14),
    ]


def helicopter() -> list[Part]:
    """Return a helicopter with a long rotor, a tail and skids."""
    return [
        bar("grey", 0.0, 0.34, 0.0, 0.44, 0.04),
        bar("grey", 0.3, 0.34, 0.3, 0.44, 0.04),
        bar("grey", -0.16, 0.46, 0.5, 0.46, 0.05),
        bar("grey", 0.12, -0.4, 0.12, -0.2, 0.06),
        poly("body", -0.7, -0.14, 0.0, -0.16, 0.0, 0.16, -0.7, -0.04),
        poly("dark", -0.78, -0.32, -0.66, -0.3, -0.58, -0.08, -0.72, -0.06),
        bar("grey", -0.56, -0.4, 0.8, -0.4, 0.05),
        ell("body", 0.16, 0.06, 0.38, 0.3),
        blob("glass", "0.2,-0.16 0.36,-0.12 0.48,0.06 0.4,0.13 0.2,0.12"),
        box("glass", -0.06, -0.12, 0.12, 0.1, 0.04),
        box("dark", -0.16, 0.18, 0.48, 0.23),
    ]


def ufo() -> list[Part]:
    """Return a flying saucer with a glass dome and round lights."""
    lights = [
        ell("cream", x, 0.1 + y, 0.05)
        for x, y in ((-0.44, -0.02), (-0.22, 0.04), (0.0, 0.06), (0.22, 0.04), (0.44, -0.02))
    ]
    return [
        ell("glass", 0.0, -0.14, 0.28, 0.26),
        ell("white", -0.1, -0.24, 0.05, 0.08, 30),
        ell("leaf", 0.0, -0.12, 0.11, 0.14),
        *both(ell("ink", 0.045, -0.14, 0.03, 0.045)),
        ell("dark", 0.0, 0.16, 0.4, 0.2),
        ell("body", 0.0, 0.08, 0.7, 0.19),
        pie("light", 0.0, 0.06, 0.6, 0.14, (185, 355)),
        *lights,
    ]


def balloon() -> list[Part]:
    """Return a toy balloon on a string."""
    return [
        bow("grey", 0.08, 0.4, 0.09, 0.03, (110, 260)),
        bow("grey", 0.01, 0.57, 0.09, 0.03, (-70, 80)),
        poly("dark", 0.0, 0.2, 0.08, 0.31, -0.08, 0.31),
        blob(
            "body",
            "0.0,-0.56 0.26,-0.46 0.36,-0.2 0.24,0.08 0.0,0.24 -0.24,0.08 -0.36,-0.2 -0.26,-0.46",
        ),
        ell("light", -0.16, -0.32, 0.07, 0.13, 25),
    ]


VEHICLES = {
    "car": car,
    "bus": bus,
    "truck": truck,
    "train": train,
    "boat": boat,
    "submarine": submarine,
    "rocket": rocket,
    "plane": plane,
    "helicopter": helicopter,
    "ufo": ufo,
    "balloon": balloon,
}

"""Cartoon buildings, food and things."""

from __future__ import annotations

from data.toons.kinds.shapes import (
    Part,
    bar,
    blob,
    both,
    bow,
    box,
    dots,
    ell,
    eye,
    pie,
    poly,
    shape,
)


def house() -> list[Part]:
    """Return a house: gable roof, chimney, door and two windows."""
    return [
        box("bark", 0.22, -0.5, 0.36, -0.14),
        box("body", -0.42, -0.1, 0.42, 0.48),
        poly("dark", 0.0, -0.56, 0.56, -0.04, -0.56, -0.04),
        box("bark", -0.1, 0.12, 0.1, 0.48, 0.02),
        ell("cream", 0.06, 0.32, 0.022),
        *both(box("white", 0.15, 0.04, 0.37, 0.26), box("glass", 0.17, 0.06, 0.35, 0.24)),
        *both(box("white", 0.25, 0.06, 0.27, 0.24)),
        ell("glass", 0.0, -0.24, 0.08),
    ]


def castle() -> list[Part]:
    """Return a castle: two towers with battlements, a gate and flags."""
    teeth = [box("body", x, -0.16, x + 0.1, 0.0) for x in (-0.2, -0.05, 0.1)]
    return [
        *both(
            bar("grey", 0.36, -0.66, 0.36, -0.4, 0.03),
            box("body", 0.2, -0.3, 0.52, 0.48),
            *[box("body", x, -0.42, x + 0.09, -0.26) for x in (0.18, 0.315, 0.45)],
            box("dark", 0.2, -0.26, 0.52, -0.2),
            bar("ink", 0.36, -0.06, 0.36, 0.06, 0.08),
        ),
        *[poly("white", x, -0.66, x + 0.18, -0.6, x, -0.54) for x in (-0.36, 0.36)],
        box("body", -0.22, -0.06, 0.22, 0.48),
        *teeth,
        box("dark", -0.2, 0.0, 0.2, 0.04),
        pie("ink", 0.0, 0.28, 0.14, 0.14, (180, 360)),
        box("ink", -0.14, 0.27, 0.14, 0.48),
        *[bar("grey", x, 0.2, x, 0.47, 0.02) for x in (-0.06, 0.06)],
    ]


def umbrella() -> list[Part]:
    """Return an open umbrella with a hooked handle."""
    return [
        bar("grey", 0.0, -0.56, 0.0, 0.4, 0.045),
        bow("grey", 0.1, 0.4, 0.1, 0.05, (0, 180)),
        pie("body", 0.0, -0.02, 0.58, 0.46, (180, 360)),
        *both(pie("body", 0.39, -0.03, 0.19, 0.09, (0, 180))),
        pie("light", 0.0, -0.03, 0.2, 0.09, (0, 180)),
        shape("light", "-0.2,-0.02 -0.15,-0.26 0.0,-0.48 0.15,-0.26 0.2,-0.02"),
    ]


def cup() -> list[Part]:
    """Return a steaming mug."""
    return [
        *[
            bow("glass", x, y, 0.06, 0.035, arc)
            for x in (-0.2, 0.0)
            for y, arc in ((-0.36, (90, 270)), (-0.48, (-90, 90)))
        ],
        bow("body", 0.3, 0.12, 0.17, 0.09, (-100, 100)),
        box("body", -0.42, -0.2, 0.3, 0.46, 0.09),
        ell("dark", -0.06, -0.2, 0.36, 0.07),
        ell("bark", -0.06, -0.19, 0.29, 0.045),
        bar("light", -0.3, 0.0, -0.3, 0.26, 0.07),
    ]


def key() -> list[Part]:
    """Return a key: ring, shaft and two teeth."""
    return [
        bow("body", -0.4, 0.0, 0.21, 0.15, (0, 359.9)),
        box("body", -0.2, -0.07, 0.68, 0.07, 0.03),
        box("body", 0.34, 0.0, 0.44, 0.26, 0.02),
        box("body", 0.54, 0.0, 0.66, 0.3, 0.02),
        bar("light", -0.12, -0.03, 0.6, -0.03, 0.03),
        bow("light", -0.4, 0.0, 0.22, 0.03, (180, 300)),
    ]


def bell() -> list[Part]:
    """Return a hand bell with its clapper."""
    return [
        bow("dark", 0.0, -0.48, 0.08, 0.05, (0, 359.9)),
        ell("bark", 0.0, 0.42, 0.11),
        blob(
            "body",
            "0.0,-0.44 0.18,-0.36 0.27,-0.12 0.3,0.16 0.46,0.36 0.0,0.38"
            " -0.46,0.36 -0.3,0.16 -0.27,-0.12 -0.18,-0.36",
        ),
        box("dark", -0.46, 0.28, 0.46, 0.38, 0.05),
        box("dark", -0.28, 0.1, 0.28, 0.14),
        bar("light", -0.14, -0.24, -0.18, 0.04, 0.06),
    ]


def crown() -> list[Part]:
    """Return a royal crown with round tips and jewels."""
    return [
        shape("body", "-0.5,-0.3 -0.26,0.04 0.0,-0.42 0.26,0.04 0.5,-0.3 0.42,0.36 -0.42,0.36"),
        *both(ell("light", 0.5, -0.32, 0.07)),
        ell("light", 0.0, -0.44, 0.08),
        box("dark", -0.44, 0.22, 0.44, 0.38, 0.03),
        *[ell("white", x, 0.3, 0.05) for x in (-0.28, 0.0, 0.28)],
        poly("white", 0.0, -0.1, 0.07, 0.02, 0.0, 0.14, -0.07, 0.02),
    ]


def gift() -> list[Part]:
    """Return a wrapped present with a bow."""
    return [
        *both(
            blob("white", "0.0,-0.24 0.1,-0.44 0.3,-0.46 0.32,-0.3"),
            ell("steel", 0.18, -0.35, 0.06, 0.04, -30),
        ),
        box("body", -0.4, -0.06, 0.4, 0.5, 0.02),
        box("dark", -0.46, -0.22, 0.46, -0.02, 0.02),
        box("white", -0.08, -0.22, 0.08, 0.5),
        ell("steel", 0.0, -0.26, 0.07, 0.05),
    ]


def robot() -> list[Part]:
    """Return a boxy robot with an antenna."""
    return [
        bar("grey", 0.0, -0.6, 0.0, -0.44, 0.035),
        ell("cream", 0.0, -0.62, 0.055),
        *both(
            bar("grey", 0.3, 0.06, 0.44, 0.24, 0.08),
            ell("dark", 0.46, 0.28, 0.075),
            box("grey", 0.08, 0.36, 0.18, 0.52),
            box("dark", 0.05, 0.48, 0.26, 0.58, 0.03),
            box("grey", 0.26, -0.34, 0.34, -0.18, 0.02),
        ),
        box("body", -0.28, -0.46, 0.28, -0.06, 0.06),
        box("body", -0.3, 0.0, 0.3, 0.4, 0.04),
        box("grey", -0.08, -0.07, 0.08, 0.01),
        *eye(-0.12, -0.3, 0.07),
        *eye(0.12, -0.3, 0.07),
        box("white", -0.14, -0.18, 0.14, -0.11, 0.02),
        box("light", -0.18, 0.1, 0.18, 0.28, 0.03),
        *[ell("ink", x, 0.19, 0.035) for x in (-0.1, 0.0, 0.1)],
    ]


def ghost() -> list[Part]:
    """Return a ghost: a sheet with a wavy hem."""
    return [
        blob(
            "body",
            "0.0,-0.54 0.28,-0.42 0.36,-0.1 0.4,0.42 0.3,0.52 0.2,0.4 0.1,0.52"
            " 0.0,0.42 -0.1,0.52 -0.2,0.4 -0.3,0.52 -0.4,0.42 -0.36,-0.1"
            " -0.28,-0.42",
        ),
        *both(
            blob("body", "0.3,-0.06 0.5,-0.16 0.54,-0.04 0.4,0.14"),
            ell("white", 0.13, -0.18, 0.09, 0.12),
            ell("ink", 0.13, -0.17, 0.065, 0.09),
        ),
        ell("ink", 0.0, 0.08, 0.07, 0.1),
        ell("light", -0.2, -0.38, 0.05, 0.07, 35),
    ]


def guitar() -> list[Part]:
    """Return an upright guitar."""
    return [
        box("bark", -0.05, -0.5, 0.05, 0.0),
        box("ink", -0.08, -0.66, 0.08, -0.48, 0.03),
        *both(*[ell("steel", 0.1, y, 0.025) for y in (-0.62, -0.54)]),
        blob(
            "body",
            "0.0,-0.12 0.18,-0.12 0.24,0.02 0.18,0.14 0.32,0.32 0.26,0.54 0.0,0.62"
            " -0.26,0.54 -0.32,0.32 -0.18,0.14 -0.24,0.02 -0.18,-0.12",
        ),
        ell("cream", 0.0, 0.16, 0.12),
        ell("ink", 0.0, 0.16, 0.095),
        box("bark", -0.12, 0.42, 0.12, 0.48, 0.01),
        *[box("white", x, -0.5, x + 0.012, 0.44) for x in (-0.03, -0.006, 0.018)],
    ]


def clock() -> list[Part]:
    """Return an alarm clock with two bells."""
    return [
        *both(bar("dark", 0.2, 0.36, 0.3, 0.52, 0.08), ell("dark", 0.26, -0.38, 0.17, 0.12, 38)),
        bar("grey", 0.0, -0.36, 0.0, -0.5, 0.05),
        ell("body", 0.0, 0.06, 0.44),
        ell("white", 0.0, 0.06, 0.3),
        *dots("ink", 0.022, "0,-0.18 0.24,0.06 0,0.3 -0.24,0.06"),
        bar("ink", 0.0, 0.06, 0.0, -0.12, 0.035),
        bar("ink", 0.0, 0.06, 0.13, 0.12, 0.035),
    ]


def ball() -> list[Part]:
    """Return a beach ball with white panels."""
    return [
        ell("body", 0.0, 0.0, 0.46),
        blob("white", "0.0,-0.06 -0.16,-0.24 -0.12,-0.45 0.14,-0.45 0.16,-0.22"),
        blob("white", "0.06,0.04 0.28,0.02 0.45,0.12 0.3,0.36 0.14,0.2"),
        blob("white", "-0.06,0.04 -0.14,0.24 -0.3,0.36 -0.45,0.12 -0.26,0.02"),
        ell("white", 0.0, 0.0, 0.09),
        ell("dark", 0.0, 0.0, 0.06),
    ]


def kite() -> list[Part]:
    """Return a diamond kite with a tail of bows."""
    bows = [
        part
        for x, y in ((0.1, 0.36), (-0.06, 0.48), (0.08, 0.6))
        for part in (
            poly("dark", x, y, x - 0.1, y - 0.06, x - 0.1, y + 0.06),
            poly("dark", x, y, x + 0.1, y - 0.06, x + 0.1, y + 0.06),
        )
    ]
    return [
        bar("grey", 0.0, 0.2, 0.1, 0.36, 0.025),
        bar("grey", 0.1, 0.36, -0.06, 0.48, 0.025),
        bar("grey", -0.06, 0.48, 0.08, 0.6, 0.025),
        *bows,
        poly("body", 0.0, -0.62, 0.4, -0.22, 0.0, 0.24, -0.4, -0.22),
        poly("light", 0.0, -0.62, 0.4, -0.22, 0.0, -0.22),
        poly("light", 0.0, 0.24, -0.4, -0.22, 0.0, -0.22),
        bar("line", 0.0, -0.6, 0.0, 0.22, 0.02),
        bar("line", -0.38, -0.22, 0.38, -0.22, 0.02),
    ]


def icecream() -> list[Part]:
    """Return an ice-cream cone with two scoops."""
    return [
        poly("skin", -0.24, 0.0, 0.24, 0.0, 0.0, 0.62),
        *[bar("bark", x, 0.02, x * 0.3 + 0.06, 0.36, 0.018) for x in (-0.16, 0.0)],
        *[bar("bark", x, 0.02, x * 0.3 - 0.06, 0.36, 0.018) for x in (0.0, 0.16)],
        ell("body", 0.0, -0.38, 0.23),
        ell("body", -0.13, -0.1, 0.19),
        ell("body", 0.13, -0.1, 0.19),
        *[pie("body", x, 0.02, 0.09, 0.1, (0, 180)) for x in (-0.18, 0.0, 0.18)],
        bow("dark", 0.0, -0.34, 0.22, 0.04, (30, 150)),
        ell("light", -0.09, -0.46, 0.06, 0.05),
        ell("white", 0.02, -0.62, 0.06),
    ]


def cake() -> list[Part]:
    """Return a two-tier cake with white icing and a candle."""
    drips = [
        pie("white", x, y, 0.07, 0.1, (0, 180))
        for x, y in (
            (-0.43, 0.18),
            (-0.27, 0.18),
            (-0.11, 0.18),
            (0.05, 0.18),
            (0.21, 0.18),
            (0.37, 0.18),
            (-0.2, -0.12),
            (-0.06, -0.12),
            (0.08, -0.12),
            (0.22, -0.12),
        )
    ]
    return [
        ell("steel", 0.0, 0.5, 0.62, 0.06),
        box("body", -0.52, 0.14, 0.52, 0.5, 0.04),
        box("body", -0.3, -0.18, 0.3, 0.16, 0.03),
        box("white", -0.52, 0.12, 0.52, 0.2, 0.03),
        box("white", -0.3, -0.2, 0.3, -0.11, 0.03),
        *drips,
        box("steel", -0.035, -0.42, 0.035, -0.19),
        blob("cream", "0.0,-0.62 0.06,-0.5 0.0,-0.43 -0.06,-0.5"),
    ]


def hat() -> list[Part]:
    """Return a top hat with a band."""
    return [
        poly("body", -0.32, -0.44, 0.32, -0.44, 0.28, 0.3, -0.28, 0.3),
        ell("dark", 0.0, -0.44, 0.32, 0.07),
        box("white", -0.29, 0.08, 0.29, 0.24),
        blob("body", "-0.6,0.24 -0.28,0.29 0.28,0.29 0.6,0.24 0.5,0.42 0.0,0.48 -0.5,0.42"),
        bar("light", -0.2, -0.28, -0.18, 0.0, 0.06),
    ]


THINGS = {
    "house": house,
    "castle": castle,
    "umbrella": umbrella,
    "cup": cup,
    "key": key,
    "bell": bell,
    "crown": crown,
    "gift": gift,
    "robot": robot,
    "ghost": ghost,
    "guitar": guitar,
    "clock": clock,
    "ball": ball,
    "kite": kite,
    "icecream": icecream,
    "cake": cake,
    "hat": hat,
}

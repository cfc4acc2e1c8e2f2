"""Cartoon plants and what hangs in the sky."""

from __future__ import annotations

from data.toons.kinds.shapes import Part, bar, blob, both, bow, box, dots, ell, pie, poly, rays


def tree() -> list[Part]:
    """Return a round leafy tree."""
    return [
        poly("bark", -0.09, 0.1, 0.09, 0.1, 0.13, 0.56, -0.13, 0.56),
        *both(ell("body", 0.24, 0.02, 0.24)),
        ell("body", 0.0, -0.26, 0.34, 0.32),
        ell("body", 0.0, 0.02, 0.3, 0.22),
        ell("light", -0.12, -0.34, 0.12, 0.09, -30),
        *dots("dark", 0.055, "0.16,-0.2 -0.24,0.02 0.28,0.06 -0.02,-0.06"),
    ]


def flower() -> list[Part]:
    """Return a daisy with eight petals on a stem."""
    petals = [
        ell("body", 0.24 * c, -0.22 + 0.24 * s, 0.15, 0.1, turn)
        for turn, c, s in (
            (0, 1, 0),
            (45, 0.71, 0.71),
            (90, 0, 1),
            (135, -0.71, 0.71),
            (180, -1, 0),
            (225, -0.71, -0.71),
            (270, 0, -1),
            (315, 0.71, -0.71),
        )
    ]
    return [
        bar("leaf", 0.0, -0.1, 0.0, 0.54, 0.06),
        *both(ell("leaf", 0.14, 0.36, 0.15, 0.07, -30)),
        *petals,
        ell("cream", 0.0, -0.22, 0.14),
        *both(ell("ink", 0.05, -0.25, 0.02, 0.03)),
        bow("ink", 0.0, -0.2, 0.05, 0.018, (20, 160)),
    ]


def mushroom() -> list[Part]:
    """Return a toadstool with white dots."""
    return [
        poly("cream", -0.13, 0.02, 0.13, 0.02, 0.19, 0.5, -0.19, 0.5),
        pie("body", 0.0, 0.1, 0.52, 0.58, (180, 360)),
        ell("dark", 0.0, 0.1, 0.52, 0.07),
        ell("white", 0.0, -0.26, 0.12, 0.1),
        *both(ell("white", 0.3, -0.08, 0.08, 0.09), ell("ink", 0.06, 0.24, 0.022, 0.035)),
        bow("ink", 0.0, 0.28, 0.06, 0.02, (20, 160)),
    ]


def cactus() -> list[Part]:
    """Return a cactus with two arms in a pot."""
    return [
        bar("body", -0.3, 0.04, -0.12, 0.04, 0.13),
        bar("body", -0.32, -0.18, -0.32, 0.04, 0.14),
        bar("body", 0.12, -0.08, 0.3, -0.08, 0.13),
        bar("body", 0.32, -0.32, 0.32, -0.08, 0.14),
        box("body", -0.14, -0.58, 0.14, 0.34, 0.14),
        *[bar("dark", x, -0.44, x, 0.26, 0.025) for x in (-0.06, 0.06)],
        bar("dark", -0.32, -0.18, -0.32, 0.02, 0.025),
        bar("dark", 0.32, -0.32, 0.32, -0.1, 0.025),
        poly("bark", -0.22, 0.3, 0.22, 0.3, 0.17, 0.56, -0.17, 0.56),
        box("bark", -0.26, 0.26, 0.26, 0.34, 0.02),
    ]


def apple() -> list[Part]:
    """Return an apple with a stalk and a leaf."""
    return [
        bar("bark", 0.0, -0.24, 0.05, -0.5, 0.05),
        ell("leaf", 0.18, -0.42, 0.14, 0.07, -25),
        blob(
            "body",
            "0.0,-0.26 0.22,-0.34 0.44,-0.16 0.42,0.16 0.22,0.44 0.0,0.4"
            " -0.22,0.44 -0.42,0.16 -0.44,-0.16 -0.22,-0.34",
        ),
        ell("light", -0.24, -0.1, 0.07, 0.13, 20),
    ]


def star() -> list[Part]:
    """Return a five-pointed star with a smile."""
    return [
        rays("body", 0.0, 0.03, 0.58, 0.27, 5),
        rays("light", 0.0, 0.03, 0.42, 0.2, 5),
        rays("body", 0.0, 0.03, 0.36, 0.2, 5),
        *both(ell("line", 0.09, -0.04, 0.04, 0.06)),
        bow("line", 0.0, 0.06, 0.1, 0.035, (20, 160)),
    ]


def moon() -> list[Part]:
    """Return a crescent moon with a sleepy face."""
    return [
        blob(
            "body",
            "0.22,-0.5 -0.1,-0.48 -0.36,-0.24 -0.42,0.06 -0.28,0.36 0.0,0.5"
            " 0.3,0.44 0.06,0.26 -0.02,0.02 0.04,-0.26",
        ),
        ell("light", -0.22, -0.22, 0.05),
        ell("light", -0.26, 0.18, 0.035),
        bow("line", -0.12, -0.06, 0.06, 0.03, (20, 160)),
        bow("line", -0.04, 0.14, 0.07, 0.03, (60, 170)),
    ]


def heart() -> list[Part]:
    """Return a heart."""
    return [
        blob(
            "body",
            "0.0,-0.24 0.16,-0.42 0.38,-0.4 0.5,-0.2 0.42,0.06 0.2,0.3 0.03,0.46"
            " 0.0,0.48 -0.03,0.46 -0.2,0.3 -0.42,0.06 -0.5,-0.2 -0.38,-0.4"
            " -0.16,-0.42",
        ),
        ell("light", -0.28, -0.2, 0.08, 0.12, 35),
    ]


NATURE = {
    "tree": tree,
    "flower": flower,
    "mushroom": mushroom,
    "cactus": cactus,
    "apple": apple,
    "star": star,
    "moon": moon,
    "heart": heart,
}

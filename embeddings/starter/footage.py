"""Pictures that `starter` is made with: line drawings, scenes, and copies of scenes.

Scenes are parts of the photographs that scikit-image and scikit-learn carry, turned, mirrored and
put together; none is a frame of a user's or of a test's video.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from data.photo_films.photographs import photograph
from embeddings.starter.shape import FRAME_SPEC

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 448, 252
"""Of a scene: 16 to 9 within `FRAME_SPEC`."""
PHOTOGRAPHS = (
    "skimage/astronaut.png",
    "skimage/brick.png",
    "skimage/camera.png",
    "skimage/chelsea.png",
    "skimage/coffee.png",
    "skimage/coins.png",
    "skimage/grass.png",
    "skimage/gravel.png",
    "skimage/hubble_deep_field.jpg",
    "skimage/motorcycle_left.png",
    "skimage/moon.png",
    "skimage/rocket.jpg",
    "skimage/retina.jpg",
    "skimage/ihc.png",
    "sklearn/china.jpg",
    "sklearn/flower.jpg",
)


def photographs() -> list[Picture]:
    """RGB pictures of any size.

    Raises:
        ReelwiseError: A package is not installed.
    """
    return [photograph(name) for name in PHOTOGRAPHS]


def scenes(count: int, *, seed: int) -> Iterator[Picture]:
    """Parts of photographs, padded; every third with a part of another before it."""
    rng = np.random.default_rng(seed)
    pictures = photographs()
    for number in range(count):
        scene = _part(pictures[rng.integers(len(pictures))], rng, WIDTH, HEIGHT)
        if number % 3 == 0:
            scene = _before(scene, pictures[rng.integers(len(pictures))], rng)
        yield padded(scene)


def seen_again(frame: Picture, rng: np.random.Generator) -> Picture:
    """A copy of a scene as one meets it elsewhere: cropped, washed out, barred, re-encoded."""
    top = (len(frame) - HEIGHT) // 2
    picture = frame[top : top + HEIGHT]
    picture = _cropped(picture, rng)
    if rng.random() < 0.15:
        picture = np.ascontiguousarray(picture[:, ::-1])
    picture = _toned(picture, rng)
    if rng.random() < 0.4:
        picture = _coarse(picture, rng)
    if rng.random() < 0.4:
        picture = _barred(picture, rng)
    return padded(picture)


def drawings(count: int, *, seed: int) -> Iterator[Picture]:
    """Random curves on white, padded as frames are."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield padded(_drawing(rng))


def padded(picture: Picture) -> Picture:
    """A picture as it comes in with `FRAME_SPEC`."""
    height, width = picture.shape[:2]
    scale = min(FRAME_SPEC.width_px / width, FRAME_SPEC.height_px / height)
    rows, columns = round(height * scale), round(width * scale)
    frame = np.full((FRAME_SPEC.height_px, FRAME_SPEC.width_px, 3), FRAME_SPEC.fill_rgb, np.uint8)
    top, left = (FRAME_SPEC.height_px - rows) // 2, (FRAME_SPEC.width_px - columns) // 2
    frame[top : top + rows, left : left + columns] = _resized(picture, columns, rows)
    return frame


def _part(picture: Picture, rng: np.random.Generator, width: int, height: int) -> Picture:
    """A part of a picture, turned by up to 20 degrees and sometimes mirrored."""
    full_height, full_width = picture.shape[:2]
    zoom = min(full_width / width, full_height / height) * rng.uniform(0.25, 0.9)
    centre = (
        rng.uniform(0.3, 0.7) * full_width,
        rng.uniform(0.3, 0.7) * full_height,
    )
    matrix = cv2.getRotationMatrix2D(centre, rng.uniform(-20, 20), 1 / zoom)
    matrix[:, 2] += np.asarray([width / 2, height / 2]) - centre
    part = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(part[:, ::-1] if rng.random() < 0.5 else part, np.uint8)


def _before(scene: Picture, picture: Picture, rng: np.random.Generator) -> Picture:
    """An oval part of another picture before a scene."""
    out = scene.copy()
    other = _part(picture, rng, WIDTH, HEIGHT)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    centre = (int(rng.uniform(0.2, 0.8) * WIDTH), int(rng.uniform(0.2, 0.8) * HEIGHT))
    axes = (int(rng.uniform(40, 120)), int(rng.uniform(30, 90)))
    cv2.ellipse(mask, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1)
    out[mask > 0] = other[mask > 0]
    return out


def _cropped(picture: Picture, rng: np.random.Generator) -> Picture:
    """65 to 100 % of each side, anywhere."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.65, 1)
    rows, columns = round(height * share), round(width * share)
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    return picture[top : top + rows, left : left + columns]


def _toned(picture: Picture, rng: np.random.Generator) -> Picture:
    """Other contrast, brightness, colour and gamma."""
    tones = picture.astype(np.float32) / 255
    grey = tones.mean(axis=2, keepdims=True)
    tones = grey + (tones - grey) * rng.uniform(0.3, 1.3)
    tones = (tones - 0.5) * rng.uniform(0.45, 1.2) + 0.5 + rng.uniform(-0.15, 0.2)
    tones = np.clip(tones, 0, 1) ** rng.uniform(0.7, 1.4)
    return np.asarray(tones * 255, np.uint8)


def _coarse(picture: Picture, rng: np.random.Generator) -> Picture:
    """Made smaller and larger again, and compressed."""
    height, width = picture.shape[:2]
    scale = rng.uniform(0.3, 0.8)
    small = _resized(picture, max(round(width * scale), 8), max(round(height * scale), 8))
    quality = int(rng.integers(15, 70))
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _resized(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), width, height)


def _barred(picture: Picture, rng: np.random.Generator) -> Picture:
    """Bars of one colour above and below, or left and right."""
    height, width = picture.shape[:2]
    above = round(height * rng.uniform(0.05, 0.2))
    beside = round(width * rng.uniform(0.1, 0.3))
    if rng.random() < 0.5:
        above = 0
    else:
        beside = 0
    colour = int(rng.choice([0, 16, 255]))
    sides = ((above, above), (beside, beside), (0, 0))
    return np.pad(picture, sides, constant_values=colour)


def _resized(picture: Picture, width: int, height: int) -> Picture:
    source = np.ascontiguousarray(picture)
    return np.asarray(cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _drawing(rng: np.random.Generator) -> Picture:
    """Smooth curves and ovals in one dark colour on near white."""
    image = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), (int(rng.integers(235, 256)),) * 3)
    draw = ImageDraw.Draw(image)
    ink, pen = (int(rng.integers(0, 90)),) * 3, int(rng.integers(2, 8))
    for _ in range(int(rng.integers(2, 9))):
        centre = rng.uniform([200, 100], [2 * WIDTH - 200, 2 * HEIGHT - 100])
        radius = rng.uniform(30, 180)
        draw.line(_curve(centre, radius, rng), fill=ink, width=pen, joint="curve")
        if rng.random() < 0.3:
            draw.ellipse([*(centre - radius / 4), *(centre + radius / 4)], outline=ink, width=pen)
    return np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def _curve(
    centre: NDArray[np.float64], radius: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Points of a smooth curve that winds around a centre."""
    knots = int(rng.integers(4, 14))
    angle = np.cumsum(rng.uniform(0.2, 1.2, knots))
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.4, 1.2, (knots, 1))
    fine = np.linspace(0, knots - 1, knots * 12)
    points = [np.interp(fine, range(knots), line) for line in (centre + radius * around).T]
    smooth = [np.convolve(np.pad(line, 4, "edge"), np.ones(9) / 9, "valid") for line in points]
    return [(float(x), float(y)) for x, y in zip(*smooth, strict=True)]

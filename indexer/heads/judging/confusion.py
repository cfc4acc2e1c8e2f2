"""A confusion matrix as a picture: a row for each label, a column for each prediction."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.durable import write_atomic
from data.errors import ReelwiseError

CELL_PX = 48
"""Side of a cell."""
MARGIN_PX = 12
"""Around everything."""
TEXT_PX = 14
"""Height of letters."""
LONGEST_LABEL = 24
"""Characters of a label that are written."""
MOST_CLASSES = 60
"""More labels than this make no picture that anybody can read."""
_INK, _PAPER, _FULL = (20, 24, 32), (255, 255, 255), (31, 90, 150)


def write_confusion(path: Path, labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> None:
    """Write the picture as PNG.

    Args:
        path: The file; its folder must exist.
        labels: The labels, in the order of rows and columns.
        confusion: Rows that have a label, by what was predicted.

    Raises:
        ReelwiseError: There are too many labels, or the file cannot be written.
    """
    if not confusion:
        raise ReelwiseError(
            "there is no confusion matrix: rows have several labels, or numbers",
            fix="leave --confusion out; --json has all figures",
        )
    require_few(labels)
    picture = draw_confusion(labels, confusion)
    sink = io.BytesIO()
    picture.save(sink, "PNG", optimize=True)
    _write(path, sink.getvalue())


def require_few(labels: Sequence[str]) -> None:
    """Check that a picture can show so many labels.

    Raises:
        ReelwiseError: It cannot.
    """
    if len(labels) > MOST_CLASSES:
        raise ReelwiseError(
            f"{len(labels)} labels are many: a picture shows at most {MOST_CLASSES}",
            fix="leave --confusion out; --json has all figures",
        )


def write_confusion_table(
    path: Path, labels: Sequence[str], confusion: Sequence[Sequence[int]]
) -> None:
    """Write it as CSV, for any number of labels: the label of a row stands in its first column.

    Raises:
        ReelwiseError: The file cannot be written.
    """
    sink = io.StringIO()
    rows = ([label, *counts] for label, counts in zip(labels, confusion, strict=True))
    csv.writer(sink).writerows([["so \\ predicted", *labels], *rows])
    _write(path, sink.getvalue().encode())


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomic(path, content, point="confusion")
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be written: {error.strerror}", fix="name a file in an existing folder"
        ) from error


def draw_confusion(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> Image.Image:
    """Draw it; the darker a cell, the larger its share of the rows of its label."""
    font = ImageFont.load_default(TEXT_PX)
    names = [
        each if len(each) <= LONGEST_LABEL else each[: LONGEST_LABEL - 1] + "…" for each in labels
    ]
    left = int(max(font.getlength(name) for name in names)) + 2 * MARGIN_PX
    side = CELL_PX * len(names)
    size = (left + side + MARGIN_PX, left + side + MARGIN_PX + TEXT_PX)
    picture = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(picture)
    top = left + TEXT_PX
    draw.text((MARGIN_PX, MARGIN_PX), "rows: so; columns: predicted", _INK, font)
    for at, name in enumerate(names):
        middle = top + CELL_PX * at + CELL_PX // 2
        draw.text((left - MARGIN_PX, middle), name, _INK, font, anchor="rm")
        _write_upwards(picture, name, (left + CELL_PX * at, top - MARGIN_PX // 2), font)
    shares = np.array(confusion, np.float64)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    for row, counts in enumerate(confusion):
        for column, n in enumerate(counts):
            x, y = left + CELL_PX * column, top + CELL_PX * row
            share = float(shares[row, column])
            draw.rectangle((x, y, x + CELL_PX - 2, y + CELL_PX - 2), _mixed(share))
            ink = _PAPER if share > 0.5 else _INK
            draw.text((x + CELL_PX // 2, y + CELL_PX // 2), str(n), ink, font, anchor="mm")
    return picture


def _mixed(share: float) -> tuple[int, int, int]:
    mixed = [round(p + (f - p) * share) for p, f in zip((240, 243, 247), _FULL, strict=True)]
    return (mixed[0], mixed[1], mixed[2])


def _write_upwards(
    picture: Image.Image,
    text: str,
    at: tuple[int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    width = int(font.getlength(text)) + 4
    strip = Image.new("RGB", (width, CELL_PX), _PAPER)
    ImageDraw.Draw(strip).text((0, CELL_PX // 2), text, _INK, font, anchor="lm")
    turned = strip.rotate(90, expand=True)
    picture.paste(turned, (at[0], at[1] - turned.height))

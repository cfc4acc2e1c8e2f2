"""Boxes beside each other as one row: words that the detector cut apart are one line."""

from __future__ import annotations

from collections.abc import Iterable

from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.settings import MOST_TALLER, WIDEST_GAP


def join_rows(boxes: Iterable[Box]) -> list[Box]:
    """The boxes, those of one row joined, from top to bottom."""
    rows: list[Box] = []
    for box in sorted(boxes, key=lambda b: b.x - b.width / 2):
        for at, row in enumerate(rows):
            if _goes_on(row, box):
                rows[at] = _joined(row, box)
                break
        else:
            rows.append(box)
    return sorted(rows, key=lambda b: (b.y, b.x))


def _goes_on(row: Box, box: Box) -> bool:
    """Whether a box that begins farther to the right belongs to a row."""
    low, high = sorted((row.height, box.height))
    gap = (box.x - box.width / 2) - (row.x + row.width / 2)
    is_level = max(abs(row.tilt_deg), abs(box.tilt_deg)) < 5
    in_row = abs(row.y - box.y) < low / 2
    return is_level and in_row and high < MOST_TALLER * low and -low < gap < WIDEST_GAP * high


def _joined(row: Box, box: Box) -> Box:
    left = min(row.x - row.width / 2, box.x - box.width / 2)
    right = max(row.x + row.width / 2, box.x + box.width / 2)
    top = min(row.y - row.height / 2, box.y - box.height / 2)
    bottom = max(row.y + row.height / 2, box.y + box.height / 2)
    tilt = (row.tilt_deg * row.width + box.tilt_deg * box.width) / (row.width + box.width)
    return Box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top, tilt)

"""The text of one video, frame by frame, with as little looking as possible.

A frame is compared with what was last read, cell by cell; only where it differs and is dense with
strokes the detector looks, and only boxes that it has not seen are read. A line whose slopes are
still in its box is still there: it is neither detected nor read again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from data.lines import Channel, Line
from data.video.types import Pixels
from embeddings.words.screen.counts import Counts
from embeddings.words.screen.detection import Box
from embeddings.words.screen.ration import Ration
from embeddings.words.screen.recognition import Text, cut_out
from embeddings.words.screen.rows import join_rows
from embeddings.words.screen.scripts import is_kept, language_of
from embeddings.words.screen.settings import (
    CELL_PX,
    DENSER,
    GONE_S,
    HEIGHT_PX,
    HIGHEST_PX,
    LINE_PX_PER_COLUMN,
    LONGER,
    REFUSED,
    SAME_REFUSED,
)
from embeddings.words.screen.shown import Shown, alike, letters_of, likeness, region_of, slopes
from embeddings.words.screen.strokes import (
    Grey,
    Mask,
    Region,
    bands_of,
    changed_cells,
    join_overlapping,
    stroke_densities,
    text_regions,
)

Detect = Callable[[Pixels], list[Box]]
Read = Callable[[Sequence[Pixels]], list[Text]]


@dataclass(frozen=True, eq=False)
class _Frame:
    """What is looked at."""

    pixels: Pixels
    grey: Grey
    is_new: Mask
    """Which cells differ from what was last read."""


class VideoText:
    """Takes the frames of one video in order and knows its lines at the end.

    Args:
        detect: Finds boxes in (h, w, 3) pixels.
        read: Reads cut-out lines.
        scripts: Names in `SCRIPTS`.
        sample_s: Seconds from frame to frame, where the picture does not stand still for longer.
    """

    def __init__(
        self, detect: Detect, read: Read, *, scripts: Sequence[str], sample_s: float
    ) -> None:
        self._detect = detect
        self._read = read
        self._scripts = tuple(scripts)
        self._sample_s = sample_s
        self._ration = Ration()
        self._seen: Grey | None = None
        self._before: Grey | None = None
        self._stands_s: NDArray[np.float64] = np.zeros((0, 0))
        self._differs_s: NDArray[np.float64] = np.zeros((0, 0))
        self._was_new: Mask = np.zeros((0, 0), bool)
        self._shown: list[Shown] = []
        self._gone: list[Shown] = []
        self._ended: list[Shown] = []
        self._refused: deque[tuple[Region, NDArray[np.float32]]] = deque(maxlen=REFUSED)
        self._now_s = 0.0
        self.counts = Counts()

    def feed(self, pixels: Pixels, time_s: float) -> None:
        """The next frame, (h, w, 3) uint8 RGB, all of one size."""
        grey: Grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
        self.counts.frames += 1
        self._ration.add_frame()
        self._now_s = time_s
        is_new = self._compare(grey)
        for line in self._shown:
            line.end_s = time_s  # a picture stands until the next one
        if is_new.any():
            self.counts.changed += 1
            frame = _Frame(pixels, grey, is_new)
            everywhere, now = self._regions(grey, self._check_shown(frame))
            self._accept(frame, everywhere, self._look(frame, now))
        for line in self._shown:
            line.end_s = time_s + self._sample_s
        self._forget()

    def lines(self, end_s: float) -> list[Line]:
        """All lines in order of their start, none after the end of the video."""
        self._ended += self._shown + self._gone
        self._shown, self._gone = [], []
        return [
            Line(
                Channel.SCREEN,
                start_s=line.start_s,
                end_s=max(line.start_s, min(line.end_s, end_s)),
                text=line.text,
                language=language_of(line.text),
                confidence=round(min(1.0, line.confidence), 4),
            )
            for line in _merged(self._ended)
        ]

    def _compare(self, grey: Grey) -> Mask:
        """Which cells differ from what was last read; notes since when they do, and stand."""
        if self._seen is None or self._before is None:
            self._seen = grey.copy()
            shape = (-(-grey.shape[0] // CELL_PX), -(-grey.shape[1] // CELL_PX))
            is_new = np.ones(shape, bool)
            self._stands_s, self._differs_s = np.full((2, *shape), self._now_s)
        else:
            is_new = changed_cells(self._seen, grey)
            self._stands_s[changed_cells(self._before, grey)] = self._now_s
            self._differs_s[is_new & ~self._was_new] = self._now_s
        self._before, self._was_new = grey, is_new.copy()
        return is_new

    def _check_shown(self, frame: _Frame) -> Mask:
        """Set lines aside that have left their boxes; which new cells no line explains."""
        to_look = frame.is_new.copy()
        still = []
        for line in self._shown:
            if not line.region.cells(frame.is_new).any() or line.is_still_in(frame.grey):
                still.append(line)
                line.region.cells(to_look)[...] = False
            else:
                self._gone.append(line)
        self._shown = still
        return to_look

    def _regions(self, grey: Grey, to_look: Mask) -> tuple[list[Region], list[Region]]:
        """Where text may be; and of that where to look now, the likeliest first.

        A line beside which something new is, is looked at again: it may have been typed on.
        """
        densities, size = stroke_densities(grey), (grey.shape[1], grey.shape[0])
        everywhere = text_regions(densities, to_look, size)
        self.counts.dense += bool(everywhere)
        now = everywhere
        for least in DENSER:
            if self._ration.covers(sum(region.work_px for region in now)):
                break
            now = text_regions(densities, to_look, size, least)
        for line in self._shown:
            if any(_goes_on(line.region, region) for region in now):
                now = [*now, line.region]
        bands = [band for region in join_overlapping(now) for band in bands_of(region)]
        bands.sort(key=lambda r: -r.density * (1 + self._stable_share(r)))
        return everywhere, bands

    def _stable_share(self, region: Region) -> float:
        """Share of a region that is as it was in the frame before: text stays while scenes move."""
        stands_s = region.cells(self._stands_s)
        return float((stands_s < self._now_s).mean()) if stands_s.size else 0.0

    def _look(self, frame: _Frame, regions: Sequence[Region]) -> list[Region]:
        """Detect and read in regions while the ration lasts; those that were looked at."""
        seen: list[Region] = []
        for region in regions:
            if not self._ration.allows(region.work_px):
                continue
            self.counts.looked_at += not seen
            seen.append(region)
            before_px = self.counts.detected_px
            boxes = self._boxes(frame.pixels, region)
            columns, found = self._read_boxes(frame, boxes)
            seen_px = self.counts.detected_px - before_px
            self._ration.spend(seen_px + columns * LINE_PX_PER_COLUMN, found=found)
        return seen

    def _boxes(self, pixels: Pixels, region: Region) -> list[Box]:
        """What the detector finds in a region; around lines that its border cuts it looks again."""
        height, width = pixels.shape[:2]
        boxes = self._detected(pixels, region)
        boxes = [box for box in boxes if box.height <= HIGHEST_PX << region.level]
        cut = [box for box in boxes if _is_cut(box, region, width, height)]
        whole = [box for box in boxes if box not in cut]
        around = [_widened(box, region.level, (width, height)) for box in cut]
        for wider in join_overlapping(around):
            whole += [
                box
                for box in self._detected(pixels, wider)
                if not any(region_of(known).covers(region_of(box)) for known in whole)
            ]
        self.counts.boxes += len(whole)
        return join_rows(whole)

    def _detected(self, pixels: Pixels, region: Region) -> list[Box]:
        cut = pixels[region.top : region.bottom, region.left : region.right]
        self.counts.detected_px += region.work_px
        scale = 1 << region.level
        if scale > 1:
            size = (max(1, cut.shape[1] // scale), max(1, cut.shape[0] // scale))
            cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        return [_scaled(box, scale).moved(region.left, region.top) for box in self._detect(cut)]

    def _read_boxes(self, frame: _Frame, boxes: Sequence[Box]) -> tuple[int, bool]:
        """Read those boxes that are not known; columns that were read, and whether text was."""
        fresh = [(box, slopes(frame.grey, box)) for box in boxes]
        fresh = [(box, patch) for box, patch in fresh if not self._is_known(box, patch)]
        cuts = [cut_out(frame.pixels, box) for box, _ in fresh]
        self.counts.read += len(cuts)
        found = False
        for (box, patch), text in zip(fresh, self._read(cuts) if cuts else [], strict=True):
            if is_kept(text.text, text.confidence, self._scripts):
                found = True
                self._take(text, box, patch, frame.is_new)
            else:
                self._refused.append((region_of(box), patch))
        return sum(cut.shape[1] * HEIGHT_PX // cut.shape[0] for cut in cuts), found

    def _is_known(self, box: Box, patch: NDArray[np.float32]) -> bool:
        """Whether a box holds a line that is shown, or one in which nothing was read."""
        region = region_of(box)
        if any(_is_within(region, line.region) for line in self._shown):
            return True
        return any(
            region == other and likeness(patch, was) >= SAME_REFUSED for other, was in self._refused
        )

    def _take(self, text: Text, box: Box, patch: NDArray[np.float32], is_new: Mask) -> None:
        """A line was read: one that is known, or a new one."""
        self.counts.kept += 1
        around = region_of(box)
        for line in [*(s for s in self._shown if s.region.overlaps(around)), *self._gone]:
            if line.is_same(text.text, box):
                line.read_again(text.text, text.confidence, box, patch)
                if line in self._gone:
                    self._gone.remove(line)
                    self._shown.append(line)
                return
        since_s = np.maximum(self._stands_s, self._differs_s)
        since_s = around.cells(since_s)[around.cells(is_new)]
        start_s = float(np.median(since_s)) if since_s.size else self._now_s
        self._shown.append(Shown(text.text, text.confidence, box, start_s, self._now_s, patch))

    def _accept(self, frame: _Frame, everywhere: Sequence[Region], seen: Sequence[Region]) -> None:
        """Remember the cells that hold no text or were looked at; what has to wait stays new."""
        assert self._seen is not None
        is_done = frame.is_new.copy()
        for region in everywhere:
            region.cells(is_done)[...] = False
        for region in seen:
            region.cells(is_done)[...] = region.cells(frame.is_new)
        self._was_new &= ~is_done
        pixels = np.repeat(np.repeat(is_done, CELL_PX, axis=0), CELL_PX, axis=1)
        height, width = frame.grey.shape
        np.copyto(self._seen, frame.grey, where=pixels[:height, :width])

    def _forget(self) -> None:
        """End the lines that have not been seen for long."""
        ended = [line for line in self._gone if line.end_s < self._now_s - GONE_S]
        self._gone = [line for line in self._gone if line not in ended]
        self._ended += ended


def _merged(lines: Sequence[Shown]) -> list[Shown]:
    """Lines in order of start; those that say the same at the same time are one."""
    merged: list[Shown] = []
    for line in sorted(lines, key=lambda line: (line.start_s, line.box.y, line.box.x)):
        for known in reversed(merged):
            if line.start_s <= known.end_s + GONE_S and alike(
                letters_of(known.text), letters_of(line.text)
            ):
                known.end_s = max(known.end_s, line.end_s)
                if line.confidence > known.confidence:
                    known.text, known.confidence = line.text, line.confidence
                break
        else:
            merged.append(replace(line))
    return merged


def _scaled(box: Box, scale: int) -> Box:
    return Box(box.x * scale, box.y * scale, box.width * scale, box.height * scale, box.tilt_deg)


def _widened(box: Box, level: int, size: tuple[int, int]) -> Region:
    """Where the rest of a line may be that a region's border cuts."""
    height = round(box.height)
    return replace(region_of(box), level=level).grown(4 * height, height // 2, size)


def _is_within(region: Region, line: Region) -> bool:
    """Whether a box is one that was read, and no character longer."""
    height = line.bottom - line.top
    beyond = max(region.right - line.right, line.left - region.left)
    return line.covers(region) and beyond < height * LONGER


def _goes_on(line: Region, region: Region) -> bool:
    """Whether a region touches a line at its height and goes on beyond its end."""
    middle, height = (line.top + line.bottom) / 2, line.bottom - line.top
    beyond = max(region.right - line.right, line.left - region.left)
    is_level = region.top < middle < region.bottom
    return is_level and beyond > height / 2 and line.overlaps(region)


def _is_cut(box: Box, region: Region, width: int, height: int) -> bool:
    """Whether a line may go on beyond the border of a region."""
    around = region_of(box)
    return (
        (0 < region.left >= around.left)
        or (0 < region.top >= around.top)
        or (width > region.right <= around.right)
        or (height > region.bottom <= around.bottom)
    )

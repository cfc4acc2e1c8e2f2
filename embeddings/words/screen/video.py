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
from embeddings.words.screen.finding import Detect, Finder
from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.networks.recognition import Text, cut_out
from embeddings.words.screen.ration import Ration
from embeddings.words.screen.scripts import is_kept, language_of
from embeddings.words.screen.settings import (
    CELL_PX,
    GONE_S,
    HEIGHT_PX,
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
    changed_cells,
    join_overlapping,
)
from embeddings.words.screen.where import Places

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
        self.counts = Counts()
        self._finder = Finder(detect, self.counts)
        self._read = read
        self._scripts = tuple(scripts)
        self._sample_s = sample_s
        self._ration = Ration()
        self._places = Places(self._ration, (0, 0))
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

    def feed(self, pixels: Pixels, time_s: float) -> None:
        """The next frame, (h, w, 3) uint8 RGB, all of one size."""
        grey: Grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
        self.counts.frames += 1
        self._ration.add_frame()
        self._now_s = time_s
        before = grey if self._before is None else self._before
        is_new = self._compare(grey)
        for line in self._shown:
            line.end_s = time_s  # a picture stands until the next one
        if is_new.any():
            self.counts.changed += 1
            frame = _Frame(pixels, grey, is_new)
            to_look, left = self._check_shown(frame)
            everywhere, now = self._places.regions(grey, before, to_look)
            self.counts.dense += bool(everywhere)
            again = self._again(left, everywhere, (pixels.shape[1], pixels.shape[0]))
            seen = self._look(frame, again, is_certain=True)
            seen += self._look(frame, [r for r in now if not any(a.covers(r) for a in again)])
            self.counts.looked_at += bool(seen)
            self._accept(frame, everywhere, seen)
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
            self._places = Places(self._ration, shape)
            self._stands_s, self._differs_s = np.full((2, *shape), self._now_s)
        else:
            is_new = changed_cells(self._seen, grey)
            self._stands_s[changed_cells(self._before, grey)] = self._now_s
            self._differs_s[is_new & ~self._was_new] = self._now_s
        self._before, self._was_new = grey, is_new.copy()
        return is_new

    def _check_shown(self, frame: _Frame) -> tuple[Mask, list[Shown]]:
        """Which new cells no line explains, and the lines that have left their boxes."""
        to_look = frame.is_new.copy()
        still, left = [], []
        for line in self._shown:
            if not line.region.cells(frame.is_new).any() or line.is_still_in(frame.grey):
                still.append(line)
                line.region.cells(to_look)[...] = False
            else:
                left.append(line)
        self._shown = still
        self._gone += left
        return to_look, left

    def _again(
        self, left: Sequence[Shown], dense: Sequence[Region], size: tuple[int, int]
    ) -> list[Region]:
        """Where lines are looked for once more in a picture of (width, height).

        One that has just left its box may be there yet, behind it a scene that moves; one beside
        which something new is may have been typed on.
        """
        here = [line for line in left if any(line.region.overlaps(region) for region in dense)]
        typed = [line for line in self._shown if any(_goes_on(line.region, r) for r in dense)]
        return join_overlapping([line.around(size) for line in [*here, *typed]])

    def _look(
        self, frame: _Frame, regions: Sequence[Region], *, is_certain: bool = False
    ) -> list[Region]:
        """Detect and read in regions while the ration lasts; those that were looked at.

        Where text was the last time (`is_certain`) it is looked for whatever is left, at the price
        of text that is found.
        """
        seen: list[Region] = []
        for region in regions:
            if not (is_certain or self._ration.allows(region.work_px)):
                continue
            if any(other.covers(region) for other in seen):
                continue
            seen.append(region)
            before_px = self.counts.detected_px
            columns, found = self._read_boxes(frame, self._finder.lines(frame.pixels, region))
            seen_px = self.counts.detected_px - before_px
            work_px = seen_px + columns * LINE_PX_PER_COLUMN
            self._ration.spend(work_px, found=found or is_certain)
            if not found:
                self._places.looked_in_vain(region)
        return seen

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
                self._take(text, box, frame)
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

    def _take(self, text: Text, box: Box, frame: _Frame) -> None:
        """A line was read: one that is known, or a new one."""
        self.counts.kept += 1
        around = region_of(box)
        for line in [*(s for s in self._shown if s.region.overlaps(around)), *self._gone]:
            if line.is_same(text.text, box):
                line.read_again(text.text, text.confidence, box, frame.grey)
                if line in self._gone:
                    self._gone.remove(line)
                    self._shown.append(line)
                return
        since_s = np.maximum(self._stands_s, self._differs_s)
        since_s = around.cells(since_s)[around.cells(frame.is_new)]
        start_s = float(np.median(since_s)) if since_s.size else self._now_s
        patch = slopes(frame.grey, box)
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
                known.take_better(line.text, line.confidence, line.box)
                break
        else:
            merged.append(replace(line))
    return merged


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

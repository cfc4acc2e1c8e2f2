"""The user's clips, to compress an encoder with and to evaluate it on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from data.errors import ReelwiseError
from data.scan import scan
from data.video.children.pool import Chunk, DecodeJob, DecodePool, Finished
from data.video.types import SAMPLE_FPS, FrameSpec
from embeddings.compress.judge import ClipFrames
from embeddings.training.captions import CaptionRow, Stretch, Trouble, find_beside, read_captions

MOST_S = 10.0
"""Of a longer stretch of video the beginning is taken."""
LEAST_CLIPS = 4
"""Half are compressed with, and comparing rankings takes two of the others."""
TEXT_COLUMNS = ("caption", "query")


class UserClips:
    """Clips of videos, decoded once for each frame size.

    Args:
        rows: Stretches of videos with their texts, which may be empty.
        troubles: Lines that could not be used.
    """

    def __init__(self, rows: Sequence[CaptionRow], troubles: Sequence[Trouble] = ()) -> None:
        self._rows = list(rows)
        self._troubles = dict.fromkeys(troubles)
        self._kept: dict[FrameSpec, list[ClipFrames]] = {}

    @property
    def troubles(self) -> list[Trouble]:
        """Lines and videos that could not be used, or only in part, each once."""
        return list(self._troubles)

    def __call__(self, spec: FrameSpec) -> list[ClipFrames]:
        """The clips in an encoder's frame size, in the order of the rows.

        Raises:
            ReelwiseError: Fewer than four clips can be used.
        """
        if spec not in self._kept:
            self._kept[spec] = self._decode(spec)
        return self._kept[spec]

    def _decode(self, spec: FrameSpec) -> list[ClipFrames]:
        chunks: dict[int, list[Chunk]] = {}
        with DecodePool(min(len(self._rows), len(os.sched_getaffinity(0)))) as pool:
            for event in pool.run(self._jobs(spec)):
                if isinstance(event, Chunk):
                    chunks.setdefault(event.key, []).append(event)
                elif isinstance(event, Finished) and (
                    event.state != "done" or event.key not in chunks
                ):
                    stretch = self._rows[event.key].stretch
                    where = f"{stretch.path} from {stretch.start_s:g} s"
                    reason = (
                        f"{event.state}: {event.reason}"
                        if event.reason
                        else "no frame in this stretch"
                    )
                    self._troubles[Trouble(where, reason)] = None
        clips = [_join(chunks[key], self._rows[key].text) for key in sorted(chunks)]
        if len(clips) < LEAST_CLIPS:
            why = "".join(f"; {each.where}: {each.reason}" for each in self.troubles[:1])
            raise ReelwiseError(
                f"{len(clips)} of your clips can be used, and {LEAST_CLIPS} are needed{why}",
                fix="name more with --captions or --videos, or leave out both to use cartoons",
            )
        return clips

    def _jobs(self, spec: FrameSpec) -> Iterator[DecodeJob]:
        for key, row in enumerate(self._rows):
            path, start_s = row.stretch.path, row.stretch.start_s
            end_s = min(row.stretch.end_s, start_s + MOST_S)
            yield DecodeJob(key, path, spec, SAMPLE_FPS, start_s=start_s, end_s=end_s)


def _join(chunks: Sequence[Chunk], text: str) -> ClipFrames:
    pixels = np.concatenate([chunk.pixels for chunk in chunks])
    return ClipFrames(pixels, np.concatenate([chunk.times_s for chunk in chunks]), text)


def described_clips(file: Path, *, videos: Path | None = None) -> UserClips:
    """The clips of a captions or queries file with their texts; of equal clips, the first line.

    Args:
        file: As `read_captions` takes it, with `caption` or `query`; times may be left out.
        videos: Folder in which videos are looked up before the folder of the file.

    Raises:
        ReelwiseError: The file cannot be read, or has no line that can be used.
    """
    table = read_captions(file, find_beside(file, videos=videos), words=TEXT_COLUMNS, timed=False)
    rows: dict[tuple[Path, float], CaptionRow] = {}
    for row in table.rows:
        rows.setdefault((row.stretch.path, row.stretch.start_s), row)
    return UserClips(list(rows.values()), table.troubles)


def video_clips(folder: Path, *, most: int = 200) -> UserClips:
    """The beginnings of the first videos below a folder, without texts.

    Raises:
        ReelwiseError: There is no video.
    """
    stretches = [Stretch(file.path, 0.0, MOST_S) for file in scan([folder])][:most]
    if not stretches:
        raise ReelwiseError(f"there is no video below {folder}", fix="check the path of --videos")
    return UserClips([CaptionRow(stretch, "", None, None) for stretch in stretches])

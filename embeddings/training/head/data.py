"""The data that a temporal head is trained and evaluated on: frames of clips and their captions.

All in memory: features of the backbone, or pixels where the backbone itself is trained.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

EncodeTexts = Callable[[Sequence[str]], NDArray[np.float32]]

TEXTS_PER_CALL = 256
NONE = -1
"""Number of no text."""


@dataclass(frozen=True, eq=False)
class FrameTable:
    """The frames of n clips, end to end."""

    frames: NDArray[Any]
    """(sum of counts, dim) float16 or float32 unit rows, or (sum of counts, h, w, 3) uint8 RGB."""
    times_s: NDArray[np.float32]
    """(sum of counts,) seconds, rising within a clip."""
    starts: NDArray[np.int64]
    """(n + 1,): clip i has frames starts[i] to starts[i + 1], at least one."""

    def __post_init__(self) -> None:
        """Check that the lengths agree.

        Raises:
            ValueError: They do not, or a clip has no frame.
        """
        counts = np.diff(self.starts)
        if len(self.frames) != len(self.times_s) or self.starts[-1] != len(self.frames):
            raise ValueError(
                f"{len(self.frames)} frames, {len(self.times_s)} times, the clips end at "
                f"{self.starts[-1]}; all three must be equal"
            )
        if len(counts) and counts.min() < 1:
            raise ValueError(f"clip {int(counts.argmin())} has no frame; each needs one or more")

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.starts) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n,) frames of each clip."""
        return np.diff(self.starts)

    def clip(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Frames (t, ...) and times (t,) of one clip."""
        part = slice(self.starts[index], self.starts[index + 1])
        return self.frames[part], self.times_s[part]

    @classmethod
    def join(cls, clips: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> Self:
        """The table of clips given as (frames, times)."""
        if not clips:
            raise ValueError("a table needs at least one clip")
        starts = np.cumsum([0, *(len(times) for _, times in clips)], dtype=np.int64)
        frames = np.concatenate([frames for frames, _ in clips])
        times_s = np.concatenate([np.asarray(times, np.float32) for _, times in clips])
        return cls(frames, times_s, starts)


@dataclass(frozen=True)
class Caption:
    """A sentence that is true of one clip; a clip may have several."""

    clip: int
    """The clip's number in the table."""
    text: str
    """The sentence."""
    backward: str | None = None
    """A sentence that is true of the reversed clip only; None where the caption says nothing about
    time, so that reversed and shuffled clips are no negatives."""
    wrong: str | None = None
    """A sentence that is true neither of the clip nor of the reversed clip."""
    meaning: str = ""
    """Equal for sentences that mean the same, which are then no negatives of each other; if empty,
    the sentence itself."""
    backward_meaning: str = ""
    """The same for `backward`."""


@dataclass(frozen=True, eq=False)
class HeadData:
    """Captioned clips; `build_head_data` makes one."""

    clips: FrameTable
    """The clips without distortion."""
    views: tuple[FrameTable, ...]
    """The same clips in other light, crop and colour; for training only."""
    texts: NDArray[np.float32]
    """(m, dim) unit rows of all sentences."""
    meanings: NDArray[np.int64]
    """(m,) equal for sentences that mean the same."""
    clip_of: NDArray[np.int64]
    """(r,) the clip of each caption."""
    caption: NDArray[np.int64]
    """(r,) its text."""
    backward: NDArray[np.int64]
    """(r,) the text of the reversed clip, or `NONE`."""
    wrong: NDArray[np.int64]
    """(r,) a text that is true neither way, or `NONE`."""
    anchors: NDArray[np.float32] | None = None
    """(n, dim) mean-pooled clips of the untrained backbone; None takes those of the frames."""

    def __len__(self) -> int:
        """Number of captions."""
        return len(self.clip_of)

    @property
    def used_clips(self) -> NDArray[np.int64]:
        """Numbers of the clips that have a caption, in order."""
        return np.unique(self.clip_of)

    def rows(self, keep: NDArray[Any]) -> Self:
        """Only some captions, by mask or numbers; clips and texts are shared."""
        columns = ("clip_of", "caption", "backward", "wrong")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})


def build_head_data(
    clips: FrameTable,
    captions: Sequence[Caption],
    encode_texts: EncodeTexts,
    *,
    views: Sequence[FrameTable] = (),
    anchors: NDArray[np.float32] | None = None,
) -> HeadData:
    """Captioned clips, all sentences numbered and encoded once.

    `captions` needs at least one; `views` are further tables of the same clips.
    """
    wrong_length = [len(view) for view in views if len(view) != len(clips)]
    if wrong_length or not captions:
        raise ValueError(
            f"{len(captions)} captions, {len(clips)} clips, views of {wrong_length} clips; needs "
            "at least one caption, and views of the same clips"
        )
    if not all(0 <= one.clip < len(clips) for one in captions):
        raise ValueError(f"a caption names a clip that does not exist; there are {len(clips)}")
    numbers: dict[tuple[str, str], int] = {}

    def number(text: str | None, meaning: str) -> int:
        if not text:
            return NONE
        return numbers.setdefault((text, meaning or text.casefold()), len(numbers))

    caption = np.array([number(one.text, one.meaning) for one in captions])
    backward = np.array([number(one.backward, one.backward_meaning) for one in captions])
    wrong = np.array([number(one.wrong, "") for one in captions])
    codes: dict[str, int] = {}
    meanings = [codes.setdefault(meaning, len(codes)) for _, meaning in numbers]
    texts = [text for text, _ in numbers]
    rows = [
        encode_texts(texts[first : first + TEXTS_PER_CALL])
        for first in range(0, len(texts), TEXTS_PER_CALL)
    ]
    return HeadData(
        clips=clips,
        views=tuple(views),
        texts=np.concatenate(rows).astype(np.float32, copy=False),
        meanings=np.array(meanings, np.int64),
        clip_of=np.array([one.clip for one in captions], np.int64),
        caption=caption,
        backward=backward,
        wrong=wrong,
        anchors=anchors,
    )

"""How much a video may have looked at in vain, in pixels of the detector: work, not seconds."""

from embeddings.words.screen.settings import DEBT_PX, FOUND_SHARE, FRAME_PX, MOST_PX, START_PX


class Ration:
    """Looking costs, little where text is found; whoever has nothing left waits for more frames."""

    def __init__(self) -> None:
        self._left_px = float(START_PX)

    def allows(self, work_px: float) -> bool:
        """Whether a region may be looked at: all but `DEBT_PX` of it is there."""
        return self._left_px > 0 and work_px <= self._left_px + DEBT_PX

    def covers(self, work_px: float) -> bool:
        """Whether so much could be looked at in vain now."""
        return work_px <= self._left_px

    def add_frame(self) -> None:
        """The next frame has come."""
        self._left_px = min(MOST_PX, self._left_px + FRAME_PX)

    def spend(self, work_px: float, *, found: bool) -> None:
        """Pay for a region."""
        self._left_px -= work_px * (FOUND_SHARE if found else 1)

"""How much decoding a file may cost: by the bytes that it holds, not by what it promises."""

from data.errors import UnreadableVideo

FREE_PIXELS = 5_000_000_000
"""Pixels that any file may have decoded, however small: 20 minutes of HD at 2 frames a second."""
PIXELS_PER_BYTE = 50_000
"""Pixels decoded for each byte of the picture's packets. A film takes 50 to 1,500, a recording of
one still slide in 4K at 60 frames per second 34,500; a GIF of empty pictures 390,000."""


class Work:
    """The pixels that were decoded of one file, and how many may be.

    A file that needs more than its bytes allow gives what `FREE_PIXELS` pay for: a bomb ends in
    seconds, and what is no bomb is read in part, with the reason.

    Args:
        size_bytes: Bytes of the picture's packets.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._most = FREE_PIXELS + PIXELS_PER_BYTE * size_bytes
        self._reason = "stopped: its pictures are more work than a file of this size may cost"
        self.done = 0
        """Pixels decoded or drawn so far."""

    def expect(self, n_frames: int, width_px: int, height_px: int) -> None:
        """Say beforehand what a plan needs: one that needs too much is cut short at once."""
        if self.done + n_frames * width_px * height_px <= self._most:
            return
        self._most = self.done + FREE_PIXELS
        self._reason = (
            f"stopped: {n_frames} pictures of {width_px}x{height_px} in "
            f"{self._size_bytes / 1e6:.1f} MB are more work than a file of this size may cost"
        )

    def count(self, width_px: int, height_px: int, *, frames: int = 1) -> None:
        """Add frames that were decoded.

        Raises:
            UnreadableVideo: That was more than the file may cost.
        """
        self.done += frames * width_px * height_px
        if self.done > self._most:
            raise UnreadableVideo(self._reason, fix="convert it: ffmpeg -i FILE copy.mp4")

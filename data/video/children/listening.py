"""Reading the sound of videos in a supervised child: a bad file costs itself."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from data.errors import UnreadableVideo
from data.video.children.supervisor import DecodeLimits, Supervisor
from data.video.children.wire import read_ending
from data.video.sound.types import SoundPiece, Track
from data.video.sound.wire import read_piece
from data.video.types import Ending, OnProgress

CHILD = "data.video.children.sound_child"
LIMITS = DecodeLimits(wall_s=900.0, wall_per_mb_s=20.0, memory_bytes=2 * 2**30)
"""A quarter of an hour decodes the six hours of silence that a small file may hold, 130 times real
time on a busy machine; 48 hours of quiet speech are 100 MB or more."""
BROKE_OFF = "the decoder broke off"


class Listener:
    """Reads the sound of one video at a time; use as a context manager.

    The child starts with the first video. It decodes ahead of its reader by what a pipe holds.

    Attributes:
        track: The stream of the video that is read now; None where there is none.
        ending: How it went, once all pieces were taken. done: the sound is whole, or there is none;
            partial: the pieces are those before and around what could not be read; failed: there
            is sound, and none of it could be read.
    """

    def __init__(self, limits: DecodeLimits = LIMITS, child: str = CHILD) -> None:
        self._supervisor = Supervisor(limits, child)
        self._cancelled = threading.Event()
        self._is_open = False
        self.track: Track | None = None
        self.ending: Ending | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        self._supervisor.close()

    def pieces(self, path: Path, on_progress: OnProgress = lambda: None) -> Iterator[SoundPiece]:
        """The sound of a video in order of time.

        Raises:
            UnreadableVideo: The file is no video, or none that can be opened.
            NoDecoder: No child can be started on this machine now.
        """
        self.track = self.ending = None
        self._is_open = True
        reached_s = 0.0
        request = {"path": str(path.absolute())}
        with closing(self._supervisor.ask(path, request, self._cancelled)) as messages:
            for message in messages:
                on_progress()
                piece = self._hear(message)
                if piece is not None and piece.start_s >= reached_s - 1e-3:
                    reached_s = piece.end_s
                    yield piece
        self.ending = self._judged(self.ending or Ending("failed", BROKE_OFF), reached_s)

    def _hear(self, message: dict[str, Any]) -> SoundPiece | None:
        """Take one message.

        Raises:
            UnreadableVideo: The file cannot be opened, or this is no message of a child of ours.
        """
        try:
            if "track" in message:
                codec, language, number = message["track"]
                self.track = Track(str(codec), str(language), int(number))
            elif "sound" in message:
                return read_piece(message["sound"])
            elif "ending" in message:
                self.ending = read_ending(message["ending"])
                self._is_open = bool(message.get("opened", True))
        except (ValueError, TypeError, KeyError) as error:
            raise UnreadableVideo(BROKE_OFF) from error
        return None

    def _judged(self, ending: Ending, reached_s: float) -> Ending:
        """The ending in the light of what came: what was read before a child died counts.

        Raises:
            UnreadableVideo: The file could not be opened.
        """
        if not self._is_open:
            raise UnreadableVideo(ending.reason)
        if ending.state == "failed" and reached_s:
            return Ending("partial", f"the sound breaks off at {reached_s:.1f} s ({ending.reason})")
        return ending

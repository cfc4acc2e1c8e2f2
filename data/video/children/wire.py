"""What a decoding child and its parent say to each other, and how.

Lines of JSON go over two pipes, pixels through shared memory; nothing is unpickled on either side.
Parent to child: `{"job": {...}}`, then `{"free": slot}` each time a slot may be filled again. Child
to parent: `{"start": info}`, `{"beat": 1}`, `{"chunk": [slot, times]}`, `{"end": {...}}`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from data.video.types import FRAMES_PER_BATCH, FrameSpec

SLOTS = 2
"""While the parent copies one slot the child fills the other."""
SLOT_BYTES = 16 * 2**20
"""Slots grow beyond this only for a single frame that is larger."""
MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True)
class SlotPlan:
    """How frames lie in the shared memory of one child."""

    n_frames: int
    """Frames in one slot."""
    slot_bytes: int
    """Bytes of one slot."""

    @classmethod
    def of(cls, spec: FrameSpec) -> SlotPlan:
        """As many frames as fit, at most a batch, at least one."""
        n_frames = max(1, min(FRAMES_PER_BATCH, SLOT_BYTES // spec.frame_bytes))
        return cls(n_frames, n_frames * spec.frame_bytes)

    @property
    def total_bytes(self) -> int:
        """Bytes of all slots."""
        return SLOTS * self.slot_bytes


class LineReader:
    """Whole lines from a pipe, however they arrive."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = b""

    def read(self) -> list[dict[str, Any]] | None:
        """Messages of one `read`; None at the end of the pipe.

        Raises:
            ValueError: What came is not a message.
        """
        data = os.read(self.descriptor, 1 << 16)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise ValueError("a message without an end")
        return [_message(line) for line in lines]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Messages until the pipe ends."""
        while (messages := self.read()) is not None:
            yield from messages


def _message(line: bytes) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("a message that is no object")
    return value


def send(descriptor: int, message: dict[str, Any]) -> None:
    """Write one message whole."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]

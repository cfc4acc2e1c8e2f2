"""Messages between a decoding child and its parent.

Lines of JSON go over two pipes, pixels through shared memory; nothing is unpickled on either side.
Parent to child: `{"request": {...}, "cpu_s": limit}`, then `{"free": slot}` each time a slot may be
filled again. Child to parent: `{"info": {...}}`, `{"beat": 1}`,
`{"frames": [slot, times, key frames]}`, `{"ending": {...}}`.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from data.video.types import FRAMES_PER_BATCH, DecodeRequest, Ending, FrameSpec

SLOTS = 2
"""While the parent copies one slot the child fills the other."""
SLOT_BYTES = 16 * 2**20
"""Slots are larger than this only where a single frame is."""
MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True)
class SlotPlan:
    """How frames lie in the shared memory of one child."""

    n_frames: int
    """Frames in one slot."""
    slot_bytes: int
    """Bytes of one slot."""

    @classmethod
    def of(cls, spec: FrameSpec) -> Self:
        """As many frames as fit, at most a batch, at least one."""
        n_frames = max(1, min(FRAMES_PER_BATCH, SLOT_BYTES // spec.frame_bytes))
        return cls(n_frames, n_frames * spec.frame_bytes)

    @property
    def total_bytes(self) -> int:
        """Bytes of all slots."""
        return SLOTS * self.slot_bytes


def request_fields(request: DecodeRequest) -> dict[str, Any]:
    """A request as JSON; the path becomes absolute, since the child runs in another folder."""
    return asdict(request) | {"path": str(request.path.absolute())}


def read_request(fields: dict[str, Any]) -> DecodeRequest:
    """The inverse of `request_fields`."""
    spec = FrameSpec(**fields["spec"] | {"fill_rgb": tuple(fields["spec"]["fill_rgb"])})
    return DecodeRequest(**fields | {"path": Path(fields["path"]), "spec": spec})


def read_ending(fields: dict[str, Any]) -> Ending:
    """An ending as a child sent it, without info.

    Raises:
        ValueError: The state is unknown, or a number is none.
        TypeError: Fields are missing or added.
    """
    ending = Ending(**fields | {"info": None})
    if ending.state not in ("done", "partial", "failed"):
        raise ValueError(f"state {ending.state!r}")
    return replace(ending, decoded_s=float(ending.decoded_s), cpu_s=float(ending.cpu_s))


class LineReader:
    """Whole lines from a pipe, in whatever pieces they arrive."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = b""

    def read(self) -> list[dict[str, Any]] | None:
        """Messages of one `read`; None at the end of the pipe.

        Raises:
            ValueError: The bytes are not a message.
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
        raise ValueError("a message that is not an object")
    return value


def send(descriptor: int, message: dict[str, Any]) -> None:
    """Write one message whole."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]

"""The child process that reads sound: `python -m data.video.children.sound_child` and five numbers.

It lives as a decoding child does, see `child`. Requests and sound go as JSON: `{"request": {...},
"cpu_s": limit}` to the child; `{"track": [...]}`, `{"sound": [...]}`, `{"beat": 1}` and last
`{"ending": {...}}` from it. It decodes until the pipe to its parent is full, and waits there.
"""

import sys
import time
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from data.video.children.child import BEAT_S, limit_cpu, serve_parent
from data.video.children.wire import LineReader, send
from data.video.sound.decoding import SoundDecoding, open_sound
from data.video.sound.wire import piece_fields
from data.video.types import Ending, UnreadableVideo


class SoundChild:
    """Requests in, sound out, one request at a time."""

    def __init__(self, commands: int, events: int) -> None:
        self._requests = LineReader(commands)
        self._events = events
        self._last_beat = 0.0

    def serve(self) -> None:
        """Take requests until the parent closes the pipe."""
        send(self._events, {"ready": 1})
        for message in self._requests:
            if "request" in message:
                limit_cpu(float(message["cpu_s"]))
                ending, is_open = self._read(message["request"])
                send(self._events, {"ending": asdict(ending), "opened": is_open})

    def _read(self, request: dict[str, Any]) -> tuple[Ending, bool]:
        """Send the sound of a file; how it ended, and whether the file could be opened."""
        is_open = False
        try:
            with open_sound(Path(request["path"]), self._beat) as sound:
                is_open = True
                self._deliver(sound)
                return sound.ending(), is_open
        except UnreadableVideo as error:
            reason = error.reason
        except MemoryError:
            reason = "needs more memory than a decoder may have"
        except (OSError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
            reason = f"the decoder failed: {type(error).__name__}: {error}"[:300]
        return Ending("failed", reason), is_open

    def _deliver(self, sound: SoundDecoding) -> None:
        told = False
        for piece in sound.pieces():
            if not told and sound.track is not None:
                send(self._events, {"track": list(astuple(sound.track))})
                told = True
            for fields in piece_fields(piece):
                send(self._events, {"sound": fields})

    def _beat(self) -> None:
        now_s = time.monotonic()
        if now_s - self._last_beat >= BEAT_S:
            self._last_beat = now_s
            send(self._events, {"beat": 1})


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: SoundChild(commands, events).serve())

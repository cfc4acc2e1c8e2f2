"""The child process that reads sound: `python -m data.video.children.sound_child` and five numbers.

It lives as a decoding child does, see `serving`. Requests and sound go as JSON: `{"request": {...},
"cpu_s": limit}` to the child; `{"track": [...]}`, `{"sound": [...]}`, `{"beat": 1}` and last
`{"ending": {...}}` from it. It decodes until the pipe to its parent is full, and waits there.
"""

import sys
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from data.video.children.serving import FAILURES, Serving, serve_parent, why_failed
from data.video.children.wire import send
from data.video.sound.decoding import SoundDecoding, open_sound
from data.video.sound.wire import piece_fields
from data.video.types import Ending


class SoundChild(Serving):
    """Requests in, sound out."""

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read the sound of one file; gives how it ended, and whether it could be opened."""
        is_open = False
        try:
            with open_sound(Path(request["path"]), self.beat) as sound:
                is_open = True
                self._deliver(sound)
                ending = sound.ending()
        except FAILURES as error:
            ending = Ending("failed", why_failed(error, "decoder"))
        return {"ending": asdict(ending), "opened": is_open}

    def _deliver(self, sound: SoundDecoding) -> None:
        told = False
        for piece in sound.pieces():
            if not told and sound.track is not None:
                send(self.events, {"track": list(astuple(sound.track))})
                told = True
            for fields in piece_fields(piece):
                send(self.events, {"sound": fields})


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: SoundChild(commands, events).serve())

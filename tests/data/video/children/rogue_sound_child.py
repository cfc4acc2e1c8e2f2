"""A sound child that gives a second of sound and then does what the file's name says."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from data.video.children.serving import serve_parent
from data.video.children.sound_child import SoundChild
from data.video.children.wire import send
from data.video.sound.types import SoundPiece
from data.video.sound.wire import piece_fields
from data.video.types import Ending


class Rogue(SoundChild):
    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        deed = Path(request["path"]).stem
        if not deed.startswith("rogue-"):
            return super().answer(request)
        if not deed.endswith("-early"):
            (fields,) = piece_fields(SoundPiece(0.0, np.zeros(16_000, np.float32)))
            send(self.events, {"sound": fields})
        getattr(self, "_" + deed.split("-")[1])()
        return {"ending": asdict(Ending("done")), "opened": True}

    def _stall(self) -> None:
        time.sleep(3600)

    def _exit(self) -> None:
        os._exit(3)

    def _lie(self) -> None:
        send(self.events, {"sound": ["soon", "bm9pc2U="]})

    def _back(self) -> None:
        (fields,) = piece_fields(SoundPiece(0.5, np.zeros(16_000, np.float32)))
        send(self.events, {"sound": fields})


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: Rogue(commands, events).serve())

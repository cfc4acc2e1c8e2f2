"""A decoding child that writes down each file that it begins, and waits for a test to open it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.video.children.child import main
from data.video.decoders.decoding import Decoding, open_decoding
from data.video.types import DecodeRequest, OnProgress

BEGUN = "begun"
"""Beside the folder of the videos: names of the files that were begun, a line each."""
OPENED = "opened"
"""Beside the folder of the videos: a folder with an empty file for each that may be read."""


@contextmanager
def gated(request: DecodeRequest, progress: OnProgress) -> Iterator[Decoding]:
    """Open a video once the test lets it."""
    place, name = request.path.parent.parent, request.path.name
    with Path(place / BEGUN).open("a") as begun:
        begun.write(f"{name}\n")
    while not (place / OPENED / name).exists():
        progress()
        time.sleep(0.005)
    with open_decoding(request, progress) as video:
        yield video


if __name__ == "__main__":
    main(sys.argv[1:], gated)

"""The real clips that some benchmarks measure beside painted and toon ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = (".mp4", ".mkv", ".gif")


def real_videos(suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """Clips in the folder that REELWISE_REAL_VIDEOS names, or ../shared/videos; may be none."""
    default = Path(__file__).resolve().parents[2] / "../shared/videos"
    folder = Path(os.environ.get("REELWISE_REAL_VIDEOS", default))
    return sorted(path for path in folder.glob("*") if path.suffix in suffixes)

"""Homes of any size: a few cartoons with files, and videos that exist on paper.

Those on paper have drawn vectors: they are searched, listed and recommended as others are, and no
text is near them. Their files are gone, so they have no picture.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.made.many_clips import record_clips
from data.catalogue.values import sql
from data.errors import ReelwiseError
from data.home import Home
from data.toons.library import write_library
from indexer.build.recording.record import writing_session
from indexer.store.generations import open_generation
from indexer.store.publishing import publish
from ui.cli import run as reelwise

CLIPS_PER_VIDEO = 2
AT_ONCE = 5_000
NO_LINES = ("--speech", "off", "--screen-text", "off", "--sentences", "off")


@dataclass(frozen=True)
class MadeLibrary:
    """A home with its videos."""

    home: Path
    """Its folder."""
    queries: Sequence[str]
    """Texts, each with one right answer among the cartoons."""


def make_library(folder: Path, n_videos: int, n_toons: int = 12) -> MadeLibrary:
    """Make a home of this many videos, the cartoons among them, and publish it."""
    toons = write_library(folder / "toons", n_toons, seed=3)
    home = folder / "home"
    asked = ["index", str(toons.folder), "--encoder", "toon", *NO_LINES, "--home", str(home)]
    with redirect_stdout(sys.stderr):
        if reelwise(asked) != 0:
            raise ReelwiseError("the cartoons were not indexed", fix="see the messages above")
    _add_made(Home(home), n_videos - n_toons)
    with toons.queries_file.open(newline="", encoding="utf-8") as lines:
        return MadeLibrary(home, [row["query"] for row in csv.DictReader(lines)])


def _add_made(home: Home, n_videos: int) -> None:
    """Record videos on paper beside what is there, and publish."""
    there = open_generation(home)
    assert there is not None
    draw = np.random.default_rng(5)
    with writing_session(home) as catalogue:
        for first in range(1, n_videos + 1, AT_ONCE):
            names = range(first, min(first + AT_ONCE, n_videos + 1))
            shape = (len(names), CLIPS_PER_VIDEO, there.manifest.dim)
            clips = draw.standard_normal(shape, np.float32)
            clips /= np.linalg.norm(clips, axis=2, keepdims=True)
            paths = [Path(f"/made/Made {name:06}.mp4") for name in names]
            record_clips(catalogue, paths, clips.astype(np.float16), there.encoder_id)
        with catalogue.writing("made") as connection:
            # Older than the cartoons, so that these come first where the newest do.
            connection.execute(
                sql(
                    "UPDATE videos SET added_at = id, recorded_at ="
                    " (1100000000 + 6000 * id) * 1000000 WHERE content_key LIKE 'Made %'"
                )
            )
        publish(home, catalogue, there.encoder_id)

"""Killed between any two steps, cutting clips anew loses no video and doubles no clip."""

from __future__ import annotations

import signal
from contextlib import closing
from itertools import cycle

import numpy as np

from benchmarks.trust.kills import WriterHost
from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.store.generations import open_generation
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore
from indexer.verify import verify_library
from tests.fakes import COLOUR_WORDS, ColourEncoder
from tests.indexer.made import store

COLOURS = list(COLOUR_WORDS)[:6]
POINTS = (
    "flush.after_reserve",
    "flush.after_part:2",
    "flush.after_commit:3",
    "publish.before_rename",
    "publish.after_rename",
    "tidy.after_unlink",
)
N_CLIPS = {"windows 8 0": 3, "windows 12 0": 2}
"""Rules, and the clips of each video of 24 s."""


def test_a_kill_between_any_two_steps_leaves_every_video_whole_and_searchable(home: Home) -> None:
    rows = ColourEncoder().encode_texts(COLOURS)
    for two in (COLOURS[:2], COLOURS[2:4], COLOURS[4:]):
        store(home, {each: np.tile(rows[COLOURS.index(each)], (6, 1)) for each in two})
    rules = cycle(N_CLIPS)
    seen: list[tuple[int, int]] = []
    with WriterHost("tests.indexer.build.kill_recut_child") as warm:
        for point in POINTS:
            rule = next(rules)
            job = {"home": str(home.root), "rule": rule}
            heard = [(word, value) for _, word, value in warm.run_writer(job | {"crash_at": point})]
            assert heard[-1] == ("died", -signal.SIGKILL), f"{point} was never passed: {heard}"
            check(home, seen)
            whole = [(word, value) for _, word, value in warm.run_writer(job)]
            assert ("published", 6 * N_CLIPS[rule]) in whole, whole
            check(home, seen)
            with Catalogue(home) as catalogue:
                assert catalogue.cut_otherwise() == 0
            generation = open_generation(home)
            assert generation is not None
            assert generation.manifest.clips == 6 * N_CLIPS[rule]
    assert verify_library(home).problems == []


def check(home: Home, seen: list[tuple[int, int]]) -> None:
    """Every video has all of its clips of one rule, by the right vectors, and is found."""
    with Catalogue(home) as catalogue:
        names = {video.id: video.path.name for video in catalogue.videos("colour-1")}
        assert sorted(names.values()) == sorted(COLOURS)
        stored = list(read_videos(catalogue, VectorStore(home, "colour-1"), list(names)))
        table = catalogue.clip_table("colour-1")
    assert len(stored) == len(names)
    owners = dict(seen)
    for row in stored:
        assert len(row.clips) == {"shots 10 0.5": 6, **N_CLIPS}[row.clip_rule]
        assert table.ids[table.video_ids == row.video_id].tolist() == row.clip_ids.tolist()
        for clip_id in row.clip_ids.tolist():  # no number is ever given out for another clip
            assert owners.setdefault(clip_id, row.video_id) == row.video_id
    seen[:] = owners.items()
    with closing(Searcher(home, ColourEncoder())) as searcher:
        for colour in COLOURS[::3]:
            hits = searcher.search(Query(text=colour), k=1).hits
            assert [hit.path.name for hit in hits] == [colour]

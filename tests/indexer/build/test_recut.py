"""Clips are cut anew from stored frames: as if the library had been indexed so, at no decoding."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home, resolve_home
from data.video.clips.rule import USUAL_RULE, ClipRule
from indexer.build.pipeline import RebuildOptions, RunOptions, index_with, rebuild
from indexer.build.report import IndexReport
from indexer.store.generations import open_generation
from indexer.store.part_formats import FORMAT_2
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore, VideoVectors, _old_row_sum
from indexer.verify import verify_library
from tests.fakes import CountingEncoder
from tests.indexer.made import paint
from tests.indexer.runs import first

ID = CountingEncoder().id
RULES = [
    ClipRule("windows", 5, 0),
    ClipRule("whole-shots", 600),
    ClipRule("keyframes"),
    ClipRule("difference", 20, 0.2, 0.6),
]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    paint(folder / "long.mp4", ("red", 13.3), ("blue", 12), ("red", 4), ("white", 1))
    paint(folder / "short.mp4", ("green", 3))
    return folder


@pytest.fixture(scope="module")
def usual(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A library with the usual clips."""
    home = resolve_home(tmp_path_factory.mktemp("usual") / "home")
    home.make()
    index(home, films)
    return home


@pytest.fixture
def home(usual: Home, tmp_path: Path) -> Home:
    """A copy of it."""
    shutil.copytree(usual.root, tmp_path / "home")
    return resolve_home(tmp_path / "home")


def index(home: Home, folder: Path, rule: ClipRule | None = None) -> IndexReport:
    return index_with(home, [folder], CountingEncoder(), RunOptions(workers=1, clip_rule=rule))


def cut_anew(home: Home, rule: ClipRule | None = None) -> CountingEncoder:
    encoder = CountingEncoder()
    rebuild(home, RebuildOptions(encoder, rule))
    return encoder


def stored(home: Home) -> dict[str, VideoVectors]:
    with Catalogue(home) as catalogue:
        names = {video.id: video.path.name for video in catalogue.videos(ID)}
        rows = read_videos(catalogue, VectorStore(home, ID), list(names))
        return {names[row.video_id]: row for row in rows}


def other_clips(home: Home) -> int:
    with Catalogue(home) as catalogue:
        return catalogue.cut_otherwise()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text)
def test_clips_are_those_of_a_library_that_was_indexed_so(
    home: Home, films: Path, tmp_path: Path, rule: ClipRule
) -> None:
    before = stored(home)
    encoder = cut_anew(home, rule)
    fresh_home = resolve_home(tmp_path / "fresh")
    fresh_home.make()
    index(fresh_home, films, rule)
    now, fresh = stored(home), stored(fresh_home)
    assert encoder.frames == 0, "a picture was encoded"
    assert (other_clips(home), other_clips(fresh_home)) == (0, 0)
    for name, row in now.items():
        assert row.clip_spans.tolist() == fresh[name].clip_spans.tolist()
        assert row.clips.astype(float) == pytest.approx(fresh[name].clips.astype(float), abs=1e-3)
        assert row.clip_rule == fresh[name].clip_rule == rule.text
        assert row.cuts_s.tolist() == fresh[name].cuts_s.tolist()
        keys_s, fresh_keys_s = row.keyframes_s, fresh[name].keyframes_s
        assert keys_s is not None
        assert fresh_keys_s is not None
        assert keys_s.tolist() == fresh_keys_s.tolist()
        assert row.frames.tolist() == before[name].frames.tolist()
    assert now["long.mp4"].clip_spans.tolist() != before["long.mp4"].clip_spans.tolist()
    generation = open_generation(home)
    assert generation is not None
    assert generation.manifest.clips == sum(len(row.clips) for row in now.values())
    assert verify_library(home, deep=True).problems == []


def test_there_and_back_gives_the_same_clips_under_new_numbers(home: Home) -> None:
    before = stored(home)
    cut_anew(home, ClipRule("windows", 30))
    between = stored(home)
    cut_anew(home, USUAL_RULE)
    after = stored(home)
    for name, row in after.items():
        assert row.clip_spans.tolist() == before[name].clip_spans.tolist()
        assert row.clips.astype(float) == pytest.approx(before[name].clips.astype(float), abs=1e-3)
    ids = [row.clip_ids for rows in (before, between, after) for row in rows.values()]
    assert len(np.unique(np.concatenate(ids))) == sum(map(len, ids))


def test_a_library_keeps_its_rule_and_new_videos_are_cut_so(home: Home, films: Path) -> None:
    cut_anew(home, ClipRule("windows", 5, 0))
    folder = home.root.parent / "more"
    paint(folder / "new.mp4", ("yellow", 10), ("white", 5))
    report = index(home, folder)
    assert report.recut.videos == 0
    spans = stored(home)["new.mp4"].clip_spans
    assert spans.tolist() == pytest.approx(np.array([[0, 5], [5, 10], [10, 15]]), abs=0.1)
    assert first(home, "yellow")[0] == "new.mp4"


def test_indexing_with_another_rule_cuts_the_whole_library_anew(home: Home, films: Path) -> None:
    folder = home.root.parent / "more"
    paint(folder / "new.mp4", ("yellow", 10))
    report = index(home, folder, ClipRule("windows", 5, 0))
    assert (report.decoded, report.recut.videos) == (1, 2)
    assert {row.clip_rule for row in stored(home).values()} == {"windows 5 0"}
    assert (other_clips(home), verify_library(home).problems) == (0, [])


def test_nothing_to_cut_changes_no_vector(home: Home) -> None:
    parts = sorted(path.name for path in home.all_vectors.glob("*/*"))
    encoder = cut_anew(home, USUAL_RULE)
    assert encoder.clips_at_once == []
    assert sorted(path.name for path in home.all_vectors.glob("*/*")) == parts


def test_parts_of_old_clips_are_removed(home: Home) -> None:
    old = {path.name for path in home.all_vectors.glob("*/*")}
    cut_anew(home, ClipRule("windows", 5))
    assert old.isdisjoint(path.name for path in home.all_vectors.glob("*/*"))


def as_before_there_were_rules(home: Home) -> None:
    """Write the parts of a library as the version before wrote them."""
    store = VectorStore(home, ID)
    for path in home.all_vectors.glob("*/*.parquet"):
        texts = pq.read_table(path)["origin"].to_pylist()
        rows = [pair[1] for pair in store.read_stray(path.name) if pair is not None]
        sums = [_old_row_sum(row, text) for row, text in zip(rows, texts, strict=True)]
        table = pq.read_table(path).drop_columns(["clip_rule", "cuts_s", "keyframes_s", "row_sum"])
        table = table.append_column("row_sum", pa.array(sums, pa.int64()))
        facts = dict(pq.read_schema(path).metadata) | {b"format": FORMAT_2.encode()}
        sink = pa.BufferOutputStream()
        pq.write_table(table.replace_schema_metadata(facts), sink, compression="none")
        content = sink.getvalue().to_pybytes()
        path.write_bytes(content)
        with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
            connection.exec_driver_sql(
                "UPDATE parts SET sha256 = ?, size_bytes = ? WHERE name = ?",
                (hashlib.sha256(content).hexdigest(), len(content), path.name),
            )


def test_older_parts_that_the_catalogue_lost_are_taken_in(home: Home, films: Path) -> None:
    as_before_there_were_rules(home)
    shutil.rmtree(home.copies)
    home.catalogue.unlink()
    verify_library(home, repair=True)
    report = index(home, films, ClipRule("windows", 5, 0))
    assert (report.taken_in, report.decoded, report.recut.videos) == (2, 0, 2)
    assert {row.clip_rule for row in stored(home).values()} == {"windows 5 0"}
    assert verify_library(home).problems == []


@pytest.mark.parametrize("rule", [ClipRule("shots", 20), ClipRule("windows", 5, 0)])
def test_cuts_of_older_parts_are_found_in_their_clips(home: Home, rule: ClipRule) -> None:
    cuts_s = stored(home)["long.mp4"].cuts_s.tolist()
    as_before_there_were_rules(home)
    old = stored(home)["long.mp4"]
    assert (old.cuts_s.tolist(), old.keyframes_s) == (cuts_s, None)
    cut_anew(home, rule)
    row = stored(home)["long.mp4"]
    assert (row.cuts_s.tolist(), row.keyframes_s, row.clip_rule) == (cuts_s, None, rule.text)
    with Catalogue(home) as catalogue:  # what the file says about itself is kept
        assert catalogue.video("long.mp4").codec == "h264"
    cut_anew(home, ClipRule("whole-shots", 600))
    assert [start for start, _ in stored(home)["long.mp4"].clip_spans.tolist()] == [0, *cuts_s]


def test_videos_without_key_frames_keep_their_clips_and_are_told(home: Home, films: Path) -> None:
    as_before_there_were_rules(home)
    before = stored(home)["long.mp4"]
    report = index(home, films, ClipRule("keyframes"))
    assert (report.recut.videos, len(report.recut.without_keyframes)) == (0, 2)
    assert other_clips(home) == 2
    row = stored(home)["long.mp4"]
    assert (row.clip_ids.tolist(), row.clip_rule) == (before.clip_ids.tolist(), USUAL_RULE.text)
    assert first(home, "green")[0] == "short.mp4"


def test_a_damaged_part_keeps_its_clips_and_stops_no_other(home: Home, films: Path) -> None:
    folder = home.root.parent / "more"
    paint(folder / "new.mp4", ("yellow", 10))
    before = {path.name for path in home.all_vectors.glob("*/*")}
    index(home, folder)
    (part,) = (path for path in home.all_vectors.glob("*/*") if path.name not in before)
    part.write_bytes(part.read_bytes()[:-9])
    cut_anew(home, ClipRule("windows", 5, 0))
    assert other_clips(home) == 1
    with Catalogue(home) as catalogue:
        assert catalogue.video("new.mp4").id in catalogue.embeddings.cut_otherwise(
            ID, "windows 5 0"
        )


class Stopping(CountingEncoder):
    """Is stopped by Ctrl-C at its second call."""

    def encode_clips(self, vectors: Any, times_s: Any, spans: Any) -> Any:
        if self.clips_at_once:
            raise KeyboardInterrupt
        return super().encode_clips(vectors, times_s, spans)


def test_what_was_cut_before_a_stop_is_kept_and_the_next_run_goes_on(
    home: Home, films: Path
) -> None:
    folder = home.root.parent / "more"
    paint(folder / "new.mp4", ("yellow", 10))
    index(home, folder)
    with pytest.raises(KeyboardInterrupt):
        rebuild(home, RebuildOptions(Stopping(), ClipRule("windows", 5, 0)))
    assert other_clips(home) == 1  # two in the first part, one in the second
    assert {first(home, colour)[0] for colour in ("green", "yellow")} == {"short.mp4", "new.mp4"}
    assert verify_library(home).problems == []
    encoder = cut_anew(home)
    assert (len(encoder.clips_at_once), other_clips(home)) == (1, 0)
    assert {row.clip_rule for row in stored(home).values()} == {"windows 5 0"}

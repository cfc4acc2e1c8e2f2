"""Parts: vectors written once, read back bit for bit, refused when a byte changed."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.trust.kill_child import vectors_of
from data.errors import ReelwiseError
from data.home import Home
from data.video.small_frames import SMALL_SIZE
from indexer.store.part_formats import FORMAT_3
from indexer.store.vectors import VectorStore, VideoVectors


def small_of(video_id: int, n_frames: int) -> npt.NDArray[np.uint8] | None:
    """Small frames; none of a video without frames."""
    rng = np.random.default_rng(video_id)
    return rng.integers(0, 256, (n_frames, SMALL_SIZE), np.uint8) if n_frames else None


def video(video_id: int, n_frames: int = 3, n_clips: int = 2) -> VideoVectors:
    rows = vectors_of(f"v{video_id}", n_frames + n_clips).astype(np.float16)
    spans = np.stack([np.arange(n_clips), np.arange(n_clips) + 1.5], axis=1).astype(np.float64)
    ids = np.arange(n_clips, dtype=np.int64) + video_id * 100
    times = np.arange(n_frames, dtype=np.float64) / 2
    keys_s = None if video_id % 2 else times[: n_frames // 2]
    return VideoVectors(
        video_id,
        times,
        rows[:n_frames],
        ids,
        spans,
        rows[n_frames:],
        clip_rule=f"windows {video_id} 0.5",
        cuts_s=times[1:] - 0.25,
        keyframes_s=keys_s,
        small_frames=small_of(video_id, n_frames) if video_id % 3 else None,
    )


def same(one: VideoVectors, two: VideoVectors) -> bool:
    pairs = [(getattr(one, field.name), getattr(two, field.name)) for field in fields(one)]
    return all(
        np.array_equal(a, b)
        and (a is None) == (b is None)
        and getattr(a, "dtype", 0) == getattr(b, "dtype", 0)
        for a, b in pairs
    )


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    return VectorStore(Home(tmp_path), "e1")


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=1, max_size=6))
def test_what_was_written_comes_back_bit_for_bit(
    tmp_path: Path, sizes: list[tuple[int, int]]
) -> None:
    store = VectorStore(Home(tmp_path), "e1")
    rows = [video(n + 1, *size) for n, size in enumerate(sizes)]
    info = store.write_part(rows)
    back = store.read_part(info.name, info.sha256)
    assert len(back) == len(info.video_ids) == len(rows)
    assert all(same(one, two) for one, two in zip(rows, back, strict=True))


def test_some_videos_of_a_part_are_read_alone(store: VectorStore) -> None:
    rows = [video(1), video(2, 0), video(3, 5, 4)]
    info = store.write_part(rows)
    back = store.read_part(info.name, info.sha256, {3, 1, 9})
    assert [each.video_id for each in back] == [1, 3]
    assert all(same(one, two) for one, two in zip((rows[0], rows[2]), back, strict=True))
    assert store.read_part(info.name, info.sha256, {9}) == []


def test_the_file_has_the_recorded_size_and_checksum(store: VectorStore) -> None:
    info = store.write_part([video(1)])
    content = store.path(info.name).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (info.size_bytes, info.sha256)
    schema = pq.read_schema(store.path(info.name))
    assert str(schema.field("clips").type.value_type) == "fixed_size_list<element: halffloat>[16]"
    assert schema.metadata[b"encoder_id"] == b"e1"
    assert len(list(store.folder.iterdir())) == 1


def test_clip_columns_are_those_of_the_wanted_videos_only(store: VectorStore) -> None:
    rows = [video(n, n_clips=n) for n in (1, 2, 3)]
    info = store.write_part(rows)
    read = store.read_clips(info.name, info.sha256, frozenset({1, 3}))
    assert [(each.video_id, each.part, each.ids.tolist()) for each in read] == [
        (1, info.name, [100]),
        (3, info.name, [300, 301, 302]),
    ]
    for each, row in zip(read, (rows[0], rows[2]), strict=True):
        assert np.array_equal(each.vectors, row.clips)
        assert np.array_equal(each.spans, row.clip_spans)
    assert len(store.read_clips(info.name, info.sha256, info.video_ids)) == 3
    assert store.read_clips(info.name, info.sha256, frozenset()) == []
    assert store.read_clip_ids(info.name, info.sha256)[2] == [200, 201]


def test_a_changed_byte_is_seen_before_anything_is_parsed(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = store.write_part([video(1)])
    content = bytearray(store.path(info.name).read_bytes())
    content[len(content) // 2] ^= 1
    store.path(info.name).write_bytes(content)
    monkeypatch.setattr(pq, "ParquetFile", lambda *_: pytest.fail("parsed before verified"))
    for read in (store.read_part, store.read_clip_ids):
        with pytest.raises(ReelwiseError, match="wrong checksum"):
            read(info.name, info.sha256)
    with pytest.raises(ReelwiseError, match="wrong checksum"):
        store.read_clips(info.name, info.sha256, info.video_ids)
    store.path(info.name).unlink()
    with pytest.raises(ReelwiseError, match="missing"):
        store.read_part(info.name, info.sha256)


@pytest.mark.parametrize("fault", ["nan", "long", "zero", "no clips", "lengths", "dims", "small"])
def test_vectors_that_no_search_could_use_are_never_stored(store: VectorStore, fault: str) -> None:
    good, spoiled = video(1), video(2).clips.copy()
    if fault in ("nan", "long", "zero"):
        spoiled[0] = {"nan": np.nan, "long": 1.0, "zero": 0.0}[fault]
        bad = replace(good, video_id=2, clips=spoiled)
    elif fault == "no clips":
        bad = video(2, n_clips=0)
    elif fault == "lengths":
        bad = replace(good, frame_times_s=good.frame_times_s[1:])
    elif fault == "small":
        bad = replace(good, small_frames=np.zeros((2, SMALL_SIZE), np.uint8))
    else:
        bad = replace(good, frames=good.frames[:, :8])
    with pytest.raises(ValueError, match=r"video [12]"):
        store.write_part([good, bad])
    assert not store.folder.exists()


def test_a_part_older_than_small_frames_has_none(store: VectorStore) -> None:
    info = store.write_part([video(1), video(2)])
    table = pq.read_table(store.path(info.name)).drop_columns(["small_frames"])
    facts = {**table.schema.metadata, b"format": FORMAT_3.encode()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(facts), sink)
    content = sink.getvalue().to_pybytes()
    store.path("part-old.parquet").write_bytes(content)
    old = store.read_part("part-old.parquet", hashlib.sha256(content).hexdigest())
    assert [row.small_frames for row in old] == [None, None]
    assert np.array_equal(old[0].frames, video(1).frames)

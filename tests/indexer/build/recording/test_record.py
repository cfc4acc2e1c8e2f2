import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.trust.kill_child import embedded, n_clips_of, run_writer
from benchmarks.trust.kills import Reported, Tally, WriterHost, kill_and_audit
from data import durable, home
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.durable import TEMP_PREFIX
from data.errors import ReelwiseError
from data.home import Home
from data.video.types import Ending
from indexer.build.recording import parts
from indexer.build.recording.record import record_embedded, tidy, writing_session
from indexer.store import publishing
from indexer.store.rows import half_matrix
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore
from tests.indexer.build.disk_order import DiskOrder
from tests.indexer.stored import ENCODER, add, file_of, new_home, published

TIMES_PER_POINT = int(os.environ.get("REELWISE_KILLS_PER_POINT", "2"))
WALK = {"seed": [7], "walk": True}


def quiet(*_words: object) -> None:
    """Nobody listens."""


class Passings(dict[str, int]):
    """Stands in for the armed crash points and counts every passing instead."""

    def __bool__(self) -> bool:
        return True

    def __contains__(self, name: object) -> bool:
        self[str(name)] = self.get(str(name), 0) + 1
        return False


@pytest.fixture(scope="module")
def passings() -> dict[str, int]:
    """Every crash point that the walk passes after its start, and how often."""
    counted = Passings()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:

        def begin(_spec: str | None) -> None:
            patch.setattr(durable, "_armed", counted)

        patch.setattr("benchmarks.trust.kill_child.arm_crash", begin)
        run_writer({"home": folder, **WALK}, quiet)
    return dict(counted.items())


@pytest.fixture(scope="module")
def warm() -> Iterator[WriterHost]:
    with WriterHost() as opened:
        yield opened


def test_the_walk_passes_every_kind_of_write(passings: dict[str, int]) -> None:
    flush = {"reserve.after_commit", "flush.after_reserve", "part.after_fsync"}
    flush |= {"part.after_rename", "part.after_fsync_dir", "flush.after_part"}
    flush |= {"commit_part.before_commit", "commit_part.after_commit", "flush.after_commit"}
    index = {"publish.after_fsync_manifest"}
    index |= {f"segment.after_{what}" for what in ("vectors", "nearest", "rename")}
    index |= {"segment.before_rename", "prune_changes.after_commit"}
    index |= {"publish.before_rename", "publish.after_rename", "publish.after_cleaning"}
    index |= {f"publish.current.after_{what}" for what in ("fsync", "rename", "fsync_dir")}
    rest = {"files.before_commit", "files_gone.after_commit", "history.add.before_commit"}
    rest |= {"history.forget.after_commit", "scrub.after_vacuum", "discard_dir.after_rename"}
    words = {"lines.after_announce", "lines.after_fsync", "lines.after_rename"}
    words |= {"lines.after_part", "commit_lines.before_commit", "lines.after_commit"}
    meant = {"sentences.after_fsync", "sentences.written", "publish.after_text"}
    meant |= {f"meaning.{when}" for when in ("after_lines", "after_best", "before_rename")}
    meant |= {"meaning.after_rename", "publish.after_meaning"}
    assert flush | index | rest | words | meant <= set(passings)


def test_a_kill_at_any_named_point_leaves_a_consistent_home(
    passings: dict[str, int], warm: WriterHost, tmp_path: Path
) -> None:
    wrong: list[tuple[str, Tally]] = []
    for point, passed in sorted(passings.items()):
        tally = Tally()
        for n in range(TIMES_PER_POINT):
            home, told = {"home": str(tmp_path / f"{point}-{n}")}, Reported()
            walk = {"seed": [7, n // passed], "walk": True}
            at = {"crash_at": f"{point}:{1 + n % passed}"}
            kill_and_audit(warm, home | walk | at, None, told, tally)
        # One more life over the last ruins, killed nowhere: it goes on and stays consistent.
        kill_and_audit(warm, home | walk | {"seed": [8]}, None, told, tally)
        if tally.kills != TIMES_PER_POINT or _wrong(tally):
            wrong.append((point, tally))
    assert wrong == []
    assert len(passings) >= 30


def _wrong(tally: Tally) -> bool:
    counted = tally.lost + tally.doubled + tally.checksum_errors + tally.unpublished
    return bool(counted or tally.errors)


def test_nothing_is_reported_before_it_survives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = DiskOrder(tmp_path, monkeypatch)
    run_writer({"home": str(tmp_path / "home"), **WALK}, lambda *_words: order.finish())
    assert order.faults == []
    assert order.renames >= 12


def no_sync(_path: Path) -> None:
    """A fault to find: this call no longer reaches the disk."""


def write_unsynced(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def unsynced_atomic(path: Path, content: bytes, *, point: str = "") -> None:
    temp = durable.temp_name(path)
    temp.write_bytes(content)
    os.replace(temp, path)  # noqa: PTH105 - as `write_atomic` does
    durable.fsync_dir(path.parent)


@pytest.mark.parametrize(
    ("where", "name", "mutant", "seen"),
    [
        (half_matrix, "fsync_file", no_sync, "clips.f16 was not forced"),
        ("indexer.store.segments.building", "write_synced", write_unsynced, "manifest.json"),
        (publishing, "write_synced", write_unsynced, "manifest.json was not forced"),
        (publishing, "write_atomic", unsynced_atomic, "CURRENT was not forced"),
        (durable, "fsync_dir", no_sync, "names in"),
        ("indexer.store.vectors", "write_atomic", unsynced_atomic, "part-"),
        ("indexer.store.lines", "write_atomic", unsynced_atomic, "part-"),
    ],
)
def test_the_recorder_sees_each_fsync_that_is_left_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: object,
    name: str,
    mutant: Callable[..., None],
    seen: str,
) -> None:
    order = DiskOrder(tmp_path, monkeypatch)
    target = f"{where}.{name}" if isinstance(where, str) else f"{where.__name__}.{name}"  # type: ignore[attr-defined]
    monkeypatch.setattr(target, mutant)
    run_writer({"home": str(tmp_path / "home"), **WALK}, lambda *_words: order.finish())
    assert any(seen in fault for fault in order.faults), order.faults[:5]


@pytest.fixture
def library(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def test_one_flush_makes_its_videos_searchable_with_their_facts(library: Home) -> None:
    with writing_session(library) as catalogue:
        info = add(catalogue, ["a", "b"])
        assert len(info.video_ids) == 2
        videos = catalogue.videos(ENCODER)
        assert [(v.content_key, v.codec) for v in videos] == [("a", "none"), ("b", "none")]
        store = VectorStore(library, ENCODER)
        rows = {row.video_id: row for row in read_videos(catalogue, store, [v.id for v in videos])}
        table = catalogue.clip_table(ENCODER)
        spans = np.stack([table.starts_s, table.ends_s], axis=1)
        for video in videos:
            of_video = table.video_ids == video.id
            assert table.ids[of_video].tolist() == rows[video.id].clip_ids.tolist()
            assert spans[of_video].tolist() == rows[video.id].clip_spans.tolist()
            expected = embedded(video.id, video.content_key)
            assert np.array_equal(rows[video.id].clips, expected.vectors.clips)


def test_a_flush_reserves_one_id_for_each_of_its_clips(
    library: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing_session(library) as catalogue:
        asked: list[int] = []
        reserve = catalogue.embeddings.reserve

        def noted(encoder_id: str, part: str, n_clips: int) -> int:
            asked.append(n_clips)
            return reserve(encoder_id, part, n_clips)

        monkeypatch.setattr(catalogue.embeddings, "reserve", noted)
        add(catalogue, ["a", "b", "c"])
        ids = catalogue.clip_table(ENCODER).ids.tolist()
        assert asked == [len(ids)] == [sum(n_clips_of(name) for name in "abc")]


def test_only_valid_vectors_of_the_wanted_videos_are_read(library: Home) -> None:
    with writing_session(library) as catalogue:
        add(catalogue, ["a", "b", "c"])
        add(catalogue, ["a"])  # the first part's vectors of a are out of date
        ids = {video.content_key: video.id for video in catalogue.videos(ENCODER)}
        store = VectorStore(library, ENCODER)
        read = [row.video_id for row in read_videos(catalogue, store, [ids["a"], ids["b"]])]
        assert sorted(read) == sorted([ids["a"], ids["b"]])


def test_partial_videos_keep_their_reason(library: Home) -> None:
    with writing_session(library) as catalogue:
        ids = catalogue.files.put([FileRecord(file_of("a"), 1, 1, 1, "a")])
        row = embedded(ids[file_of("a")] or 0, "a")
        partial = replace(row, ending=Ending("partial", "decoded 3 of 8 s"))
        record_embedded(catalogue, VectorStore(library, ENCODER), [partial])
        assert [(f.state, f.reason) for f in catalogue.embeddings.failures(ENCODER)] == [
            ("partial", "decoded 3 of 8 s")
        ]


def test_wrong_vectors_record_nothing_and_leave_no_file(library: Home) -> None:
    with writing_session(library) as catalogue:
        ids = catalogue.files.put([FileRecord(file_of("a"), 1, 1, 1, "a")])
        row = embedded(ids[file_of("a")] or 0, "a")
        row.vectors.clips[0] = np.nan
        store = VectorStore(library, ENCODER)
        with pytest.raises(ValueError, match="unit length"):
            record_embedded(catalogue, store, [row])
        with pytest.raises(ValueError, match="once"):
            record_embedded(catalogue, store, [row, row])
        assert record_embedded(catalogue, store, []) is None
        assert catalogue.videos(ENCODER) == []
        assert len(catalogue.embeddings.missing(ENCODER)) == 1
    assert not store.folder.exists()


def test_recording_without_the_lock_is_refused(library: Home) -> None:
    with Catalogue(library) as catalogue, pytest.raises(ValueError, match="writer lock"):
        record_embedded(catalogue, VectorStore(library, ENCODER), [])


def test_tidying_removes_what_was_announced_and_never_a_stranger(library: Home) -> None:
    published(library, ["a"])
    folder = VectorStore(library, ENCODER).folder
    stranger, unfinished = folder / "part-stranger.parquet", folder / f"{TEMP_PREFIX}x-part"
    stranger.write_bytes(b"perhaps all that is left of a lost catalogue")
    unfinished.write_bytes(b"half")
    (library.index / f"{TEMP_PREFIX}y-gen-000002").mkdir()
    (library.index / "gen-000002").mkdir()  # renamed, but CURRENT was not replaced any more
    (library.index / "segments" / "seg-of-it").mkdir()
    (library.index / "segments" / f"{TEMP_PREFIX}z-seg").mkdir()
    (used,) = [path.name for path in library.index.glob("segments/seg-*") if any(path.iterdir())]
    with home.WriterLock(library), Catalogue(library) as catalogue:
        catalogue.embeddings.reserve(ENCODER, "part-announced.parquet", 3)
        (folder / "part-announced.parquet").write_bytes(b"written, never committed")
        assert tidy(library, catalogue) == 6
        assert tidy(library, catalogue) == 0
        assert catalogue.embeddings.retire_parts() == []
        assert len(catalogue.videos(ENCODER)) == 1
    assert stranger.exists()
    assert len(list(folder.iterdir())) == 2
    names = ["CURRENT", "gen-000001", "segments"]
    assert [path.name for path in sorted(library.index.iterdir())] == names
    assert [path.name for path in (library.index / "segments").iterdir()] == [used]


def test_replaced_vectors_leave_the_disk_with_the_next_writer(library: Home) -> None:
    published(library, ["a"], ["a"])
    folder = VectorStore(library, ENCODER).folder
    assert len(list(folder.iterdir())) == 2
    with writing_session(library):
        assert len(list(folder.iterdir())) == 1


def test_a_kill_while_tidying_leaves_no_file_that_nobody_knows(
    library: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(library, ["a"], ["a"])

    def kill(point: str) -> None:
        if point == "tidy.after_unlink":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parts, "crash_point", kill)
        with pytest.raises(KeyboardInterrupt), writing_session(library):
            pass
    with writing_session(library) as catalogue:
        assert catalogue.embeddings.retire_parts() == []
    assert len(list(VectorStore(library, ENCODER).folder.iterdir())) == 1


def test_a_second_writing_session_is_refused(library: Home) -> None:
    with (
        writing_session(library),
        pytest.raises(ReelwiseError, match="being written by process"),
        writing_session(library),
    ):
        pass

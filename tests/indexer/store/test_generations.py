"""Published generations: what is served, and what damage falls back to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.trust.kill_child import vectors_of
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import seal
from indexer.build.recording.record import writing_session
from indexer.search.view import open_view
from indexer.store.generations import Generation, open_generation
from indexer.store.manifest import read_manifest
from indexer.store.published import generation_names
from indexer.store.publishing import publish
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import CellRows
from indexer.store.segments.building import Building
from indexer.store.segments.segment import read_facts, segment_folder, segment_names
from indexer.store.vectors import VectorStore, VideoClips
from tests.indexer.store.rows.index_contract import same
from tests.indexer.stored import ENCODER, add, file_of, new_home, published

pytestmark = pytest.mark.long(20)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def first_hit(home: Home, content: str) -> tuple[str, str | None]:
    """The content that a search for the first clip of another finds, and the warning."""
    generation = open_generation(home)
    assert generation is not None
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER)
        query = vectors_of(content, 1)
        rows, _ = view.top(query, 1, None)
        best = rows[view.scores(query, rows)[0].argmax()]
        video_id = int(view.clips(best[None]).video_ids[0])
        video = catalogue.videos_by_id([video_id])[video_id]
    return video.content_key, generation.warning


def test_a_home_without_any_index_has_none(home: Home) -> None:
    assert open_generation(home) is None


def test_an_empty_library_publishes_an_empty_index(home: Home) -> None:
    assert published(home).segments == ()
    generation = open_generation(home)
    assert generation is not None
    assert (generation.segments, generation.manifest.clips) == ((), 0)


def test_the_manifest_names_what_the_index_was_built_from(home: Home) -> None:
    made = published(home, ["a", "b"], ["c"])
    manifest = json.loads((home.index / "gen-000001" / "manifest.json").read_text())
    opened = open_generation(home)
    assert opened is not None
    assert opened.manifest == made.manifest
    assert opened.warning is None
    with Catalogue(home) as catalogue:
        clips = catalogue.clip_table(ENCODER).ids.tolist()
        parts = [part.name for part in catalogue.embeddings.parts(ENCODER)]
    (segment,) = opened.segments
    assert list(segment.part_names) == parts
    assert [use["name"] for use in manifest["segments"]] == [segment.name]
    assert (manifest["encoder_id"], manifest["videos"], manifest["clips"]) == (
        ENCODER,
        3,
        len(clips),
    )
    assert clips_in(opened) == clips
    assert manifest["index_kind"] == "flat_fp16"
    assert 0.99 < manifest["recall_at_10"] <= 1
    assert home.current.read_text() == "gen-000001\n"


def test_a_reader_keeps_what_it_opened_through_later_publications(home: Home) -> None:
    published(home, ["a"])
    reader = open_generation(home)
    assert reader is not None
    before = reader.segments[0].index.search(vectors_of("a", 1), 1)
    for content in "bcdef":
        published(home, [content])
    assert generation_names(home) == ["gen-000004", "gen-000005", "gen-000006"]
    after = reader.segments[0].index.search(vectors_of("a", 1), 1)
    assert same(before, after)
    assert not reader.folder.exists()


def test_only_live_videos_and_their_newest_vectors_are_published(home: Home) -> None:
    published(home, ["a", "b", "c"], ["a"])
    with writing_session(home) as catalogue:
        catalogue.files.remove([file_of("b")])
        generation = publish(home, catalogue, ENCODER)
        live = catalogue.clip_table(ENCODER).ids.tolist()
    assert clips_in(generation) == live
    assert generation.manifest.videos == 2


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_damaged_part_stops_no_other_and_is_named(home: Home, damage: str) -> None:
    published(home, ["a"])
    with writing_session(home) as catalogue:
        info = add(catalogue, ["b"])
        add(catalogue, ["c"])
        path = VectorStore(home, ENCODER).path(info.name)
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-1] + b"?")
        generation = publish(home, catalogue, ENCODER)
    assert generation.unreadable == info.video_ids
    assert (generation.manifest.videos, generation.manifest.missing) == (2, tuple(info.video_ids))
    assert info.name not in {name for each in generation.segments for name in each.part_names}
    assert first_hit(home, "a") == ("a", None)
    assert first_hit(home, "c") == ("c", None)


def test_publishing_without_the_lock_is_refused(home: Home) -> None:
    with Catalogue(home) as catalogue, pytest.raises(ValueError, match="writer lock"):
        publish(home, catalogue, ENCODER)


def test_any_flipped_byte_of_a_manifest_is_refused_and_the_previous_generation_serves(
    home: Home,
) -> None:
    published(home, ["a"])
    published(home, [f"b{n}" for n in range(20)])
    for place, restore in flipped(home.index / "gen-000002" / "manifest.json", 80):
        served, warning = first_hit(home, "a")
        assert served == "a", place
        assert warning is not None
        assert "gen-000001" in warning
        restore()
    assert first_hit(home, "b7") == ("b7", None)


def test_any_flipped_byte_of_a_segment_is_refused_unread_and_the_stored_vectors_serve(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment is in many generations: what was searched before is still searched, all of it."""
    published(home, [f"b{n}" for n in range(20)])
    published(home, ["a"])
    name = segment_names_by_size(home)[-1]
    made: list[int] = []

    def watched(content: NDArray[np.uint8], *, dim: int, n: int) -> HalfMatrix:
        made.append(n)
        return HalfMatrix(content, dim=dim, n=n)

    monkeypatch.setattr("indexer.store.segments.segment.HalfMatrix", watched)
    for file in sorted(segment_folder(home, name).iterdir()):
        for place, restore in flipped(file, 12):
            made.clear()
            for content in ("a", "b7"):
                served, warning = first_hit(home, content)
                assert served == content, (file.name, place)
                assert warning is not None
                assert "gen-000002" not in warning
                assert "searching the stored vectors" in warning
            assert 40 not in made, "a damaged segment was opened"
            restore()
    assert first_hit(home, "b7") == ("b7", None)


def flipped(file: Path, n: int) -> Iterator[tuple[int, Callable[[], object]]]:
    """Change a bit of a file at some places, the first and the last byte among them, in turn."""
    content, rng = file.read_bytes(), np.random.default_rng(0)
    for place in [0, len(content) - 1, *rng.integers(0, len(content), n).tolist()]:
        bad = bytearray(content)
        bad[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(bad)
        yield place, lambda: file.write_bytes(content)


def segment_names_by_size(home: Home) -> list[str]:
    return sorted(segment_names(home), key=lambda name: read_facts(home, name).clips)


def clips_in(generation: Generation) -> list[int]:
    """The clips that count in a generation, ascending."""
    uses = zip(generation.segments, generation.manifest.segments, strict=True)
    return sorted(
        clip_id
        for segment, use in uses
        for video in segment.videos(np.arange(segment.columns.n_videos))
        if video.video_id not in use.dead
        for clip_id in video.ids.tolist()
    )


def test_another_kind_of_index_is_opened_by_its_name_in_the_manifest(home: Home) -> None:
    published(home, ["a"], [f"b{n}" for n in range(20)])
    with writing_session(home) as catalogue:
        made = publish(home, catalogue, ENCODER, building=Building("ivf_fp16"), whole=True)
    assert made.manifest.recall_at_10 > 0.9
    opened = open_generation(home)
    assert opened is not None
    assert (opened.number, opened.manifest.index_kind) == (2, "ivf_fp16")
    assert isinstance(opened.segments[0].index, CellRows)
    assert opened.segments[0].index.parameters == made.segments[0].index.parameters
    assert first_hit(home, "b7") == ("b7", None)


def test_a_kind_that_this_version_does_not_know_is_refused(home: Home) -> None:
    made = published(home, ["a"])
    facts = made.segments[0].facts
    assert facts is not None
    newer = seal(asdict(replace(facts, index_kind="from the future")))
    (segment_folder(home, facts.name) / "manifest.json").write_bytes(newer)
    content, warning = first_hit(home, "a")
    assert content == "a"
    assert warning is not None
    assert "unknown kind 'from the future'" in warning


def test_an_index_of_an_older_version_is_not_used_and_called_by_its_name(home: Home) -> None:
    made = published(home, ["a"])
    (made.folder / "manifest.json").write_bytes(seal({**asdict(made.manifest), "format": 2}))
    with pytest.raises(ReelwiseError, match="made by an older version") as caught:
        open_generation(home)
    assert "damaged" not in caught.value.problem
    assert published(home, ["b"]).number == 2
    assert first_hit(home, "a") == ("a", None)


@pytest.mark.parametrize("damage", ["cut", "gone", "extra manifest", "swapped folder", "no folder"])
def test_other_damage_falls_back_as_well(home: Home, damage: str) -> None:
    published(home, ["a"])
    published(home, ["b"])
    folder = home.index / "gen-000002"
    if damage == "cut":
        (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes()[:-5])
    elif damage == "gone":
        (folder / "manifest.json").unlink()
    elif damage == "extra manifest":
        (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() * 2)
    elif damage == "swapped folder":
        shutil.rmtree(folder)
        shutil.copytree(home.index / "gen-000001", folder)
    else:
        shutil.rmtree(folder)
    content, warning = first_hit(home, "a")
    assert content == "a"
    assert warning is not None
    assert "reelwise rebuild" in warning


@pytest.mark.parametrize("content", [b"", b"gen-000009\n", b"../../etc\n", b"\xff\xfe", None])
def test_a_broken_current_still_serves_the_newest_good_generation(
    home: Home, content: bytes | None
) -> None:
    published(home, ["a"])
    published(home, ["b"])
    if content is None:
        home.current.unlink()
    else:
        home.current.write_bytes(content)
    served, warning = first_hit(home, "b")
    assert (served, warning is not None) == ("b", True)
    # The next publication mends it, and cleaning before it throws nothing away.
    published(home, ["c"])
    assert first_hit(home, "c") == ("c", None)
    assert len(generation_names(home)) == 3


def test_when_nothing_is_usable_the_error_says_how_to_rebuild(home: Home) -> None:
    published(home, ["a"])
    (home.index / "gen-000001" / "manifest.json").unlink()
    with pytest.raises(ReelwiseError, match="no generation") as caught:
        open_generation(home)
    assert "reelwise rebuild" in caught.value.fix


def test_memory_of_a_build_is_that_of_one_part(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    read = VectorStore.read_clips

    def counted(
        self: VectorStore, name: str, sha256: str, video_ids: frozenset[int]
    ) -> list[VideoClips]:
        names.append(name)
        return read(self, name, sha256, video_ids)

    monkeypatch.setattr(VectorStore, "read_clips", counted)
    published(home, *[[f"p{n}"] for n in range(6)])
    # Each part once: never all in one list.
    assert len(names) == len(set(names)) == 6
    assert read_manifest(home.index / "gen-000001").clips > 0


def test_a_publication_reads_only_what_is_new(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    published(home, *[[f"p{n}"] for n in range(6)])
    read: list[frozenset[int]] = []
    whole = VectorStore.read_clips

    def counted(
        self: VectorStore, name: str, sha256: str, video_ids: frozenset[int]
    ) -> list[VideoClips]:
        read.append(video_ids)
        return whole(self, name, sha256, video_ids)

    monkeypatch.setattr(VectorStore, "read_clips", counted)
    made = published(home, ["new"])
    assert [len(each) for each in read] == [1]
    assert [use.dead for use in made.manifest.segments] == [(), ()]
    assert made.manifest.videos == 7

"""Published generations: what is served, and what damage falls back to."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.kill_child import vectors_of
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import seal
from indexer.build.recording.record import writing_session
from indexer.store.faiss_index import CellIndex, FlatIndex, Ids
from indexer.store.generations import generation_names, open_generation
from indexer.store.manifest import read_manifest
from indexer.store.publishing import publish
from indexer.store.vectors import Half, VectorStore
from tests.indexer.store.index_contract import same
from tests.indexer.stored import ENCODER, add, file_of, new_home, published


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def first_hit(home: Home, content: str) -> tuple[str, str | None]:
    """The content that a search for the first clip of another finds, and the warning."""
    generation = open_generation(home)
    assert generation is not None
    _, ids = generation.index.search(vectors_of(content, 1), 1)
    with Catalogue(home) as catalogue:
        table = catalogue.clip_table(generation.manifest.encoder_id)
        video_id = int(table.video_ids[table.ids == ids[0, 0]][0])
        video = catalogue.videos_by_id([video_id])[video_id]
    return video.content_key, generation.warning


def test_a_home_without_any_index_has_none(home: Home) -> None:
    assert open_generation(home) is None


def test_an_empty_library_publishes_an_empty_index(home: Home) -> None:
    assert len(published(home).index) == 0
    generation = open_generation(home)
    assert generation is not None
    assert generation.index.search(np.ones((1, 512), np.float32), 5)[1].shape == (1, 0)


def test_the_manifest_names_what_the_index_was_built_from(home: Home) -> None:
    made = published(home, ["a", "b"], ["c"])
    manifest = json.loads((home.index / "gen-000001" / "manifest.json").read_text())
    opened = open_generation(home)
    assert opened is not None
    assert opened.manifest == made.manifest
    assert opened.warning is None
    with Catalogue(home) as catalogue:
        clips = catalogue.clip_table(ENCODER).ids.tolist()
        assert manifest["parts"] == [part.name for part in catalogue.embeddings.parts(ENCODER)]
    assert (manifest["encoder_id"], manifest["videos"], manifest["clips"]) == (
        ENCODER,
        3,
        len(clips),
    )
    assert sorted(opened.index.ids.tolist()) == clips
    assert manifest["index_kind"] == "flat_fp16"
    assert 0.99 < manifest["recall_at_10"] <= 1
    assert home.current.read_text() == "gen-000001\n"


def test_a_reader_keeps_what_it_opened_through_later_publications(home: Home) -> None:
    published(home, ["a"])
    reader = open_generation(home)
    assert reader is not None
    before = reader.index.search(vectors_of("a", 1), 1)
    for content in "bcdef":
        published(home, [content])
    assert generation_names(home) == ["gen-000004", "gen-000005", "gen-000006"]
    after = reader.index.search(vectors_of("a", 1), 1)
    assert same(before, after)
    assert not reader.folder.exists()


def test_only_live_videos_and_their_newest_vectors_are_published(home: Home) -> None:
    published(home, ["a", "b", "c"], ["a"])
    with writing_session(home) as catalogue:
        catalogue.files.remove([file_of("b")])
        generation = publish(home, catalogue, ENCODER)
        live = catalogue.clip_table(ENCODER).ids.tolist()
    assert sorted(generation.index.ids.tolist()) == live
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
    assert (generation.manifest.videos, info.name in generation.manifest.parts) == (2, False)
    assert first_hit(home, "a") == ("a", None)
    assert first_hit(home, "c") == ("c", None)


def test_publishing_without_the_lock_is_refused(home: Home) -> None:
    with Catalogue(home) as catalogue, pytest.raises(ValueError, match="writer lock"):
        publish(home, catalogue, ENCODER)


def test_any_flipped_byte_is_refused_unread_and_the_previous_generation_serves(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(home, ["a"])
    published(home, [f"b{n}" for n in range(20)])
    folder = home.index / "gen-000002"
    load = FlatIndex.load

    def watched(path: Path, *, dim: int, n: int) -> FlatIndex:
        assert path.parent != folder, "FAISS read a file with a wrong checksum"
        return load(path, dim=dim, n=n)

    rng = np.random.default_rng(0)
    files = [folder / "clips.faiss", folder / "manifest.json"]
    sizes = [file.stat().st_size for file in files]
    monkeypatch.setattr(FlatIndex, "load", watched)
    # Half of the places in each file, the first and last byte of both among them.
    for file, size in zip(files, sizes, strict=True):
        for place in [0, size - 1, *rng.integers(0, size, 40)]:
            content = file.read_bytes()
            bad = bytearray(content)
            bad[place] ^= 1 << int(rng.integers(8))
            file.write_bytes(bad)
            served, warning = first_hit(home, "a")
            assert served == "a"
            assert warning is not None
            assert "gen-000001" in warning
            file.write_bytes(content)
    monkeypatch.undo()
    assert first_hit(home, "b7") == ("b7", None)


def test_another_kind_of_index_is_opened_by_its_name_in_the_manifest(home: Home) -> None:
    published(home, ["a"], [f"b{n}" for n in range(20)])
    with writing_session(home) as catalogue:
        made = publish(home, catalogue, ENCODER, kind=CellIndex.kind)
    assert made.manifest.recall_at_10 > 0.9
    opened = open_generation(home)
    assert opened is not None
    assert (opened.number, opened.manifest.index_kind) == (2, "ivf_fp16")
    assert isinstance(opened.index, CellIndex)
    assert first_hit(home, "b7") == ("b7", None)


def test_a_kind_that_this_version_does_not_know_is_refused(home: Home) -> None:
    published(home, ["a"])
    made = published(home, ["b"])
    newer = seal(asdict(replace(made.manifest, index_kind="from the future")))
    (made.folder / "manifest.json").write_bytes(newer)
    content, warning = first_hit(home, "a")
    assert content == "a"
    assert warning is not None
    assert "unknown kind 'from the future'" in warning


@pytest.mark.parametrize("damage", ["cut", "gone", "extra manifest", "swapped folder", "no folder"])
def test_other_damage_falls_back_as_well(home: Home, damage: str) -> None:
    published(home, ["a"])
    published(home, ["b"])
    folder = home.index / "gen-000002"
    if damage == "cut":
        (folder / "clips.faiss").write_bytes((folder / "clips.faiss").read_bytes()[:-5])
    elif damage == "gone":
        (folder / "clips.faiss").unlink()
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
    (home.index / "gen-000001" / "clips.faiss").unlink()
    with pytest.raises(ReelwiseError, match="no generation") as caught:
        open_generation(home)
    assert "reelwise rebuild" in caught.value.fix


def test_memory_of_a_build_is_that_of_one_part(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    read = VectorStore.read_clips

    def counted(
        self: VectorStore, name: str, sha256: str, video_ids: frozenset[int]
    ) -> tuple[Ids, Half]:
        names.append(name)
        return read(self, name, sha256, video_ids)

    monkeypatch.setattr(VectorStore, "read_clips", counted)
    published(home, *[[f"p{n}"] for n in range(6)])
    # Each part once for the sample and once for the index: never all in one list.
    assert len(names) == 2 * len(set(names)) == 12
    assert read_manifest(home.index / "gen-000001").clips > 0

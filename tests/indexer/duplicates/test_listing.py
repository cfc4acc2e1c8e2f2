"""Of each group the best copy comes first, with what the others take on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.home import Home
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.copies.groups import Copies
from indexer.copies.stored import Pair, Stretch
from indexer.duplicates.listing import Group, listed_groups
from indexer.store.vectors import VectorStore
from tests.fakes import random_units
from tests.indexer.made import embedded
from tests.indexer.stored import new_home

INFOS = {
    "small.mp4": (VideoInfo("h264", 640, 360, 25.0, 60.0), 1000),
    "large.mp4": (VideoInfo("h264", 1920, 1080, 25.0, 60.0), 4000),
    "dense.mp4": (VideoInfo("hevc", 1920, 1080, 25.0, 60.0), 3900),
    "cut.mp4": (VideoInfo("h264", 1920, 1080, 25.0, 20.0), 2000),
    "mix.mp4": (VideoInfo("h264", 1920, 1080, 25.0, 300.0), 9000),
}


@pytest.fixture
def library(tmp_path: Path) -> tuple[Home, Path, dict[str, int]]:
    """Files of these sizes, embedded with what they are."""
    home, folder = new_home(tmp_path), tmp_path / "videos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    with writing_session(home) as catalogue:
        records = []
        for name, (_, n_bytes) in INFOS.items():
            (folder / name).write_bytes(bytes(n_bytes))
            records.append(FileRecord(folder / name, n_bytes, 1, 1, f"key-{name}"))
        ids = catalogue.files.put(records)
        rows = []
        for name, (info, _) in INFOS.items():
            made = embedded(int(ids[folder / name] or 0), random_units(rng, 2, 16))
            rows.append(Embedded(made.vectors, Ending("done", info=info)))
        record_embedded(catalogue, VectorStore(home, "made-1"), rows)
        catalogue.set_encoder("made-1", "made")
    return home, folder, {name: int(ids[folder / name] or 0) for name in INFOS}


def copies(one: int, other: int) -> Pair:
    low, high = sorted((one, other))
    return Pair(low, high, 3.0, (Stretch(0, 60, 0, 60, 0.9),), True, True)


def listed(home: Home, *pairs: Pair, under: Path | None = None) -> list[Group]:
    with Catalogue(home) as catalogue:
        return listed_groups(catalogue, Copies(pairs), under)


def names(group: Group) -> list[tuple[str, str]]:
    return [(each.video.path.name, str(each.relation)) for each in (group.best, *group.others)]


def test_pixels_come_first_then_bits_as_h264_needs_them(
    library: tuple[Home, Path, dict[str, int]],
) -> None:
    home, _, ids = library
    pairs = (copies(ids["small.mp4"], ids["large.mp4"]), copies(ids["large.mp4"], ids["dense.mp4"]))
    (group,) = listed(home, *pairs)
    assert names(group) == [("dense.mp4", "best"), ("large.mp4", "copy"), ("small.mp4", "copy")]
    assert group.why == "highest bit rate for its codec"
    assert group.freed_bytes == 5000
    (group,) = listed(home, pairs[0])
    assert (group.best.video.path.name, group.why) == ("large.mp4", "most pixels")


def test_a_part_is_listed_with_what_holds_it_and_frees_nothing(
    library: tuple[Home, Path, dict[str, int]],
) -> None:
    home, _, ids = library
    large, cut, mix = ids["large.mp4"], ids["cut.mp4"], ids["mix.mp4"]
    part = Pair(large, cut, 2.0, (Stretch(30, 50, 0, 20, 0.9),), False, True)
    overlap = Pair(large, mix, 2.0, (Stretch(10, 40, 100, 130, 0.9),), False, False)
    groups = listed(home, part, overlap)
    assert [names(group) for group in groups] == [
        [("large.mp4", "best"), ("cut.mp4", "part")],
        [("mix.mp4", "best"), ("large.mp4", "overlap")],
    ]
    assert all(group.freed_bytes == 0 for group in groups)
    (stretch,) = groups[0].others[0].stretches
    assert (stretch.start_s, stretch.other_start_s) == (0, 30)


def test_the_same_bytes_are_listed_and_hard_links_free_nothing(
    library: tuple[Home, Path, dict[str, int]],
) -> None:
    home, folder, _ = library
    (folder / "again.mp4").write_bytes(bytes(1000))
    os.link(folder / "large.mp4", folder / "link.mp4")
    with writing_session(home) as catalogue:
        catalogue.files.put(
            [
                FileRecord(folder / "again.mp4", 1000, 1, 1, "key-small.mp4"),
                FileRecord(folder / "link.mp4", 4000, 1, 1, "key-large.mp4"),
            ]
        )
    groups = {group.best.video.path.name: group for group in listed(home)}
    assert groups.keys() == {"small.mp4", "large.mp4"}
    assert groups["small.mp4"].freed_bytes == 1000
    assert groups["large.mp4"].freed_bytes == 0
    assert [path.name for path in groups["small.mp4"].best.files] == ["small.mp4", "again.mp4"]


def test_only_groups_with_a_file_in_the_folder(
    library: tuple[Home, Path, dict[str, int]],
) -> None:
    home, folder, ids = library
    pair = copies(ids["small.mp4"], ids["large.mp4"])
    assert len(listed(home, pair, under=folder)) == 1
    assert len(listed(home, pair, under=folder / "small.mp4")) == 1
    assert listed(home, pair, under=folder / "mix.mp4") == []


def test_copies_that_others_link_are_placed_by_them(
    library: tuple[Home, Path, dict[str, int]],
) -> None:
    home, _, ids = library
    small, large, dense = ids["small.mp4"], ids["large.mp4"], ids["dense.mp4"]
    late = Pair(small, large, 3.0, (Stretch(0, 58, 2, 60, 0.9),), True, True)
    (group,) = listed(home, late, copies(small, dense))
    stretch = next(each for each in group.others if each.video.id == large).stretches[0]
    assert stretch.start_s - stretch.other_start_s == pytest.approx(2)

"""A shelf lists the videos that looking at each of them gives, in order, wherever one looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue import SORTS, Catalogue, EmbeddingRow, Part, Shelf, Sort, Video, Wanted
from data.catalogue.records import FileRecord
from data.catalogue.values import to_micros
from data.home import Home
from data.video.types import Ending, VideoInfo

FOLDERS = ("/films", "/films/Öl", "/films/a/deep", "/film", "/")
TITLES = ("Zebra", "öl", "apple", "Apple", "zebra 2", "A")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Forty videos of five years in nested folders; every fourth has a copy elsewhere."""
    with Catalogue(Home(tmp_path_factory.mktemp("home"))) as catalogue:
        _record(catalogue, 40)
        catalogue.files.remove([_paths(39)[0]])
        catalogue.tags.add(3, ["Summer  Days"])
        yield catalogue


def _paths(n: int) -> list[Path]:
    first = Path(FOLDERS[n % len(FOLDERS)]) / f"clip {n}.mp4"
    return [first, *([Path("/copies") / f"Kopie {n}.mp4"] if n % 4 == 0 else [])]


def _record(catalogue: Catalogue, n_videos: int) -> None:
    ids = catalogue.files.put(
        FileRecord(path, 1, 1, 1, f"key {n}", title=TITLES[n % len(TITLES)])
        for n in range(n_videos)
        for path in _paths(n)
    )
    for encoder, part in (("e1", "p"), ("e2", "q")):
        numbers = [n for n in range(n_videos) if (n % 10 == 0) == (encoder == "e2")]
        first = catalogue.embeddings.reserve(encoder, part, len(numbers))
        rows = [_row(n, ids[_paths(n)[0]] or 0, first + i) for i, n in enumerate(numbers)]
        known = Part(part, "0" * 64, 1, frozenset(row.video_id for row in rows))
        catalogue.embeddings.commit_part(encoder, known, rows)


def _row(n: int, video_id: int, clip_id: int) -> EmbeddingRow:
    recorded = to_micros(datetime(2019 + n % 5, 1 + n % 7, 1 + n % 20, tzinfo=UTC))
    info = VideoInfo("h264", 64, 48, 25.0, n % 9 * 1.5, recorded_us=recorded)
    return EmbeddingRow(video_id, Ending("done", info=info), (clip_id,), ((0.0, 1.0),))


@pytest.fixture(scope="module")
def shelf(library: Catalogue) -> Shelf:
    return Shelf(library, "e1")


@pytest.fixture(scope="module")
def videos(library: Catalogue) -> dict[int, Video]:
    return {video.id: video for video in library.videos("e1")}


KEYS: dict[Sort, Callable[[Video], object]] = {
    "date": lambda v: -to_micros(v.recorded_at),
    "old": lambda v: to_micros(v.recorded_at),
    "added": lambda v: -to_micros(v.added_at),
    "title": lambda v: v.title.casefold(),
    "length": lambda v: -v.duration_s,
    "short": lambda v: v.duration_s,
}


@pytest.mark.parametrize("sort", SORTS)
def test_all_videos_are_listed_once_and_in_order(
    shelf: Shelf, videos: dict[int, Video], sort: Sort
) -> None:
    newest_first = sorted(videos.values(), key=lambda v: -v.id)
    expected = [v.id for v in sorted(newest_first, key=KEYS[sort])]  # type: ignore[arg-type]
    assert shelf.listed(Wanted(sort)).tolist() == expected
    assert len(shelf) == len(videos)


@pytest.mark.parametrize("sort", ["date", "old"])
def test_months_count_the_list_in_its_order(
    shelf: Shelf, videos: dict[int, Video], sort: Sort
) -> None:
    at = [videos[i].recorded_at for i in shelf.listed(Wanted(sort)).tolist()]
    counted = Counter((each.year, each.month) for each in at)  # in the order of the first of each
    assert [((m.year, m.month), m.videos) for m in shelf.months(Wanted(sort))] == [*counted.items()]


@pytest.mark.parametrize("folder", [*FOLDERS, "/films/a", "/copies", "/fil", "/nowhere"])
@pytest.mark.parametrize("below", [True, False])
def test_a_video_stands_in_every_folder_that_holds_it(
    shelf: Shelf, videos: dict[int, Video], library: Catalogue, folder: str, below: bool
) -> None:
    path, expected = Path(folder), set()
    for video_id, files in library.files.of_videos(videos).items():
        if any(path in f.parents if below else f.parent == path for f in files):
            expected.add(video_id)
    listed = shelf.listed(Wanted("title", folder=path, below=below)).tolist()
    assert (len(listed), set(listed)) == (len(expected), expected)


def test_folders_have_the_videos_below_them_and_the_newest_pictures(
    shelf: Shelf, videos: dict[int, Video]
) -> None:
    found = shelf.folders(Path("/films"))
    assert [each.path for each in found] == [Path("/films/a"), Path("/films/Öl")]
    for each in found:
        inside = shelf.listed(Wanted("date", folder=each.path)).tolist()
        assert each.videos == len(inside)
        assert list(each.pictures) == inside[:4]
    assert [str(each.path) for each in shelf.folders(Path("/"))] == ["/copies", "/film", "/films"]
    assert shelf.folder(Path("/nowhere")).videos == 0


def test_tags_and_words_narrow_a_list(shelf: Shelf, videos: dict[int, Video]) -> None:
    assert shelf.listed(Wanted(tag="summer days")).tolist() == [3]
    assert shelf.listed(Wanted(tag="winter")).tolist() == []
    words = shelf.listed(Wanted("title", text="APPLE")).tolist()
    assert set(words) == {i for i, v in videos.items() if "apple" in v.title.casefold()}
    copies = shelf.listed(Wanted("title", text="kopie 36")).tolist()
    assert copies == [i for i, v in videos.items() if v.path.name == "clip 36.mp4"]
    assert shelf.listed(Wanted(text="öl", folder=Path("/films"))).tolist()


def test_a_list_is_made_once_and_no_caller_can_change_it(shelf: Shelf) -> None:
    listed = shelf.listed(Wanted("length"))
    assert shelf.listed(Wanted("length")) is listed
    with pytest.raises(ValueError, match="read-only"):
        listed[0] = 7


def test_an_empty_library_has_no_months(tmp_path: Path) -> None:
    with Catalogue(Home(tmp_path)) as catalogue:
        shelf = Shelf(catalogue, "")
        assert (len(shelf), shelf.months(Wanted()), shelf.folders(Path("/"))) == (0, [], [])

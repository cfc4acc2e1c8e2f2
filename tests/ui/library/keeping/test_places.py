"""Nobody chooses a folder outside the roots, by whatever way."""

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from ui.library.keeping.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    root = tmp_path / "films"
    for name in ("films/b/deep", "films/A", "films/.hidden", "secret/inside", "films-too"):
        (tmp_path / name).mkdir(parents=True)
    (root / "clip.mp4").write_bytes(b"x")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "in").symlink_to(root / "b")
    return Places([root, tmp_path / "nowhere"])


def test_folders_are_listed_by_name_without_files_links_and_hidden_ones(
    places: Places, tmp_path: Path
) -> None:
    root = tmp_path / "films"
    assert places.roots == (root,)
    here = places.look(str(root))
    assert (here.folder, here.parent, here.folders) == (root, None, (root / "A", root / "b"))
    below = places.look(str(root / "b"))
    assert (below.parent, below.folders) == (root, (root / "b" / "deep",))


@pytest.mark.parametrize(
    "folder",
    [
        *("{t}/secret", "{t}/films/../secret", "{t}/films/out", "{t}/films/out/inside", "{t}"),
        *("/", "", ".", "films", "~", "{t}/films-too", "{t}/films/clip.mp4", "{t}/films/none"),
        *(
            "{t}/films\0/b",
            "{t}/films/" + "x" * 5000,
            "{t}/films/b/../../secret",
            "/proc/self/root",
        ),
    ],
)
def test_what_lies_outside_is_refused_and_not_told_apart_from_what_is_not_there(
    places: Places, tmp_path: Path, folder: str
) -> None:
    asked = folder.replace("{t}", str(tmp_path))
    for ask in (places.look, places.allowed):
        with pytest.raises(ReelwiseError, match="there is no folder"):
            ask(asked)


def test_a_link_that_stays_inside_leads_to_where_it_lies(places: Places, tmp_path: Path) -> None:
    assert places.allowed(str(tmp_path / "films" / "in")) == tmp_path / "films" / "b"

"""What is left out of a library can be taken back: the very paths, whatever they are called."""

from pathlib import Path

import pytest

from data.catalogue import Catalogue, FileRecord
from data.home import Home
from data.video.found import RootRules
from indexer.build.removal import remove_paths, take_back


@pytest.mark.parametrize("name", ["a.mp4", "a [1] #!*?.mp4", "Öl/über\\alles.mp4"])
def test_a_file_that_was_left_out_is_passed_over_until_it_is_taken_back(
    tmp_path: Path, name: str
) -> None:
    home, root = Home(tmp_path / "home"), tmp_path / "films"
    file = root / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    home.make()
    with Catalogue(home) as catalogue:
        catalogue.files.add_roots({root: RootRules(("*.tmp",))})
        catalogue.files.put([FileRecord(file, 1, 1, 1, "key")])
    assert remove_paths(home, [file])[0].passed_over_by == root
    with Catalogue(home) as catalogue:
        assert len(catalogue.files.root_rules()[root].excludes) == 2
    assert take_back(home, [root / "other.mp4"]) == []
    assert take_back(home, [file]) == [file]
    with Catalogue(home) as catalogue:
        assert catalogue.files.root_rules()[root] == RootRules(("*.tmp",))
    assert take_back(home, [file]) == []


def test_of_two_files_with_the_same_bytes_one_keeps_the_video(tmp_path: Path) -> None:
    home, root = Home(tmp_path / "home"), tmp_path / "films"
    root.mkdir()
    home.make()
    files = [root / "a.mp4", root / "b.mp4"]
    with Catalogue(home) as catalogue:
        catalogue.files.add_roots({root: RootRules()})
        catalogue.files.put([FileRecord(each, 1, 1, n, "key") for n, each in enumerate(files)])
    removed = remove_paths(home, [files[0]])[0]
    assert (removed.videos, removed.elsewhere) == (0, 1)
    removed = remove_paths(home, [files[1]])[0]
    assert (removed.videos, removed.elsewhere) == (1, 0)

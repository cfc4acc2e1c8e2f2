"""`reelwise cut`: a part as a file, exactly or as it is; nothing is replaced unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.toons.library import ToonLibrary
from data.video.decoders.opening import open_video
from tests.ui.conftest import ask, tell

NAME = "toon-0003.mp4"


def length_s(path: Path) -> float:
    with open_video(path) as video:
        return video.table.end_s


def test_an_exact_part_is_as_long_as_was_asked(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "part.mp4"
    document = ask(capsys, "cut", f"{NAME}@1.5-3", str(out), home=home)
    assert length_s(out) == pytest.approx(1.5, abs=0.05)
    assert (document["start_s"], document["end_s"]) == (1.5, 3.0)
    assert document["bytes"] == out.stat().st_size
    assert [each.name for each in tmp_path.iterdir()] == ["part.mp4"]


def test_a_fast_part_begins_at_a_key_picture_and_says_so(
    home: Path, toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Catalogue(Home(home)) as catalogue:
        number = catalogue.video(NAME).id
    with open_video(toons.folder / NAME) as video:
        table = video.table
        keys_s = [table.seconds(int(pts)) for pts in table.pts[table.is_key]]
    key_s = max(each for each in keys_s if each <= 2.4)
    out = tmp_path / "part.mkv"
    printed = tell(capsys, "cut", f"{number}@0:02.4-4", str(out), "--fast", home=home)
    assert f"begins {2.4 - key_s:.1f} s earlier" in printed.out
    assert length_s(out) == pytest.approx(4 - key_s, abs=0.15)


def test_a_file_that_is_there_is_replaced_only_when_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.mp4"
    out.write_bytes(b"mine")
    refused = tell(capsys, "cut", f"{NAME}@0-1", str(out), home=home, code=1)
    assert "is there already" in refused.err
    assert out.read_bytes() == b"mine"
    tell(capsys, "cut", f"{NAME}@0-1", str(out), "--force", home=home)
    assert length_s(out) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("part", "name", "told"),
    [
        (NAME, "part.mp4", "names no part"),
        (f"{NAME}@3-2", "part.mp4", "ends after it starts"),
        (f"{NAME}@9999-10000", "part.mp4", "ends at"),
        ("nothing.mp4@0-1", "part.mp4", "no indexed video"),
        (f"{NAME}@0-1", "part.txt", "no name of a file that holds a clip"),
        (f"{NAME}@0-1", "away/part.mp4", "there is no folder"),
    ],
)
def test_what_cannot_be_cut_is_said_and_leaves_nothing(
    part: str, name: str, told: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = tell(capsys, "cut", part, str(tmp_path / name), home=home, code=1)
    assert told in refused.err
    assert list(tmp_path.iterdir()) == []

"""A new model never goes into a folder that holds something else, and is whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE
from embeddings.new_folder import new_folder, require_new
from embeddings.toon.stage import CARD, WORK, check_out


def test_a_folder_with_anything_in_it_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "letters.txt").write_text("dear aunt", encoding="utf-8")
    (out / "photos").mkdir()
    with pytest.raises(ReelwiseError, match=r"already exists and holds letters.txt and 1 more"):
        require_new(out)
    with pytest.raises(ReelwiseError, match="already exists"), new_folder(out):
        raise AssertionError("it was opened")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["letters.txt", "out", "photos"]
    (out / CONFIG_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(ReelwiseError, match="holds a model already"):
        require_new(out, unfinished=[CONFIG_FILE])


def test_a_place_where_no_folder_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(ReelwiseError, match="is a file"):
            require_new(out)
    require_new(tmp_path / "deep" / "out")
    assert not (tmp_path / "deep").exists()


def test_a_stopped_training_goes_on_in_its_own_folder_alone(tmp_path: Path) -> None:
    (tmp_path / CARD).write_text("{}", encoding="utf-8")
    with pytest.raises(ReelwiseError, match=f"holds {CARD}"):
        check_out(tmp_path)
    (tmp_path / WORK).mkdir()
    check_out(tmp_path)
    (tmp_path / "letters.txt").write_text("dear aunt", encoding="utf-8")
    with pytest.raises(ReelwiseError, match=r"holds letters\.txt"):
        check_out(tmp_path)


def test_a_new_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with pytest.raises(FileNotFoundError), new_folder(out) as folder:
        (folder / "deep" / CONFIG_FILE).write_text("{}", encoding="utf-8")
    assert list(out.parent.iterdir()) == []
    (out.parent / ".tmp-1234-out").mkdir()  # of a run that was killed
    out.mkdir()
    with new_folder(out) as folder:
        (folder / CONFIG_FILE).write_text("{}", encoding="utf-8")
        assert list(out.iterdir()) == []
    assert [path.name for path in out.parent.rglob("*")] == ["out", CONFIG_FILE]

"""Files of parts that nothing refers to."""

from pathlib import Path

from indexer.build.recording.parts import remove_loose


def test_whatever_lies_in_place_of_a_loose_part_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("part")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "inside").write_text("x")
    (tmp_path / "kept").mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "kept")
    retired: list[str] = []
    names = ("a", "b", "c", "absent")
    loose = [("encoder", name) for name in names]
    removed = remove_loose(loose, lambda _, name: tmp_path / name, retired.extend, "part.retired")
    assert removed == 3
    assert retired == list(names)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]

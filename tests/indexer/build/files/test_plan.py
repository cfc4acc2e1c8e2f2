"""What changed on the disk, decided without opening a video."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given

from data.catalogue.contents import Contents
from data.catalogue.records import FileRecord
from data.video.found import FoundFile
from indexer.build.files.plan import Plan, Unseen, plan_changes

ROOT = Path("/lib")


def found(name: str, *, mtime_ns: int = 1, inode: int = 1) -> FoundFile:
    return FoundFile(ROOT / name, 10, mtime_ns, inode)


def known(**keys: str) -> dict[Path, FileRecord]:
    return {
        ROOT / name: FileRecord(ROOT / name, 10, 1, 1, content_key=key)
        for name, key in keys.items()
    }


def plan(
    files: dict[str, str],
    before: dict[Path, FileRecord],
    *,
    mtime_ns: int = 2,
    unseen: tuple[Path, ...] = (),
) -> Plan:
    """Plan for files (name to content); those that `before` has unchanged keep their stat."""

    def there(name: str, key: str) -> FoundFile:
        old = before.get(ROOT / name)
        same = old is not None and old.content_key == key
        return found(name, mtime_ns=1 if same else mtime_ns)

    def content_key(path: Path) -> str:
        if files[path.name] == "unreadable":
            raise PermissionError(13, "Permission denied")
        return files[path.name]

    scanned = [there(name, key) for name, key in files.items()]
    closed = [Unseen(path, "Permission denied") for path in unseen]
    return plan_changes(
        [*scanned, *closed], before, [ROOT], Contents([], {}, content_key, content_key)
    )


def counts(made: Plan) -> dict[str, int]:
    names = ("added", "edited", "moved", "copies", "touched", "unchanged", "removed")
    return {name: getattr(made, name) for name in names if getattr(made, name)}


def test_new_files_are_added_and_equal_ones_are_copies() -> None:
    made = plan({"a": "A", "b": "B", "c": "A"}, {})
    assert counts(made) == {"added": 2, "copies": 1}
    assert [(r.path.name, r.content_key, r.title) for r in made.records] == [
        ("a", "A", "a"),
        ("b", "B", "b"),
        ("c", "A", None),  # a copy does not rename the video
    ]


def test_an_unchanged_file_is_not_even_opened() -> None:
    opened: list[Path] = []

    def content_key(path: Path) -> str:
        opened.append(path)
        return "A"

    def scanned(file: FoundFile) -> Plan:
        contents = Contents([], {}, content_key, content_key)
        return plan_changes([file], known(a="A"), [ROOT], contents)

    made = scanned(found("a"))
    assert counts(made) == {"unchanged": 1}
    assert not opened
    for other in (found("a", mtime_ns=2), found("a", inode=2)):
        assert counts(scanned(other)) == {"touched": 1}
    assert len(opened) == 2


def test_a_renamed_file_is_moved_and_its_old_name_is_gone() -> None:
    made = plan({"new": "A"}, known(old="A"))
    assert counts(made) == {"moved": 1}
    assert made.gone == [ROOT / "old"]


def test_moved_and_copied_are_told_apart_by_how_many_names_are_left() -> None:
    made = plan({"x": "A", "y": "A"}, known(old="A"))
    assert counts(made) == {"moved": 1, "copies": 1}
    made = plan({"x": "A"}, known(old="A", older="A"))
    assert counts(made) == {"moved": 1, "removed": 1}


def test_files_that_swapped_their_names_are_moved_not_edited() -> None:
    made = plan({"a": "B", "b": "A"}, known(a="A", b="B"))
    assert counts(made) == {"moved": 2}
    assert not made.gone


def test_a_file_overwritten_with_a_known_one_is_edited() -> None:
    made = plan({"a": "B", "b": "B"}, known(a="A", b="B"))
    assert counts(made) == {"edited": 1, "unchanged": 1}


def test_new_content_under_a_known_name_is_edited() -> None:
    made = plan({"a": "N"}, known(a="A"))
    assert counts(made) == {"edited": 1}


def test_only_files_below_the_scanned_folders_can_be_gone() -> None:
    before = known(a="A")
    elsewhere = Path("/other/b")
    sibling = Path("/library/c")  # shares the first letters of /lib, not the folder
    before[elsewhere] = FileRecord(elsewhere, 10, 1, 1, content_key="B")
    before[sibling] = FileRecord(sibling, 10, 1, 1, content_key="C")
    made = plan({}, before)
    assert counts(made) == {"removed": 1}
    assert made.gone == [ROOT / "a"]


def test_content_held_outside_the_scanned_folders_makes_a_copy() -> None:
    elsewhere = Path("/other/b")
    before = {elsewhere: FileRecord(elsewhere, 10, 1, 1, content_key="B")}
    assert counts(plan({"b": "B"}, before)) == {"copies": 1}


def test_nothing_below_a_folder_that_could_not_be_read_is_gone() -> None:
    shut = ROOT / "shut"
    before = {shut / "a": FileRecord(shut / "a", 10, 1, 1, content_key="A")}
    made = plan({}, before, unseen=(shut,))
    assert (made.gone, [each.path for each in made.unseen]) == ([], [shut])
    assert plan({}, before).gone == [shut / "a"]


def test_an_unreadable_file_keeps_what_was_indexed_from_it() -> None:
    made = plan({"a": "unreadable", "n": "unreadable"}, known(a="A"))
    assert [(p.name, reason) for p, reason in made.unreadable] == [
        ("a", "cannot be read: permission denied"),
        ("n", "cannot be read: permission denied"),
    ]
    assert [r.path.name for r in made.records] == ["n"]
    assert made.gone == []


NAMES = st.sampled_from("abcdef")
KEYS = st.sampled_from("ABCD")
DISKS = st.dictionaries(NAMES, KEYS, max_size=6)


@given(before=DISKS, after=DISKS)
def test_every_file_is_counted_once_and_the_records_lead_to_what_is_there(
    before: dict[str, str], after: dict[str, str]
) -> None:
    made = plan(after, known(**before))
    seen = made.added + made.edited + made.moved + made.copies + made.touched + made.unchanged
    assert seen == len(after)
    state = {ROOT / name: key for name, key in before.items()}
    for record in made.records:
        assert record.content_key is not None
        state[record.path] = record.content_key
    for path in made.gone:
        del state[path]
    assert state == {ROOT / name: key for name, key in after.items()}
    # Nothing that was known before is ever called new.
    assert made.added <= len(set(after.values()) - set(before.values()))
    assert made.removed <= len(made.gone)

"""`reelwise history`: what it prints, asks and refuses; no video is decoded here."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.history import History
from data.home import Home, resolve_home
from tests.ui.conftest import ask, tell

AT = "2024-05-01T10:00:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of two files that were found and not read yet."""
    folder = tmp_path / "home"
    with Catalogue(resolve_home(folder)) as catalogue:
        names = ("v1", "v2")
        catalogue.files.put([FileRecord(Path(f"/films/{n}.mp4"), 1, 1, 1, n) for n in names])
    return folder


def write(folder: Path, *lines: str) -> str:
    (folder / "events.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / "events.csv")


def users(home: Path) -> list[str]:
    with Catalogue(Home(home)) as catalogue:
        return History(catalogue).users()


def test_an_import_says_what_became_of_every_row(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f'ann,"v1,{AT}', f"bob,v2,{AT}", f"bob,v2,{AT}", f"eve,none.mp4,{AT}", "eve,v1,2199"]
    file = write(tmp_path, "user,video,at", *rows)
    dry = tell(capsys, "history", "import", file, "--dry-run", home=home, code=3).out
    assert "2 events would be added, 1 known already, 2 refused" in dry
    assert users(home) == []
    printed = tell(capsys, "history", "import", file, home=home, code=3)
    assert "5 rows in" in printed.out
    assert "(text, separated by commas, utf-8)" in printed.out
    assert "2 events added, 1 known already, 2 refused" in printed.out
    assert "1 event of videos that are not indexed (yet)" in printed.out
    assert "'none.mp4'" in printed.out
    assert "line 2: a quote is opened and not closed" in printed.err
    assert "line 6: at must be ISO 8601" in printed.err
    document = ask(capsys, "history", "import", file, home=home, code=3)
    counted = (document["rows"], document["added"], document["duplicates"])
    assert (*counted, [row["line"] for row in document["bad_rows"]]) == (5, 0, 3, [2, 6])


def test_a_viewing_history_of_netflix_is_imported(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "Title,Date", '"V1","6/19/25"', '"v2","6/5/25"')
    assert "--user NAME" in tell(capsys, "history", "import", file, home=home, code=1).err
    tell(capsys, "history", "import", file, "--user", " ann ", home=home)
    rows = ask(capsys, "history", "export", home=home)["events"]
    assert [(row["user"], row["video"], row["at"][:10]) for row in rows] == [
        ("ann", "title:v2", "2025-06-05"),
        ("ann", "title:V1", "2025-06-19"),
    ]


def test_a_dry_run_makes_no_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "user,video", "ann,v1")
    tell(capsys, "history", "import", file, "--dry-run", home=tmp_path / "none", code=1)
    assert not (tmp_path / "none").exists()


def test_forgetting_asks_on_a_terminal(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(capsys, "history", "add", "ann", "v1", home=home)
    tell(capsys, "history", "add", "bob", "v1", home=home)
    asked = []

    def decline(question: str, **_: object) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(typer, "confirm", decline)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "nothing was deleted" in tell(capsys, "history", "forget", "ann", home=home, code=1).err
    assert asked == ["Delete 'ann' and 1 event? It cannot be undone."]
    assert users(home) == ["ann", "bob"]
    assert "nobody" in tell(capsys, "history", "forget", "Ann", home=home, code=1).err
    assert len(asked) == 1
    tell(capsys, "history", "forget", "ann", "--yes", home=home)
    assert users(home) == ["bob"]
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    tell(capsys, "history", "forget", "bob", home=home)
    assert (users(home), len(asked)) == ([], 1)


def test_forgetting_somebody_who_is_not_there_is_an_error(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(capsys, "history", "add", "Zoe\u0308 ", "v1", home=home)
    printed = tell(capsys, "history", "forget", "zo\u00eb", home=home, code=1)
    assert "nobody is called 'zoë'; did you mean Zoë?" in printed.err
    assert (
        "Zo\u00eb is forgotten: 1 event"
        in tell(capsys, "history", "forget", "Zo\u00eb", home=home).out
    )
    assert tell(capsys, "history", "forget", "Zo\u00eb", home=home, code=1).out == ""


def test_forgetting_says_what_stays(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(capsys, "history", "add", "films", "v1", home=home)
    tell(capsys, "history", "add", "ann", "v1", home=home)
    document = ask(capsys, "history", "forget", "films", home=home)
    assert (document["forgotten"], document["mentions_left"]) == (1, 3)
    tell(capsys, "history", "add", "films", "v1", home=home)
    assert "3 names or tags of videos" in tell(capsys, "history", "forget", "films", home=home).out


@pytest.mark.parametrize(
    ("words", "problem", "code"),
    [
        (("\u200b", "v1"), "a person needs a name", 1),
        (("ann", "v1", "--watched", "inf"), "finite number", 2),
    ],
)
def test_adding_what_is_no_event_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], problem: str, code: int
) -> None:
    assert problem in tell(capsys, "history", "add", *words, home=home, code=code).err
    assert users(home) == []


def test_adding_says_what_was_recorded(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Catalogue(Home(home)) as catalogue, catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE videos SET duration_s = 10")
    over = tell(capsys, "history", "add", "ann", "v1", "--watched", "42", home=home)
    assert over.out.strip() == "ann watched v1, 42 s of 10 s"
    assert "42 s is more than the video is long" in over.err
    assert tell(capsys, "history", "add", "ann", "v1", "--watched", "9", home=home).err == ""
    assert "counts as the whole video" in tell(capsys, "history", "add", "ann", "v1", home=home).out


def test_an_export_of_nobody_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(capsys, "history", "add", "anna", "v1", home=home)
    printed = tell(capsys, "history", "export", "--user", "ana", home=home)
    assert printed.out.strip() == "user,video,at,watched_s,duration_s,kind"
    assert "nobody is called 'ana'; did you mean anna?" in printed.err


def test_events_are_listed_with_their_numbers_and_removed_one_by_one(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for video, how in (("v1", "--like"), ("v2", "--hide"), ("v1", "--watched=3")):
        tell(capsys, "history", "add", "ann", video, how, home=home)
    document = ask(capsys, "history", "list", "ann", home=home)
    rows = [(row["kind"], row["title"], row["source"]) for row in document["events"]]
    likes = [("like", "v1", "command line"), ("hide", "v2", "command line")]
    assert rows == [("view", "v1", "command line"), *reversed(likes)]
    page = ask(capsys, "history", "list", "ann", "--limit", "2", home=home)
    rest = ask(capsys, "history", "list", "ann", "--before", page["next"], home=home)
    assert [row["kind"] for row in rest["events"]] == ["like"]
    hidden = ask(capsys, "history", "list", "ann", "--kind", "hidden", home=home)["events"]
    number = str(hidden[0]["id"])
    printed = tell(capsys, "history", "remove", "ann", number, home=home).out
    assert printed == "removed: ann hid v2\n"
    assert len(ask(capsys, "history", "list", "ann", home=home)["events"]) == 2
    assert (
        "'ann' has no event"
        in tell(capsys, "history", "remove", "ann", number, home=home, code=1).err
    )
    assert (
        "nobody is called 'annx'; did you mean ann?"
        in tell(capsys, "history", "list", "annx", home=home).err
    )

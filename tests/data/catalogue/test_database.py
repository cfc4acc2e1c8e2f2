"""Opening a catalogue: durable settings, refused versions, and steps from an older version."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.soundness.checks import row_problems
from data.catalogue.values import row_sum
from data.errors import ReelwiseError
from data.history import History, RecordedEvents, mark_history, unusable_events
from data.home import Home
from tests.data.made import LIB, embed, file_record

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BACK_TO_9 = tuple(
    f"DROP TABLE {name}"
    for name in ("review_log", "review_cases", "review_rules", "annotations", "annotation_sets")
)
BACK_TO_8 = (*BACK_TO_9, "DROP TABLE predictions", "DROP TABLE heads")
BACK_TO_7 = (
    *BACK_TO_8,
    "DROP TRIGGER event_taken_back",
    "DROP TRIGGER event_given_to_another",
    "DROP TRIGGER event_changed",
    "DROP INDEX videos_by_added",
    "DROP INDEX events_by_client_id",
    "DROP INDEX events_by_change",
    "DROP INDEX events_by_video",
    "DROP INDEX events_hidden",
    *(
        f"ALTER TABLE events DROP COLUMN {name}"
        for name in ("source", "client_id", "client_number", "change")
    ),
    "ALTER TABLE history_counts DROP COLUMN n_rewritten",
    "ALTER TABLE history_counts DROP COLUMN n_changed",
    *(
        f"DROP TABLE {name}"
        for name in (
            *("people", "saved_searches", "recent_searches", "jobs", "spent_client_ids"),
            "removed_events",
        )
    ),
)
BACK_TO_6 = (
    *BACK_TO_7,
    "DROP TRIGGER file_added",
    "DROP TRIGGER file_dropped",
    "DROP TRIGGER file_given_to_another",
    "DROP TRIGGER embedding_added",
    "DROP TRIGGER embedding_changed",
    "DROP TRIGGER embedding_dropped",
    "DROP TABLE changes",
    "DROP TABLE tags",
    "ALTER TABLE embeddings DROP COLUMN clip_rule",
)
BACK_TO_2 = (
    *BACK_TO_6,
    "ALTER TABLE videos DROP COLUMN content_hash",
    "ALTER TABLE videos DROP COLUMN recorded_at",
    "DROP TABLE readings",
    "DROP TABLE line_parts",
    "DROP TABLE loose_line_parts",
    "ALTER TABLE events DROP COLUMN row_sum",
    "DROP TRIGGER event_added",
    "DROP TRIGGER event_dropped",
    "DROP TABLE history_counts",
    "DROP INDEX files_by_name",
    "ALTER TABLE files DROP COLUMN name_key",
    "ALTER TABLE roots DROP COLUMN excludes",
    "ALTER TABLE roots DROP COLUMN follow_links",
    "ALTER TABLE videos ADD COLUMN subtitles TEXT",
    "ALTER TABLE videos ADD COLUMN container TEXT",
    "ALTER TABLE files ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 7",
    "ALTER TABLE embeddings ADD COLUMN n_frames INTEGER NOT NULL DEFAULT 4",
    "ALTER TABLE embeddings ADD COLUMN made_at BIGINT NOT NULL DEFAULT 7",
    "ALTER TABLE parts ADD COLUMN made_at BIGINT NOT NULL DEFAULT 7",
    "CREATE INDEX events_unresolved ON events (video_ref) WHERE video_id IS NULL",
    "UPDATE videos SET subtitles = 'Hello', container = 'mp4'",
    "UPDATE meta SET value = '2' WHERE key = 'schema_version'",
)


def run(home: Home, *statements: str) -> None:
    with sqlite3.connect(home.catalogue) as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()


def schema(home: Home) -> tuple[str, dict[str, set[str]]]:
    """The version, the columns of every table and what triggers do, as the file has them."""
    with sqlite3.connect(home.catalogue) as raw:
        (version,) = raw.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
        columns = {
            name: {row[1] for row in raw.execute(f"PRAGMA table_info({name})")} for name in names
        }
        triggers = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        columns.update((name, {statement}) for name, statement in triggers)
        indexes = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")
        columns["indexes"] = {name for (name,) in indexes}
    raw.close()
    return version, columns


@pytest.fixture
def version_2(home: Home) -> Home:
    """A home as the version before left it, with a video, clips and an event."""
    with Catalogue(home) as catalogue:
        video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
        embed(catalogue, "p1", video)
        History(catalogue).add("ann", "a", at=NOON)
    run(home, *BACK_TO_2)
    return home


def test_a_catalogue_of_the_version_before_is_brought_up_to_date(
    version_2: Home, tmp_path: Path
) -> None:
    with Catalogue(version_2) as catalogue:
        assert [video.path for video in catalogue.videos()] == [LIB / "a.mp4"]
        assert len(catalogue.clip_table("e1")) == 2
        assert [event.user for event in History(catalogue).events()] == ["ann"]
        assert catalogue.embeddings.missing("e1") == []
        assert catalogue.changes() > 0
        first = catalogue.clip_table("e1").ids.max()
        assert min(embed(catalogue, "p2", 1)) > first
    with Catalogue(Home(tmp_path)):
        assert schema(version_2) == schema(Home(tmp_path))


def test_an_event_of_version_7_keeps_its_checksum_and_is_followed_from_then_on(
    home: Home,
) -> None:
    with Catalogue(home) as catalogue:
        run(home, *BACK_TO_7)
        # As version 7 stored it: no other column was summed.
        values = ("ann", None, "a", 1, 2.5, None, "view")
        run(
            home,
            'INSERT INTO events ("user", video_id, video_ref, at, watched_s, duration_s, kind,'
            f" fingerprint, row_sum) VALUES ('ann', NULL, 'a', 1, 2.5, NULL, 'view', 'f',"
            f" {row_sum(*values)})",
            "UPDATE meta SET value = '7' WHERE key = 'schema_version'",
        )
    with Catalogue(home) as catalogue:
        events = RecordedEvents(catalogue, History(catalogue))
        (event,) = events.page("ann").events
        assert (event.watched_s, event.source, unusable_events(catalogue)) == (2.5, None, 0)
        mark = mark_history(catalogue)
        events.change("ann", event.id, kind="like")
        assert mark_history(catalogue).n_changed == mark.n_changed + 1
        assert row_problems(catalogue) == []


def test_names_of_people_of_the_version_before_get_their_one_spelling(version_2: Home) -> None:
    run(
        version_2,
        "UPDATE events SET \"user\" = 'Zoe\u0308\u00a0'",
        'INSERT INTO events ("user", video_ref, at, kind, fingerprint)'
        " VALUES (X'00ff', 'a', 7, 'view', 'f')",
    )
    with Catalogue(version_2) as catalogue:
        assert [event.user for event in History(catalogue).events("Zo\u00eb")] == ["Zo\u00eb"]
        assert mark_history(catalogue).n_events == 2
        assert History(catalogue).forget("Zoe\u0308").events == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_it_is_brought_up_to_date_loses_nothing(version_2: Home, moment: str) -> None:
    before = schema(version_2)
    code = (
        "import sys; from pathlib import Path; from data.catalogue.catalogue import Catalogue;"
        "from data.durable import arm_crash; from data.home import Home;"
        "arm_crash(sys.argv[2]); Catalogue(Home(Path(sys.argv[1])))"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(version_2.root), f"schema.{moment}_commit"],
        cwd=ROOT,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (schema(version_2) == before) == (moment == "before")
    with Catalogue(version_2) as catalogue:
        assert len(catalogue.clip_table("e1")) == 2
        assert [event.user for event in History(catalogue).events()] == ["ann"]


@pytest.mark.parametrize("version", ["1", "99", "", "two"])
def test_another_schema_version_is_refused_by_name_and_left_alone(home: Home, version: str) -> None:
    Catalogue(home).close()
    run(home, f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")
    with pytest.raises(ReelwiseError, match=f"schema version {version or 'unknown'};"):
        Catalogue(home)
    assert schema(home)[0] == version


def test_a_file_that_is_no_database_is_an_error_not_a_crash(home: Home) -> None:
    home.catalogue.write_bytes(b"this is not SQLite" * 1000)
    with pytest.raises(ReelwiseError, match="the database file is damaged"):
        Catalogue(home)


def test_commits_are_durable_and_relations_enforced(catalogue: Catalogue) -> None:
    with catalogue.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_only_the_owner_may_read_a_home_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Catalogue(Home(tmp_path / "home")) as catalogue:
            History(catalogue).add("ann", "a", at=NOON)
            paths = [tmp_path / "home", *(tmp_path / "home").iterdir()]
            modes = {path.name: path.stat().st_mode & 0o777 for path in paths}
    finally:
        os.umask(before)
    assert modes.pop("home") == 0o700
    assert {"catalogue.db", "catalogue.db-wal", "catalogue.db-shm"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_an_open_home_of_an_earlier_version_is_closed_once_at_the_next_write(home: Home) -> None:
    with Catalogue(home):
        pass
    (home.root / "vectors").mkdir()
    open_to_all = {home.root: 0o755, home.catalogue: 0o644, home.root / "vectors": 0o755}
    for path, mode in open_to_all.items():
        path.chmod(mode)

    def modes() -> list[int]:
        return [path.stat().st_mode & 0o777 for path in open_to_all]

    with Catalogue(home) as catalogue:
        assert catalogue.counts()["videos"] == 0
        assert modes() == list(open_to_all.values())
        History(catalogue).add("ann", "a", at=NOON)
    assert modes() == [0o700, 0o600, 0o700]
    home.root.chmod(0o750)
    with Catalogue(home) as catalogue:
        History(catalogue).add("ann", "b", at=NOON)
    assert modes()[0] == 0o750


def test_what_is_not_the_librarys_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    (tmp_path / "film.mp4").chmod(0o644)
    tmp_path.chmod(0o755)
    with Catalogue(Home(tmp_path)) as catalogue:
        History(catalogue).add("ann", "a", at=NOON)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "film.mp4").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "catalogue.db").stat().st_mode & 0o777 == 0o600


FORGET_WITHOUT_ROOM = """
import os, resource, sys
from pathlib import Path
from data.catalogue.catalogue import Catalogue
from data.errors import CannotWrite
from data.history.history import History
from data.home import Home
with Catalogue(Home(Path(sys.argv[1]))) as catalogue:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    try:
        History(catalogue).forget("annemarie")
    except CannotWrite as error:
        print(error.problem)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    History(catalogue).forget("annemarie")
    print("done")
"""


def test_a_forget_without_room_says_so_and_names_no_reader(home: Home) -> None:
    with Catalogue(home) as catalogue:
        for number in range(300):
            History(catalogue).add("bob", "a long name of a video " * 20 + str(number), at=NOON)
        History(catalogue).add("annemarie", "a", at=NOON)
    told = subprocess.run(
        [sys.executable, "-c", FORGET_WITHOUT_ROOM, str(home.root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert told[0].startswith("rows are deleted, but the file could not be rewritten: ")
    assert told[1] == "done"
    assert b"annemarie" not in home.catalogue.read_bytes()

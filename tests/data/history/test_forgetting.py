from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.catalogue.values import sql
from data.durable import write_atomic
from data.errors import ReelwiseError
from data.history import forgetting as fitted_models
from data.history.forgetting import (
    current_model,
    forgettings,
    is_unfinished,
    last_export,
    model_names,
    note_export,
    remove_models,
    require_no_forgetting,
)
from data.history.history import History
from data.history.impressions import Impression, Impressions
from data.home import Home, TrainingLock, WriterLock
from tests.data.made import catalogue_bytes

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def lay_down(home: Home, *names: str, current: str | None) -> None:
    """Folders that look like models; only their names matter here."""
    for name in names:
        (home.recommender / name).mkdir(parents=True)
        (home.recommender / name / "arrays.safetensors").write_bytes(b"links of everybody")
    if current:
        write_atomic(home.current_model, f"{current}\n".encode())


def left(home: Home) -> list[str]:
    return sorted(str(path.relative_to(home.recommender)) for path in home.recommender.rglob("*"))


def test_the_current_model_is_a_model_or_nothing(home: Home) -> None:
    assert current_model(home) is None
    lay_down(home, "model-000002", "model-000010", "other", current="model-000010")
    assert current_model(home) == "model-000010"
    assert model_names(home) == ["model-000002", "model-000010"]
    for wrong in (b"../index\n", b"\xff\xfe", b""):
        home.current_model.write_bytes(wrong)
        assert current_model(home) is None


def test_removing_takes_whole_and_half_written_models(home: Home) -> None:
    assert remove_models(home) == 0
    lay_down(home, "model-000001", "model-000002", ".tmp-1-model-000003", current="model-000002")
    (home.recommender / ".tmp-2-CURRENT").write_bytes(b"x")
    assert remove_models(home) == 2
    assert left(home) == []


def test_forgetting_removes_the_model_of_everybody(catalogue: Catalogue, home: Home) -> None:
    history = History(catalogue)
    history.add("anna", "kite", at=NOON)
    history.add("ben", "kite", at=NOON)
    lay_down(home, "model-000001", current="model-000001")
    with pytest.raises(ReelwiseError, match="nobody is called 'nobody'"):
        history.forget("nobody")
    assert current_model(home) == "model-000001"
    before = forgettings(catalogue)
    forgotten = history.forget("anna")
    assert (forgotten.events, forgotten.models, forgotten.export) == (1, 1, None)
    assert left(home) == []
    assert forgettings(catalogue) == before + 1
    with (
        pytest.raises(ReelwiseError, match="forgotten while"),
        catalogue.writing("test") as connection,
    ):
        require_no_forgetting(connection, before)


def test_forgetting_again_removes_the_model_that_a_kill_left(
    catalogue: Catalogue, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(_home: Home) -> int:
        raise Killed

    history = History(catalogue)
    history.add("anna", "kite", at=NOON)
    lay_down(home, "model-000001", current="model-000001")
    monkeypatch.setattr(fitted_models, "remove_models", kill)
    with pytest.raises(Killed):
        history.forget("anna")
    monkeypatch.undo()
    assert current_model(home) == "model-000001"
    forgotten = history.forget("anna")
    assert (forgotten.events, forgotten.models) == (0, 1)
    assert left(home) == []


def test_forgetting_tells_of_the_copy_that_went_out(catalogue: Catalogue, tmp_path: Path) -> None:
    history = History(catalogue)
    history.add("anna", "kite", at=NOON)
    with catalogue.writing("test") as connection:
        note_export(connection, tmp_path / "out")
    export = history.forget("anna").export
    assert export == last_export(catalogue)
    assert export is not None
    assert export.to == tmp_path / "out"


def test_training_and_indexing_do_not_keep_each_other_out(home: Home) -> None:
    with WriterLock(home), TrainingLock(home):
        with pytest.raises(ReelwiseError, match="being trained by process"), TrainingLock(home):
            pass
        with pytest.raises(ReelwiseError, match="being written by process"), WriterLock(home):
            pass


def test_a_person_is_forgotten_under_every_spelling_of_the_name(catalogue: Catalogue) -> None:
    history = History(catalogue)
    for typed in ("Zo\u00eb", "Zoe\u0308", " Zoe\u0308\t"):
        history.add("Zoe\u0308 ", "kite", at=NOON)
        assert history.forget(typed).events == 1
    history.add("zo\u00eb", "kite", at=NOON)
    with pytest.raises(ReelwiseError, match="nobody is called 'ZOË'; did you mean zoë"):
        history.forget("ZO\u00cb")
    with pytest.raises(ReelwiseError, match="needs a name"):
        history.forget(" ")
    assert len(history.events()) == 1


def test_forgetting_says_where_the_name_stays(catalogue: Catalogue) -> None:
    history = History(catalogue)
    history.add("anna", "kite", at=NOON)
    history.add("ben", "holidays of anna.mp4", at=NOON)
    catalogue.files.put([FileRecord(Path("/home/anna/boat.mp4"), 1, 1, 1, "boat")])
    assert history.forget("anna").mentions == 2
    assert history.forget("ben").mentions == 0


def test_somebody_who_was_only_recommended_to_is_forgotten_too(catalogue: Catalogue) -> None:
    catalogue.files.put([FileRecord(Path("/l/boat.mp4"), 1, 1, 1, "boat")])
    Impressions(catalogue).add([Impression("anna", 1, NOON, 1, "content", 1.0, 0.5)])
    assert History(catalogue).forget("anna").impressions == 1
    with pytest.raises(ReelwiseError, match="nobody is called"):
        History(catalogue).forget("anna")


def test_what_a_reader_held_up_is_finished_by_the_next_command_that_writes(
    catalogue: Catalogue, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.catalogue.database._PRAGMAS", ("PRAGMA busy_timeout=100",))
    history = History(catalogue)
    history.add("carla-secret", "kite", at=NOON)
    with Catalogue(home) as impatient:
        with catalogue.reading() as reader:
            reader.exec_driver_sql("SELECT * FROM events").all()
            with pytest.raises(ReelwiseError, match="still reads"):
                History(impatient).forget("carla-secret")
            History(impatient).add("ben", "kite", at=NOON)  # does not fail, and leaves it for later
            assert is_unfinished(catalogue)
        History(impatient).add("dora", "kite", at=NOON)
    assert not is_unfinished(catalogue)
    assert b"carla-secret" not in catalogue_bytes(home)
    assert history.users() == ["ben", "dora"]


def test_a_name_that_nobody_can_type_is_forgotten_as_it_is_shown(catalogue: Catalogue) -> None:
    history = History(catalogue)
    for name in ("bo\0b", "bo\x1bb", "bob"):
        with catalogue.writing("test") as connection:
            connection.execute(
                sql(
                    'INSERT INTO events ("user", video_ref, at, kind, fingerprint)'
                    " VALUES (:user, 'kite', 7, 'view', :user)"
                ),
                {"user": name},
            )
    with pytest.raises(ReelwiseError, match=r"did you mean bob or bo\\x1bb or bo\\x00b\?"):
        history.forget("bo-b")
    assert history.forget(r"bo\x00b").user == "bo\0b"
    assert history.forget(r"bo\x1bb").events == 1
    assert history.users() == ["bob"]

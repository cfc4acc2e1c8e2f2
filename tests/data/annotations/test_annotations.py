"""Labels are kept with their history: taken back one by one, whole or not at all after a kill."""

from __future__ import annotations

import signal

import pytest

from data.annotations.annotations import Annotations, Said
from data.annotations.progress import Numbers, progress_of
from data.annotations.records import NoSuchSet, NothingToUndo
from data.catalogue import Catalogue
from data.catalogue.guard.copies import copy_if_due
from data.catalogue.soundness.checks import row_problems
from data.catalogue.soundness.mending import mend_rows
from data.catalogue.values import sql
from data.durable import arm_crash
from data.errors import ReelwiseError
from data.history import History
from data.home import Home
from data.labels.kinds import Task
from tests.data.review.test_deciding import killed

Held = dict[tuple[int, float], tuple[str, ...]]


def say(made: Annotations, video_id: int, start_s: float, *labels: str, by: str = "ann") -> None:
    made.say("animals", Said(video_id, start_s, start_s + 2, labels), by=by, source="api")


def held(made: Annotations, name: str = "animals") -> Held:
    return {(row.video_id, row.start_s): row.labels for row in made.current(name)}


def test_the_newest_label_of_a_stretch_holds_and_the_older_ones_stay_in_the_history(
    catalogue: Catalogue, animals: Annotations
) -> None:
    say(animals, 1, 0, "dog")
    say(animals, 1, 2, "cat")
    say(animals, 1, 0, "cat", by="ben")
    say(animals, 2, 0)
    assert held(animals) == {(1, 2.0): ("cat",), (1, 0.0): ("cat",), (2, 0.0): ()}
    told = [(row.who, row.kind, row.labels) for row in animals.rows("animals")]
    assert told[0] == ("ann", "label", ("dog",))
    assert told[2:] == [("ben", "label", ("cat",)), ("ann", "skip", ())]
    progress = progress_of(animals.get("animals"), animals.current("animals"))
    assert (progress.labelled, progress.skipped, progress.videos) == (2, 1, 1)
    assert progress.counts == {"dog": 0, "cat": 2}
    assert row_problems(catalogue) == []


def test_each_takes_back_their_own_labels_one_by_one(animals: Annotations) -> None:
    say(animals, 1, 0, "dog")
    say(animals, 1, 0, "cat", by="ben")
    say(animals, 2, 0, "dog")
    assert [row.video_id for row in animals.undo("animals", by="ann")] == [2]
    assert held(animals) == {(1, 0.0): ("cat",)}
    # What ben said of the same stretch since then stays.
    assert [row.labels for row in animals.undo("animals", by="ann")] == [("dog",)]
    assert held(animals) == {(1, 0.0): ("cat",)}
    animals.undo("animals", by="ben")
    assert held(animals) == {}
    with pytest.raises(NothingToUndo, match="ann has said nothing"):
        animals.undo("animals", by="ann")
    assert [row.kind for row in animals.rows("animals")] == ["label"] * 3 + ["undo"] * 3


def test_an_import_is_taken_back_whole(animals: Annotations) -> None:
    say(animals, 3, 0, "dog")
    rows = [Said(video, 0.0, 2.0, ("cat",)) for video in (1, 2, 3)]
    animals.say_all("animals", rows, by="ann", source="import")
    assert len(animals.undo("animals", by="ann")) == 3
    assert held(animals) == {(3, 0.0): ("dog",)}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(9, 0.0, 1.0, ("dog",)), "no video has the number 9"),
        (Said(1, 2.0, 1.0, ("dog",)), "the stretch is 2.0 to 1.0 s"),
        (Said(1, 0.0, float("inf"), ("dog",)), "the stretch is"),
        (Said(1, 0.0, 1.0, ("dog", "cat")), "2 are given"),
        (Said(1, 0.0, 1.0, ("dog|cat",)), "cannot be called"),
        (Said(1, 0.0, 1.0, ("x" * 81,)), "cannot be called"),
    ],
)
def test_what_is_no_label_is_refused_and_nothing_beside_it_is_kept(
    animals: Annotations, said: Said, problem: str
) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        animals.say_all("animals", [Said(2, 0.0, 1.0, ("dog",)), said], by="ann", source="api")
    assert animals.rows("animals") == []


def test_of_several_labels_none_of_them_is_said_alone(animals: Annotations) -> None:
    animals.make("scenes", labels=["sea", "sand"])
    animals.say("scenes", Said(1, 0.0, 1.0, ("sea",)), by="ann", source="api")
    for task in (Task.SEVERAL, Task.CLASSES, Task.SEVERAL):
        assert animals.make("scenes", task).task is task
    both = animals.say("scenes", Said(1, 0.0, 1.0, ("sea", "sand")), by="ann", source="api")
    assert both.labels == ("sea", "sand")
    animals.say("scenes", Said(2, 0.0, 1.0, ("-",)), by="ann", source="api")
    assert animals.get("scenes").labels == ("sea", "sand")
    with pytest.raises(ReelwiseError, match="none of the labels"):
        animals.say("scenes", Said(3, 0.0, 1.0, ("-", "sea")), by="ann", source="api")
    with pytest.raises(ReelwiseError, match="several labels at once"):
        animals.make("scenes", Task.CLASSES)


def test_a_set_of_numbers_keeps_each_number_as_one_text_and_no_words(animals: Annotations) -> None:
    animals.make("risk")
    assert animals.make("risk", Task.NUMBER).labels == ()
    for at, typed in enumerate(["0.70", "7", "-0", "1e-3"]):
        animals.say("risk", Said(1, at, at + 1, (typed,)), by="ann", source="page")
    assert [row.labels[0] for row in animals.current("risk")] == ["0.7", "7", "0", "0.001"]
    progress = progress_of(animals.get("risk"), animals.current("risk"))
    assert progress.counts == {}
    assert progress.numbers == Numbers(0.0, 7.701 / 4, 7.0)
    for typed in ("high", "0,7", "nan", "-"):
        with pytest.raises(ReelwiseError, match="is no number"):
            animals.say("risk", Said(1, 4, 5, (typed,)), by="ann", source="page")
    with pytest.raises(ReelwiseError, match="has one number in this set, and 2 are given"):
        animals.say("risk", Said(1, 4, 5, ("1", "2")), by="ann", source="page")
    with pytest.raises(ReelwiseError, match="offers no labels"):
        animals.make("risk", labels=["high"])
    with pytest.raises(ReelwiseError, match="offers no labels"):
        animals.make("price", Task.NUMBER, ["high"])


def test_words_and_numbers_never_mix_not_even_where_they_were_taken_back(
    animals: Annotations,
) -> None:
    with pytest.raises(ReelwiseError, match="is of words"):
        animals.make("animals", Task.NUMBER)
    animals.make("risk", Task.NUMBER)
    animals.say("risk", Said(1, 0, 1, ("3",)), by="ann", source="page")
    animals.undo("risk", by="ann")
    with pytest.raises(ReelwiseError, match="is of numbers"):
        animals.make("risk", Task.CLASSES)


def test_a_new_label_is_offered_from_then_on(animals: Annotations) -> None:
    say(animals, 1, 0, "a  bird")
    assert animals.get("animals").labels == ("dog", "cat", "a bird")


def test_sets_are_named_listed_and_removed(animals: Annotations) -> None:
    say(animals, 1, 0, "dog")
    animals.make("b-set")
    assert [each.name for each in animals.sets()] == ["animals", "b-set"]
    with pytest.raises(NoSuchSet, match="those there are: animals, b-set"):
        animals.get("cats")
    with pytest.raises(ReelwiseError, match="cannot be called"):
        animals.make("../x")
    assert animals.remove("animals") == 1
    assert [each.name for each in animals.sets()] == ["b-set"]


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize("what", ["say", "undo"])
def test_a_kill_leaves_all_of_a_change_or_nothing(
    home: Home, catalogue: Catalogue, animals: Annotations, what: str, point: str
) -> None:
    say(animals, 1, 0, "dog")
    before = held(animals)

    def change() -> None:
        with Catalogue(home) as mine:
            arm_crash(f"annotations.{what}.{point}")
            if what == "undo":
                Annotations(mine).undo("animals", by="ann")
            else:
                rows = [Said(video, 0.0, 2.0, ("cat",)) for video in (2, 3)]
                Annotations(mine).say_all("animals", rows, by="ann", source="import")

    assert killed(change) == signal.SIGKILL
    after = held(animals)
    assert (after == before) == (point == "before_commit")
    assert len(after) in ((1, 3) if what == "say" else (0, 1))
    assert row_problems(catalogue) == []


def test_what_who_is_forgotten_had_said_is_gone_and_what_was_said_before_holds_again(
    home: Home, catalogue: Catalogue, animals: Annotations
) -> None:
    say(animals, 1, 0, "dog", by="annemarie")
    say(animals, 2, 0, "cat", by="ben")
    say(animals, 2, 0, "dog", by="annemarie")
    say(animals, 3, 0, "dog", by="annemarie")
    animals.undo("animals", by="annemarie")
    assert History(catalogue).forget("annemarie").labels == 4
    assert held(animals) == {(2, 0.0): ("cat",)}
    assert [row.who for row in animals.rows("animals")] == ["ben"]
    assert row_problems(catalogue) == []
    assert b"annemarie" not in home.catalogue.read_bytes()
    say(animals, 3, 0, "dog", by="ben")
    assert held(animals) == {(2, 0.0): ("cat",), (3, 0.0): ("dog",)}


def test_what_a_disk_changed_is_found_and_taken_from_a_copy(
    home: Home, catalogue: Catalogue, animals: Annotations
) -> None:
    say(animals, 1, 0, "dog")
    assert copy_if_due(home) is not None
    with catalogue.writing("test") as connection:
        connection.execute(sql("UPDATE annotations SET labels = '[\"cat\"]'"))
        connection.execute(sql("UPDATE annotation_sets SET task = 'several'"))
    assert len(row_problems(catalogue)) == 2
    assert mend_rows(catalogue)
    assert row_problems(catalogue) == []
    assert held(animals) == {(1, 0.0): ("dog",)}

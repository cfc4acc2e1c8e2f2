"""Files of labels: bad rows are named by their line; what is written is read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.annotations.annotations import Annotations, Said
from data.annotations.exporting import FORMATS, exported, format_of, write_export
from data.annotations.importing import Imported, import_labels
from data.annotations.taught import label_file
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.rows import read_labels
from tests.data.annotations.faulty import HEADER, faulty_rows

BAD = faulty_rows("c.mp4", "dog", "cat")
ROWS = f"{HEADER}a.mp4,0,2,dog\nb.mp4,,,cat\n{BAD}a.mp4,0.0,2.0,cat\n"


def take(catalogue: Catalogue, file: Path, name: str = "animals", **how: object) -> Imported:
    return import_labels(catalogue, name, file, by="ann", **how)  # type: ignore[arg-type]


def written(folder: Path, text: str) -> Path:
    file = folder / "labels.csv"
    file.write_text(text, encoding="utf-8")
    return file


def give(catalogue: Catalogue, name: str, ending: str) -> str:
    made = Annotations(catalogue)
    current = made.current(name)
    videos = catalogue.videos_by_id({row.video_id for row in current})
    return exported(made.get(name), current, videos, ending).text


def test_bad_rows_are_named_by_their_line_and_stop_nothing(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    file = written(tmp_path, ROWS)
    found = take(catalogue, file, task=Task.CLASSES)
    assert [trouble.line for trouble in found.troubles] == [4, 5, 6, 7, 8]
    assert "nowhere.mp4" in found.troubles[0].reason
    assert "the video ends at" in found.troubles[2].reason
    current = Annotations(catalogue).current("animals")
    assert {row.video_id: row.labels for row in current} == {1: ("cat",), 2: ("cat",)}
    again = take(catalogue, file)
    assert (again.added, len(again.troubles)) == (0, 5)
    assert len(Annotations(catalogue).rows("animals")) == 2


def test_other_labels_of_a_file_hold_from_then_on(
    catalogue: Catalogue, animals: Annotations, tmp_path: Path
) -> None:
    animals.say("animals", Said(1, 0.0, 2.0, ("cat",)), by="ben", source="page")
    found = take(catalogue, written(tmp_path, "video,start_s,end_s,label\na.mp4,0,2,dog\n"))
    assert (found.added, found.changed) == (1, 1)
    assert animals.current("animals")[0].labels == ("dog",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("video,label\nelsewhere.mp4,dog\n/other/home/x.mp4,cat\n", "no row of .* line 2: no ind"),
        ("video,label\n", "no rows|is empty"),
        ("label\ndog\n", "no column video"),
        ("video,label_a,label_b\na.mp4,x,y\n", "several columns"),
    ],
)
def test_a_file_that_says_nothing_of_this_library_makes_no_set(
    catalogue: Catalogue, tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        take(catalogue, written(tmp_path, text))
    assert Annotations(catalogue).sets() == []


def test_what_is_written_as_csv_is_read_as_the_same_labels(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    made = Annotations(catalogue)
    made.make("scenes", Task.SEVERAL)
    for said in (Said(1, 0.0, 3599.875, ("sea", "sand")), Said(2, 1.5, 2.0, ("-",))):
        made.say("scenes", said, by="ann", source="page")
    file = tmp_path / "scenes.csv"
    made.say("scenes", Said(3, 0.0, 1.0), by="ann", source="page")
    file.write_text(give(catalogue, "scenes", ".csv"), encoding="utf-8")
    rows = read_labels(file).rows
    assert [(row.end_s, row.labels["label"]) for row in rows] == [
        (3599.875, ("sea", "sand")),
        (2.0, ("-",)),
    ]
    take(catalogue, file, "other")
    assert made.get("other").task is Task.SEVERAL
    assert [row.labels for row in made.current("other")] == [("sea", "sand"), ("-",)]


def test_json_has_videos_categories_and_segments(
    catalogue: Catalogue, animals: Annotations
) -> None:
    animals.say("animals", Said(2, 0.0, 1.5, ("cat",)), by="ann", source="page")
    document = json.loads(give(catalogue, "animals", ".json"))
    assert document["categories"] == [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}]
    assert [video["id"] for video in document["videos"]] == [2]
    (one,) = document["annotations"]
    assert (one["video_id"], one["category_id"], one["segment"]) == (2, 2, [0.0, 1.5])
    assert one["annotator"] == "ann"


def test_label_studio_has_a_task_a_video_with_all_its_stretches(
    catalogue: Catalogue, animals: Annotations
) -> None:
    for start_s, label in ((0.0, "dog"), (2.0, "cat")):
        said = Said(1, start_s, start_s + 1, (label,))
        animals.say("animals", said, by="ann", source="page")
    (task,) = json.loads(give(catalogue, "animals", ".labelstudio.json"))
    assert task["data"]["task"] == "classes"
    assert task["data"]["video"].endswith("a.mp4")
    values = [result["value"] for result in task["annotations"][0]["result"]]
    assert values == [
        {"start": 0.0, "end": 1.0, "labels": ["dog"]},
        {"start": 2.0, "end": 3.0, "labels": ["cat"]},
    ]


PLACES = st.tuples(st.integers(1, 3), st.integers(0, 6000), st.integers(1, 2000))
WORDS = st.text('abc- ,"ä\U0001f600', min_size=1, max_size=6).map(str.strip).filter(bool)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr)


def said_by(task: Task) -> st.SearchStrategy[list[Said]]:
    """Labels of stretches of three videos of 8 s, as sets of one kind hold them."""
    words = WORDS.filter(lambda word: word != "-")
    labels: st.SearchStrategy[list[str]] = {
        Task.CLASSES: st.lists(words, min_size=1, max_size=1),
        Task.SEVERAL: st.lists(words, min_size=1, max_size=3) | st.just(["-"]),
        Task.NUMBER: st.lists(NUMBERS, min_size=1, max_size=1),
    }[task]
    rows = st.tuples(PLACES, labels).map(
        lambda row: Said(row[0][0], row[0][1] / 1000, (row[0][1] + row[0][2]) / 1000, tuple(row[1]))
    )
    return st.lists(rows, min_size=1, max_size=6)


@pytest.mark.parametrize("ending", FORMATS)
@settings(
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_what_is_written_is_read_as_the_same_set(
    catalogue: Catalogue, tmp_path: Path, ending: str, data: st.DataObject
) -> None:
    made, task = Annotations(catalogue), data.draw(st.sampled_from(Task))
    for name in {each.name for each in made.sets()}:
        made.remove(name)
    made.make("kept", task, [] if task is Task.NUMBER else ["never used"])
    made.say_all("kept", data.draw(said_by(task)), by="ann", source="page")
    file = tmp_path / f"kept{ending}"
    file.write_text(give(catalogue, "kept", ending), encoding="utf-8")
    # A table says neither what its labels are nor which it could have had.
    found = take(catalogue, file, "again", task=task if ending == ".csv" else None)
    assert found.troubles == []
    assert made.get("again").task is task
    if ending == ".json":
        assert made.get("again").labels == made.get("kept").labels
    held, taken = made.current("kept"), made.current("again")
    assert {row.stretch: row.labels for row in taken} == {row.stretch: row.labels for row in held}


def test_a_set_of_numbers_is_made_by_the_first_file_and_keeps_numbers(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    rows = "video,start_s,end_s,label\na.mp4,0,2,0.70\nb.mp4,0,2,-1e2\nc.mp4,0,2,high\n"
    made = Annotations(catalogue)
    made.make("risk")
    found = take(catalogue, written(tmp_path, rows), "risk", task=Task.NUMBER)
    assert [trouble.line for trouble in found.troubles] == [4]
    assert made.get("risk").task is Task.NUMBER
    assert made.get("risk").labels == ()
    assert [row.labels for row in made.current("risk")] == [("0.7",), ("-100",)]
    more = "video,label\na.mp4,1\nb.mp4,2\nc.mp4,3\n"
    take(catalogue, written(tmp_path, more), "stars")
    assert made.get("stars").task is Task.NUMBER
    (task,) = json.loads(give(catalogue, "stars", ".labelstudio.json"))[:1]
    stretch, number = task["annotations"][0]["result"]
    assert (stretch["id"], stretch["value"]["labels"]) == (number["id"], ["stretch"])
    assert (number["type"], number["value"]["number"]) == ("number", 1.0)
    assert json.loads(give(catalogue, "stars", ".json"))["annotations"][2]["value"] == 3.0


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{", "cannot be read as JSON"),
        ("[1]", "neither videos and annotations"),
        ('{"images": [], "annotations": []}', "neither videos and annotations"),
        ('{"videos": [], "annotations": [{"category_id": 1}]}', "number 1: its category is none"),
        ("[]", "no rows"),
        (
            '[{"data": {"video": "a.mp4"}, "annotations": [{"result": ['
            '{"type": "choices", "value": {"choices": ["x"]}}]}]}]',
            "number 1: its result is 'choices'",
        ),
    ],
)
def test_json_that_is_no_set_is_refused(
    catalogue: Catalogue, tmp_path: Path, document: str, problem: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(document)
    with pytest.raises(ReelwiseError, match=problem):
        take(catalogue, file)
    assert Annotations(catalogue).sets() == []


def test_annotations_of_others_that_are_no_label_are_named_by_their_number(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.json"
    results = [
        {"id": "1", "type": "labels", "value": {"start": 0, "end": 1.5, "labels": ["dog"]}},
        {"id": "2", "type": "labels", "value": {"start": 2, "end": 3, "labels": ["a|b"]}},
        {"id": "3", "type": "timelinelabels", "value": {"ranges": [{"start": 1, "end": 9}]}},
        {"id": "4", "type": "labels", "value": {"labels": ["cat"]}},
    ]
    cancelled = {"was_cancelled": True, "result": results[:1]}
    tasks = [{"data": {"video": "b.mp4"}, "annotations": [cancelled, {"result": results}]}]
    file.write_text(json.dumps(tasks))
    found = take(catalogue, file)
    assert (found.added, [trouble.line for trouble in found.troubles]) == (1, [2, 3, 4])
    (row,) = Annotations(catalogue).current("animals")
    assert (row.stretch, row.labels) == ((2, 0.0, 1.5), ("dog",))


def test_a_file_that_cannot_be_written_is_an_error_and_the_old_one_stays(
    catalogue: Catalogue, animals: Annotations, tmp_path: Path
) -> None:
    found = exported(animals.get("animals"), [], {}, ".csv")
    with pytest.raises(ReelwiseError, match="cannot be written"):
        write_export(tmp_path / "no" / "a.csv", found)
    with pytest.raises(ReelwiseError, match="ends in none of"):
        format_of(tmp_path / "a.xml")
    assert format_of(Path("A.LabelStudio.json")) == ".labelstudio.json"


def test_heads_are_fitted_on_what_holds_now(catalogue: Catalogue, animals: Annotations) -> None:
    with pytest.raises(ReelwiseError, match="nothing is labelled"):
        label_file(animals, "animals")
    animals.say("animals", Said(1, 0.0, 2.0, ("dog",)), by="ann", source="page")
    first = label_file(animals, "animals")
    animals.say("animals", Said(1, 0.0, 2.0, ("cat",)), by="ann", source="page")
    (row,) = label_file(animals, "animals").rows
    assert (row.video, row.labels["label"]) == ("id:1", ("cat",))
    assert label_file(animals, "animals").sha256 != first.sha256

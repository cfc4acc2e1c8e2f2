"""Every error of ours crosses processes with all that it says."""

import ast
import pickle
from pathlib import Path

import pytest

from data.annotations.records import NoSuchSet, NothingToUndo
from data.errors import CannotWrite, DamagedFile, NoSuchVideo, ReelwiseError, UnreadableVideo
from data.home import LibraryBusy
from data.people import TooManyPins
from data.review.deciding import OtherReviewer
from data.review.records import NoSuchCase
from data.video.children.excerpting import NotMade
from data.video.children.pool import DecodingStopped
from data.video.children.process import NoDecoder
from indexer.annotation.annotator import TooFewLabels
from indexer.store.lines import DamagedLines
from indexer.store.vectors import DamagedPart
from ui.api.shape.refusals import Refused
from ui.library.folder_names import NoSuchFolder

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("data", "embeddings", "indexer", "recommender", "ui", "reelwise")
ERRORS = [
    ReelwiseError("a", fix="b"),
    NoSuchVideo("a", fix="b"),
    LibraryBusy("a", fix="b"),
    NoSuchCase("a", fix="b"),
    OtherReviewer("a", fix="b"),
    TooManyPins(3.5),
    CannotWrite("a", fix="b"),
    DamagedFile("a", fix="b"),
    Refused(400, "c", "a", fix="b"),
    DamagedPart("a", fix="b"),
    DamagedLines("a", fix="b"),
    DecodingStopped(),
    NoSuchSet("a", fix="b"),
    NothingToUndo("a", fix="b"),
    TooFewLabels("a", fix="b"),
    NotMade("a", fix="b"),
    NoSuchFolder("a", fix="b"),
    NoDecoder("why"),
    UnreadableVideo("reason", final=False, fix="mend it"),
]


def bases_of_classes() -> list[tuple[str, set[str]]]:
    """Every class of all rooms, and what it derives from, as it is written."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    return [
        (node.name, {ast.unparse(base) for base in node.bases})
        for node in nodes
        if isinstance(node, ast.ClassDef) and node.bases
    ]


def test_every_class_of_errors_is_looked_at() -> None:
    classes, found = bases_of_classes(), {"ReelwiseError"}
    while more := {name for name, bases in classes if bases & found} - found:
        found |= more
    assert found == {type(error).__name__ for error in ERRORS}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_keeps_every_field_when_it_crosses_processes(error: ReelwiseError) -> None:
    error.add_note("a note")
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert vars(other) == vars(error)
    assert str(other) == str(error)

"""Conditions of a search, and the clips and videos that they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.live.conditions import compile_conditions, parse_condition
from data.catalogue.live.limits import VideoLimits, passing_clips, passing_ids
from data.catalogue.predictions import KnownHead, Prediction
from data.errors import ReelwiseError
from tests.data.made import LIB, embed, file_record

HEADS = (
    KnownHead(0, "action", "r", "e1", "classes", ("jump", "run"), ()),
    KnownHead(0, "risk", "r", "e1", "classes", ("no", "yes"), ()),
    KnownHead(0, "price", "r", "e1", "number", (), ()),
    KnownHead(0, "clicks", "r", "e1", "classes", ("no", "yes"), ("user",)),
    KnownHead(0, "old", "r", "e0", "classes", ("a", "b"), ()),
)


@pytest.fixture
def library(catalogue: Catalogue) -> tuple[Catalogue, dict[str, list[int]]]:
    """Two videos of two clips each, with what heads say of them; clips by video."""
    clips = {}
    for name in ("a", "b"):
        ids = catalogue.files.put([file_record(f"{name}.mp4", name.upper())])
        clips[name] = embed(catalogue, f"part-{name}", ids[LIB / f"{name}.mp4"] or 0)
    catalogue.set_encoder("e1", "e1")
    numbers = {head.name: catalogue.predictions.begin(head) for head in HEADS}
    (a0, a1), (b0, b1) = clips["a"][:2], clips["b"][:2]
    said = {
        "action": [
            *[(a0, "jump", 0.9, 1), (a1, "run", 0.6, 1), (a1, "jump", 0.4, 0)],
            *[(b0, "run", 1.0, 1), (b1, "run", 0.97, 1)],
        ],
        "risk": [
            *[(a0, "yes", 0.9, 1), (a0, "no", 0.1, 0), (a1, "no", 1.0, 1)],
            *[(b0, "no", 0.7, 1), (b0, "yes", 0.3, 0), (b1, "yes", 0.81, 1)],
        ],
        "price": [(a0, "", 5.0, 1), (a1, "", 7.5, 1), (b0, "", -1.0, 1), (b1, "", 7.5, 1)],
    }
    for name, rows in said.items():
        made = (Prediction(clip, label, score, bool(so)) for clip, label, score, so in rows)
        catalogue.predictions.put(numbers[name], made)
    return catalogue, clips


@pytest.mark.parametrize(
    ("where", "left"),
    [
        (["action=jump"], ["a0"]),
        (["ACTION = Jump"], ["a0"]),
        (["action!=jump"], ["a1", "b0", "b1"]),
        (["action.jump>=0.3"], ["a0", "a1"]),
        (["action.jump<0.5"], ["a1", "b0", "b1"]),
        (["risk>=0.8"], ["a0", "b1"]),
        (["risk<0.8"], ["a1", "b0"]),
        (["risk>0.9"], []),
        (["price=7.5"], ["a1", "b1"]),
        (["price!=7.5"], ["a0", "b0"]),
        (["price<=5"], ["a0", "b0"]),
        (["action=run", "risk>=0.8"], ["b1"]),
        (["action!=run", "action.run<0.5"], ["a0"]),
        (["action=jump", "price>6"], []),
    ],
)
def test_conditions_on_heads_leave_single_clips(
    library: tuple[Catalogue, dict[str, list[int]]], where: list[str], left: list[str]
) -> None:
    catalogue, clips = library
    wanted = [clips[name[0]][int(name[1])] for name in left]
    found = passing_clips(catalogue, tuple(where))
    assert found is not None
    assert found.tolist() == sorted(wanted)
    videos = {name[0] for name in left}
    passing = passing_ids(catalogue, "e1", VideoLimits(where=tuple(where)))
    assert len(passing) == len(videos)


def test_conditions_on_videos_are_those_of_the_catalogue(
    library: tuple[Catalogue, dict[str, list[int]]],
) -> None:
    catalogue, _ = library
    a, b = catalogue.video("a.mp4"), catalogue.video("b.mp4")
    catalogue.tags.add(a.id, ["Summer Holidays"])

    def left(*where: str) -> list[int]:
        return [int(i) for i in passing_ids(catalogue, "e1", VideoLimits(where=where))]

    assert left("tag=summer holidays") == [a.id]
    assert left("tag!=summer holidays") == [b.id]
    assert left(f"folder={LIB}") == [a.id, b.id]
    assert left(f"folder!={LIB}") == []
    assert left("title=A") == [a.id]
    assert left(f"duration>={a.duration_s}", f"duration<={a.duration_s}") == [a.id, b.id]
    assert left(f"width>{a.width_px}") == []
    assert left(f"codec={a.codec or 'none'}") == ([a.id, b.id] if a.codec else [])
    assert left("date>=1970", "date<2200") == [a.id, b.id]
    assert left("added<2000") == []
    assert left("size>0", "title!=b", "action=jump") == [a.id]
    assert passing_clips(catalogue, ("size>0",)) is None


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("action", "is no condition"),
        ("action=", "is no condition"),
        ("=jump", "is no condition"),
        ("actoin=jump", r"nothing is called 'actoin'; heads: action, clicks, old, price, risk"),
        ("colour=red", r"of every video: tag, folder, codec, title, duration"),
        ("action=fly", r"the head action knows no 'fly'; it knows jump, run"),
        ("action.fly>=0.5", r"the head action knows no 'fly'"),
        ("action>=0.5", r"action has the labels jump, run: a probability is of one"),
        ("risk>=0.01", r"probabilities from 0.05 to 1 are stored"),
        ("risk>=nan", r"its value is no number"),
        ("price.x>=1", r"no labels: it is a number"),
        ("clicks=yes", r"needs user, which clips do not have"),
        ("old=a", r"fitted on vectors of e0; this library is searched with e1"),
        ("duration>=long", r"its value is no number"),
        ("date=2024", r"a date is compared by >= or <"),
        ("date>=soon", r"'soon' is no date"),
        ("tag>=x", r"a tag is compared by = or !="),
    ],
)
def test_what_is_no_condition_says_what_there_is(
    library: tuple[Catalogue, dict[str, list[int]]], where: str, problem: str
) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        compile_conditions(library[0], [where])


def test_values_never_become_sql(library: tuple[Catalogue, dict[str, list[int]]]) -> None:
    catalogue, _ = library
    for value in ("x' OR 1=1 --", '"; DROP TABLE tags; --', "%", "\\"):
        assert passing_ids(catalogue, "e1", VideoLimits(where=(f"tag={value}",))).tolist() == []
    assert parse_condition("tag=a=b").value == "a=b"
    assert Path(LIB).is_absolute()

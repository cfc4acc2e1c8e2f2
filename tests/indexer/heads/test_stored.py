from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import DamagedFile, ReelwiseError
from data.home import Home, resolve_home
from data.labels.kinds import Task
from indexer.heads.described import JSON_FILE
from indexer.heads.fitting.linear import fit_linear
from indexer.heads.head import Head, Record, head_name
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import fit_recipe
from indexer.heads.judging.calibration import no_calibration
from indexer.heads.models.answers import Answers
from indexer.heads.stored import (
    NEXT_TENSORS,
    TENSORS_FILE,
    head_names,
    load_head,
    load_heads,
    remove_head,
    save_head,
)

EXAMPLES = Examples(np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32))


def made_head(name: str, *, turn: int = 0) -> Head:
    recipe = fit_recipe(EXAMPLES, {}, salt="")
    y = np.array([(at + turn) % 2 for at in range(12)])
    answers = Answers(Task.CLASSES, ("no", "yes"), y)
    record = Record(12, 3, "2026-01-01T00:00:00+00:00", {}, "", "", {}, {}, ())
    return Head(
        name=name,
        revision=f"r{turn}",
        encoder_id="colour-1",
        task=Task.CLASSES,
        classes=answers.classes,
        recipe=recipe,
        model=fit_linear(recipe.rows(EXAMPLES), answers, strength=1.0),
        calibration=no_calibration(2),
        record=record,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    home.make()
    return home


def test_a_stored_head_gives_what_it_gave(home: Home) -> None:
    head = made_head("action")
    save_head(home, head)
    again = load_head(home, "Action")
    assert np.array_equal(again.outputs(EXAMPLES), head.outputs(EXAMPLES))
    assert replace(again, recipe=head.recipe, model=head.model, calibration=head.calibration) == (
        replace(head, calibration=head.calibration)
    )


def test_a_head_takes_the_place_of_one_of_its_name(home: Home) -> None:
    save_head(home, made_head("action"))
    save_head(home, made_head("action", turn=1))
    assert head_names(home) == ["action"]
    assert load_head(home, "action").revision == "r1"
    assert not (home.head("action") / NEXT_TENSORS).exists()


def test_a_kill_between_two_steps_leaves_the_old_head_or_the_new_one(home: Home) -> None:
    save_head(home, made_head("action"))
    folder = home.head("action")
    old = {name: (folder / name).read_bytes() for name in (JSON_FILE, TENSORS_FILE)}
    save_head(home, made_head("action", turn=1))
    new = {name: (folder / name).read_bytes() for name in (JSON_FILE, TENSORS_FILE)}
    states = {
        "r0": {**old, NEXT_TENSORS: new[TENSORS_FILE]},
        "r1": {JSON_FILE: new[JSON_FILE], TENSORS_FILE: old[TENSORS_FILE]}
        | {NEXT_TENSORS: new[TENSORS_FILE]},
    }
    for revision, files in states.items():
        for name, content in files.items():
            (folder / name).write_bytes(content)
        assert load_head(home, "action").revision == revision
    # What the next writer does first: it would write over the tensors of the newer head.
    save_head(home, made_head("action", turn=2))
    assert load_head(home, "action").revision == "r2"


def test_a_flipped_byte_is_found_before_anything_is_read(home: Home) -> None:
    save_head(home, made_head("action"))
    for name in (JSON_FILE, TENSORS_FILE):
        path = home.head("action") / name
        whole = path.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(DamagedFile):
                load_head(home, "action")
        path.write_bytes(whole)
    assert len(load_heads(home)[0]) == 1


def test_an_unknown_head_is_told_with_those_there_are(home: Home) -> None:
    save_head(home, made_head("action"))
    with pytest.raises(ReelwiseError, match="no head 'risk'; those there are: action"):
        load_head(home, "risk")
    with pytest.raises(ReelwiseError, match="no head 'risk'"):
        remove_head(home, "risk")
    remove_head(home, "action")
    assert head_names(home) == []


@pytest.mark.parametrize("name", ["", "7up", "a b", "../x", "tag", "codec", "a" * 50, "a.b.c"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ReelwiseError):
        head_name(name)


def test_vectors_of_another_encoder_are_refused() -> None:
    made_head("action").require_encoder("colour-1")
    with pytest.raises(ReelwiseError, match=r"fitted on vectors of colour-1; .* with colour-2"):
        made_head("action").require_encoder("colour-2")

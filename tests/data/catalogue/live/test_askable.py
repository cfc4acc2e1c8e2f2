"""What conditions can be on: all of it can be asked for, and nothing else is offered."""

from __future__ import annotations

from data.catalogue.catalogue import Catalogue
from data.catalogue.live.askable import OPERATORS, Kind, askable
from data.catalogue.live.conditions import FIELDS, compile_conditions
from tests.data.catalogue.live.test_conditions import HEADS

VALUES: dict[Kind, str] = {"text": "x", "number": "1", "date": "2024-05-01"}


def test_all_that_is_offered_can_be_asked_for(catalogue: Catalogue) -> None:
    catalogue.set_encoder("e1", "e1")
    for head in HEADS:
        catalogue.predictions.begin(head)
    found = askable(catalogue, "e1")
    for each in found:
        for value in each.labels or (VALUES[each.kind],):
            wheres = [f"{each.name}{operator}{value}" for operator in OPERATORS[each.kind]]
            wheres += [f"{each.name}.{label}>=0.8" for label in each.labels]
            compiled = compile_conditions(catalogue, wheres)
            assert len(compiled.of_clips if each.of_clips else compiled.of_videos) == len(wheres)
    heads = {each.name: (each.kind, each.labels) for each in found if each.of_clips}
    # Not those that need more than clips have, or speak of another encoder's clips.
    assert heads == {
        "action": ("label", ("jump", "run")),
        "risk": ("label", ("no", "yes")),
        "price": ("number", ()),
    }
    assert [each.name for each in found if not each.of_clips] == [*FIELDS]
    assert [each.name for each in askable(catalogue, "")] == [*FIELDS]

"""Names of people: one spelling on every way in, and none that nobody could type."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue.naming.spelling import person_name
from data.errors import ReelwiseError
from data.history.rows.people import near_names, person

ZOE = "Zo\u00eb"


@pytest.mark.parametrize(
    "typed", [ZOE, "Zoe\u0308", f" {ZOE}\t", f"\u200b{ZOE}\ufeff\u00a0", f"\n{ZOE} \u200e"]
)
def test_one_person_has_one_spelling(typed: str) -> None:
    assert person(typed) == ZOE


@pytest.mark.parametrize(
    "typed", ["", " ", "\u200b \ufeff", "bo\0b", "bo\x1bb", "a\nb", "a\udc80", "x" * 1001]
)
def test_what_cannot_be_typed_to_be_forgotten_is_no_name(typed: str) -> None:
    with pytest.raises(ReelwiseError):
        person(typed)


@given(st.text())
def test_a_spelling_is_its_own_spelling(text: str) -> None:
    name = person_name(text)
    assert person_name(name) == name == name.strip()
    assert unicodedata.normalize("NFC", name) == name


def test_near_names_differ_by_case_or_a_few_letters() -> None:
    known = ["anna", "Anna", "bertha", ZOE, "a very other name"]
    assert near_names("ANNA", known) == ["Anna", "anna"]
    assert near_names("zoe\u0308", known) == [ZOE]
    assert near_names("berta", known) == ["bertha"]
    assert near_names("nobody", known) == []


def test_of_very_many_names_the_same_in_another_case_is_found() -> None:
    many = [f"user-{n}" for n in range(20_000)]
    assert near_names("USER-19999", many)[0] == "user-19999"

"""What warnings advise, as the pages offer it."""

import pytest

from data.errors import ReelwiseError
from embeddings.vocabulary import toons_only_notice
from indexer.search.words.asking import NOT_READ
from indexer.store.generations import REBUILD
from ui.library.keeping.advice import Advice, advice_of
from ui.pages.search.shown import notice_data, problem_data

LOST = (
    "2 of 9 vector parts are missing or cut; run reelwise verify --repair, then reelwise index "
    "with the library's folders"
)


TOONS_ONLY = str(toons_only_notice("toon", 9, 7))


@pytest.mark.parametrize(
    ("warning", "text", "action"),
    [
        (f"gone; searching the stored vectors; {REBUILD}", "gone; searching the stored vectors",
         "rebuild"),
        ("it is damaged; serving gen-3 instead; run reelwise rebuild; also that",
         "it is damaged; serving gen-3 instead; also that", "rebuild"),
        ("no manifest; run reelwise rebuild; a segment is cut; run reelwise rebuild: it makes one",
         "no manifest; a segment is cut", "rebuild"),
        (LOST, "2 of 9 vector parts are missing or cut", "repair"),
        ("none of 31 lines can be found by what it means; run reelwise index with the library's "
         "folders", "none of 31 lines can be found by what it means", "index"),
        ("the head a has not predicted of 3 clips, which are left out; reelwise index brings it up "
         "to date", "the head a has not predicted of 3 clips, which are left out", "index"),
        *((told, told.partition(":")[0], name) for told, name in
          zip(NOT_READ.values(), ("speech", "screen_text"), strict=True)),
        ("reelwise rebuild --reencode      (or give the old weights: --weights FILE)", "",
         "reencode"),
        ("nothing is wrong; look at it", "nothing is wrong; look at it", None),
        ("take another: reelwise encoders lists them", "take another", None),
        (TOONS_ONLY, TOONS_ONLY.partition(": reelwise")[0], "encoder"),
        ("for real videos: reelwise index FOLDER --encoder clip",
         "for real videos", None),
        ("it finds more: reelwise index /a 'b c' --encoder X/y", "it finds more", None),
        ("reelwise heads lists the heads", "", None),
        ("what reelwise draws is known", "what reelwise draws is known", None),
    ],
)  # fmt: skip
def test_a_command_becomes_what_the_page_can_do(
    warning: str, text: str, action: str | None
) -> None:
    assert advice_of(warning) == Advice(text, action)  # type: ignore[arg-type]


def test_a_viewer_is_told_and_offered_nothing() -> None:
    assert notice_data(LOST, is_owner=False) == {
        "text": "2 of 9 vector parts are missing or cut",
        "action": None,
    }
    assert notice_data(LOST, is_owner=True)["action"] == "repair"
    error = ReelwiseError("the index is damaged", fix="run reelwise rebuild")
    assert problem_data(error)["action"] == "rebuild"
    assert problem_data(error, is_owner=False) == {
        "problem": "the index is damaged",
        "fix": "",
        "action": None,
    }

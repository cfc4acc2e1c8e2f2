"""Every reason that a file can have is one that a person understands, in every language."""

import re
from pathlib import Path

import pytest

from ui.library.keeping.problems import kind_of_reason
from ui.pages.words.language import LANGUAGES, words_of

ROOT = Path(__file__).parents[4]
REASONS = {
    "cut off: its index (moov) is missing": "cut_off",
    "cut off: the file holds 1.0 s of 9.0 s, ": "cut_off",
    "cut off: 6.8 s of 24.2 s could be decoded": "cut_off",
    "cut off or damaged: none of 10.0 s is in the file": "cut_off",
    "damaged: its pictures cannot be decoded": "damaged",
    "damaged: the mp4 container cannot be read": "damaged",
    "damaged: its sound cannot be decoded": "damaged",
    "3.0 s of 9.0 s could be decoded": "damaged",
    "encrypted: it cannot be played without its key": "encrypted",
    "not a video: plain text": "no_video",
    "not a regular file": "no_video",
    "has sound but no picture": "no_picture",
    "cannot be opened: Permission denied": "no_access",
    "cannot be read: permission denied": "no_access",
    "the file is missing": "missing",
    "too large for 8K (7680x4320 pixels), or of unknown size": "too_much",
    "too long: 60 hours, the limit is 48": "too_much",
    "stopped: its pictures are more work than a file of this size may cost": "too_much",
    "stopped: 900 pictures of 7680x4320 in 3 kB": "too_much",
    "stopped: no progress for 15 s": "too_slow",
    "stopped: took more than 2.0 GB of memory": "too_slow",
    "the decoder crashed (SIGSEGV)": "too_slow",
    "the decoder was killed by the system, perhaps because memory ran out": "too_slow",
    "not read: a Flash film": "not_read",
    "its codec is unknown to FFmpeg": "not_read",
    "the moon was in the way": "other",
}


@pytest.mark.parametrize(("reason", "kind"), REASONS.items())
def test_a_reason_has_its_kind(reason: str, kind: str) -> None:
    assert kind_of_reason(reason) == kind


def test_the_reasons_of_bad_files_in_the_code_have_a_kind() -> None:
    told: set[str] = set()
    for file in (ROOT / "data" / "video").rglob("*.py"):
        told |= set(re.findall(r'UnreadableVideo\(\s*f?"([^"]+)"', file.read_text()))
    ours = {each for each in told if not each.startswith(("decord", "the range"))}
    assert len(ours) >= 10
    assert {each for each in ours if kind_of_reason(each) == "other"} == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_has_words_for_why_and_for_what_to_do(code: str) -> None:
    for kind in {*REASONS.values()}:
        assert words_of(code).say(f"problem.{kind}")
        assert words_of(code).say(f"problem.{kind}_fix")

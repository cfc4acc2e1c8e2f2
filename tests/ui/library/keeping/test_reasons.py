"""Reasons in parts, so that a page says them in its own language."""

import re
from pathlib import Path

import pytest

from ui.library.keeping.reasons import Said, said_of
from ui.pages.words.language import LANGUAGES, words_of

ROOT = Path(__file__).parents[4]
REASONS = {
    "damaged: 4.8 s of 5.0 s could be decoded": Said("decoded", {"decoded": 4.8, "whole": 5.0}),
    "cut off: 6.8 s of 24.2 s could be decoded": Said("decoded", {"decoded": 6.8, "whole": 24.2}),
    "not a video: plain text": Said("text"),
    "not a video: a PNG picture": Said("a_picture", {"format": "PNG"}),
    "has sound but no picture (MP3)": Said("sound", {"format": "MP3"}),
    "the file is empty (0 bytes)": Said("empty"),
    "cut off: its index (moov) is missing": Said("index"),
    "cut off: the end of the GIF is missing": Said("gif"),
    "the moon was in the way": None,
    "not a video: plain text, and more": None,
}


@pytest.mark.parametrize(("reason", "said"), REASONS.items())
def test_a_reason_is_said_in_parts(reason: str, said: Said | None) -> None:
    assert said_of(reason) == said


def test_every_reason_of_no_video_in_the_code_has_parts_and_words() -> None:
    sources = [file.read_text(encoding="utf-8") for file in (ROOT / "data/video").rglob("*.py")]
    told = {one for text in sources for one in re.findall(r'"(not a video: [^"]+)"', text)}
    assert len(told) >= 8
    for reason in told:
        said = said_of(reason)
        assert said is not None, reason
        for code in LANGUAGES:
            assert words_of(code).say(f"problem.said_{said.name}", **said.values)

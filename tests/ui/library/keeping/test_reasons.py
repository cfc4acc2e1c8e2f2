"""Reasons in parts, so that a page says them in its own language."""

import re
from pathlib import Path

import pytest

from ui.library.keeping.reasons import Said, left_out, said_of
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


LEFT_OUT = {
    "no indexed video is called 'b.mp4'": Said("unknown_video", {"video": "b.mp4"}),
    'no indexed video is called "it\'s 7"': Said("unknown_video", {"video": "it's 7"}),
    "2 videos are called '7'": Said("several_videos", {"n": 2.0, "video": "7"}),
    "it names no video": Said("no_video"),
    "it has no label": Said("no_label"),
    "its category is none of the file's": Said("no_label"),
    "its stretch begins at 9 s, and the video ends at 8.5 s": Said(
        "beyond", {"start": 9, "end": 8.5}
    ),
    "the interval is 3.0 to 1.0 s; needs 0 <= start_s < end_s": Said("no_stretch"),
    "start_s and end_s must be seconds, not 'a' and ''": Said("no_stretch"),
    "label has 2 labels, not one": Said("one_label"),
    "label is 'nan', which is no number": Said("no_number", {"value": "nan"}),
    "'7 kg' is no number, and this set is of numbers": Said("no_number", {"value": "7 kg"}),
    "its time is 'x', neither a date nor a number": None,
}


@pytest.mark.parametrize(("reason", "said"), LEFT_OUT.items())
def test_why_a_label_was_left_out_is_said_in_parts(reason: str, said: Said | None) -> None:
    assert left_out(reason) == said
    for code in LANGUAGES if said is not None else ():
        assert said is not None
        assert words_of(code).say(f"annotate.left_{said.name}", **said.values)

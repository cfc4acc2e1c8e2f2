"""Conditions in plain words, in both languages."""

import pytest

from data.catalogue.live.askable import OPERATORS, Kind
from data.catalogue.live.conditions import FIELDS, NUMBERS, TIMES
from ui.pages.search.conditions import condition_told
from ui.pages.words.language import LANGUAGES, words_of

GERMAN = {"dog": "Hund"}


@pytest.mark.parametrize(
    ("where", "english", "german"),
    [
        ("duration>=60", "Length: at least 60 s", "Länge: mindestens 60 s"),
        ("size<2500000", "File size: less than 2.5 MB", "Dateigröße: weniger als 2,5 MB"),
        ("resolution>=1080", "Resolution (shorter side): at least 1,080 px", ""),
        ("date>=2024-05-01", "Recorded: since 2024-05-01", "Aufgenommen: seit 2024-05-01"),
        ("folder!=/v/Films", "Folder: not Films", "Ordner: nicht Films"),
        ("tags=dog", "Seen: dog", "Zu sehen: Hund"),
        ("tags!=dog", "What was seen: not dog", "Was zu sehen ist: nicht Hund"),
        (
            "tags.dog>=0.8",
            "What was seen: dog, at least 80 % likely",
            "Was zu sehen ist: Hund, zu mindestens 80 % wahrscheinlich",
        ),
        ("Action = jump", "action: jump", "action: jump"),
        ("action.dog<0.5", "action: dog, less than 50 % likely", ""),
        ("risk>=0.8", "risk: at least 0.8", "risk: mindestens 0,8"),
        ("duration>=long", "Length: at least long", "Länge: mindestens long"),
        ("no condition", "no condition", "no condition"),
        ("title=a\x1b[31m", "Title: a\\x1b[31m", ""),
    ],
)
def test_a_condition_is_said_in_plain_words(where: str, english: str, german: str) -> None:
    assert condition_told(where, words_of("en")) == english
    if german:
        assert condition_told(where, words_of("de"), GERMAN) == german


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_field_and_every_comparison_has_words(code: str) -> None:
    told = set()
    for name in FIELDS:
        kind: Kind = "number" if name in NUMBERS else "date" if name in TIMES else "text"
        told |= {condition_told(f"{name}{sign}1", words_of(code)) for sign in OPERATORS[kind]}
    assert len(told) == sum(map(len, (OPERATORS["text"] * 4, OPERATORS["number"] * 6))) + 8

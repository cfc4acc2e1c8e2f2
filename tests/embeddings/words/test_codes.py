"""What says nothing is told from what does; with the words that the real encoder knows."""

import pytest

from embeddings.words.codes import is_code
from embeddings.words.sentences import shared_sentences


@pytest.mark.parametrize(
    "text",
    ["slp 07", "IMG_1234", "DSC01234", "VID-20230101-WA0001", "PXL_20230401_123456789", "MVI 0023",
     "20230101_123456", "0012", "tco-02", "GOPR1234", "S01E02", "a1b2c3d4", "toon-0012"],
)  # fmt: skip
def test_a_code_says_nothing(text: str) -> None:
    assert is_code(text, shared_sentences().knows)


@pytest.mark.parametrize(
    "text",
    ["cat 01", "Robot 2", "Alien 3", "the sea", "slp", "1917", "IMG_1234 birthday",
     "Geburtstag 2019", "Skateboarding2", "\u732b 3", "\u043c\u043e\u0440\u0435 2", ""],
)  # fmt: skip
def test_words_beside_a_number_say_something(text: str) -> None:
    assert not is_code(text, shared_sentences().knows)

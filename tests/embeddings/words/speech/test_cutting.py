"""Lines are sentences, or some twelve words of one, and no word is lost."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from embeddings.words.speech.cutting import SLACK_WORDS, lines_of
from embeddings.words.speech.settings import Settings
from embeddings.words.speech.words import Word

SETTINGS = Settings()


def words(text: str, *, pauses: Sequence[int] = (), step_s: float = 0.3) -> list[Word]:
    """Words a third of a second apart; a second of pause before the words of these numbers."""
    made, at_s = [], 0.0
    for number, each in enumerate(text.split()):
        at_s += 1.0 if number in pauses else 0.0
        made.append(Word(at_s, at_s + step_s, f" {each}", 0.9))
        at_s += step_s
    return made


def cut(said: Sequence[Word]) -> list[str]:
    return ["".join(word.text for word in line).strip() for line in lines_of(said, SETTINGS)]


def test_a_line_ends_with_its_sentence() -> None:
    said = words("The red boat left the harbour. Where did the captain go? Nobody could tell us!")
    assert cut(said) == [
        "The red boat left the harbour.",
        "Where did the captain go?",
        "Nobody could tell us!",
    ]


def test_a_line_ends_with_a_pause() -> None:
    said = words("we walked along the river and then it rained all night", pauses=[5])
    assert cut(said) == ["we walked along the river", "and then it rained all night"]


def test_a_dot_within_a_sentence_ends_no_line() -> None:
    text = "It costs about 3.50 euros said Dr. Miller and J. R. Smith to us."
    assert cut(words(text)) == [text]


def test_a_short_sentence_joins_its_neighbour_but_not_over_a_pause() -> None:
    assert cut(words("Yes. No. We will come back tomorrow.")) == [
        "Yes. No. We will come back tomorrow."
    ]
    assert cut(words("Yes. We will come back tomorrow.", pauses=[1])) == [
        "Yes.",
        "We will come back tomorrow.",
    ]


def test_a_long_sentence_is_cut_at_a_comma_near_its_middle() -> None:
    first = "when the ship had passed the last island of the bay,"
    second = "everybody went on deck to see the lights of the city"
    assert cut(words(f"{first} {second}")) == [first, second]


def test_a_script_without_spaces_is_cut_by_its_signs() -> None:
    signs = [
        Word(at * 0.2, at * 0.2 + 0.2, "山川日月火水木金土人"[at % 10], 0.9) for at in range(60)
    ]
    lines = lines_of(signs, SETTINGS)
    assert 2 <= len(lines) <= 4
    assert max(map(len, lines)) <= 2 * (SETTINGS.longest_words + SLACK_WORDS)
    sentence = [*signs[:7], Word(1.4, 1.5, "。", 0.9), *signs[8:16]]
    assert [len(line) for line in lines_of(sentence, SETTINGS)] == [8, 8]


def test_of_no_words_there_are_no_lines() -> None:
    assert lines_of([], SETTINGS) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([" a", " no.", " word,", " Yes?", "山", "。"]),
            st.floats(0, 3),
            st.floats(0, 1),
        ),
        max_size=60,
    )
)
def test_no_word_is_lost_and_none_moves(rows: list[tuple[str, float, float]]) -> None:
    said, at_s = [], 0.0
    for text, pause_s, length_s in rows:
        said.append(Word(at_s + pause_s, at_s + pause_s + length_s, text, 0.5))
        at_s += pause_s + length_s
    lines = lines_of(said, SETTINGS)
    assert [word for line in lines for word in line] == said
    assert all(lines)
    assert max(map(len, lines), default=0) <= 2 * (SETTINGS.longest_words + SLACK_WORDS)

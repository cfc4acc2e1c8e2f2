"""Which lines are shown to people as the reason of a hit."""

import pytest

from data.lines import Channel
from indexer.search.result import Match

HELD = ((0, 3),)


@pytest.mark.parametrize(
    ("channel", "text", "relevance", "marks", "is_shown"),
    [
        (Channel.TITLE, "man on a horse", 0.25, HELD, True),
        (Channel.TITLE, "int 05", 0.25, HELD, True),
        (Channel.TITLE, "broken", 0.25, (), False),
        (Channel.TITLE, "broken", 0.92, (), True),
        (Channel.TITLE, "int 05", 0.92, (), False),
        (Channel.PATH, "int 05", 0.92, (), False),
        (Channel.TITLE, "holiday 2019", 0.36, (), True),
        (Channel.SPEECH, "at 5 am", 0.92, (), True),
        (Channel.SPEECH, "the man", 0.1, HELD, False),
    ],
)
def test_a_line_without_a_word_of_the_query_has_to_mean_it(
    channel: Channel,
    text: str,
    relevance: float,
    marks: tuple[tuple[int, int], ...],
    is_shown: bool,
) -> None:
    match = Match(channel, text, 0.0, 1.0, relevance, marks, by_meaning=not marks)
    assert match.is_shown == is_shown


def test_a_line_with_the_words_that_also_means_them_is_shown_for_its_words() -> None:
    match = Match(Channel.TITLE, "int 05", 0.0, 1.0, 0.25, ((4, 6),), by_meaning=True)
    assert match.is_shown

import pytest

from data.lines import Channel, Line


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "a page\x0cfeed"])
def test_a_text_that_is_not_one_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        Line(Channel.SPEECH, 0, 1, text)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(-1, 1), (2, 1), (0, float("inf")), (float("nan"), 1)]
)
def test_an_interval_that_no_video_has_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="a line from"):
        Line(Channel.SCREEN, start_s, end_s, "exit")


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        Line(Channel.SCREEN, 0, 1, "exit", confidence=confidence)

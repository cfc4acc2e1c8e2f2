"""Words with their times, as they come from a model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """One word, with the punctuation that belongs to it."""

    start_s: float
    """When it begins: in its window, and later on the video's clock."""
    end_s: float
    """When it ends, not before it begins."""
    text: str
    """With the space before it, where its script has spaces."""
    probability: float
    """Of its tokens, on the mean: 0 to 1."""


@dataclass(frozen=True)
class Heard:
    """What a model heard in one window."""

    words: tuple[Word, ...]
    """In order of time."""
    log_prob: float
    """Mean log probability of a token."""
    no_speech: float
    """Probability that nobody speaks in the whole window."""
    repeats: float
    """By what factor the text can be packed."""

    @property
    def text(self) -> str:
        """All words."""
        return "".join(word.text for word in self.words).strip()

"""Everything that shapes a line of speech beside the model: a part of the engine's id."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How speech becomes lines. Figures behind the choices: docs/log.md."""

    rules: int = 1
    """Raised when code changes lines without a setting."""
    voice: float = 0.5
    """Probability of a voice from which a stretch is heard."""
    shortest_voice_s: float = 0.25
    """Voices that are shorter are no words."""
    pause_s: float = 0.5
    """Pauses up to this long do not end a stretch."""
    pad_s: float = 0.2
    """Sound kept before and after a voice."""
    window_s: float = 20.0
    """Most sound that is heard at once. A model may hear 30 s; the cost of a second grows with
    it."""
    batch: int = 8
    """Windows that are transcribed together."""
    beam: int = 2
    """Continuations that are tried for a text."""
    compute_type: str = "int8"
    """Arithmetic of CTranslate2."""
    longest_words: int = 12
    """Words of a line, about: where no sentence ends, it is cut at a comma or pause near this."""
    break_s: float = 0.8
    """A pause this long ends a line."""
    least_confidence: float = 0.35
    """Lines whose words are less probable are left out."""
    most_repeated: float = 2.4
    """A text that can be packed by more than this factor repeats itself (Radford et al. 2022,
    section 4.5)."""
    least_log_prob: float = -1.0
    """Mean log probability of a token below which a text is not what was said (same source)."""
    no_speech: float = 0.6
    """Probability that a window holds no speech, above which only sure lines of it are kept."""
    sure: float = 0.75
    """Confidence from which a phrase that models invent in silence is taken as said."""
    most_letters_hz: float = 30.0
    """Letters that a voice speaks in a second at most."""

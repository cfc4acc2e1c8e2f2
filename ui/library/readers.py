"""What reads words from videos beside the files themselves: speech, and text in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.lines import LineReader

AUTO, OFF = "auto", "off"


@dataclass
class Readers:
    """The readers of one run."""

    readers: list[LineReader] = field(default_factory=list)
    """In the order of their passes."""
    notices: list[str] = field(default_factory=list)
    """What is left out because its model is not here, one line each."""


def check_readers(speech: str, screen_text: str) -> None:
    """Refuse what is not there before anything else is done.

    Raises:
        ReelwiseError: A model that was named is not here, or `screen_text` is neither.
    """
    if screen_text not in (AUTO, OFF):
        raise ReelwiseError(
            f"--screen-text is {AUTO} or {OFF}, not {screen_text!r}", fix=f"--screen-text {AUTO}"
        )
    if speech not in (AUTO, OFF):
        from embeddings.words.speech.models import find_model

        find_model(speech)


@contextmanager
def line_readers(speech: str, screen_text: str) -> Iterator[Readers]:
    """Open the readers that are asked for, and let their models go at the end.

    Args:
        speech: `auto` where a model is here, `off`, or the name or folder of a model.
        screen_text: `auto` or `off`.

    Raises:
        ReelwiseError: As `check_readers`.
    """
    check_readers(speech, screen_text)
    found = Readers()
    with ExitStack() as opened:
        if speech != OFF:
            _add_speech(found, speech, opened)
        if screen_text != OFF:
            from embeddings.words.screen.reader import load_screen_reader

            found.readers.append(load_screen_reader())
        yield found


def _add_speech(found: Readers, name: str, opened: ExitStack) -> None:
    from embeddings.words.speech import load_speech

    try:
        found.readers.append(opened.enter_context(load_speech(name)))
    except ReelwiseError as error:
        if name != AUTO:
            raise
        found.notices.append(f"speech is not transcribed: {error.problem}; {error.fix}")

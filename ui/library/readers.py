"""What reads words from videos beside the files themselves, and what encodes their meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.lines import Channel, LineReader
    from embeddings.words.sentences import SentenceEncoder

AUTO, OFF, MINILM = "auto", "off", "minilm"


@dataclass
class Readers:
    """The readers of one run."""

    readers: list[LineReader] = field(default_factory=list)
    """In the order of their passes."""
    notices: list[str] = field(default_factory=list)
    """What is left out because its model is not here, one line each."""


def check_readers(speech: str, screen_text: str, sentences: str = AUTO) -> None:
    """Refuse what is not there before anything else is done.

    Raises:
        ReelwiseError: A model that was named is not here, or a script cannot be read.
    """
    if screen_text not in (AUTO, OFF):
        from embeddings.words.screen.scripts import SCRIPTS

        unknown = [name for name in screen_text.split(",") if name not in SCRIPTS]
        if unknown:
            raise ReelwiseError(
                f"--screen-text is {AUTO}, {OFF}, or scripts that can be read, with commas "
                f"between: {', '.join(SCRIPTS)}; not {unknown[0]!r}",
                fix=f"--screen-text {AUTO}",
            )
    if speech not in (AUTO, OFF):
        from embeddings.words.speech.models import find_model

        find_model(speech)
    if sentences not in (AUTO, OFF):
        from embeddings.words.sentences import open_sentences

        open_sentences(None if sentences == MINILM else Path(sentences).expanduser())


@contextmanager
def line_readers(
    speech: str,
    screen_text: str,
    served: Mapping[Channel, str] | None = None,
    speech_model: str | None = None,
) -> Iterator[Readers]:
    """Open the readers that are asked for, and let their models go at the end.

    Args:
        speech: `auto` for the model that was named last, else for one that is here; `off`; or the
            name or folder of a model.
        screen_text: Scripts to read, with commas between; `auto` for those that were read last, at
            first Latin letters; `off`.
        served: The engines whose lines the library searches.
        speech_model: The model that was named last; None for none.

    Raises:
        ReelwiseError: As `check_readers`.
    """
    check_readers(speech, screen_text)
    found = Readers()
    with ExitStack() as opened:
        if speech != OFF:
            _add_speech(found, speech, speech_model, opened)
        if screen_text != OFF:
            found.readers.append(_screen_reader(screen_text, served or {}))
        yield found


def _screen_reader(wanted: str, served: Mapping[Channel, str]) -> LineReader:
    from data.lines import Channel
    from embeddings.words.screen.reader import load_screen_reader
    from embeddings.words.screen.scripts import DEFAULT_SCRIPTS, scripts_of

    if wanted != AUTO:
        return load_screen_reader(wanted.split(","))
    return load_screen_reader(scripts_of(served.get(Channel.SCREEN, "")) or DEFAULT_SCRIPTS)


def _add_speech(found: Readers, name: str, known: str | None, opened: ExitStack) -> None:
    from embeddings.words.speech import load_speech

    try:
        # Another model than the last time would transcribe the whole library anew.
        chosen = known or AUTO if name == AUTO else name
        found.readers.append(opened.enter_context(load_speech(chosen)))
    except ReelwiseError as error:
        if name != AUTO:
            raise
        found.notices.append(f"speech is not transcribed: {error.problem}; {error.fix}")


def speech_model_of(name: str) -> str | None:
    """What a library remembers of the speech model of a run: a folder from any working folder."""
    if name in (AUTO, OFF):
        return None
    folder = Path(name).expanduser()
    return str(folder.absolute()) if folder.is_dir() else name


@dataclass(frozen=True)
class Meaning:
    """What encodes the meaning of lines in one run."""

    sentences: SentenceEncoder | None = None
    """The sentence encoder; None where it is off or not here."""
    folder: Path | None = None
    """Its folder; None for the one that comes as a package."""
    notice: str = ""
    """Why nothing is encoded, where nobody asked for that."""


def open_meaning(name: str, known_folder: Path | None) -> Meaning:
    """Open what encodes the meaning of lines.

    Args:
        name: `auto` for the library's own, else the package where it is here; `minilm` for the
            package; `off`; or a folder.
        known_folder: The folder of the library's own; None for the package.

    Raises:
        ReelwiseError: The folder that was named holds none.
    """
    from embeddings.words.sentences import shared_sentences

    if name == OFF:
        return Meaning()
    named = {AUTO: known_folder, MINILM: None}
    folder = named[name] if name in named else Path(name).expanduser().absolute()
    try:
        return Meaning(shared_sentences(folder), folder)
    except ReelwiseError as error:
        if name != AUTO:
            raise
        return Meaning(notice=f"what lines mean is not encoded: {error.problem}; {error.fix}")

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


@dataclass(frozen=True)
class WordOptions:
    """How `index` reads words and what they mean."""

    speech: str = AUTO
    """The name or folder of a speech model; `auto` for that of the last time, at first one that is
    here; `off`."""
    language: str | None = None
    """What is spoken, by code or name; `auto` to find it for each video; None as the last time."""
    screen_text: str = AUTO
    """Scripts with commas between, as "latin,han"; `auto` for those of the last time, at first
    Latin letters; `off`."""
    sentences: str = AUTO
    """A sentence-transformers folder; `auto` for that of the last time, at first MiniLM where it is
    here; `minilm`; `off`."""

    def check(self) -> None:
        """Refuse what is not there before anything else is done.

        Raises:
            ReelwiseError: A model that was named is not here, a script cannot be read, or a
                language is none.
        """
        if self.screen_text not in (AUTO, OFF):
            _check_scripts(self.screen_text)
        if self.language not in (None, AUTO):
            from embeddings.words.speech.reader import language_named

            language_named(self.language)
        if self.speech not in (AUTO, OFF):
            from embeddings.words.speech.models import find_model

            find_model(self.speech)
        if self.sentences not in (AUTO, OFF):
            from embeddings.words.sentences import open_sentences

            folder = Path(self.sentences).expanduser()
            open_sentences(None if self.sentences == MINILM else folder)


def _check_scripts(names: str) -> None:
    from embeddings.words.screen.scripts import SCRIPTS

    unknown = [name for name in names.split(",") if name not in SCRIPTS]
    if unknown:
        raise ReelwiseError(
            f"--screen-text is {AUTO}, {OFF}, or scripts that can be read, with commas "
            f"between: {', '.join(SCRIPTS)}; not {unknown[0]!r}",
            fix=f"--screen-text {AUTO}",
        )


@dataclass(frozen=True)
class LastTime:
    """What a library remembers of how its words were read."""

    served: Mapping[Channel, str] = field(default_factory=dict)
    """The engines whose lines it searches."""
    speech_model: str | None = None
    """The speech model that was named last; None for none."""
    language: str | None = None
    """The language that was named last; None to find it for each video."""


@dataclass
class Readers:
    """The readers of one run."""

    readers: list[LineReader] = field(default_factory=list)
    """In the order of their passes."""
    notices: list[str] = field(default_factory=list)
    """What is left out because its model is not here, one line each."""


@contextmanager
def line_readers(options: WordOptions, last: LastTime) -> Iterator[Readers]:
    """Open the readers that are asked for, and let their models go at the end.

    Raises:
        ReelwiseError: As `WordOptions.check`.
    """
    options.check()
    found = Readers()
    with ExitStack() as opened:
        if options.speech != OFF:
            _add_speech(found, options, last, opened)
        if options.screen_text != OFF:
            found.readers.append(_screen_reader(options.screen_text, last.served))
        yield found


def _screen_reader(wanted: str, served: Mapping[Channel, str]) -> LineReader:
    from data.lines import Channel
    from embeddings.words.screen.reader import load_screen_reader
    from embeddings.words.screen.scripts import DEFAULT_SCRIPTS, scripts_of

    if wanted != AUTO:
        return load_screen_reader(wanted.split(","))
    return load_screen_reader(scripts_of(served.get(Channel.SCREEN, "")) or DEFAULT_SCRIPTS)


def _add_speech(found: Readers, options: WordOptions, last: LastTime, opened: ExitStack) -> None:
    from embeddings.words.speech import load_speech

    # Another model or language than the last time would transcribe the whole library anew.
    is_auto = options.speech == AUTO
    model = (last.speech_model or AUTO) if is_auto else options.speech
    language = last.language if options.language is None else options.language
    try:
        reader = load_speech(model, language=None if language == AUTO else language)
        found.readers.append(opened.enter_context(reader))
    except ReelwiseError as error:
        if not is_auto:
            raise
        found.notices.append(f"speech is not transcribed: {error.problem}; {error.fix}")


def remembered(options: WordOptions) -> dict[str, str | None]:
    """What `Catalogue.set_speech` gets after a run: only what was named."""
    named: dict[str, str | None] = {}
    if options.speech not in (AUTO, OFF):
        folder = Path(options.speech).expanduser()
        named["model"] = str(folder.absolute()) if folder.is_dir() else options.speech
    if options.language is not None:
        named["language"] = None if options.language == AUTO else options.language
    return named


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

"""Homes in whose videos something is said, without videos and without models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.lines.line import Channel, Line, Reading
from embeddings.starter.labels import caption_texts
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.record import writing_session
from indexer.build.recording.record_lines import LinesBuffer, take_in_lines
from indexer.build.words.encode_lines import LineEncoder
from indexer.store.lines import LineStore
from indexer.store.publishing import publish
from tests.fakes import FakeSentences
from tests.indexer.stored import ENCODER, add, file_of, new_home

ENGINE = "hears-1"


def home_with_talk(folder: Path, *names: str) -> Home:
    """A published library of some videos, in which something is said, and nothing is encoded."""
    home = new_home(folder)
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER, "hash")
        catalogue.readings.serve({Channel.SPEECH: ENGINE})
        for name in names:
            say(catalogue, name)
        publish(home, catalogue, ENCODER)
    return home


def texts_of(name: str) -> tuple[str, str]:
    """What is said in a video: two lines with a long pause between them."""
    return f"the ferry leaves from {name}", f"painted in {name} red"


def say(catalogue: Catalogue, name: str, said: Sequence[str] = ()) -> None:
    """Add a video in which something is said: `texts_of` its name where it is not given."""
    add(catalogue, [name])
    buffer = LinesBuffer(catalogue, LineStore(catalogue.home, ENGINE))
    lines = [
        Line(Channel.SPEECH, 20.0 * n, 20.0 * n + 2, text)
        for n, text in enumerate(said or texts_of(name))
    ]
    video_id = catalogue.files.known()[file_of(name)].video_id
    buffer.add(video_id or 0, Channel.SPEECH, Reading(tuple(lines)))
    buffer.flush()


def encode(home: Home, sentences: FakeSentences) -> list[str]:
    """Encode, publish where there is something to publish; gives the texts that were encoded."""
    with writing_session(home) as catalogue:
        take_in_lines(catalogue, LineStore(home, ENGINE))
        if LineEncoder(catalogue, sentences).encode(Interrupt(), Meter(None), lambda: None):
            publish(home, catalogue, ENCODER)
    return [text for text in sentences.texts if text not in caption_texts()]

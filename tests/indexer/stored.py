"""Homes with known vectors and no videos, for the tests of the store."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.trust.kill_child import ENCODER, embedded
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord, Part
from data.home import Home, resolve_home
from indexer.build.recording.record import record_embedded, writing_session
from indexer.store.generations import Generation
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore

__all__ = ["ENCODER", "add", "file_of", "new_home", "published"]


def new_home(folder: Path) -> Home:
    home = resolve_home(folder / "home")
    home.make()
    return home


def file_of(content: str) -> Path:
    return Path("/library") / f"{content}.mp4"


def add(catalogue: Catalogue, contents: Iterable[str]) -> Part:
    """Embed these contents in one part."""
    names = list(contents)
    ids = catalogue.files.put([FileRecord(file_of(name), 1, 1, 1, name) for name in names])
    rows = [embedded(ids[file_of(name)] or 0, name) for name in names]
    part = record_embedded(catalogue, VectorStore(catalogue.home, ENCODER), rows)
    assert part is not None
    return part


def published(home: Home, *parts: Iterable[str]) -> Generation:
    """Embed each group of contents in a part of its own, then publish; the encoder is set."""
    with writing_session(home) as catalogue:
        for contents in parts:
            add(catalogue, contents)
        catalogue.set_encoder(ENCODER, "hash")
        return publish(home, catalogue, ENCODER)

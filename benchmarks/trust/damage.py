"""Bytes of a library flipped or zeroed: what is answered, what is said, what `verify` finds.

Each file of a small library is damaged many times, one place at a time: half of the places get one
flipped bit, half 512 zeroed bytes. Then the library is asked, verified and written to. An answer
may be the right one, a known error, or another one with a warning; never a fault of reelwise, and
never another one without a word. `silent` counts those, `unfound` the damage that `verify` does not
report although an answer changed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trust.kill_child import DIM, ENCODER, FOLDER, embedded, vectors_of
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.errors import ReelwiseError
from data.history.history import History
from data.home import Home
from data.video.types import FrameSpec, Pixels
from embeddings.encoder import Spans, Times, Vectors
from embeddings.temporal.pooling import mean_clips
from indexer.build.recording.record import record_embedded, writing_session
from indexer.search.query import Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.searcher import Searcher
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore
from indexer.verify import verify_library
from recommender.choosing.train import train_recommender
from recommender.model.store import require_undamaged
from recommender.service import LibraryRecommender
from ui.library.documents import status_document

PLACES = {"small": 6, "full": 50}
"""Damaged places of each kind of file."""
VIDEOS = 24
PEOPLE = 8
EVENTS = 160
ZEROED_BYTES = 512

KINDS = {
    "catalogue": "catalogue.db",
    "log": "catalogue.db-wal",
    "mark": "catalogue.mark",
    "part": "vectors/*/*.parquet",
    "index vectors": "index/segments/*/clips.f16",
    "index columns": "index/segments/*/spans.npy",
    "segment manifest": "index/segments/*/manifest.json",
    "index manifest": "index/gen-*/manifest.json",
    "index CURRENT": "index/CURRENT",
    "model": "recommender/model-*/arrays.safetensors",
    "model manifest": "recommender/model-*/manifest.json",
    "model CURRENT": "recommender/CURRENT",
    "copy": "copies/*.db",
}

Answers = dict[str, Any]


class NamedEncoder:
    """Stands for the encoder of the vectors: a clip is the mean of its frames."""

    id = ENCODER
    name = ENCODER
    dim = DIM
    frame_spec = FrameSpec(8, 8, "squash")

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """No video is read here."""
        raise NotImplementedError

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Each text a direction of its own."""
        return np.concatenate([vectors_of(text, 1) for text in texts])

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        """The means of the frames."""
        return mean_clips(vectors, spans)


def run(size: str) -> dict[str, Any]:
    """Damage each kind of file; gives what came of it, by kind."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        with made_library(home):
            whole = Path(folder) / "whole"
            shutil.copytree(home.root, whole)  # with the log of a library that is open
        right, _ = ask(copy_of(whole, Path(folder) / "asked"))
        figures: dict[str, Any] = {"places": PLACES[size] * len(KINDS)}
        outcomes = {kind: _of_kind(whole, kind, PLACES[size], right) for kind in KINDS}
    for outcome in ("faults", "silent", "unfound"):
        figures[outcome] = sum(counts[outcome] for counts in outcomes.values())
    return figures | {"by_kind": {kind: dict(counts) for kind, counts in outcomes.items()}}


@contextmanager
def made_library(home: Home) -> Iterator[None]:
    """A library with videos, events, a model and two generations; open while it is used."""
    home.make()
    names = [f"{n:015x}" for n in range(VIDEOS)]
    for some in (names[: VIDEOS // 2], names[VIDEOS // 2 :]):
        with writing_session(home) as catalogue:
            records = [FileRecord(FOLDER / f"{name}.mp4", 1, 1, 1, name) for name in some]
            ids = catalogue.files.put(records)
            rows = [embedded(ids[FOLDER / f"{name}.mp4"] or 0, name) for name in some]
            record_embedded(catalogue, VectorStore(home, ENCODER), rows)
            catalogue.set_encoder(ENCODER, ENCODER)
            publish(home, catalogue, ENCODER)
    rng = np.random.default_rng(0)
    with closing(Catalogue(home)) as catalogue:
        _watch(catalogue, names, rng, EVENTS // 2)
    train_recommender(home)
    with closing(Catalogue(home)) as catalogue:
        _watch(catalogue, names, rng, EVENTS // 2)
        yield


def _watch(catalogue: Catalogue, names: list[str], rng: np.random.Generator, n: int) -> None:
    history = History(catalogue)
    for _ in range(n):
        video = names[int(rng.integers(len(names)))]
        history.add(f"person {rng.integers(PEOPLE)}", str(FOLDER / f"{video}.mp4"))


def copy_of(whole: Path, folder: Path) -> Home:
    """A fresh copy of the library."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    return Home(folder)


def _of_kind(whole: Path, kind: str, places: int, right: Answers) -> Counter[str]:
    counts: Counter[str] = Counter()
    rng = np.random.default_rng(len(kind))
    with tempfile.TemporaryDirectory() as folder:
        for n in range(places):
            home = copy_of(whole, Path(folder) / "home")
            files = sorted(home.root.glob(KINDS[kind]))
            _damage(files[int(rng.integers(len(files)))], rng, zero=n % 2 == 1)
            counts.update(_outcome(home, right))
    return counts


def _damage(path: Path, rng: np.random.Generator, *, zero: bool) -> None:
    content = bytearray(path.read_bytes())
    place = int(rng.integers(len(content)))
    if zero:
        content[place : place + ZEROED_BYTES] = bytes(len(content[place : place + ZEROED_BYTES]))
    if bytes(content) == path.read_bytes():  # not zeroed, or zeros before
        content[place] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


def _outcome(home: Home, right: Answers) -> Counter[str]:
    counts: Counter[str] = Counter(damaged=1)
    found, faults = _verify(home)
    answers, told = ask(home)
    faults += [answer for answer in answers.values() if isinstance(answer, str)]
    changed = [name for name in right if answers[name] != right[name]]
    known = [name for name in changed if isinstance(answers[name], ReelwiseError)]
    others = [name for name in changed if name not in known]
    counts["found"] += found
    written = _write(home)
    faults += [written] if isinstance(written, str) else []
    counts["faults"] += bool(faults)
    counts["known_error"] += bool(known)
    counts["told"] += bool(others and told)
    counts["silent"] += bool(others and not told)
    counts["unfound"] += bool(changed and not found)
    return counts


def ask(home: Home) -> tuple[Answers, bool]:
    """The answers of a library, known errors among them, and whether a warning goes with them.

    A fault of reelwise is its message as a text.
    """
    told: list[object] = []
    questions: dict[str, Callable[[Home, list[object]], object]] = {
        "search": _search,
        "recommend": _recommend,
        "export": _export,
        "status": _status,
    }
    answers: Answers = {name: _safely(question, home, told) for name, question in questions.items()}
    return answers, any(told)


def _safely(question: Callable[[Home, list[object]], object], *args: Any) -> object:
    try:
        return question(*args)
    except ReelwiseError as error:
        return error
    except Exception as error:  # noqa: BLE001 - faults are what is counted here
        return f"{type(error).__name__}: {error}"


def _search(home: Home, told: list[object]) -> object:
    found = []
    with closing(Searcher(home, NamedEncoder())) as searcher:
        for n in range(6):
            query = QueryVectors(vectors_of(f"{4 * n:015x}", 1))
            found.append(searcher.search_vectors(query, Options(5)))
        found.append(searcher.similar(3, k=5))
    told += [warning for result in found for warning in result.warnings]
    return [
        [(hit.title, hit.start_s, hit.end_s, round(hit.score, 3)) for hit in result.hits]
        for result in found
    ]


def _recommend(home: Home, told: list[object]) -> object:
    with LibraryRecommender(home) as recommender:
        pages = [recommender.recommend(f"person {n}", 5).items for n in range(PEOPLE)]
        told.append(recommender.model.trouble)
    return [[item.title for item in page] for page in pages]


def _export(home: Home, told: list[object]) -> object:
    with closing(Catalogue(home)) as catalogue:
        return [event.as_row() for event in History(catalogue).events()]


def _status(home: Home, told: list[object]) -> object:
    with closing(Catalogue(home)) as catalogue:
        document = status_document(catalogue)
    told += [document["warning"], document["recommender"]["warning"]]
    return {name: document[name] for name in ("videos", "clips", "events", "users", "encoder")}


def _verify(home: Home) -> tuple[bool, list[str]]:
    try:
        problems: list[object] = [*verify_library(home).problems]
        require_undamaged(home)
    except ReelwiseError as error:
        problems = [error]
    except Exception as error:  # noqa: BLE001 - faults are what is counted here
        return False, [f"verify: {type(error).__name__}: {error}"]
    return bool(problems), []


def _write(home: Home) -> object:
    def add(home: Home, told: list[object]) -> None:
        with writing_session(home) as catalogue:
            catalogue.files.put([FileRecord(FOLDER / "new.mp4", 1, 1, 1, "new")])

    return _safely(add, home, [])

"""Queries of each kind, asked of each channel alone and of all together.

A library of cartoons in which each video also has spoken lines, a line written in the picture and a
title of its own, of made sentences about other things than what is seen. Every query has one right
video. `mixed` names what is seen and what is said. In the first videos somebody also talks
(`talks.txt`); `paraphrase` asks for a line of these in other words: they share no word that has a
meaning of its own.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.home import resolve_home
from data.lines.line import Channel, Line, Reading
from data.toons.library import write_library
from data.video.types import OnProgress
from embeddings.opening.choice import load_encoder
from embeddings.words.sentences import shared_sentences
from indexer.build.pipeline import RunOptions, index_with
from indexer.search.query import ALL_CHANNELS, Query
from indexer.search.searcher import Searcher

N_VIDEOS = {"small": 30, "full": 120}
CHANNELS = {
    "picture": frozenset((Channel.PICTURE,)),
    "speech": frozenset((Channel.SPEECH,)),
    "screen": frozenset((Channel.SCREEN,)),
    "title": frozenset((Channel.TITLE,)),
    "all": ALL_CHANNELS,
}
PEOPLE = (
    "grandmother",
    "the mayor",
    "our teacher",
    "a sailor",
    "the baker",
    "my cousin",
    "the judge",
)
DEEDS = ("asked about", "forgot to mention", "argued over", "sang of", "paid for", "dreamt of")
THINGS = (
    *(
        "the broken elevator",
        "a winter coat",
        "taxes on fuel",
        "the lost passport",
        "cheap flights",
    ),
    *("pancakes with honey", "an old violin", "the election", "a leaking roof", "chess problems"),
    *("the tram strike", "black tea", "a jar of pickles", "the dentist", "a wedding cake"),
)
PLACES = ("in March", "before lunch", "on the phone", "at the hospital", "during the storm")


TALKS_FILE = Path(__file__).with_name("talks.txt")
TALK_FROM_S = 8.0
"""When a talk begins."""


@dataclass(frozen=True)
class Talk:
    """What somebody says, and a line of it in other words."""

    paraphrase: str
    place: int
    lines: tuple[str, ...]


def talks() -> list[Talk]:
    """The talks of `talks.txt`: `= paraphrase | line that it means`, then the lines."""
    found = []
    for block in TALKS_FILE.read_text(encoding="utf-8").split("= ")[1:]:
        head, *lines = block.splitlines()
        text, _, place = head.partition(" | ")
        found.append(Talk(text, int(place), tuple(lines)))
    return found


def sentence(rng: np.random.Generator) -> str:
    """A made sentence about something that no cartoon shows."""
    return " ".join(str(rng.choice(words)) for words in (PEOPLE, DEEDS, THINGS, PLACES))


@dataclass
class MadeReader:
    """Gives each video the lines that were made for it."""

    id: str
    channel: Channel
    lines: Mapping[str, tuple[Line, ...]]

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        """As `LineReader`."""
        return Reading(self.lines[path.name])


@dataclass(frozen=True)
class Asked:
    """A query with its one right answer."""

    kind: str
    text: str
    video: str
    start_s: float | None = None


def run(size: str = "small", *, n_videos: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Measure the recall at 1 of each kind of query by each channel and by all.

    Returns:
        `<kind>_<channel>` and `<kind>_all`, the share of queries whose first hit is the right
        video; `worst_loss`: the most by which all together are behind the best channel; and
        `spoken_within_1_s`: the share of spoken hits that start within a second of the line.
    """
    rng = np.random.default_rng(seed)
    encoder = load_encoder("toon")
    with tempfile.TemporaryDirectory(prefix="reelwise-fusion-") as folder:
        videos = Path(folder) / "toons"
        library = write_library(videos, n_videos or N_VIDEOS[size], seed=78, held_out=False)
        for path in videos.glob("*.srt"):
            path.unlink()  # they tell what is seen
        names = sorted(path.name for path in videos.glob("*.mp4"))
        readers = [_spoken(names, rng), _written(names, rng), _named(names, rng)]
        captions = _captions(library.queries_file)
        home = resolve_home(Path(folder) / "home")
        options = RunOptions(readers=readers, sentences=shared_sentences())
        index_with(home, [videos], encoder, options)
        with closing(Searcher(home, encoder)) as searcher:
            return _figures(searcher, list(_asked(names, readers, captions, rng)))


def _figures(searcher: Searcher, asked: list[Asked]) -> dict[str, Any]:
    figures: dict[str, Any] = {"videos": len(searcher.view.videos), "queries": len(asked)}
    near: list[bool] = []
    worst = 0.0
    for kind in dict.fromkeys(each.kind for each in asked):
        some = [each for each in asked if each.kind == kind]
        shares = {}
        for name, channels in CHANNELS.items():
            firsts = [searcher.search(Query(each.text, channels=channels), 1).hits for each in some]
            right = [
                bool(hits) and hits[0].path.name == each.video
                for each, hits in zip(some, firsts, strict=True)
            ]
            shares[name] = float(np.mean(right))
            figures[f"{kind}_{name}"] = round(shares[name], 3)
            if kind in ("spoken", "paraphrase") and name == "all":
                near += [
                    bool(hits) and abs(hits[0].start_s - (each.start_s or 0.0)) <= 1.0
                    for each, hits in zip(some, firsts, strict=True)
                ]
        worst = max(worst, max(shares.values()) - shares["all"])
    return figures | {
        "worst_loss": round(worst, 3),
        "spoken_within_1_s": round(float(np.mean(near)), 3),
    }


def _spoken(names: list[str], rng: np.random.Generator) -> MadeReader:
    lines = {name: _said([sentence(rng) for _ in range(3)], 0.0) for name in names}
    for name, talk in zip(names, talks(), strict=False):
        lines[name] += _said(talk.lines, TALK_FROM_S)
    return MadeReader("made-speech", Channel.SPEECH, lines)


def _said(texts: Sequence[str], from_s: float) -> tuple[Line, ...]:
    """Lines one after the other."""
    starts = (from_s + 2.0 * n for n in range(len(texts)))
    pairs = zip(texts, starts, strict=True)
    return tuple(Line(Channel.SPEECH, at_s, at_s + 1.8, text, "en") for text, at_s in pairs)


def _written(names: list[str], rng: np.random.Generator) -> MadeReader:
    lines = {}
    for name in names:
        text = f"PLATFORM {rng.integers(1, 30)} {rng.choice(THINGS)}".upper()
        lines[name] = (Line(Channel.SCREEN, 1.0, 3.0, text.replace(" ", ""), "en"),)
    return MadeReader("made-screen", Channel.SCREEN, lines)


def _named(names: list[str], rng: np.random.Generator) -> MadeReader:
    lines = {
        name: (
            Line(Channel.TITLE, 0.0, 10.0, f"{rng.choice(PEOPLE)} and {rng.choice(THINGS)} {n}"),
        )
        for n, name in enumerate(names)
    }
    return MadeReader("made-title", Channel.TITLE, lines)


def _captions(queries_file: Path) -> dict[str, str]:
    captions: dict[str, str] = {}
    with queries_file.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            captions.setdefault(Path(row["video"]).name, row["query"])
    return captions


def _asked(
    names: list[str],
    readers: list[MadeReader],
    captions: dict[str, str],
    rng: np.random.Generator,
) -> Iterator[Asked]:
    speech, screen, titles = (reader.lines for reader in readers)
    for name in names:
        caption = captions.get(name)
        said = speech[name][int(rng.integers(3))]
        words = said.text.split()
        if caption:
            yield Asked("picture", caption, name)
            yield Asked("mixed", f"{caption}, {' '.join(words[-5:])}", name)
        yield Asked("spoken", said.text.lower(), name, said.start_s)
        yield Asked("exact phrase", f'"{" ".join(words[1:6])}"', name)
        title = titles[name][0].text
        yield Asked("title", title, name)
        written = screen[name][0].text
        number = "".join(filter(str.isdigit, written))
        yield Asked("written", f"platform {number} {written.split(number, 1)[1]}", name)
    for name, talk in zip(names, talks(), strict=False):
        yield Asked("paraphrase", talk.paraphrase, name, TALK_FROM_S + 2.0 * talk.place)

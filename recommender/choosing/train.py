"""The recommender's model: settings chosen on the later history, fitted on all of it, stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.forgetting import forgettings
from data.history.history import History, HistoryMark, mark_history
from data.home import Home, TrainingLock
from recommender.choosing.splits import Case, hold_out, last_steps
from recommender.choosing.tune import DENSE_LIMIT, tune
from recommender.choosing.weights import FEWEST
from recommender.events.library import read_videos
from recommender.events.log import EventLog, read_events
from recommender.events.videos import VideoTable
from recommender.model.arrays import kind_of
from recommender.model.manifest import FORMAT, Kept, ModelManifest, in_words, told_settings
from recommender.model.model import Model, Settings, to_learn
from recommender.model.store import clean_up, publish_model, require_free
from recommender.sources import ease as co_watching
from recommender.sources.base import Source

STEP_S = 7 * 86_400.0
"""Settings are chosen on weeks at the end of the history, each foretold from all before it."""
SPANNED_NUMBERS = 60_000_000
"""Most numbers in the form by people: 240 MB, all of them read for each answer."""

Note = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Basis:
    """What a model is fitted on."""

    videos: VideoTable
    """The library."""
    log: EventLog
    """Everything known of what people did."""
    encoder_id: str
    """Whose vectors."""
    history: HistoryMark
    """How far the history had come before it was read."""
    forgettings: int
    """People forgotten before the history was read."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Settings, and what spoke for them."""

    settings: Settings
    """What to fit with."""
    chosen: Literal["tuned", "shipped"]
    """How they were come by."""
    why: str
    """In words."""
    figures: dict[str, float]
    """NDCG@20 on held-out events; see `recommender.choosing.weights.learn`."""


def train_recommender(
    home: Home, *, export: Path | None = None, note: Note = lambda line: None
) -> ModelManifest:
    """Choose settings, fit on everything, and serve the model from now on.

    Args:
        home: The library; it may be searched, watched and indexed meanwhile.
        export: A new folder for a copy of the model.
        note: Told what happens next.

    Returns:
        What was published.

    Raises:
        ReelwiseError: Nothing is indexed or watched, somebody else trains, or somebody was
            forgotten meanwhile; then nothing is published.
    """
    if export is not None:
        require_free(home, export)
    with TrainingLock(home) as lock, Catalogue(home) as catalogue:
        clean_up(lock, catalogue)
        began = time.perf_counter()
        basis = read_basis(catalogue)
        choice = choose(basis, note=note)
        note("fitting on everything")
        names = to_learn(choice.settings.weights)
        learned = Model(basis.log, basis.videos, choice.settings, names=names).sources
        manifest = ModelManifest(
            format=FORMAT,
            model=0,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            took_s=round(time.perf_counter() - began, 1),
            encoder_id=basis.encoder_id,
            videos=len(basis.videos),
            history=basis.history,
            forgettings=basis.forgettings,
            chosen=choice.chosen,
            why=choice.why,
            figures=choice.figures,
            settings=told_settings(choice.settings),
            kept=_kept(basis.log, learned),
            kinds={},
            same={},
            files={},
        )
        note("publishing")
        return publish_model(lock, catalogue, manifest, (basis.videos, learned), export)


def read_basis(catalogue: Catalogue) -> Basis:
    """Read what there is to fit on.

    Raises:
        ReelwiseError: Nothing is indexed, or nobody has watched anything that is.
    """
    # Counted before anything is read: whoever is forgotten from now on spoils the model.
    forgotten, mark, encoder_id = forgettings(catalogue), mark_history(catalogue), catalogue.encoder
    if encoder_id is None:
        raise ReelwiseError(
            f"nothing is indexed in {catalogue.home.root}", fix="reelwise index FOLDER"
        )
    videos = read_videos(catalogue)
    log = read_events(History(catalogue).events(), videos)
    if not len(log):
        raise ReelwiseError(
            "nobody has watched a video of this library yet: there is nothing to train on",
            fix="reelwise history import FILE    (or: reelwise history add USER VIDEO)",
        )
    return Basis(videos, log, encoder_id, mark, forgotten)


def choose(basis: Basis, *, note: Note = lambda line: None) -> Choice:
    """Settings and weights by what they foretell of the later part of the history."""
    limit = dense_limit(len(basis.videos))
    cases = held_out_cases(basis.log)
    asked = sum(len(case.users) for case in cases)
    if asked < FEWEST:
        least = min(co_watching.DENSE_LIMIT, limit)
        why = (
            f"too few events to choose by: the later part of the history asks {asked} questions, "
            f"{FEWEST} are needed; fitted with the shipped settings"
        )
        return Choice(replace(Settings(), dense_limit=least), "shipped", why, {"questions": asked})
    ours, _ = tune(cases, basis.videos, dense_limit=limit, note=note)
    why = f"chosen on {asked} questions in {len(cases)} later parts of the history"
    return Choice(ours.settings, "tuned", why, ours.told)


def held_out_cases(events: EventLog) -> list[Case]:
    """The last tenth of the events in weeks; a random tenth where their times tell no order."""
    by_time = hold_out(events, by_time=True)
    if len(by_time.train) and len(by_time.users):
        return last_steps(events, STEP_S)
    return [hold_out(events, by_time=False)]


def dense_limit(n_videos: int) -> int:
    """Most videos or people, whichever are fewer, of which a dense matrix is fitted and stored."""
    if n_videos <= DENSE_LIMIT:
        return DENSE_LIMIT
    return min(co_watching.DENSE_LIMIT, SPANNED_NUMBERS // n_videos)


def _kept(log: EventLog, learned: Mapping[str, Source]) -> Kept:
    until = datetime.fromtimestamp(log.latest_s, UTC).isoformat(timespec="seconds")
    holds = {name: kind_of(source).holds for name, source in learned.items()}
    return Kept(log.n_active, len(log), until, in_words(log.n_active), holds)

"""`train recommender`: settings chosen on the later history, a model fitted on all of it, saved."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from data.catalogue import Catalogue
from data.disk_errors import refusals_at
from data.errors import ReelwiseError
from data.history import History, HistoryMark, mark_history
from data.history.forgetting import forgettings
from data.home import Home, TrainingLock, require_library
from recommender.choosing.splits import Case, hold_out, last_steps
from recommender.choosing.tune import tune
from recommender.choosing.weights import FEWEST
from recommender.events.log import EventLog, read_events
from recommender.events.videos import VideoTable, read_video_table
from recommender.model.manifest import FEW_PEOPLE, FORMAT, Kept, ModelManifest
from recommender.model.model import Settings, fit_sources, saved_names, settings_as_json
from recommender.model.store import clean_up, publish_model, require_free
from recommender.sources.ease import DENSE_LIMIT, TUNED_DENSE_LIMIT
from recommender.sources.registry import BY_NAME

STEP_S = 7 * 86_400.0
"""Settings are chosen on weeks at the end of the history, each predicted from all before it."""
SPANNED_NUMBERS = 60_000_000
"""Most numbers in EASE by people: 240 MB, all of them read for each answer."""


@dataclass(frozen=True, eq=False)
class Basis:
    """What a model is fitted on."""

    videos: VideoTable
    log: EventLog
    encoder_id: str
    """Whose vectors."""
    history: HistoryMark
    """The last event before the history was read."""
    forgettings: int
    """People forgotten before the history was read."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Settings, and how they were chosen."""

    settings: Settings
    settings_from: Literal["history", "default"]
    """Whether they were chosen on the later part of the history, or are the default ones."""
    why: str
    """In words."""
    figures: dict[str, float]
    """NDCG@20 on held-out events; see `recommender.choosing.weights.fit_weights`."""


def train_recommender(
    home: Home, *, export: Path | None = None, note: Callable[[str], None] = lambda line: None
) -> ModelManifest:
    """Choose settings, fit a model on all events, and save it; it answers from now on.

    The library may be searched, watched and indexed meanwhile. A copy goes to the new folder
    `export`; `note` is called with a line for each step.

    Raises:
        ReelwiseError: Nothing is indexed or watched, another process trains, or a person was
            forgotten meanwhile; then no model is saved.
    """
    require_library(home)
    if export is not None:
        require_free(home, export)
    with refusals_at(home.root), TrainingLock(home) as lock, Catalogue(home) as catalogue:
        clean_up(lock, catalogue)
        began = time.perf_counter()
        basis = read_basis(catalogue)
        choice = choose(basis, note=note)
        note("fitting on everything")
        names = saved_names(choice.settings.weights)
        sources = fit_sources(basis.log, basis.videos, choice.settings, names=names)
        manifest = ModelManifest(
            format=FORMAT,
            model=0,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            took_s=round(time.perf_counter() - began, 1),
            encoder_id=basis.encoder_id,
            videos=len(basis.videos),
            history=basis.history,
            forgettings=basis.forgettings,
            settings_from=choice.settings_from,
            why=choice.why,
            figures=choice.figures,
            settings=settings_as_json(choice.settings),
            kept=_kept(basis.log, names),
            sources=[],
            same={},
            files={},
        )
        note("publishing")
        return publish_model(lock, catalogue, manifest, (basis.videos, sources), export)


def read_basis(catalogue: Catalogue) -> Basis:
    """Read what to fit on.

    Raises:
        ReelwiseError: Nothing is indexed, or no indexed video has been watched.
    """
    # Counted before anything is read: forgetting a person from now on makes the model unusable.
    forgotten, mark, encoder_id = forgettings(catalogue), mark_history(catalogue), catalogue.encoder
    if encoder_id is None:
        raise ReelwiseError(
            f"nothing is indexed in {catalogue.home.root}", fix="reelwise index FOLDER"
        )
    videos = read_video_table(catalogue)
    log = read_events(History(catalogue).events(), videos)
    if not len(log):
        raise ReelwiseError(
            "no video of this library has been watched yet: there is nothing to train on",
            fix="reelwise history import FILE    (or: reelwise history add USER VIDEO)",
        )
    return Basis(videos, log, encoder_id, mark, forgotten)


def choose(basis: Basis, *, note: Callable[[str], None] = lambda line: None) -> Choice:
    """Settings and weights, by what they predict of the later part of the history."""
    limit = dense_limit(len(basis.videos))
    cases = held_out_cases(basis.log)
    questions = sum(len(case.users) for case in cases)
    if questions < FEWEST:
        least = min(DENSE_LIMIT, limit)
        why = (
            f"too few events to choose settings: {FEWEST} held-out cases are needed, the later "
            f"part of the history has {questions}; fitted with the default settings"
        )
        return Choice(Settings(dense_limit=least), "default", why, {"questions": questions})
    ours, _ = tune(cases, basis.videos, dense_limit=limit, note=note)
    why = (
        f"settings chosen on {questions} held-out cases in {len(cases)} parts of the later history"
    )
    return Choice(ours.settings, "history", why, ours.figures)


def held_out_cases(events: EventLog) -> list[Case]:
    """The last tenth of the events in weeks; a random tenth where their times tell no order."""
    by_time = hold_out(events, by_time=True)
    if len(by_time.train) and len(by_time.users):
        return last_steps(events, STEP_S)
    return [hold_out(events, by_time=False)]


def dense_limit(n_videos: int) -> int:
    """Most videos or people, whichever are fewer, of which a dense matrix is fitted and saved."""
    if n_videos <= TUNED_DENSE_LIMIT:
        return TUNED_DENSE_LIMIT
    return min(DENSE_LIMIT, SPANNED_NUMBERS // n_videos)


def _kept(log: EventLog, names: Sequence[str]) -> Kept:
    people, what = log.n_active, "item-item sums over people; no names, no single history"
    if people < FEW_PEOPLE:
        what += f"; with only {people} people such sums are close to the history of one of them"
    until = datetime.fromtimestamp(log.latest_s, UTC).isoformat(timespec="seconds")
    return Kept(people, len(log), until, what, {name: BY_NAME[name].keeps for name in names})

"""`reelwise evaluate recommend`: the recommender and its baselines on files of events."""

import functools
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data.errors import ReelwiseError
from recommender.choosing.ranking import Fit
from recommender.choosing.splits import (
    Case,
    Protocol,
    by_time,
    hold_out,
    last_steps,
    roll,
    split_last,
)
from recommender.choosing.tune import tune
from recommender.evaluation.baselines import BASELINES, CONTENT_ONLY
from recommender.evaluation.comparison import compare_fits
from recommender.evaluation.files import read_event_files
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable

EVALUATED = "reelwise"
"""Name of the recommender that is evaluated."""
TEST_SHARE = 0.2
"""Part of the events that `rolling` predicts without a test file."""
_DAY_S = 86_400.0

Tables = dict[str, EventLog]


@dataclass(frozen=True)
class Files:
    """The input files."""

    train: Path
    """Known events."""
    test: Path | None = None
    """Events to predict."""
    validation: Path | None = None
    """Events that settings are chosen on."""
    items: Path | None = None
    """Vectors of items."""


class Experiment(NamedTuple):
    """The cases of a protocol."""

    held_out: list[Case]
    """Cases that settings are chosen on."""
    cases: Iterable[Case]
    """Cases that are evaluated."""
    by_time: bool
    """All test events are later than the known ones; otherwise popularity knows the future."""


def evaluate_recommend(
    files: Files,
    protocol: Protocol = "given",
    *,
    step_days: float = 7.0,
    refit: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Evaluate the recommender and its baselines on files of events.

    Args:
        files: The input files.
        protocol: `given` keeps the files as they are; `last-out` predicts the last liked event of
            each user from the events before it, over all files together; `rolling` predicts the
            test part step by step, each step from everything before it.
        step_days: Length of a step of `rolling`.
        refit: With `given`, fit on the validation file too once settings are chosen.
        note: Called with progress lines.

    Raises:
        ReelwiseError: A file cannot be read, or does not suit the protocol.
    """
    tables, videos = _read(files)
    if protocol == "rolling" and not all(table.timed for table in tables.values()):
        raise ReelwiseError(
            "rolling needs the time of every event, and some have none",
            fix="fill the column at, or use --protocol given or last-out",
        )
    prepare = {"given": _given, "last-out": _last_out, "rolling": _rolling}[protocol]
    experiment = prepare(tables, refit, step_days * _DAY_S)
    cases = (case for case in experiment.cases if len(case.users))
    first = next(cases, None)
    if first is None:
        raise ReelwiseError(
            "nothing to predict: no user likes a new item in the test part",
            fix="check that --train and --test name different events of the same people",
        )
    fits = _fits(experiment, videos, note)
    fitted_on = "train+validation" if refit and "validation" in tables else "train"
    return {
        "protocol": protocol,
        **compare_fits(fits, itertools.chain([first], cases), videos, note),
        "people": first.train.n_users,
        "videos": first.train.n_items,
        "events": sum(len(table) for table in tables.values()),
        "fitted_on": fitted_on if protocol == "given" else "everything before",
        "by_time": experiment.by_time,
    }


def _fits(
    experiment: Experiment, videos: VideoTable, note: Callable[[str], None]
) -> dict[str, Fit]:
    """The recommender and its baselines with the settings that suit the held-out cases best."""
    ours, without_popularity = tune(experiment.held_out, videos, note=note)
    fits: dict[str, Fit] = {EVALUATED: ours}
    for name, tune_baseline in BASELINES.items():
        if videos.has_vectors or name != CONTENT_ONLY:
            note(f"settings: {name}")
            fits[name] = tune_baseline(experiment.held_out, videos)
    if not experiment.by_time:
        fits[f"{EVALUATED} without popularity"] = without_popularity
    return fits


def _read(files: Files) -> tuple[Tables, VideoTable]:
    named = {"train": files.train, "validation": files.validation, "test": files.test}
    paths = {name: path for name, path in named.items() if path is not None}
    logs, videos = read_event_files(list(paths.values()), files.items)
    tables = dict(zip(paths, logs, strict=True))
    for name, table in tables.items():
        if not len(table):
            raise ReelwiseError(
                f"{paths[name]} holds no event", fix="give a file with at least one row of events"
            )
    return tables, videos


def _given(tables: Tables, refit: bool, step_s: float) -> Experiment:
    if "test" not in tables:
        raise ReelwiseError(
            "the protocol given needs a test file",
            fix="add --test FILE, or use --protocol last-out or rolling",
        )
    train, test = tables["train"], tables["test"]
    validation = tables.get("validation")
    ordered = by_time(train, test)
    if validation is None:
        return Experiment([hold_out(train, by_time=ordered)], [Case(train, test)], ordered)
    case = Case(train.plus(validation), test) if refit else Case(train, test, validation)
    return Experiment([Case(train, validation)], [case], ordered)


def _last_out(tables: Tables, refit: bool, step_s: float) -> Experiment:
    before, test = split_last(functools.reduce(EventLog.plus, tables.values()))
    return Experiment([Case(*split_last(before))], [Case(before, test)], by_time=False)


def _rolling(tables: Tables, refit: bool, step_s: float) -> Experiment:
    if "test" in tables:
        known = functools.reduce(
            EventLog.plus, (table for name, table in tables.items() if name != "test")
        )
        test = tables["test"]
    else:
        everything = functools.reduce(EventLog.plus, tables.values())
        cut = float(np.quantile(everything.at_s, 1.0 - TEST_SHARE))
        known = everything.where(everything.at_s < cut)
        test = everything.where(everything.at_s >= cut)
    past = known.where(known.at_s < test.at_s.min())
    if not len(past):
        raise ReelwiseError(
            "rolling needs events before the first event of the test part, and there are none",
            fix="give the earlier events in --train and the later ones in --test",
        )
    return Experiment(last_steps(past, step_s), roll(known, test, step_s), by_time=True)

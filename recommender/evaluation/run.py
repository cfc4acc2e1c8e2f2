"""`reelwise evaluate recommend`: files of events to a table of recommenders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import ReelwiseError
from recommender.choosing.splits import (
    Case,
    Protocol,
    by_time,
    hold_out,
    last_steps,
    roll,
    split_last,
)
from recommender.evaluation.comparison import Comparison
from recommender.evaluation.files import read_event_files
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable

DAY_S = 86_400.0
LAST_PART = 0.2
"""Part of the events that `rolling` foretells where no test file is given."""


@dataclass(frozen=True)
class Files:
    """What there is to read."""

    train: Path
    """Events that are known."""
    test: Path | None = None
    """Events to foretell."""
    validation: Path | None = None
    """Events to choose settings on."""
    items: Path | None = None
    """Vectors of items."""


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
        files: What to read.
        protocol: `given` keeps the parts as they are; `last-out` foretells each person's last
            liked event from those before it, over all files together; `rolling` foretells the test
            part step by step, each from everything before the step.
        step_days: Length of a step of `rolling`.
        refit: With `given`, what settings were chosen on is known afterwards.
        note: Told what happens next.

    Raises:
        ReelwiseError: A file cannot be read, or the protocol cannot be held on it.
    """
    tables, videos = _read(files)
    plan = {"given": _given, "last-out": _last_out, "rolling": _rolling}[protocol]
    if protocol == "rolling" and not all(table.timed for table in tables.values()):
        raise ReelwiseError(
            "rolling needs the time of every event, and some have none",
            fix="fill the column at, or use --protocol given or last-out",
        )
    held_out, cases, ordered = plan(tables, refit, step_days * DAY_S)
    asking = (case for case in cases if len(case.users))
    first = next(asking, None)
    if first is None:
        raise ReelwiseError(
            "nothing is left to foretell: nobody likes anything new in the test part",
            fix="check that --train and --test name different events of the same people",
        )
    comparison = Comparison(held_out, videos, ordered, note)
    told = comparison.run(itertools.chain([first], asking))
    fitted = "train+validation" if refit and "validation" in tables else "train"
    sizes = {
        "people": first.train.n_users,
        "videos": first.train.n_items,
        "events": sum(len(table) for table in tables.values()),
    }
    return {
        "protocol": protocol,
        **told,
        **sizes,
        "fitted_on": fitted if protocol == "given" else "everything before",
        "by_time": ordered,
    }


Plan = tuple[list[Case], Iterable[Case], bool]
Tables = dict[str, EventLog]


def _read(files: Files) -> tuple[Tables, VideoTable]:
    named = {"train": files.train, "validation": files.validation, "test": files.test}
    there = {name: path for name, path in named.items() if path is not None}
    found, videos = read_event_files(list(there.values()), files.items)
    tables = dict(zip(there, found, strict=True))
    for name, table in tables.items():
        if not len(table):
            raise ReelwiseError(
                f"{there[name]} holds no event", fix="give a file with at least one row of events"
            )
    return tables, videos


def _given(tables: Tables, refit: bool, step_s: float) -> Plan:
    if "test" not in tables:
        raise ReelwiseError(
            "the protocol given needs a test file",
            fix="add --test FILE, or use --protocol last-out or rolling",
        )
    train, test = tables["train"], tables["test"]
    validation = tables.get("validation")
    ordered = by_time(train, test)
    if validation is None:
        return [hold_out(train, by_time=ordered)], [Case(train, test)], ordered
    case = Case(train.plus(validation), test) if refit else Case(train, test, validation)
    return [Case(train, validation)], [case], ordered


def _last_out(tables: Tables, refit: bool, step_s: float) -> Plan:
    before, test = split_last(_together(tables))
    return [Case(*split_last(before))], [Case(before, test)], False


def _rolling(tables: Tables, refit: bool, step_s: float) -> Plan:
    if "test" in tables:
        known = _together({name: t for name, t in tables.items() if name != "test"})
        test = tables["test"]
    else:
        everything = _together(tables)
        cut = float(np.quantile(everything.at_s, 1.0 - LAST_PART))
        known = everything.where(everything.at_s < cut)
        test = everything.where(everything.at_s >= cut)
    past = known.where(known.at_s < test.at_s.min())
    if not len(past):
        raise ReelwiseError(
            "rolling needs events before the first event of the test part, and there are none",
            fix="give the earlier events in --train and the later ones in --test",
        )
    return last_steps(past, step_s), roll(known, test, step_s), True


def _together(tables: Tables) -> EventLog:
    first, *others = tables.values()
    for other in others:
        first = first.plus(other)
    return first

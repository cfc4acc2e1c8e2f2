"""Event logs written in a line."""

from __future__ import annotations

import numpy as np

from recommender.events.log import EventLog

_SIGNS = {"": 0, "+": 1, "-": -1}


def interactions(line: str, *, n_people: int = 12, n_items: int = 4) -> EventLog:
    """Events `person:item[+|-][@time]` parted by spaces; people are numbered by their name.

    Single letters are numbered from a, `p12` is 12; `+` is a like, `-` a dislike.
    """
    rows = []
    for word in line.split():
        event, _, at = word.partition("@")
        name, _, item = event.partition(":")
        number = int(name[1:]) if len(name) > 1 else ord(name) - ord("a")
        sign = item[-1] if item[-1] in "+-" else ""
        rows.append((number, int(item.rstrip("+-")), float(at or "nan"), _SIGNS[sign]))
    person, item_of, at_s, verdict = (np.asarray(column) for column in zip(*rows, strict=True))
    has_times = not np.isnan(at_s).any()
    return EventLog(
        {f"p{i}": i for i in range(n_people)},
        n_items,
        person.astype(np.int64),
        item_of.astype(np.int64),
        at_s.astype(np.float64) if has_times else np.zeros(len(rows)),
        (verdict == 0).astype(np.float64),
        verdict.astype(np.int64),
        has_times,
    )

"""Decisions of people on cases: each with a name and a reason, logged, and taken back at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.values import now_micros, sql
from data.errors import ReelwiseError
from data.history.rows.people import person
from data.review.cases import Cases, no_case
from data.review.records import DECISIONS, Case
from data.review.writing import Entry, log, reviewing, sum_case

MAX_WHY = 2000
"""Most characters of a reason."""
_ONE = sql("SELECT * FROM review_cases WHERE id = :id")
_SET = sql(
    "UPDATE review_cases SET state = :state, label = :label, appealed = :appealed,"
    " decided_by = :who, decided_at = :at, claimed_by = NULL, claimed_until = NULL,"
    " revision = revision + 1 WHERE id = :id"
)
_RULES = sql("SELECT name FROM review_rules ORDER BY name")
# The last row that a person made and nobody took back yet.
_LAST = sql(
    "SELECT * FROM review_log d WHERE case_id = :id"
    " AND action IN ('allow', 'block', 'unsure', 'relabel', 'appeal')"
    " AND NOT EXISTS (SELECT 1 FROM review_log u WHERE u.case_id = :id AND u.undoes = d.id)"
    " ORDER BY id DESC LIMIT 1"
)
_DECIDER = sql(
    "SELECT who, at FROM review_log d WHERE case_id = :id AND id < :before"
    " AND action IN ('allow', 'block', 'unsure', 'relabel')"
    " AND NOT EXISTS (SELECT 1 FROM review_log u WHERE u.case_id = :id AND u.undoes = d.id)"
    " ORDER BY id DESC LIMIT 1"
)


class OtherReviewer(ReelwiseError):
    """Somebody else looks at the case, or has decided meanwhile."""


@dataclass(frozen=True)
class Decision:
    """What a person says of a case."""

    verb: str
    """allow, block, unsure or relabel."""
    by: str
    """Who says so."""
    why: str
    """The reason."""
    label: str | None = None
    """relabel: the rule that it is a case of."""
    seen: int | None = None
    """`Case.revision` that the person looked at; another one by now is refused. None: any."""


class Deciding:
    """Decides on the cases of one library; each change is durable when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cases = Cases(database)

    def decide(self, case_id: int, decision: Decision) -> Case:
        """Decide on a case; what follows from it holds at once.

        Raises:
            ReelwiseError: There is no such case, no such rule, no name or no reason; or somebody
                else looks at it now, or has decided meanwhile.
        """
        who, why = person(decision.by), reason(decision.why)
        with reviewing(self._database, "review.decide") as connection:
            row = _row(connection, case_id, who, decision.seen)
            label = row.label
            if decision.verb == "relabel":
                label = _rule(connection, decision.label, row.label)
            state = DECISIONS[decision.verb]
            before = (row.state, row.label, row.appealed)
            values = {"state": state, "label": label, "appealed": 0, "who": who}
            connection.execute(_SET, {**values, "at": now_micros(), "id": case_id})
            sum_case(connection, case_id)
            log(connection, Entry(decision.verb, who, why, case_id, label, before=before))
        return self._cases.get(case_id)

    def appeal(self, case_id: int, *, by: str, why: str) -> Case:
        """Put a decision before somebody again; it holds until then.

        Raises:
            ReelwiseError: As `decide`; or nobody has decided yet, or it is appealed already.
        """
        who, why = person(by), reason(why)
        with reviewing(self._database, "review.appeal") as connection:
            row = _row(connection, case_id, None, None)
            if row.appealed or row.state not in ("allowed", "blocked"):
                told = "is appealed already" if row.appealed else f"is {row.state}: nobody decided"
                raise ReelwiseError(f"case {case_id} {told}", fix=f"reelwise review show {case_id}")
            before = (row.state, row.label, row.appealed)
            values = {"state": row.state, "label": row.label, "appealed": 1}
            values |= {"who": row.decided_by, "at": row.decided_at, "id": case_id}
            connection.execute(_SET, values)
            sum_case(connection, case_id)
            log(connection, Entry("appeal", who, why, case_id, row.label, before=before))
        return self._cases.get(case_id)

    def undo(self, case_id: int, *, by: str, why: str = "") -> Case:
        """Take back what a person did last with a case; once more takes back what was before.

        Raises:
            ReelwiseError: There is no such case, or nothing to take back.
        """
        who = person(by)
        with reviewing(self._database, "review.undo") as connection:
            row = _row(connection, case_id, who, None)
            last = connection.execute(_LAST, {"id": case_id}).first()
            if last is None:
                raise ReelwiseError(
                    f"nobody has decided on case {case_id}: there is nothing to take back",
                    fix=f"reelwise review show {case_id}",
                )
            decider = connection.execute(_DECIDER, {"id": case_id, "before": last.id}).first()
            known = {name for (name,) in connection.execute(_RULES)}
            is_gone = last.before_state in ("open", "unsure") and last.before_label not in known
            values = {
                # What waited for a rule that is gone by now has no effect any more.
                "state": "withdrawn" if is_gone else last.before_state,
                "label": last.before_label,
                "appealed": last.before_appealed,
                "who": None if decider is None else decider.who,
                "at": None if decider is None else decider.at,
                "id": case_id,
            }
            connection.execute(_SET, values)
            sum_case(connection, case_id)
            before = (row.state, row.label, row.appealed)
            told = why.strip() or f"takes back {last.action}"
            log(
                connection,
                Entry("undo", who, told, case_id, last.before_label, last.id, before=before),
            )
        return self._cases.get(case_id)


def reason(why: str) -> str:
    """A reason as it is kept.

    Raises:
        ReelwiseError: It is empty, or a whole book.
    """
    text = " ".join(why.split())
    if not text or len(text) > MAX_WHY:
        raise ReelwiseError(
            "a decision needs a reason" if not text else f"a reason has {MAX_WHY:,} characters",
            fix='--why "shows a stranger\'s face"',
        )
    return text


def _row(connection: Connection, case_id: int, who: str | None, seen: int | None) -> Any:
    row = connection.execute(_ONE, {"id": case_id}).first()
    if row is None:
        raise no_case(case_id)
    if who is not None and row.claimed_by not in (None, who) and row.claimed_until > now_micros():
        raise OtherReviewer(
            f"{row.claimed_by} looks at case {case_id} now",
            fix="reelwise review next --by NAME gives another one; claims lapse after ten minutes",
        )
    if seen is not None and seen != row.revision:
        raise OtherReviewer(
            f"case {case_id} was changed meanwhile: it is {row.state}",
            fix=f"reelwise review show {case_id}, then decide again",
        )
    return row


def _rule(connection: Connection, wanted: str | None, now: str) -> str:
    names: list[str] = [name for (name,) in connection.execute(_RULES)]
    named = (wanted or "").strip().casefold()
    found = next((name for name in names if name.casefold() == named), None)
    if found is None or found == now:
        told = f"it is a case of {now} already" if found else f"no rule is called {wanted!r}"
        others = ", ".join(name for name in names if name != now) or "none"
        raise ReelwiseError(f"{told}; other rules: {others}", fix="--to RULE")
    return found

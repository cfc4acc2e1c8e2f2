"""Cases: listed, looked up, and given to one reviewer at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from data.catalogue.database import Database
from data.catalogue.values import now_micros, sql
from data.history.rows.people import person
from data.review.records import Case, CaseState, LogRow, NoSuchCase, case_of, log_row_of

CLAIM_S = 600.0
"""A claim lapses after so many seconds without a decision."""
Order = Literal["oldest", "worst", "newest"]
Shown = Literal["waiting", "open", "unsure", "appealed", "allowed", "blocked", "withdrawn", "all"]
STATES: tuple[Shown, ...] = Shown.__args__  # type: ignore[attr-defined]
"""Which cases a list may be of."""
_WAITS = "(c.state IN ('open', 'unsure') OR c.appealed = 1)"
_ORDERS = {
    "oldest": "c.found_at, c.id",
    "worst": "c.score DESC, c.id",
    "newest": "coalesce(c.decided_at, c.found_at) DESC, c.id DESC",
}
_ALL = "SELECT * FROM review_cases c WHERE {which} ORDER BY {order} LIMIT :n OFFSET :offset"
_COUNT = "SELECT count(*) FROM review_cases c WHERE {which}"
_ONE = sql("SELECT * FROM review_cases WHERE id = :id")
_STATES = sql("SELECT state, appealed, count(*) AS n FROM review_cases GROUP BY state, appealed")
# Whoever was unsure of a case, or whose decision is appealed, gets it after all others.
_NEXT = (
    f"SELECT c.id FROM review_cases c WHERE {_WAITS}"
    " AND (c.claimed_by IS NULL OR c.claimed_by = :who OR c.claimed_until <= :now)"
    " AND (:rule IS NULL OR c.label = :rule) AND c.id <> :but"
    " ORDER BY (c.claimed_by = :who AND c.claimed_until > :now) DESC,"
    " (c.decided_by = :who), (c.state = 'unsure'), {order} LIMIT 1"
)
_CLAIM = sql("UPDATE review_cases SET claimed_by = :who, claimed_until = :until WHERE id = :id")
_RELEASE = sql(
    "UPDATE review_cases SET claimed_by = NULL, claimed_until = NULL"
    " WHERE id = :id AND claimed_by = :who"
)
_LOG = (
    "SELECT * FROM review_log WHERE (:case IS NULL OR case_id = :case) AND id > :after"
    " AND (:before IS NULL OR id < :before)"
    " AND (:policy = 0 OR case_id IS NULL) ORDER BY id {order} LIMIT :n"
)
ALL_ROWS = -1
"""SQLite's limit for no limit."""


@dataclass(frozen=True)
class Wanted:
    """Which cases are wanted."""

    shown: Shown = "waiting"
    """By state; waiting is open, unsure or appealed."""
    rule: str | None = None
    """Only those that count for this rule."""
    video_id: int | None = None
    """Only those of this video."""
    order: Order = "oldest"
    """The oldest first, or those of which the rule is most sure."""

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL, with its values."""
        of = {"waiting": _WAITS, "all": "1", "appealed": "c.appealed = 1"}
        parts, values = [of.get(self.shown, "c.state = :state")], dict[str, Any]()
        if self.shown not in of:
            values["state"] = self.shown
        if self.rule is not None:
            parts.append("c.label = :rule")
            values["rule"] = self.rule
        if self.video_id is not None:
            parts.append("c.video_id = :video")
            values["video"] = self.video_id
        return " AND ".join(parts), values


class Cases:
    """The cases of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, case_id: int) -> Case:
        """A case by its number.

        Raises:
            ReelwiseError: There is none.
        """
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"id": case_id}).first()
        if row is None:
            raise no_case(case_id)
        return case_of(row)

    def some(self, wanted: Wanted | None = None, *, n: int = 50, offset: int = 0) -> list[Case]:
        """List cases, n at most; `ALL_ROWS` for all."""
        wanted = wanted or Wanted()
        which, values = wanted.condition()
        statement = sql(_ALL.format(which=which, order=_ORDERS[wanted.order]))
        with self._database.reading() as connection:
            rows = connection.execute(statement, {**values, "n": n, "offset": offset}).all()
        return [case_of(row) for row in rows]

    def count(self, wanted: Wanted | None = None) -> int:
        """Count cases."""
        which, values = (wanted or Wanted()).condition()
        with self._database.reading() as connection:
            return int(connection.execute(sql(_COUNT.format(which=which)), values).scalar_one())

    def counts(self) -> dict[str, int]:
        """Count the cases of each state, and those that are appealed or wait."""
        found: dict[str, int] = dict.fromkeys((*CaseState.__args__, "appealed", "waiting"), 0)  # type: ignore[attr-defined]
        with self._database.reading() as connection:
            for state, appealed, n in connection.execute(_STATES):
                found[state] = found.get(state, 0) + n
                found["appealed"] += n if appealed else 0
                found["waiting"] += n if appealed or state in ("open", "unsure") else 0
        return found

    def next(
        self, who: str, *, rule: str | None = None, order: Order = "oldest", but: int = 0
    ) -> Case | None:
        """Give a reviewer a case that nobody else looks at; the same again until it is decided.

        Args:
            who: The reviewer.
            rule: Only cases that count for this rule.
            order: Which comes first.
            but: A case that is passed over, and let go of where it was the reviewer's.

        Returns:
            The case, claimed for `CLAIM_S`; None where none waits for this reviewer.

        Raises:
            ReelwiseError: Nobody can be called so.
        """
        who, now = person(who), now_micros()
        values = {"who": who, "now": now, "rule": rule, "but": but}
        with self._database.writing("review.claim", changes_library=False) as connection:
            connection.execute(_RELEASE, {"id": but, "who": who})
            found = connection.scalar(sql(_NEXT.format(order=_ORDERS[order])), values)
            if found is None:
                return None
            until = now + int(CLAIM_S * 1e6)
            connection.execute(_CLAIM, {"id": found, "who": who, "until": until})
        return self.get(int(found))

    def release(self, case_id: int, who: str) -> None:
        """Give a claimed case back."""
        with self._database.writing("review.claim", changes_library=False) as connection:
            connection.execute(_RELEASE, {"id": case_id, "who": person(who)})

    def log(
        self,
        case_id: int | None = None,
        *,
        policy: bool = False,
        span: tuple[int, int | None] = (0, None),
        newest: bool = False,
        n: int = ALL_ROWS,
    ) -> list[LogRow]:
        """What was done, with one case, with the policy, or everything.

        Args:
            case_id: Only rows of this case.
            policy: Only rows of the policy.
            span: Only rows with a number above the first and below the second.
            newest: The latest first.
            n: Most rows.
        """
        values = {"case": case_id, "policy": int(policy), "n": n}
        values |= {"after": span[0], "before": span[1]}
        statement = sql(_LOG.format(order="DESC" if newest else ""))
        with self._database.reading() as connection:
            return [log_row_of(row) for row in connection.execute(statement, values)]


def no_case(case_id: int) -> NoSuchCase:
    """The error for a number that no case has."""
    return NoSuchCase(f"there is no case {case_id}", fix="reelwise review list --state all")

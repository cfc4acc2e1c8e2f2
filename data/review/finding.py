"""Writing down what rules found: new cases, those that are found again, those that are no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database, read_meta
from data.catalogue.values import now_micros, sql
from data.review.records import THE_POLICY, WAITING
from data.review.writing import CURRENT, Entry, log, reviewing, sum_case

KNOWN_SHARE = 0.5
"""A stretch of which a case has at least this part is no new case."""
_RULES = sql("SELECT name, action, revision, scanned_to FROM review_rules ORDER BY rowid")
_CASES = sql("SELECT * FROM review_cases WHERE rule = :rule")
_PUT = sql(
    "INSERT INTO review_cases (rule, label, video_id, start_s, end_s, score, threshold, policy,"
    " found_at, state, appealed, revision, row_sum) VALUES (:rule, :rule, :video, :start, :end,"
    " :score, :threshold, :policy, :now, 'open', 0, 1, 0)"
)
_AGAIN = sql(
    "UPDATE review_cases SET state = 'open', label = rule, score = :score,"
    " threshold = :threshold, policy = :policy, revision = revision + 1 WHERE id = :id"
)
_WITHDRAW = sql(
    "UPDATE review_cases SET state = 'withdrawn', revision = revision + 1 WHERE id = :id"
)
_SCANNED = sql("UPDATE review_rules SET scanned_to = :to, revision = :revision WHERE name = :name")
_HIGHEST = sql("SELECT coalesce(max(id), 0) FROM clips")


@dataclass(frozen=True)
class RuleMark:
    """How far a rule has looked."""

    name: str
    """The rule."""
    action: str
    """What happens to what it finds."""
    revision: str
    """What it looked with."""
    scanned_to: int
    """Highest number of a clip that it looked at; 0 for none."""


@dataclass(frozen=True)
class Finding:
    """A stretch that a rule found."""

    video_id: int
    """The video."""
    start_s: float
    """Start."""
    end_s: float
    """End, not included."""
    score: float
    """How sure the rule is."""


@dataclass(frozen=True)
class Scanned:
    """What a rule found when it looked."""

    rule: str
    """The rule."""
    revision: str
    """What it looked with; the same from the start on."""
    threshold: float
    """From which score on."""
    before: int
    """`RuleMark.scanned_to` from which it went on; 0: it looked at everything."""
    to: int
    """Highest number of a clip that it looked at."""
    found: Sequence[Finding]
    """Stretches, in any order."""


@dataclass
class Recorded:
    """What came of it."""

    new: int = 0
    """Cases that are new, or found again."""
    withdrawn: int = 0
    """Undecided cases that the rule finds no more."""


class Findings:
    """Keeps what the rules of one library found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def marks(self) -> list[RuleMark]:
        """How far each rule of the policy has looked."""
        with self._database.reading() as connection:
            return [RuleMark(*row) for row in connection.execute(_RULES)]

    def highest_clip(self) -> int:
        """The highest number of a clip; later ones have higher numbers."""
        with self._database.reading() as connection:
            return int(connection.scalar(_HIGHEST) or 0)

    def record(self, scanned: Scanned) -> Recorded:
        """Store what a rule found, in one transaction; doing it twice changes nothing more.

        A rule that is gone meanwhile, or another one by now, leaves nothing.
        """
        done = Recorded()
        with reviewing(self._database, "review.found") as connection:
            mark = next((each for each in _marks(connection) if each.name == scanned.rule), None)
            if (
                mark is None
                or mark.revision.partition(" ")[0] != scanned.revision.partition(" ")[0]
            ):
                return done
            known = _known(connection, scanned.rule)
            again: set[int] = set()
            policy = int(read_meta(connection, CURRENT) or 0)
            for finding in scanned.found:
                case = _same(finding, known.get(finding.video_id, []))
                if case is None or case.state == "withdrawn":
                    done.new += 1
                    _put(connection, scanned, finding, policy, case)
                if case is not None:
                    again.add(case.id)
            if scanned.before == 0:
                lost = [row for rows in known.values() for row in rows if row.id not in again]
                done.withdrawn = _withdraw(connection, lost)
            values = {"to": scanned.to, "revision": scanned.revision, "name": scanned.rule}
            connection.execute(_SCANNED, values)
        return done


def _of_rule(revision: str) -> str:
    """The part that the rule itself gives; what follows is of the encoder or the head it asks."""
    return revision.partition(" ")[0]


def _marks(connection: Connection) -> list[RuleMark]:
    return [RuleMark(*row) for row in connection.execute(_RULES)]


def _known(connection: Connection, rule: str) -> dict[int, list[Any]]:
    """The cases of a rule, by video."""
    known: dict[int, list[Any]] = {}
    for row in connection.execute(_CASES, {"rule": rule}).all():
        known.setdefault(row.video_id, []).append(row)
    return known


def _same(finding: Finding, cases: Sequence[Any]) -> Any:
    """The case that has most of a stretch, if that is enough."""
    length = max(finding.end_s - finding.start_s, 1e-6)

    def shared(case: Any) -> float:
        if (case.start_s, case.end_s) == (finding.start_s, finding.end_s):
            return 1.0
        common = min(case.end_s, finding.end_s) - max(case.start_s, finding.start_s)
        return max(float(common), 0.0) / length

    best = max(cases, key=shared, default=None)
    return best if best is not None and shared(best) >= KNOWN_SHARE else None


def _put(
    connection: Connection, scanned: Scanned, finding: Finding, policy: int, case: Any
) -> None:
    values = {
        "rule": scanned.rule,
        "video": finding.video_id,
        "start": finding.start_s,
        "end": finding.end_s,
        "score": finding.score,
        "threshold": scanned.threshold,
        "policy": policy,
        "now": now_micros(),
    }
    before = None
    if case is None:
        number = int(connection.execute(_PUT, values).lastrowid)
    else:
        number, before = case.id, (case.state, case.label, case.appealed)
        mine = {name: values[name] for name in ("score", "threshold", "policy")}
        connection.execute(_AGAIN, {**mine, "id": number})
    sum_case(connection, number)
    why = f"score {finding.score:.3f}, threshold {scanned.threshold:g}"
    log(connection, Entry("found", THE_POLICY, why, number, scanned.rule, before=before))


def _withdraw(connection: Connection, cases: Sequence[Any]) -> int:
    """End undecided cases that a rule finds no more; those of another rule by now stay."""
    gone = [row for row in cases if row.state in WAITING and row.label == row.rule]
    gone = [row for row in gone if row.decided_by is None]
    for row in gone:
        connection.execute(_WITHDRAW, {"id": row.id})
        sum_case(connection, row.id)
        before = (row.state, row.label, row.appealed)
        why = "the rule finds it no more"
        log(connection, Entry("withdrawn", THE_POLICY, why, row.id, row.label, before=before))
    return len(gone)

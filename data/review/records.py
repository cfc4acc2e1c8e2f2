"""A case, a row of the log, and the states between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from data.catalogue.values import from_micros
from data.errors import ReelwiseError

CaseState = Literal["open", "unsure", "allowed", "blocked", "withdrawn"]
WAITING: tuple[CaseState, ...] = ("open", "unsure")
"""Nobody has decided: what the rule says holds."""
DECISIONS: dict[str, CaseState] = {
    "allow": "allowed",
    "block": "blocked",
    "unsure": "unsure",
    "relabel": "open",
}
"""What a person may decide, and the state that follows."""
SOMEONE = "someone"
"""What is written of somebody who was forgotten."""
THE_POLICY = "(policy)"
"""Who did it, where a rule found something or a policy changed without a name."""


@dataclass(frozen=True)
class Case:
    """A stretch of a video that a rule found, and what became of it."""

    id: int
    """Its number."""
    rule: str
    """The rule that found it."""
    label: str
    """The rule that it counts for: another one once it was relabelled."""
    video_id: int
    """The video."""
    start_s: float
    """Start of the stretch."""
    end_s: float
    """Its end, not included."""
    score: float
    """How sure the rule was."""
    threshold: float
    """From which score on the rule finds."""
    policy: int
    """Version of the policy that found it."""
    found_at: datetime
    """When, UTC."""
    state: CaseState
    """open, unsure, allowed, blocked; withdrawn: the rule is gone or finds it no more."""
    appealed: bool
    """Somebody disagrees with the decision, and nobody has decided since."""
    decided_by: str | None
    """Who decided last; None for nobody."""
    decided_at: datetime | None
    """When, UTC."""
    claimed_by: str | None
    """Who looks at it now."""
    claimed_until: datetime | None
    """Until when, UTC; in the past where the claim has lapsed."""
    revision: int
    """Grows with each change."""

    @property
    def waits(self) -> bool:
        """Somebody has to look at it."""
        return self.state in WAITING or self.appealed


@dataclass(frozen=True)
class LogRow:
    """Something that was done."""

    id: int
    """Its number."""
    case_id: int | None
    """The case; None for what concerns the policy."""
    at: datetime
    """When, UTC."""
    who: str
    """Who did it."""
    action: str
    """policy, found, withdrawn, allow, block, relabel, unsure, undo or appeal."""
    why: str
    """The reason that was given."""
    label: str | None
    """The rule that the case counted for afterwards."""
    policy: int | None
    """Version of the policy that held."""
    undoes: int | None
    """The row that it takes back."""


class NoSuchCase(ReelwiseError):
    """No case has this number."""


def case_of(row: Any) -> Case:
    """A row of `review_cases`."""
    return Case(
        row.id,
        row.rule,
        row.label,
        row.video_id,
        row.start_s,
        row.end_s,
        row.score,
        row.threshold,
        row.policy,
        from_micros(row.found_at),
        row.state,
        bool(row.appealed),
        SOMEONE if row.decided_by == "" else row.decided_by,
        None if row.decided_at is None else from_micros(row.decided_at),
        row.claimed_by,
        None if row.claimed_until is None else from_micros(row.claimed_until),
        row.revision,
    )


def log_row_of(row: Any) -> LogRow:
    """A row of `review_log`."""
    who = row.who or SOMEONE
    return LogRow(
        row.id,
        row.case_id,
        from_micros(row.at),
        who,
        row.action,
        row.why,
        row.label,
        row.policy,
        row.undoes,
    )

"""Policies, cases and the log as the API gives them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from data.printable import printable
from ui.api.links import preview_url, thumb_url

if TYPE_CHECKING:
    from data.review.records import Case, LogRow
    from ui.library.labelling.reviewing import Reviews


class LogEntry(BaseModel):
    """Something that was done."""

    id: int
    at: datetime
    who: str
    action: str = Field(
        description="policy, found, withdrawn, allow, block, relabel, unsure, undo or appeal."
    )
    case: int | None
    rule: str | None
    why: str
    policy: int | None = Field(description="Version that held.")
    undoes: int | None = Field(description="Number of the row that it takes back.")


class CaseShown(BaseModel):
    """A stretch of a video that a rule found."""

    id: int
    rule: str = Field(description="The rule that found it.")
    label: str = Field(description="The rule that it counts for.")
    action: str | None = Field(description="What that rule does; null where it is gone.")
    video_id: int
    title: str
    file: str = Field(description="Name of its file; empty where it is gone.")
    start_s: float
    end_s: float
    score: float
    threshold: float
    policy: int = Field(description="Version of the policy that found it.")
    found_at: datetime
    state: str = Field(description="open, unsure, allowed, blocked or withdrawn.")
    appealed: bool
    effect: str = Field(description="withheld, blurred or none.")
    decided_by: str | None
    decided_at: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None
    revision: int = Field(description="Give it back as `seen` with a decision.")
    thumb_url: str = Field(description="Blurred; with `&show=1` as it is.")
    preview_url: str = Field(description="Without sound, blurred; with `&show=1` as it is.")
    about: str = Field(description="What the rule says to who decides.")
    owner: str = Field(description="The role that answers for the rule.")


class CaseWhole(CaseShown):
    """A case with everything that was done."""

    log: list[LogEntry]


class CaseList(BaseModel):
    """Cases, and how many there are."""

    total: int
    counts: dict[str, int] = Field(description="By state; and how many are appealed, or wait.")
    items: list[CaseShown]


def shown(reviews: Reviews, cases: list[Case]) -> list[dict[str, Any]]:
    """The fields of `CaseShown`."""
    rules = reviews.rules()
    found = []
    for document in reviews.documents(cases):
        rule = rules.get(document["label"])
        number, start_s, end_s = int(document["video_id"]), document["start_s"], document["end_s"]
        found.append(
            document
            | {
                "video_id": number,
                "title": printable(document["title"]),
                "file": document["path"].rpartition("/")[2] if document["path"] else "",
                "thumb_url": thumb_url(number, (start_s + end_s) / 2),
                "preview_url": preview_url(number, start_s, end_s),
                "about": "" if rule is None else rule.about,
                "owner": "" if rule is None else rule.owner,
            }
        )
    return found


def whole(reviews: Reviews, case: Case) -> CaseWhole:
    """A case with its log."""
    log = [entry(row) for row in reviews.cases.log(case.id)]
    return CaseWhole(**shown(reviews, [case])[0], log=log)


def entry(row: LogRow) -> LogEntry:
    """A row of the log."""
    return LogEntry(
        id=row.id,
        at=row.at,
        who=row.who,
        action=row.action,
        case=row.case_id,
        rule=row.label,
        why=row.why,
        policy=row.policy,
        undoes=row.undoes,
    )

"""What waits for a decision, decisions, and their log: `/review`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.review.cases import Wanted
from data.review.deciding import Decision
from ui.api.reviews.shown import CaseList, CaseShown, CaseWhole, LogEntry, entry, shown, whole
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import MAX_ID, Count, Flag, VideoId, Whole, Words
from ui.api.shape.lists import Items
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners, named

router = APIRouter(
    route_class=StrictRoute, tags=["review"], prefix="/review", dependencies=[OnlyOwners]
)
By = Annotated[Words | None, Field(description="Who; whoever has signed in, where left out.")]
CaseId = VideoId
"""A number of a case: of the same kind."""
State = Literal["waiting", "open", "unsure", "appealed", "allowed", "blocked", "withdrawn", "all"]


class Given(BaseModel):
    """A body that knows its fields."""

    model_config = ConfigDict(extra="forbid")


class Decided(Given):
    """What somebody decides."""

    verb: Literal["allow", "block", "relabel", "unsure"]
    why: Words
    by: By = None
    label: Words | None = Field(None, description="relabel: the rule that it is a case of.")
    seen: Whole | None = Field(None, description="`revision` that was looked at.")


class Undone(Given):
    """Taking back."""

    by: By = None
    why: Words | None = None


class Appealed(Given):
    """Disagreeing."""

    why: Words
    by: By = None


class Claim(Given):
    """Asking for a case."""

    by: By = None
    rule: Words | None = Field(None, description="Only cases that count for this rule.")
    order: Literal["oldest", "worst"] = "oldest"
    but: Whole | None = Field(None, ge=1, description="Not this one; it is given back.")


class GivenBack(Given):
    """Giving a case back."""

    by: By = None


class NextCase(BaseModel):
    """A case that is the reviewer's for ten minutes."""

    case: CaseWhole | None = Field(description="Null where none waits.")


class CasesWanted(Given):
    """Which cases are wanted."""

    state: State = Field("waiting", description="waiting: open, unsure or appealed.")
    rule: Words | None = None
    video: VideoId | None = None
    order: Literal["oldest", "worst", "newest"] = "oldest"
    offset: Whole = Field(0, ge=0, le=10**9)
    k: Count = 50


@router.get("/cases", summary="Cases")
def cases(served: ServedHere, wanted: Annotated[CasesWanted, Query()]) -> CaseList:
    """Cases by state, rule and video, the oldest or the worst first."""
    reviews = served.library.reviews
    which = Wanted(wanted.state, wanted.rule, wanted.video, wanted.order)
    some = reviews.cases.some(which, n=wanted.k, offset=wanted.offset)
    return CaseList(
        total=reviews.cases.count(which),
        counts=reviews.cases.counts(),
        items=[CaseShown(**each) for each in shown(reviews, some)],
    )


@router.get("/cases/{case_id}", summary="One case with its log")
def case(case_id: CaseId, served: ServedHere) -> CaseWhole:
    """Why it was found, what its rule says, and everything that was done."""
    reviews = served.library.reviews
    return whole(reviews, reviews.cases.get(case_id))


@router.post("/next", summary="Take a case that nobody else looks at")
def next_case(claim: Claim, served: ServedHere, visitor: Asking) -> NextCase:
    """The case is the reviewer's for ten minutes, or until it is decided."""
    reviews, who = served.library.reviews, named(visitor, claim.by)
    found = reviews.cases.next(who, rule=claim.rule, order=claim.order, but=claim.but or 0)
    return NextCase(case=None if found is None else whole(reviews, found))


@router.post("/cases/{case_id}/release", summary="Give a case back")
def release(case_id: CaseId, given: GivenBack, served: ServedHere, visitor: Asking) -> CaseWhole:
    """Somebody else may take it; nothing where it was not the reviewer's."""
    reviews = served.library.reviews
    reviews.cases.get(case_id)
    reviews.cases.release(case_id, named(visitor, given.by))
    return whole(reviews, reviews.cases.get(case_id))


@router.post("/cases/{case_id}/decision", summary="Decide on a case")
def decide(case_id: CaseId, decided: Decided, served: ServedHere, visitor: Asking) -> CaseWhole:
    """Allow, block, relabel, or leave it to somebody else; it holds at once."""
    reviews, who = served.library.reviews, named(visitor, decided.by)
    decision = Decision(decided.verb, who, decided.why, decided.label, decided.seen)
    return whole(reviews, reviews.decide(case_id, decision))


@router.post("/cases/{case_id}/undo", summary="Take back the last decision on a case")
def undo(case_id: CaseId, undone: Undone, served: ServedHere, visitor: Asking) -> CaseWhole:
    """The case is as it was before; once more takes back what was before that."""
    reviews, who = served.library.reviews, named(visitor, undone.by)
    return whole(reviews, reviews.undo(case_id, by=who, why=undone.why or ""))


@router.post("/cases/{case_id}/appeal", summary="Put a decision before somebody again")
def appeal(case_id: CaseId, given: Appealed, served: ServedHere, visitor: Asking) -> CaseWhole:
    """The decision holds until somebody decides again."""
    reviews, who = served.library.reviews, named(visitor, given.by)
    return whole(reviews, reviews.appeal(case_id, by=who, why=given.why))


class LogWanted(Given):
    """Which rows of the log are wanted."""

    case: VideoId | None = Field(None, description="Only of this case.")
    policy: Flag = Field(False, description="Only changes of the policy.")
    after: Whole = Field(0, ge=0, le=MAX_ID, description="Only rows with a higher number.")
    before: Whole | None = Field(None, ge=0, le=MAX_ID, description="Only with a lower one.")
    newest: Flag = Field(False, description="The latest first.")
    k: Count = 100


@router.get("/log", summary="Who did what, when and why")
def log(served: ServedHere, wanted: Annotated[LogWanted, Query()]) -> Items[LogEntry]:
    """In order; the rows of before never change, but for names of people who were forgotten."""
    span = (wanted.after, wanted.before)
    rows = served.library.reviews.cases.log(
        wanted.case, policy=wanted.policy, span=span, newest=wanted.newest, n=wanted.k
    )
    return Items(items=[entry(row) for row in rows])

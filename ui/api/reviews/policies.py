"""The policy of a library, and letting its rules look: `/review/policy`, `/review/scan`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.errors import ReelwiseError
from data.printable import printable
from data.review.rules import MAX_BYTES, Policy, pinned, policy_of
from data.review.wrong import policy_of_text
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Flag, Share, Typed, Whole, Words
from ui.api.shape.refusals import not_there, wrong
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners, named
from ui.library.labelling.reviewing import policy_document

router = APIRouter(
    route_class=StrictRoute, tags=["review"], prefix="/review", dependencies=[OnlyOwners]
)


LONGEST_NAME = 80
"""Characters of a file's name that are kept, its end."""


class PolicyShown(BaseModel):
    """A policy."""

    version: int
    set_at: datetime
    file: str
    name: str
    rules: list[dict[str, Any]] = Field(description="As docs/moderation.md describes them.")


class NewPolicy(BaseModel):
    """A policy that is to hold."""

    model_config = ConfigDict(extra="forbid")

    policy: dict[str, Any] | None = Field(
        None, description="As docs/moderation.md describes it; in its place `text`."
    )
    text: Annotated[str, Field(max_length=MAX_BYTES)] | None = Field(
        None, description="What a file of it says, in TOML, or JSON where `file` ends with .json."
    )
    file: Typed = Field("", description="Name of the file that `text` is from, for the log.")
    by: Words | None = None
    why: Typed = ""


class RuleScanned(BaseModel):
    """What a rule found."""

    new: int
    withdrawn: int = Field(description="Undecided cases that it finds no more.")


class Scanned(BaseModel):
    """What rules found."""

    policy: int
    new: int
    rules: dict[str, RuleScanned] = Field(description="Rules that looked at something.")
    left_out: dict[str, str] = Field(description="Why a rule could not look.")


class Wish(BaseModel):
    """What rules are to look at."""

    model_config = ConfigDict(extra="forbid")

    new: Flag = Field(False, description="Only what they have not seen; else everything.")


@router.get("/policy", summary="The policy that holds, or an earlier one")
def policy(
    served: ServedHere,
    version: Annotated[Whole | None, Query(ge=1, le=10**9)] = None,
) -> PolicyShown:
    """Its rules; every version is kept."""
    policies = served.library.reviews.policies
    if version is not None and version > policies.highest():
        raise not_there(f"there is no version {version} of the policy", code="unknown_policy")
    stored = policies.current() if version is None else policies.version(version)
    if stored is None:
        raise not_there("this library has no policy", code="unknown_policy", fix="PUT one here")
    return PolicyShown(**policy_document(stored))


@router.put("/policy", summary="Set the policy")
def set_policy(given: NewPolicy, served: ServedHere, visitor: Asking) -> PolicyShown:
    """It holds from now on; `POST /review/scan` with `new` lets its new rules look.

    Of a text that is none, `error` tells what is wrong with it, a line for each problem.
    """
    reviews, who = served.library.reviews, named(visitor, given.by)
    checked, file = pinned(_checked(given)), printable(given.file[-LONGEST_NAME:]) or "(API)"
    stored = reviews.policies.set(checked, by=who, why=given.why, file=file)
    return PolicyShown(**policy_document(stored))


def _checked(given: NewPolicy) -> Policy:
    if given.text is None and given.policy is not None:
        return policy_of(given.policy, "the policy")
    if given.text is None or given.policy is not None:
        raise wrong("a policy is sent as policy or as text", fix="send one of both")
    try:
        return policy_of_text(given.text.removeprefix("\ufeff"), given.file)
    except ReelwiseError as error:
        raise wrong(error.problem, fix=error.fix, code="wrong_policy") from error


@router.delete("/policy", summary="Let no policy hold")
def remove_policy(
    served: ServedHere,
    visitor: Asking,
    by: Annotated[Words | None, Query()] = None,
    why: Annotated[Typed, Query()] = "",
) -> dict[str, int]:
    """Versions, decisions and the log stay."""
    who = named(visitor, by)
    return {"removed": served.library.reviews.policies.remove(by=who, why=why)}


@router.post("/scan", summary="Let the rules look")
def scan(wish: Wish, served: ServedHere) -> Scanned:
    """The answer comes when they have looked; what they find holds rule by rule."""
    found = served.library.reviews.scan(afresh=not wish.new)
    rules = {
        name: RuleScanned(new=each.new, withdrawn=each.withdrawn)
        for name, each in found.rules.items()
    }
    return Scanned(policy=found.policy, new=found.new, rules=rules, left_out=found.left_out)


class Lesson(BaseModel):
    """What a rule is to learn."""

    model_config = ConfigDict(extra="forbid")

    rule: Words = Field(description="Name of a rule of the policy.")
    misses: Share = Field(0.1, description="Largest share of its cases that it may miss.")
    false_alarms: Share | None = Field(
        None, description="Instead: largest share of allowed cases that it may take for cases."
    )
    keep: Flag = Field(False, description="Let it hold; else only tell what it would err by.")
    by: Words | None = None


class Lessons(BaseModel):
    """What a rule learned, judged on cases of videos that it was not fitted on."""

    head: str = Field(description="The head that the rule asks.")
    threshold: float = Field(description="From which probability on it finds.")
    blocked: int = Field(description="Decisions that it is a case of the rule.")
    allowed: int = Field(description="Decisions that it is none.")
    misses: int
    cases: int
    miss_rate: float
    false_alarms: int
    others: int
    false_alarm_rate: float
    reached: bool = Field(description="The wished error is reached; else this is the nearest.")
    policy: int | None = Field(description="The policy that holds with it; null: only tried.")
    new: int | None = Field(description="New cases that it found then.")


@router.post("/learn", summary="Let a rule learn from decisions")
def learn(lesson: Lesson, served: ServedHere, visitor: Asking) -> Lessons:
    """Fits a head on the decisions about a rule: ten blocked and ten allowed ones are needed."""
    from indexer.review.learning import Wished

    wished = Wished("misses", lesson.misses)
    if lesson.false_alarms is not None:
        wished = Wished("false-alarms", lesson.false_alarms)
    who = named(visitor, lesson.by)
    learned = served.library.reviews.learn(lesson.rule, wished, by=who, keeps=lesson.keep)
    return Lessons(**learned)

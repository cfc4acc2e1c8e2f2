"""Moderation of one library: its policy, what the rules found, decisions; and as documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.catalogue.guard.copies import copy_if_due
from data.errors import DamagedFile, ReelwiseError
from data.review.cases import Cases
from data.review.deciding import Deciding, Decision
from data.review.policies import Policies, StoredPolicy
from data.review.withheld import NotShown, Withholding

if TYPE_CHECKING:
    from pathlib import Path

    from data.catalogue import Catalogue, Video
    from data.review.records import Case, LogRow
    from data.review.rules import Rule
    from embeddings.encoder import Encoder
    from indexer.review.learning import Learned, Wished
    from indexer.review.scan import ScanReport
    from ui.library.documents import Document

Told = Callable[[str], None]
LOG_COLUMNS = ("id", "at", "who", "action", "case", "rule", "why", "policy", "undoes")
"""Columns of the log as CSV."""


@dataclass(frozen=True)
class LookedAtNew:
    """What rules found in clips that are new."""

    cases: dict[str, int] = field(default_factory=dict)
    """New cases by rule, where there are any."""
    notice: str = ""
    """Why a rule did not look at everything; empty where all did."""


class Reviews:
    """What a library is moderated by. Threads may share it."""

    def __init__(self, catalogue: Catalogue, open_encoder: Callable[[], Encoder]) -> None:
        self._catalogue = catalogue
        self._open_encoder = open_encoder
        self.policies = Policies(catalogue)
        """The policy, and those before."""
        self.cases = Cases(catalogue)
        """What rules found."""
        self.withholding = Withholding(catalogue)
        """What is not shown now."""

    def set_policy(self, file: Path, *, by: str = "", why: str = "") -> StoredPolicy:
        """Let the policy of a file hold from now on.

        Raises:
            ReelwiseError: It is none.
        """
        from data.review.rules import read_policy

        stored = self.policies.set(read_policy(file), by=by, why=why, file=file.name)
        copy_if_due(self._catalogue.home)
        return stored

    def restore_policy(self, version: int, *, by: str = "", why: str = "") -> StoredPolicy:
        """Let an earlier policy hold again, as a new version.

        Raises:
            ReelwiseError: There is none of that number.
        """
        old = self.policies.version(version)
        told = why or f"version {version} again: {old.file}"
        return self.policies.set(old.policy, by=by, why=told, file=old.file)

    def scan(self, *, afresh: bool, told: Told = lambda _: None) -> ScanReport:
        """Let the rules look; what they find holds at once.

        Raises:
            ReelwiseError: There is no policy, or nothing is indexed.
        """
        from indexer.heads.predicting import bring_up_to_date
        from indexer.review.scan import scan

        if self._catalogue.home.heads.is_dir():
            bring_up_to_date(self._catalogue, told)
        found = scan(self._catalogue, self._open_encoder, afresh=afresh, told=told)
        copy_if_due(self._catalogue.home)
        return found

    def learn(
        self, rule: str, wished: Wished, *, by: str, keeps: bool, told: Told = lambda _: None
    ) -> Document:
        """Let a rule learn from decisions and, where it is kept, look at what it has not seen.

        Args:
            rule: Name of the rule.
            wished: Which error is bounded.
            by: Who wants it, for the log.
            keeps: Let the rule ask the head from now on; else only tell what it would err by.
            told: Is told what is tried.

        Raises:
            ReelwiseError: There is no such rule, or too few decisions of one kind.
        """
        from indexer.review.learning import RuleLearner

        learner = RuleLearner(self._catalogue, self._open_encoder, told)
        learned = learner.learn(rule, wished, by=by, keeps=keeps)
        found = self.scan(afresh=False, told=told) if keeps else None
        return learned_document(learned, found)

    def decide(self, case_id: int, decision: Decision) -> Case:
        """As `Deciding.decide`."""
        return self._copied(Deciding(self._catalogue).decide(case_id, decision))

    def undo(self, case_id: int, *, by: str, why: str = "") -> Case:
        """As `Deciding.undo`."""
        return self._copied(Deciding(self._catalogue).undo(case_id, by=by, why=why))

    def appeal(self, case_id: int, *, by: str, why: str) -> Case:
        """As `Deciding.appeal`."""
        return self._copied(Deciding(self._catalogue).appeal(case_id, by=by, why=why))

    def _copied(self, case: Case) -> Case:
        copy_if_due(self._catalogue.home)
        return case

    def documents(self, cases: Sequence[Case]) -> list[Document]:
        """Cases as documents, with their videos, rules and effects."""
        videos = self._catalogue.videos_by_id({case.video_id for case in cases})
        actions = {name: rule.action for name, rule in self.rules().items()}
        not_shown = self.withholding.now()
        return [
            case_document(case, videos.get(case.video_id), actions.get(case.label), not_shown)
            for case in cases
        ]

    def rules(self) -> dict[str, Rule]:
        """The rules that hold, by name; none where their file is damaged, as `verify` says."""
        try:
            current = self.policies.current()
        except DamagedFile:  # decisions and effects hold all the same
            return {}
        return {} if current is None else {rule.name: rule for rule in current.policy.rules}


def look_at_new(reviews: Reviews) -> LookedAtNew:
    """Let the rules look at clips that are new; where they cannot, the notice says why."""
    try:
        if reviews.policies.current() is None:
            return LookedAtNew()
        found = reviews.scan(afresh=False)
    except ReelwiseError as error:
        return LookedAtNew(
            notice=f"new clips were not looked at by the policy: {error.problem}; then: reelwise "
            "review scan --new"
        )
    lines = [
        f"the rule {name} did not look at everything: {why}" for name, why in found.left_out.items()
    ]
    cases = {name: each.new for name, each in found.rules.items() if each.new}
    return LookedAtNew(cases, "\n".join(lines))


def learned_document(learned: Learned, found: ScanReport | None) -> Document:
    """What a rule learned, and what it found then, as JSON gives it."""
    errors = learned.errors
    return {
        "head": learned.head,
        "threshold": learned.threshold,
        "blocked": learned.blocked,
        "allowed": learned.allowed,
        "misses": errors.misses,
        "cases": errors.cases,
        "miss_rate": errors.miss_rate,
        "false_alarms": errors.false_alarms,
        "others": errors.others,
        "false_alarm_rate": errors.false_alarm_rate,
        "reached": learned.is_reached,
        "policy": None if learned.policy is None else learned.policy.version,
        "new": None if found is None else found.new,
    }


def case_document(
    case: Case, video: Video | None, action: str | None, not_shown: NotShown
) -> Document:
    """A case as JSON gives it."""
    return {
        "id": case.id,
        "rule": case.rule,
        "label": case.label,
        "action": action,
        "video_id": str(case.video_id),
        "path": None if video is None else str(video.path),
        "title": "" if video is None else video.title,
        "start_s": case.start_s,
        "end_s": case.end_s,
        "score": case.score,
        "threshold": case.threshold,
        "policy": case.policy,
        "found_at": case.found_at,
        "state": case.state,
        "appealed": case.appealed,
        "effect": not_shown.effect(case.video_id, case.start_s, case.end_s),
        "decided_by": case.decided_by,
        "decided_at": case.decided_at,
        "claimed_by": case.claimed_by,
        "claimed_until": case.claimed_until,
        "revision": case.revision,
    }


def log_document(row: LogRow) -> Document:
    """A row of the log as JSON and CSV give it."""
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "who": row.who,
        "action": row.action,
        "case": row.case_id,
        "rule": row.label,
        "why": row.why,
        "policy": row.policy,
        "undoes": row.undoes,
    }


def policy_document(stored: StoredPolicy) -> Document:
    """A policy as JSON gives it."""
    return {
        "version": stored.version,
        "set_at": stored.set_at,
        "file": stored.file,
        "name": stored.policy.name,
        "rules": [
            rule.model_dump(mode="json", exclude_none=True) | {"kind": rule.kind}
            for rule in stored.policy.rules
        ],
    }

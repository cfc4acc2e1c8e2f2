"""A rule that learns from decisions: a head on them, and a threshold for a wished error.

What it will err by is measured on cases of videos that it was not fitted on. These are cases that
the rule had found: of clips that no rule ever found, nobody has decided.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.rows import LabelWish
from data.review.cases import ALL_ROWS, Cases, Wanted
from data.review.policies import Policies, StoredPolicy, no_policy
from data.review.records import Case
from data.review.rules import LEAST_OF_HEAD, Policy, Rule
from indexer.heads.models.answers import probabilities
from indexer.heads.models.model import Family
from indexer.heads.stored import remove_head
from indexer.heads.training import HeadTraining, HeldOut, train_heads
from indexer.review.described import vector_of, words_of

if TYPE_CHECKING:
    from embeddings.encoder import Encoder
    from embeddings.words.sentences import SentenceEncoder

LEAST_EACH = 10
"""Decisions of each kind that are needed: fewer say nothing about errors."""
MANY = 200
"""Of fewer decisions only linear models learn: others need more rows than that."""
YES, NO = "yes", "no"
TRIAL = "review.trial"
"""The head of a rule that is only tried."""
Told = Callable[[str], None]
_STEPS = 0.0005


@dataclass(frozen=True)
class Wished:
    """Which error is not to be above a rate."""

    error: Literal["misses", "false-alarms"]
    """Cases that are missed, or others that are taken for cases."""
    rate: float
    """Share of them, 0 to 1."""


@dataclass(frozen=True)
class Errors:
    """What a threshold errs by, on held-out decisions."""

    misses: int
    """Cases of the rule below it."""
    cases: int
    """Cases of the rule."""
    false_alarms: int
    """Others from it on."""
    others: int
    """Others."""

    @property
    def miss_rate(self) -> float:
        """Share of the rule's cases that it would miss."""
        return self.misses / max(self.cases, 1)

    @property
    def false_alarm_rate(self) -> float:
        """Share of the others that it would take for cases."""
        return self.false_alarms / max(self.others, 1)


@dataclass(frozen=True)
class Learned:
    """What a rule has learned."""

    head: str
    """The head."""
    threshold: float
    """From which probability on it finds."""
    errors: Errors
    """What it will err by."""
    blocked: int
    """Decisions that it is a case of the rule."""
    allowed: int
    """Decisions that it is none."""
    is_reached: bool
    """The wished error is reached; else this is the nearest."""
    policy: StoredPolicy | None
    """The policy that holds with it; None where it was only tried."""


@dataclass(frozen=True)
class RuleLearner:
    """Lets the rules of a library learn."""

    catalogue: Catalogue
    """The library."""
    open_encoder: Callable[[], Encoder]
    """Opens its encoder; called where a rule is, or was, described by words."""
    told: Told = lambda _: None
    """Is told what is tried."""

    def learn(self, name: str, wished: Wished, *, by: str, keeps: bool = True) -> Learned:
        """Fit a head on the decisions about a rule, and let the rule ask it from now on.

        Args:
            name: The rule.
            wished: Which error is bounded.
            by: Who wants it, for the log.
            keeps: Set the policy; else only tell what it would err by.

        Raises:
            ReelwiseError: There is no such rule, or too few decisions of one kind.
        """
        policies = Policies(self.catalogue)
        stored = policies.current()
        if stored is None:
            raise no_policy()
        rule = _known_rule(stored.policy, name)
        yes, no = decided(Cases(self.catalogue).some(Wanted("all"), n=ALL_ROWS), rule.name)
        _require_enough(rule, yes, no)
        # What is only tried leaves the head alone that the rule may ask already.
        head = head_name_of(rule) if keeps else TRIAL
        trained = self._trained(head, yes, no, self._words(policies, stored, rule))
        chances, is_case = _chances(trained)
        threshold = threshold_for(chances, is_case, wished)
        errors = errors_at(chances, is_case, threshold)
        got = errors.miss_rate if wished.error == "misses" else errors.false_alarm_rate
        after = None
        if keeps:
            self.told(f"{rule.name} asks the head {head} from {threshold:g} on")
            why = f"{rule.name} learned from {len(yes)} blocked and {len(no)} allowed cases"
            policy = with_head(stored.policy, rule, head, threshold)
            after = policies.set(policy, by=by, why=why, file=stored.file)
        else:
            remove_head(self.catalogue.home, head)
        return Learned(head, threshold, errors, len(yes), len(no), got <= wished.rate, after)

    def _words(self, policies: Policies, stored: StoredPolicy, rule: Rule) -> Floats | None:
        """The vector of what the rule was described by, which decisions add to; None for none."""
        words = words_of(policies, stored, rule)
        vector = None if words is None else vector_of(words, self.open_encoder())
        if vector is not None:
            self.told(f"{rule.name}: decisions add to its words, {words}")
        return vector

    def _trained(
        self, head: str, yes: Sequence[Case], no: Sequence[Case], words: Floats | None
    ) -> HeldOut:
        with tempfile.TemporaryDirectory(prefix="reelwise-review-") as folder:
            file = Path(folder) / "decisions.csv"
            with file.open("w", newline="", encoding="utf-8") as opened:
                table = csv.writer(opened)
                table.writerow(("video", "start_s", "end_s", "label"))
                for label, cases in ((YES, yes), (NO, no)):
                    for case in cases:
                        table.writerow((case.video_id, case.start_s, case.end_s, label))
            few = len(yes) + len(no) < MANY
            families = (Family.LINEAR,) if few else None
            wish = LabelWish(Task.CLASSES)
            training = HeadTraining(head, file, wish, families=families, words=words)
            found = train_heads(self.catalogue, training, _no_texts, self.told)
        return found.held_out[found.heads[0].name]


def _known_rule(policy: Policy, name: str) -> Rule:
    rule = policy.rule(name)
    if rule is None:
        known = ", ".join(each.name for each in policy.rules)
        raise ReelwiseError(f"no rule is called {name!r}; rules: {known}", fix="name one of them")
    return rule


def _no_texts() -> SentenceEncoder:
    raise AssertionError("decisions have no texts")


def decided(cases: Sequence[Case], rule: str) -> tuple[list[Case], list[Case]]:
    """Cases of a rule, and cases that are none, as people decided; without what is appealed."""
    sure = [case for case in cases if case.decided_by is not None and not case.appealed]
    yes = [case for case in sure if case.label == rule and case.state == "blocked"]
    allowed = [case for case in sure if rule in (case.rule, case.label) and case.state == "allowed"]
    # Whoever relabels a case says that it is none of the rule that found it.
    elsewhere = [case for case in sure if case.rule == rule and case.label != rule]
    return yes, list({case.id: case for case in (*allowed, *elsewhere)}.values())


def _require_enough(rule: Rule, yes: Sequence[Case], no: Sequence[Case]) -> None:
    if min(len(yes), len(no)) >= LEAST_EACH:
        return
    raise ReelwiseError(
        f"of the rule {rule.name} {len(yes)} cases are blocked and {len(no)} allowed or relabelled;"
        f" {LEAST_EACH} of each are needed",
        fix="decide on more: reelwise review next",
    )


def head_name_of(rule: Rule) -> str:
    """What its head is called."""
    plain = re.sub(r"[^a-z0-9]+", "_", rule.name.lower()).strip("_")[:40]
    return f"review.{plain or 'rule'}"


def _chances(held_out: HeldOut) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(j,) probabilities that it is a case, and whether it is one."""
    answers = held_out.answers
    at = answers.classes.index(YES)
    chances = probabilities(answers.task, held_out.raw)[:, at].astype(np.float64)
    return chances, np.asarray(answers.y == at)


def threshold_for(
    chances: NDArray[np.float64], is_case: NDArray[np.bool_], wished: Wished
) -> float:
    """The threshold with the fewest other errors among those that keep one error at a rate.

    For misses the highest, for false alarms the lowest; where none keeps it, the nearest that a
    head can have.
    """
    steps = np.round(np.arange(LEAST_OF_HEAD, 1.0 + _STEPS / 2, _STEPS), 4)
    if wished.error == "misses":
        kept = [t for t in steps if (chances[is_case] < t).mean() <= wished.rate]
        return float(max(kept, default=LEAST_OF_HEAD))
    kept = [t for t in steps if (chances[~is_case] >= t).mean() <= wished.rate]
    return float(min(kept, default=1.0))


def errors_at(chances: NDArray[np.float64], is_case: NDArray[np.bool_], threshold: float) -> Errors:
    """What a threshold errs by."""
    finds = chances >= threshold
    return Errors(
        int((is_case & ~finds).sum()),
        int(is_case.sum()),
        int((~is_case & finds).sum()),
        int((~is_case).sum()),
    )


def with_head(policy: Policy, rule: Rule, head: str, threshold: float) -> Policy:
    """The policy, in which a rule asks a head in place of what it asked before."""
    asks = rule.model_dump(exclude={"description", "examples", "classifier"}) | {
        "head": head,
        "label": YES,
        "threshold": threshold,
    }
    rules = [Rule.model_validate(asks) if each is rule else each for each in policy.rules]
    return policy.model_copy(update={"rules": tuple(rules)})

"""Looking for what the rules of the policy describe: in the whole past, or in what is new.

Clips have rising numbers, and each rule knows how far it has looked. A rule that is new, or asks
another encoder or another head than before, looks at everything again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from data.catalogue import Catalogue
from data.catalogue.values import sql
from data.durable import crash_point
from data.errors import ReelwiseError
from data.home import nothing_indexed
from data.review.finding import Findings, RuleMark, Scanned
from data.review.policies import Policies, no_policy
from data.review.rules import Rule
from indexer.review.by_classifier import Unseen, find_by_classifier
from indexer.review.by_head import find_by_head, head_of
from indexer.review.found import FoundClips, stretches
from indexer.search.view import View, open_view
from indexer.store.segments.columns import TableRows

if TYPE_CHECKING:
    from embeddings.encoder import Encoder
    from indexer.review.by_vectors import ByVectors

_NEW_VIDEOS = sql(
    "SELECT DISTINCT e.video_id FROM clips c JOIN embeddings e ON e.id = c.embedding_id"
    " WHERE c.id > :after AND e.encoder_id = :encoder"
)
OpenEncoder = Callable[[], "Encoder"]
"""Opens the encoder of the library; called where a rule needs it."""
Told = Callable[[str], None]
"""Is told what is being done."""


@dataclass
class RuleScan:
    """What one rule found."""

    new: int = 0
    """Cases that are new, or found again."""
    withdrawn: int = 0
    """Undecided cases that it finds no more."""
    unseen: str = ""
    """Videos that it could not look at, in words; empty for none."""


@dataclass
class ScanReport:
    """What a scan found."""

    policy: int
    """Version of the policy."""
    rules: dict[str, RuleScan] = field(default_factory=dict)
    """By rule that looked at something."""
    left_out: dict[str, str] = field(default_factory=dict)
    """By rule, why it could not look."""

    @property
    def new(self) -> int:
        """New cases of all rules."""
        return sum(each.new for each in self.rules.values())


def scan(
    catalogue: Catalogue,
    open_encoder: OpenEncoder,
    *,
    afresh: bool = False,
    told: Told = lambda _: None,
) -> ScanReport:
    """Let each rule look at what it has not seen, and store what it finds rule by rule.

    Args:
        catalogue: The library.
        open_encoder: Opens its encoder.
        afresh: Look at everything again.
        told: Is told which rule looks.

    Raises:
        ReelwiseError: There is no policy, or nothing is indexed.
    """
    stored = Policies(catalogue).current()
    if stored is None:
        raise no_policy()
    if catalogue.encoder is None:
        raise nothing_indexed(catalogue.home)
    report = ScanReport(stored.version)
    looking = _Looking(catalogue, open_encoder, afresh)
    marks = {mark.name: mark for mark in looking.findings.marks()}
    for rule in stored.policy.rules:
        if rule.name not in marks:
            continue  # another policy was set meanwhile
        told(f"looking for {rule.name}: {rule.looks_for}")
        try:
            done = looking.look(rule, marks[rule.name])
        except ReelwiseError as error:
            report.left_out[rule.name] = f"{error.problem}; {error.fix}"
            continue
        if done is not None:
            report.rules[rule.name] = done
            if done.unseen:
                report.left_out[rule.name] = done.unseen
        crash_point("review.rule_scanned")
    return report


class _Looking:
    def __init__(self, catalogue: Catalogue, open_encoder: OpenEncoder, afresh: bool) -> None:
        self.findings = Findings(catalogue)
        self._catalogue = catalogue
        self._open_encoder = open_encoder
        self._afresh = afresh
        # Before anything is read: what comes meanwhile has higher numbers, and is looked at later.
        self._highest = self.findings.highest_clip()

    def look(self, rule: Rule, mark: RuleMark) -> RuleScan | None:
        """None where the rule has seen everything."""
        revision = f"{rule.revision} {self._asked(rule)}"
        before = 0 if self._afresh or mark.revision != revision else mark.scanned_to
        if before >= self._highest and mark.revision == revision and not self._afresh:
            return None
        unseen = Unseen()
        found = self._find(rule, before, unseen)
        scanned = Scanned(
            rule.name, revision, rule.threshold, before, self._highest, stretches(found)
        )
        crash_point("review.before_recording")
        recorded = self.findings.record(scanned)
        return RuleScan(recorded.new, recorded.withdrawn, unseen.told)

    def _asked(self, rule: Rule) -> str:
        """What a rule looks with, besides what it says itself."""
        if rule.kind != "head":
            return str(self._catalogue.encoder)
        head, _ = head_of(self._catalogue, rule)
        return f"{head.encoder_id}/{head.revision}"

    def _find(self, rule: Rule, before: int, unseen: Unseen) -> FoundClips:
        if rule.kind == "head":
            return find_by_head(self._catalogue, rule, before)
        rows = self._rows(before)
        if rule.kind == "classifier":
            return find_by_classifier(self._catalogue, rule, self._view.clips(rows), unseen)
        return self._by_vectors.find(rule, rows)

    @cached_property
    def _view(self) -> View:
        return open_view(self._catalogue.home, self._catalogue, str(self._catalogue.encoder))

    @cached_property
    def _by_vectors(self) -> ByVectors:
        from indexer.review.by_vectors import ByVectors

        return ByVectors(self._catalogue, self._open_encoder(), self._view)

    def _rows(self, before: int) -> TableRows:
        """Rows of the clips with a higher number."""
        if before == 0:
            return self._view.every_row
        values = {"after": before, "encoder": self._catalogue.encoder}
        with self._catalogue.reading() as connection:
            videos = np.array(list(connection.scalars(_NEW_VIDEOS, values)), np.int64)
        rows = self._view.rows_of(videos)
        return rows[self._view.clips(rows).ids > before]

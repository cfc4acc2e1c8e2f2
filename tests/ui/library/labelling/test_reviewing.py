"""Rules look at clips that a rebuild cut anew: what a rule hides does not take a library away."""

from __future__ import annotations

from pathlib import Path

from data.review.finding import Findings
from data.review.rules import policy_of
from data.video.clips.rule import ClipChange
from ui.library.library import Library

RULE = {
    "name": "stars",
    "owner": "astronomer",
    "action": "hide",
    "threshold": 0.9999,
    "description": "a red star",
}


def test_what_a_rebuild_cuts_anew_is_looked_at_before_it_ends(own_home: Path) -> None:
    with Library(own_home) as library:
        library.reviews.policies.set(policy_of({"rules": [RULE]}, "p"), by="", why="", file="p")
        library.reviews.scan(afresh=False)
        before = Findings(library.catalogue).highest_clip()
    with Library(own_home, clips=ClipChange("windows", 2.0)) as library:
        rebuilt = library.rebuild()
        findings = Findings(library.catalogue)
        assert findings.highest_clip() > before
        assert [mark.scanned_to for mark in findings.marks()] == [findings.highest_clip()]
        assert rebuilt.looked.notice == ""
        seen = library.reviews.withholding.now()
        assert all(each.case_id for some in seen.stretches.values() for each in some)

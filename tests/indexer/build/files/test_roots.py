"""What may be named for `index`, and what is asked for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.video.found import RootRules
from indexer.build.files.roots import RuleChange, existing_roots


def test_what_can_hold_no_video_is_refused_even_beside_folders(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for path in (pipe, link, Path("/dev/null")):
        with pytest.raises(ReelwiseError, match="pipe, socket or device"):
            existing_roots([tmp_path, path])


def test_what_is_gone_stops_no_other_and_what_has_no_name_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert existing_roots([tmp_path, tmp_path / "gone", loop]) == [tmp_path]
    with pytest.raises(ReelwiseError, match="cannot be looked at: File name too long"):
        existing_roots([tmp_path, tmp_path / ("n" * 300)])


@pytest.mark.parametrize("pattern", ["", "  ", "#old", "/"])
def test_a_pattern_that_fits_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ReelwiseError, match="fits no file or folder"):
        RuleChange(("*.tmp", pattern)).check()


def test_rules_are_added_to_those_asked_before(tmp_path: Path) -> None:
    RuleChange(("*.tmp", "\\#old", "!kept")).check()
    before = {tmp_path: RootRules(("old/",), follow_links=True)}
    change = RuleChange(("*.tmp", "old/"))
    after = change.applied(before, [tmp_path, tmp_path / "new"])
    assert after[tmp_path] == RootRules(("old/", "*.tmp"), follow_links=True)
    assert after[tmp_path / "new"] == RootRules(("*.tmp", "old/"))
    refused = RuleChange(follow_links=False).applied(before, [tmp_path])
    assert refused[tmp_path] == RootRules(("old/",))

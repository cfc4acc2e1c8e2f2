from __future__ import annotations

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.review.withheld import Withholding
from tests.data.review.made import find


def test_clips_with_a_part_in_a_hidden_stretch_are_withheld_and_others_are_not(
    catalogue: Catalogue,
) -> None:
    # Clips of video 2: 0-2, 1-3, 2-4, 3-5, numbered from 5 on.
    find(catalogue, "fights", (2, 0.0, 2.0, 0.9))
    clips = catalogue.clip_table("e1")
    mine = clips.ids[(clips.video_ids == 2) & (clips.starts_s < 2.0)]
    not_shown = Withholding(catalogue).now()
    assert not_shown.clips.tolist() == mine.tolist()
    assert not_shown.videos.tolist() == [2]


@pytest.mark.parametrize(
    ("start_s", "end_s", "is_withheld"),
    [(0.0, 1.0, True), (1.9, 5.0, True), (2.0, 5.0, False), (1.0, 1.0, True), (2.0, 2.0, False)],
)
def test_a_stretch_or_an_instant_is_withheld_where_it_lies(
    catalogue: Catalogue, start_s: float, end_s: float, *, is_withheld: bool
) -> None:
    find(catalogue, "fights", (2, 0.0, 2.0, 0.9))
    not_shown = Withholding(catalogue).now()
    assert (not_shown.why(2, start_s, end_s) is not None) == is_withheld
    assert not_shown.why(1, start_s, end_s) is None


def test_what_is_blurred_is_found_and_what_is_flagged_is_as_ever(catalogue: Catalogue) -> None:
    find(catalogue, "blood", (1, 0.0, 2.0, 0.9))
    find(catalogue, "crowds", (3, 0.0, 2.0, 0.9))
    not_shown = Withholding(catalogue).now()
    assert not not_shown
    assert not_shown.blur(1, 0.5, 0.5) is not None
    assert not_shown.blur(3, 0.5, 0.5) is None


def test_what_a_hiding_rule_has_not_looked_at_is_withheld_until_it_has(
    catalogue: Catalogue,
) -> None:
    withholding = Withholding(catalogue)
    find(catalogue, "blood", to=1)  # blurs: what it has not seen is shown
    assert not withholding.now()
    assert not withholding.now().blurred
    clips = catalogue.clip_table("e1")
    seen = int(np.sort(clips.ids)[3])
    find(catalogue, "fights", to=seen)
    not_shown = withholding.now()
    assert not_shown.clips.tolist() == sorted(clips.ids[clips.ids > seen].tolist())
    unseen = clips.video_ids[clips.ids > seen]
    assert not_shown.videos.tolist() == sorted(set(unseen.tolist()))
    why = not_shown.why(int(unseen[0]), 0.5, 1.0)
    assert why is not None
    assert (why.case_id, why.rule, why.decided) == (None, "fights", False)
    assert withholding.now("other").clips.tolist() == []
    find(catalogue, "fights", before=seen)
    assert not withholding.now()


def test_it_is_read_again_only_where_something_changed(catalogue: Catalogue) -> None:
    withholding = Withholding(catalogue)
    find(catalogue, "fights", (2, 0.0, 2.0, 0.9))
    first = withholding.now()
    assert withholding.now() is first
    assert withholding.now("other").clips.tolist() == []
    find(catalogue, "fights", (1, 0.0, 2.0, 0.9), before=9)
    assert withholding.now().videos.tolist() == [1, 2]

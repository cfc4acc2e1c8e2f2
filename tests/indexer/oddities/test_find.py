"""What is odd in a library: by its own clips, by a chosen normal set, by a quiet stretch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made.many_clips import CLIP_S, ENCODER_ID, record_clips
from data.errors import ReelwiseError
from indexer.build.recording.record import writing_session
from indexer.oddities import find
from indexer.oddities.find import Wanted, find_oddities
from indexer.search.spans import Span
from indexer.search.view import View, open_view
from tests.fakes import random_units
from tests.indexer.stored import new_home

DIM, CLIPS = 16, 60
ODD = {"yard": 41, "street": 7}
"""In each place one clip shows what was never there."""


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """Two places, each filmed for some minutes, in which hardly anything changes."""
    rng = np.random.default_rng(3)
    films = []
    for odd in ODD.values():
        frames = random_units(rng, 1, DIM) + 0.1 * random_units(rng, CLIPS, DIM)
        frames[odd] = random_units(rng, 1, DIM)
        films.append(frames / np.linalg.norm(frames, axis=1, keepdims=True))
    home = new_home(tmp_path_factory.mktemp("odd"))
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER_ID, ENCODER_ID)
        paths = [Path("/films") / f"{name}.mp4" for name in ODD]
        assert record_clips(catalogue, paths, np.stack(films).astype(np.float16)) == [1, 2]
        yield open_view(home, catalogue, ENCODER_ID)


def test_in_each_place_the_clip_that_was_never_there_is_the_oddest(view: View) -> None:
    found = find_oddities(view, Wanted(most=5))
    first = {each.video_id: each.start_s / CLIP_S for each in found.alerts[:2]}
    assert first == {1: ODD["yard"], 2: ODD["street"]}
    assert len(found.alerts) == 5
    assert found.threshold is None
    gap = found.alerts[1].score - found.alerts[2].score
    assert gap > 0.3


def test_only_what_is_asked_is_judged_and_only_what_is_normal_compared_with(view: View) -> None:
    found = find_oddities(view, Wanted(judged=[2], normal=[1]))
    assert {each.video_id for each in found.alerts} == {2}
    assert set(found.normal.videos.tolist()) == {1}
    # Seen from the yard, all of the street is odd.
    assert found.alerts[-1].score > 0.3


def test_a_quiet_part_sets_the_threshold(view: View) -> None:
    quiet = Span(0.0, 30 * CLIP_S)
    found = find_oddities(view, Wanted(judged=[1], normal=[1], quiet=[(1, quiet)], per_hour=0))
    assert found.alerts[0].start_s / CLIP_S <= ODD["yard"] < found.alerts[0].end_s / CLIP_S
    assert len(found.alerts) < 4
    assert found.false_alarms == 0
    assert found.quiet_hours == pytest.approx(30 * CLIP_S / 3600)
    allowed = find_oddities(
        view, Wanted(judged=[1], normal=[1], quiet=[(1, quiet)], per_hour=3.01 / found.quiet_hours)
    )
    assert allowed.false_alarms == 3
    assert len(allowed.alerts) > len(found.alerts)


def test_a_quiet_part_that_is_too_short_for_the_rate_is_told(view: View) -> None:
    quiet = [(1, Span(0.0, 20 * CLIP_S))]
    (told,) = find_oddities(view, Wanted(quiet=quiet, per_hour=0.1)).warnings
    assert "too short to tell a rate of 0.1 false alarms an hour" in told


def test_many_normal_clips_are_drawn_and_that_is_told(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "MOST_NORMAL", 50)
    found = find_oddities(view, Wanted())
    assert len(found.normal) == 50
    assert found.warnings == ("compared with 50 of 120 normal clips, drawn at random",)
    assert find_oddities(view, Wanted()).alerts == found.alerts


def test_what_cannot_be_compared_is_refused(view: View) -> None:
    with pytest.raises(ReelwiseError, match="no clip can be compared"):
        find_oddities(view, Wanted(judged=[1], normal=[1], apart_s=1e6))
    with pytest.raises(ReelwiseError, match="no whole clip lies in the quiet part"):
        find_oddities(view, Wanted(quiet=[(1, Span(1.0, 2.0))]))
    with pytest.raises(ReelwiseError, match="no clip to judge"):
        find_oddities(view, Wanted(judged=[99]))

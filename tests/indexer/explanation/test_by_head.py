"""Heads as judges of frames: as they predict, with a slope where they have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.labels.kinds import Task
from data.labels.vocabulary import Word
from embeddings.plain.layers import unit
from indexer.explanation.asked import Asked, HeadAsked
from indexer.explanation.by_head import judge_of_head
from indexer.explanation.explain import Explained, explain
from indexer.explanation.judge import Judge
from indexer.explanation.stretch import ClipFrames, Stretch
from indexer.heads.fitting.linear import fit_linear
from indexer.heads.fitting.network import fit_network
from indexer.heads.fitting.sequence import fit_sequence
from indexer.heads.fitting.trees import fit_trees
from indexer.heads.fitting.zero_shot import fit_zero_shot
from indexer.heads.head import Head
from indexer.heads.inputs.changes import changes_of
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import Recipe, fit_recipe
from indexer.heads.judging.calibration import no_calibration
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled
from indexer.heads.stored import save_head
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.heads.made import (
    CLIP_S,
    DIM,
    NAMES,
    kind_of,
    made_library,
    vector,
)
from tests.indexer.heads.test_stored import made_head


def built(family: Family, *, changes: bool = False) -> Head:
    """A head that tells what 60 clips show."""
    rng = np.random.default_rng(3)
    kinds = np.arange(60) % 3
    frames = [
        np.stack([vector(kind, rng, noise=0.15) for _ in range(4)]) for kind in kinds.tolist()
    ]
    vectors = unit(np.stack([each.mean(axis=0) for each in frames]))
    how = np.stack([changes_of(*pair) for pair in zip(vectors, frames, strict=True)])
    examples = Examples(vectors, tuple(frames), how)
    recipe = fit_recipe(examples, {}, salt="", changes=changes)
    answers = Answers(Task.CLASSES, NAMES, kinds)
    rows = recipe.rows(examples)
    if family is Family.LINEAR:
        model = fit_linear(rows, answers, strength=1.0)
    elif family is Family.NETWORK:
        (model,) = fit_network(rows, [answers], seed=0)
    elif family is Family.BOOSTING:
        model = fit_trees(rows, answers, seed=0)
    else:
        model = fit_sequence(family, frames, np.zeros((60, 0), np.float32), answers, seed=0)
    head = replace(made_head("action"), classes=NAMES, recipe=recipe, model=model)
    return replace(head, calibration=no_calibration(3))


def stretch(*kinds: Sequence[int]) -> Stretch:
    """Clips of frames, each of a kind."""
    rng = np.random.default_rng(5)
    frames = np.stack([vector(kind, rng, noise=0.1) for clip in kinds for kind in clip])
    spans, first = [], 0
    for clip in kinds:
        spans.append(ClipFrames(first / 2, (first + len(clip)) / 2, first, first + len(clip)))
        first += len(clip)
    clips = unit(np.stack([frames[each.first : each.last].mean(axis=0) for each in spans]))
    times_s = np.arange(len(frames)) / 2
    return Stretch(times_s, frames, tuple(spans), clips, slice(0, len(frames)))


@pytest.mark.parametrize("family", [Family.LINEAR, Family.NETWORK])
def test_a_frame_is_judged_as_a_clip_and_the_slope_leads_to_the_label(family: Family) -> None:
    head, seen = built(family), stretch((0, 0, 1, 2), (1, 1, 1, 1))
    judge, label = judge_of_head(seen, head, "run")
    assert label == "run"
    scores = judge.frames()
    np.testing.assert_allclose(scores, head.outputs(Examples(seen.frames))[:, 1], atol=1e-6)
    assert set(np.argsort(-scores)[:5].tolist()) == {2, 4, 5, 6, 7}
    np.testing.assert_allclose(judge.clips(), judge.means(), atol=1e-5)
    assert_slopes(judge, seen, [0, 2])


def assert_slopes(judge: Judge, seen: Stretch, places: list[int]) -> None:
    """A small step along a direction raises the score as far as its length says."""
    towards = judge.directions(places)
    assert towards is not None
    assert towards.shape == (len(places), DIM)
    for along, place in zip(towards, places, strict=True):
        moved = seen.frames[place] + 0.05 * unit(along)
        before, after = judge.instead(place, np.stack([seen.frames[place], moved]))
        assert after - before == pytest.approx(0.05 * np.linalg.norm(along), rel=0.25)


def test_trees_have_no_slope() -> None:
    judge, _ = judge_of_head(stretch((0, 1)), built(Family.BOOSTING), "run")
    assert judge.directions([0]) is None
    assert judge.instead(0, stretch((1, 0)).frames).shape == (2,)


@pytest.mark.parametrize("family", [Family.CONVOLUTION, Family.GRU])
def test_a_head_of_frames_in_their_order_says_what_each_adds(family: Family) -> None:
    seen = stretch((0, 0, 1, 0), (1,))
    judge, _ = judge_of_head(seen, built(family), "run")
    scores = judge.frames()
    assert judge.unit == "share"
    assert scores[:4].argmax() == 2
    np.testing.assert_array_equal(judge.clips(), judge.means())
    as_run, as_jump = judge.instead(0, np.stack([seen.frames[2], seen.frames[1]]))
    assert as_run > as_jump
    assert_slopes(judge, seen, [2])


def test_a_head_that_is_told_of_changes_is_asked_as_it_predicts() -> None:
    head, seen = built(Family.LINEAR, changes=True), stretch((1, 1, 1, 2), (0, 0))
    judge, _ = judge_of_head(seen, head, "run")
    parts = [seen.frames[:4], seen.frames[4:]]
    changes = np.stack([changes_of(*pair) for pair in zip(seen.clips, parts, strict=True)])
    said = head.outputs(Examples(seen.clips, None, changes))[:, 1]
    np.testing.assert_allclose(judge.clips(), said, atol=1e-5)
    whole = judge.instead(0, seen.frames[:1])
    without = head.margins(
        Examples(
            unit(parts[0][1:].mean(axis=0, keepdims=True)),
            None,
            changes_of(unit(parts[0][1:].mean(axis=0)), parts[0][1:])[None],
        )
    )
    assert judge.frames()[0] == pytest.approx(whole[0] - without[0, 1], abs=1e-3)
    assert_slopes(judge, seen, [1])


def test_a_word_is_found_by_its_other_names_and_has_a_direction_however_far_it_is() -> None:
    rng = np.random.default_rng(2)
    words, captions, nothing = (
        unit(rng.normal(size=(n, DIM)).astype(np.float32)) for n in (3, 60, 30)
    )
    arrays = scaled(fit_zero_shot(words, captions, nothing))
    recipe = Recipe((), np.zeros(DIM, np.float32), np.ones(DIM, np.float32), of_vector=DIM)
    head = replace(
        made_head("tags"),
        task=Task.SEVERAL,
        classes=("dog", "cat", "car"),
        recipe=recipe,
        model=HeadModel(Family.ZERO_SHOT, arrays),
        calibration=no_calibration(3),
        vocabulary=(Word("dog", also=("puppy",), german=("Hund",)), Word("cat"), Word("car")),
    )
    seen = replace(stretch((0, 1)), frames=np.stack([words[0], -words[0]]))
    judge, label = judge_of_head(seen, head, "hund")
    assert label == "dog"
    assert judge.frames()[0] > judge.frames()[1]
    towards = judge.directions([0, 1])
    assert towards is not None
    assert (towards @ words[0] > 0).all()


def test_what_the_head_says_is_explained_where_no_label_is_named(home: Home) -> None:
    made_library(home, 8)
    save_head(home, built(Family.LINEAR))
    told = asked(home, HeadAsked("action")).explanation
    kinds = [NAMES[kind_of(1, clip)] for clip in range(4)]
    assert told.label in kinds
    assert told.unit == "probability"
    at = kinds.index(told.label)
    assert (
        told.best[0].start_s <= (at + 0.5) * CLIP_S <= told.best[0].end_s
        or kinds.count(told.label) > 1
    )


def asked(home: Home, question: HeadAsked, *, version: int = 1) -> Explained:
    with Catalogue(home) as catalogue:
        searcher = Searcher(home, ColourEncoder(version))
        try:
            return explain(searcher, home, Asked(catalogue.video("v1.mp4"), question))
        finally:
            searcher.close()


def test_heads_that_cannot_be_asked_are_refused(home: Home) -> None:
    made_library(home, 8)
    save_head(home, head := built(Family.LINEAR))
    with pytest.raises(ReelwiseError, match="has no label 'swim'") as refused:
        asked(home, HeadAsked("action", "swim"))
    assert "jump" in refused.value.fix
    with pytest.raises(ReelwiseError, match="there is no head"):
        asked(home, HeadAsked("nothing"))
    with pytest.raises(ReelwiseError, match="fitted on vectors of colour-1"):
        head.require_encoder("colour-2")
    save_head(home, replace(head, name="moves", model=HeadModel(Family.VOLUME, head.model.arrays)))
    with pytest.raises(ReelwiseError, match="looks at what moves in small pictures"):
        asked(home, HeadAsked("moves"))

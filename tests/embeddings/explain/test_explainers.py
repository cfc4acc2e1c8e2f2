"""Explainers of every kind of tower point at the thing that is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.search.judged_maps import fall, mass_on, points_at
from embeddings.explain.apart import apart
from embeddings.explain.explainer import Explainer
from embeddings.explain.occlusion import Occlusion
from embeddings.explain.opening import open_explainer
from embeddings.explain.starter import StarterExplainer
from embeddings.explain.tower import NoGradient, TowerExplainer
from embeddings.opening.choice import load_encoder
from tests.embeddings.explain.made import (
    RESIDUAL,
    TRANSFORMER,
    Known,
    known_discs,
    known_photographs,
    known_toons,
    untrained,
)

pytestmark = pytest.mark.long(18)

Made = Callable[[Path], Known]
KINDS: dict[str, tuple[Made, str, float]] = {
    "toon": (lambda _: known_toons(), "gradient", 0.75),
    "toon by occlusion": (lambda _: known_toons(occluded=True), "occlusion", 0.4),
    "starter": (lambda _: known_photographs(), "gradient", 0.6),
    "transformer": (lambda to: known_discs(untrained(to / "t", TRANSFORMER)), "attention", 0.6),
    "transformer that pools all tokens": (
        lambda to: known_discs(untrained(to / "t", {**TRANSFORMER, "pool_type": "avg"})),
        "attention",
        0.6,
    ),
    "residual network": (lambda to: known_discs(untrained(to / "r", RESIDUAL)), "gradient", 0.9),
}
"""How each is made, its method, and in how many frames it points at the thing at least."""


@pytest.fixture(scope="module", params=KINDS)
def known(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Known, str, float]:
    make, method, least = KINDS[request.param]
    return make(tmp_path_factory.mktemp("towers")), method, least


def test_a_map_points_at_what_is_named_and_hiding_that_counts_most(
    known: tuple[Known, str, float],
) -> None:
    case, method, least = known
    assert case.explainer.method == method
    maps = case.explainer.maps(case.pixels, case.directions)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert maps.sum(axis=(1, 2)) == pytest.approx(np.ones(len(maps)), abs=1e-4)
    assert points_at(maps, case.places) >= least
    assert mass_on(maps, case.places) > 1.5 * case.places.mean()
    named = fall(case.pixels, case.directions, maps, case.encode, case.spec)
    rng = np.random.default_rng(4)
    other = [
        fall(case.pixels, case.directions, _anywhere(rng, maps.shape), case.encode, case.spec)
        for _ in range(2)
    ]
    assert named > 1.5 * max(sum(other) / len(other), 0.0)


def _anywhere(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.random(shape).astype(np.float32)


def test_another_direction_names_another_part() -> None:
    case = known_toons()
    one = case.explainer.maps(case.pixels[:4], case.directions[:4])
    other = case.explainer.maps(case.pixels[:4], -case.directions[:4])
    assert points_at(one, case.places[:4]) > points_at(other, case.places[:4])
    same = case.explainer.maps(case.pixels[:2], case.directions[0])
    np.testing.assert_allclose(same[0], one[0], atol=1e-6)


def test_the_starter_s_score_that_is_derived_is_the_one_that_it_encodes() -> None:
    case = known_photographs(2)
    assert isinstance(case.explainer, StarterExplainer)
    told = [case.explainer.vector(frame).detach().numpy() for frame in case.pixels]
    np.testing.assert_allclose(np.stack(told), case.encode(case.pixels), atol=2e-3)


def test_explaining_changes_nothing_of_what_is_encoded(tmp_path: Path) -> None:
    encoder = untrained(tmp_path / "t", TRANSFORMER)
    case = known_discs(encoder, 2)
    before = encoder.encode_frames(case.pixels)
    case.explainer.maps(case.pixels, case.directions)
    visual = encoder.backbone.model.get_submodule("visual")
    assert not any(module._forward_hooks for module in visual.modules())
    assert all(weight.grad is None for weight in visual.parameters())
    np.testing.assert_array_equal(encoder.encode_frames(case.pixels), before)


def test_a_tower_that_is_apart_has_the_weights_of_the_tower_itself() -> None:
    tower = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    other = apart(tower)
    assert other is not tower
    pairs = zip(other.state_dict().values(), tower.state_dict().values(), strict=True)
    assert all(one.data_ptr() == same.data_ptr() for one, same in pairs)


def test_a_tower_without_gradients_is_explained_by_occlusion(tmp_path: Path) -> None:
    encoder = untrained(tmp_path / "r", RESIDUAL)
    whole = encoder.backbone.model.get_submodule("visual")

    class Program(torch.nn.Module):
        """As a program of onnxruntime: frames to features, and nothing between them."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                return torch.as_tensor(whole(x))

    encoder.backbone.model.visual = Program()
    with pytest.raises(NoGradient):
        TowerExplainer(encoder.backbone)
    explainer: Explainer = open_explainer(encoder)
    assert isinstance(explainer, Occlusion)


def test_frames_of_which_nothing_speaks_have_empty_maps() -> None:
    encoder = load_encoder("toon", device="cpu")
    grey = np.full((1, 96, 96, 3), 127, np.uint8)
    maps = Occlusion(encoder.encode_frames, encoder.frame_spec).maps(grey, np.ones(256, np.float32))
    assert maps.sum() == 0

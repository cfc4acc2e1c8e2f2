"""A network looks at decoded frames; only the file that the policy pins is ever loaded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.review.cases import Cases
from data.review.policies import Policies
from data.review.rules import policy_of
from embeddings.backbone.frame_classifier import FrameClassifier, FrameRecipe
from embeddings.backbone.recipe import require
from indexer.build.pipeline import index_library
from indexer.review.scan import ScanReport, scan
from tests.fakes import ColourEncoder
from tests.indexer.made import paint

RECIPE = FrameRecipe("nhwc", "rgb", 1 / 255, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Gives the mean of each channel of frames of 8x8, in the order of the channels."""
    onnx = require("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=0)
    graph = helper.make_graph(
        [node],
        "means",
        [helper.make_tensor_value_info("x", kind, ["n", 8, 8, 3])],
        [helper.make_tensor_value_info("y", kind, ["n", 3])],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    path = tmp_path / "means.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def films(home: Home, tmp_path: Path) -> Path:
    """One is red in its middle, one never is."""
    folder = tmp_path / "films"
    paint(folder / "red.mp4", ("blue", 4.0), ("red", 4.0), ("blue", 4.0))
    paint(folder / "blue.mp4", ("blue", 4.0), ("green", 4.0))
    index_library(home, [folder], ColourEncoder())
    return folder


def look(home: Home, network: Path, **changed: Any) -> ScanReport:
    classifier = {
        "file": str(network),
        "sha256": sha256(network),
        "width_px": 8,
        "height_px": 8,
        "layout": "nhwc",
        **changed,
    }
    rule = {"name": "red", "owner": "o", "action": "flag", "threshold": 0.8}
    policy = policy_of({"rules": [{**rule, "classifier": classifier}]}, "test")
    with Catalogue(home) as catalogue:
        Policies(catalogue).set(policy, by="", why="", file="p")
        return scan(catalogue, ColourEncoder)


def found(home: Home) -> list[tuple[str, float, float]]:
    with Catalogue(home) as catalogue:
        cases = Cases(catalogue).some()
        videos = catalogue.videos_by_id({case.video_id for case in cases})
        return [(videos[c.video_id].path.name, c.start_s, c.end_s) for c in cases]


def test_the_clip_with_a_frame_from_the_threshold_on_is_found(
    home: Home, films: Path, network: Path
) -> None:
    assert look(home, network).new == 1
    ((name, start_s, end_s),) = found(home)
    assert name == "red.mp4"
    assert (start_s, end_s) == pytest.approx((4.0, 8.0), abs=0.3)


def test_channels_and_output_say_which_number_counts(
    home: Home, films: Path, network: Path
) -> None:
    assert look(home, network, output=2, channels="bgr").new == 1
    assert [name for name, _, _ in found(home)] == ["red.mp4"]
    told = look(home, network, output=3).left_out["red"]
    assert "gives 3 numbers; output is 3" in told


def test_a_video_that_cannot_be_looked_at_is_named_and_found_later(
    home: Home, films: Path, network: Path
) -> None:
    away = films / "red.mp4"
    away.rename(films.parent / "red.mp4")
    report = look(home, network)
    assert "its file is gone" in report.left_out["red"]
    assert found(home) == []
    (films.parent / "red.mp4").rename(away)
    with Catalogue(home) as catalogue:
        assert scan(catalogue, ColourEncoder, afresh=True).left_out == {}
    assert len(found(home)) == 1


def test_another_file_than_the_pinned_one_is_never_loaded(
    home: Home, films: Path, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = sha256(network)
    network.write_bytes(network.read_bytes() + b"\0")
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda *_, **__: pytest.fail("loaded"))
    assert "has the sha256" in look(home, network, sha256=pinned).left_out["red"]


@pytest.mark.parametrize("content", [b"", b"no network", b"\0" * 1000])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(ReelwiseError, match=r"cannot be loaded|has the inputs"):
        FrameClassifier(path, sha256(path), RECIPE)


def test_frames_of_another_size_are_refused(network: Path) -> None:
    classifier = FrameClassifier(network, sha256(network), RECIPE)
    with pytest.raises(ReelwiseError, match="failed"):
        classifier.scores(np.zeros((2, 9, 9, 3), np.uint8))

"""The `starter` encoder as indexing and search see it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image

from data.errors import ReelwiseError
from data.home import Home
from embeddings.encoder import LoadedEncoder
from embeddings.opening import choice
from embeddings.opening.choice import check_weights, default_encoder, encoder_notice, load_encoder
from embeddings.opening.deferred import open_encoder
from embeddings.starter import files
from embeddings.starter.footage import padded, scenes, seen_again
from embeddings.starter.shape import LABELS
from tests.embeddings.encoder_contract import EncoderContract

pytestmark = pytest.mark.long(19)


@pytest.fixture(scope="session")
def starter() -> LoadedEncoder:
    return load_encoder("starter", device="cpu")


def picture(name: str) -> NDArray[np.uint8]:
    file = Path(skimage.__file__).parent / "data" / name
    return padded(np.asarray(Image.open(file).convert("RGB")))


PICTURES = {
    "chelsea.png": "a cat lying on a blanket",
    "coffee.png": "a cup of coffee on a table",
    "rocket.jpg": "a rocket before its launch",
    "astronaut.png": "a woman in an orange space suit",
    "motorcycle_left.png": "a motorcycle in a garage",
    "camera.png": "a photographer with a tripod, black and white",
}


class TestContract(EncoderContract):
    @pytest.fixture
    def encoder(self, starter: LoadedEncoder) -> LoadedEncoder:
        return starter

    @pytest.fixture
    def twin(self) -> LoadedEncoder:
        return load_encoder("starter", device="cpu")


def test_sentences_find_the_photographs_that_they_describe(starter: LoadedEncoder) -> None:
    shown = starter.encode_frames(np.stack([picture(name) for name in PICTURES]))
    scores = starter.encode_texts(list(PICTURES.values())) @ shown.T
    assert (scores.argmax(axis=1) == np.arange(len(PICTURES))).mean() > 0.8


def test_copies_look_like_their_scene_and_texts_have_no_looks(starter: LoadedEncoder) -> None:
    rng = np.random.default_rng(5)
    originals = list(scenes(12, seed=11))
    copies = [seen_again(each, rng) for each in originals]
    first, second = (starter.encode_frames(np.stack(each)) for each in (originals, copies))
    found = (second @ first.T).argmax(axis=1) == np.arange(len(originals))
    assert found.mean() > 0.8
    assert not starter.encode_texts(["a cat"])[:, LABELS:].any()


def test_its_texts_and_a_picture_need_no_torch(tmp_path: Path, starter: LoadedEncoder) -> None:
    home = Home(tmp_path)
    open_encoder(home, "starter", device="cpu")
    code = (
        "import sys, pathlib; from data.home import Home; "
        "from embeddings.opening.deferred import open_encoder; "
        f"e = open_encoder(Home(pathlib.Path({str(tmp_path)!r})), 'starter'); "
        "from embeddings.probe_frame import probe_frame; "
        "print(e.encode_texts(['a red car'])[0, :3].tolist()); "
        "print(e.encode_frames(probe_frame(e.frame_spec)).tolist(), 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    row = starter.encode_texts(["a red car"])[0, :3].tolist()
    texts, frames = out.stdout.splitlines()
    assert texts == str(row)
    assert frames.endswith(" False")
    assert np.array(ast.literal_eval(frames[:-6])) == pytest.approx(starter.probed, abs=1e-5)


def test_it_serves_where_the_default_backbone_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(choice, "find_cached_weights", lambda *args: None)
    monkeypatch.setattr(choice, "hub_answers", lambda: False)
    assert default_encoder() == "starter"
    assert default_encoder(tmp_path / "own.safetensors") != "starter"
    monkeypatch.setattr(choice, "hub_answers", lambda: True)
    assert default_encoder() != "starter"
    monkeypatch.setattr(choice, "hub_answers", lambda: False)
    monkeypatch.setattr(choice, "starter_is_here", lambda: False)
    assert default_encoder() != "starter"
    monkeypatch.setattr(choice, "hub_answers", lambda: True)
    monkeypatch.setattr(choice, "find_cached_weights", lambda *args: tmp_path)
    assert default_encoder() != "starter"


def test_weights_for_another_encoder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="weights of its own"):
        check_weights("starter", tmp_path / "own.safetensors")


def test_missing_packages_are_named_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embeddings.packages.find_spec", lambda name: None)
    assert not files.starter_is_here()
    with pytest.raises(ReelwiseError, match=r"efficientnet-lite2-9656183e.pth \(25 MB, sha256"):
        check_weights("starter", None)


def test_a_library_says_what_serves_it_and_what_would_be_better(tmp_path: Path) -> None:
    from data.catalogue import Catalogue

    home = Home(tmp_path)
    home.make_catalogue()
    with Catalogue(home) as catalogue:
        notice = encoder_notice(catalogue, "starter", "starter-1")
        assert notice is not None
        assert "--encoder PE-Core-B-16/meta" in notice
        assert encoder_notice(catalogue, "PE-Core-B-16/meta", "pe-1") is None

"""Encoders that are loaded for frames only, and what is kept of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from data.errors import ReelwiseError
from data.home import Home
from data.video.types import Pixels
from embeddings.backbone.folders import TOON_FOLDER, WEIGHTS_FILE
from embeddings.encoder import LoadedEncoder, NeedsModel, Vectors
from embeddings.opening.choice import load_encoder
from embeddings.opening.deferred import open_encoder
from embeddings.opening.identity import recall_identity
from embeddings.probe_frame import probe_frame
from embeddings.spatiotemporal.encoder import load_spatiotemporal
from tests.embeddings.tiny import write_tiny
from tests.fakes import ColourEncoder


class Loads:
    """Counts how often a model is loaded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0

        def load(*args: object, **options: object) -> LoadedEncoder:
            self.count += 1
            return load_encoder(*args, **options)  # type: ignore[arg-type]  # handed on

        monkeypatch.setattr("embeddings.opening.deferred.load_encoder", load)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder of one's own."""
    (tmp_path / "model").mkdir()
    return write_tiny(tmp_path / "model")


def test_a_known_encoder_is_loaded_for_many_frames_and_for_nothing_else(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Loads(monkeypatch)
    first = open_encoder(home, "toon")
    assert loads.count == 1
    again = open_encoder(home, "toon")
    facts = ("id", "name", "dim", "frame_spec", "weights", "notice")
    assert [getattr(again, fact) for fact in facts] == [getattr(first, fact) for fact in facts]
    texts = ["a red car", "two dogs"]
    assert (again.encode_texts(texts) == first.encode_texts(texts)).all()
    rows = np.random.default_rng(0).standard_normal((9, again.dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    clips = (rows, np.arange(9.0), [(0, 9), (2, 5)])
    assert again.encode_clips(*clips) == pytest.approx(first.encode_clips(*clips), abs=1e-6)
    assert loads.count == 1
    pixels = np.concatenate([probe_frame(again.frame_spec)[:, ::-1]] * 3)
    exact = load_spatiotemporal("toon", precision="fp32").encode_frames(pixels)
    assert again.encode_frames(pixels) == pytest.approx(exact, abs=1e-5)
    assert loads.count == 1
    again.prepare()
    assert (again.encode_frames(pixels) == first.encode_frames(pixels)).all()
    assert loads.count == 2


def test_what_is_kept_is_what_the_model_itself_says(home: Home, folder: Path) -> None:
    model = load_encoder(str(folder))
    for _ in range(2):
        known = open_encoder(home, str(folder))
        assert (known.id, known.dim, known.name) == (model.id, model.dim, model.name)
        texts = ["a red car", "nothing"]
        assert known.encode_texts(texts) == pytest.approx(model.encode_texts(texts), abs=1e-5)
        rows = model.encode_texts(["a", "b", "c", "d"])
        clips = (rows, np.arange(4.0), [(0, 4), (2, 3)])
        assert known.encode_clips(*clips) == pytest.approx(model.encode_clips(*clips), abs=1e-6)


def test_a_file_of_the_encoder_that_changed_makes_it_unknown(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "toon"
    shutil.copytree(TOON_FOLDER, folder)
    before = open_encoder(home, str(folder))
    (folder / "temporal.json").unlink()
    after = open_encoder(home, str(folder))
    assert after.id != before.id
    assert after.id == load_encoder(str(folder)).id


def test_weights_that_change_after_they_were_looked_up_are_refused(
    home: Home, folder: Path
) -> None:
    open_encoder(home, str(folder))
    known = open_encoder(home, str(folder))
    weights = folder / WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(ReelwiseError, match="when it was loaded last"):
        _ = known.model
    assert open_encoder(home, str(folder)).id != known.id


def test_a_weights_file_beside_a_model_folder_makes_it_unknown_when_it_changes(
    home: Home, folder: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "other.safetensors"
    shutil.copy(folder / WEIGHTS_FILE, weights)
    before = open_encoder(home, str(folder), weights=weights)
    state = load_file(weights)
    save_file({key: np.asarray(-value) for key, value in state.items()}, weights)
    after = open_encoder(home, str(folder), weights=weights)
    assert after.id != before.id
    assert after.encode_texts(["a red car"]).shape == (1, after.dim)


class OtherKind:
    """Files of an encoder without an open_clip backbone; `Colours` is its model."""

    key = "colours"
    head = None
    software = ("numpy",)
    text_ways = ("wrong", "words")

    def __init__(self, file: Path, frame_ways: tuple[str, ...] = ("wrong", "colours")) -> None:
        self._file = file
        self.frame_ways = frame_ways

    def check(self) -> bool:
        return True

    def files(self) -> list[Path]:
        return [self._file]

    def open_texts(self, way: str) -> OtherTexts:
        return OtherTexts(version=2 if way == "words" else 1)

    def open_frames(self, way: str) -> OtherFrames:
        if way == "none":
            raise NeedsModel("it has no eyes")
        return OtherFrames(sign=1 if way == "colours" else -1)


class OtherFrames:
    most_frames = 2

    def __init__(self, sign: int) -> None:
        self._sign = sign

    def encode(self, pixels: Pixels) -> Vectors:
        return self._sign * ColourEncoder().encode_frames(pixels)


class OtherTexts:
    def __init__(self, version: int) -> None:
        self._sign = 1 if version == 2 else -1

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._sign * ColourEncoder().encode_texts(texts)


class Colours(ColourEncoder):
    weights: Path | None = None
    notice = ""

    @property
    def probed(self) -> Vectors:
        return self.encode_frames(probe_frame(self.frame_spec))


def test_an_encoder_of_any_kind_is_known_by_its_files_and_its_texts_need_no_model(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "colours.bin"
    file.write_bytes(b"1")
    loads = []
    monkeypatch.setattr("embeddings.opening.deferred.files_of", lambda *_: OtherKind(file))

    def load(*_: object, **__: object) -> Colours:
        loads.append(1)
        return Colours()

    monkeypatch.setattr("embeddings.opening.deferred.load_encoder", load)
    first, again = open_encoder(home, "colours"), open_encoder(home, "colours")
    assert len(loads) == 1
    rows = again.encode_texts(["red", "blue"])
    assert (rows == Colours().encode_texts(["red", "blue"])).all()
    assert again.encode_clips(rows, np.arange(2.0), [(0, 1)]) == pytest.approx(rows[:1])
    assert len(loads) == 1
    file.write_bytes(b"22")
    assert open_encoder(home, "colours").id == first.id
    assert len(loads) == 2


@pytest.mark.parametrize(
    ("ways", "loaded_for_few", "why"),
    [
        (("wrong", "colours"), False, ""),
        (("wrong",), True, "its image tower gives other vectors when it is computed without it"),
        (("none",), True, "it has no eyes"),
        ((), True, "it has no image tower that is computed without it"),
    ],
)
def test_frames_are_encoded_alone_only_in_a_way_that_was_seen_to_be_right(
    ways: tuple[str, ...],
    loaded_for_few: bool,
    why: str,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "colours.bin"
    file.write_bytes(b"1")
    files = OtherKind(file, ways)
    loads = []
    monkeypatch.setattr("embeddings.opening.deferred.files_of", lambda *_: files)

    def load(*_: object, **__: object) -> Colours:
        loads.append(1)
        return Colours()

    monkeypatch.setattr("embeddings.opening.deferred.load_encoder", load)
    open_encoder(home, "colours")
    again = open_encoder(home, "colours")
    pixels = np.concatenate([probe_frame(again.frame_spec)] * 3)
    wanted = Colours().encode_frames(pixels)
    assert len(loads) == 1
    assert (again.encode_frames(pixels[:2]) == wanted[:2]).all()
    assert len(loads) == (2 if loaded_for_few else 1)
    assert (again.encode_frames(pixels) == wanted).all()
    assert len(loads) == 2
    identity = recall_identity(home, files)
    assert identity is not None
    assert identity.needs_model == why


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"[\\"toon\\", null]": 5}'])
def test_a_damaged_record_is_as_none(content: bytes, home: Home) -> None:
    wanted = open_encoder(home, "toon").id
    (home.cache / "encoders.json").write_bytes(content)
    assert open_encoder(home, "toon").id == wanted


def test_a_home_that_cannot_be_written_does_without(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Loads(monkeypatch)
    home.root.mkdir()
    home.cache.write_text("a file where the folder should be")
    open_encoder(home, "toon")
    open_encoder(home, "toon")
    assert loads.count == 2
    assert os.listdir(home.root) == ["cache"]  # noqa: PTH208

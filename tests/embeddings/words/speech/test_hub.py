"""Models of the hub: what is there but wrong is named; only what is missing is called missing."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import faster_whisper.utils
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError

from data.errors import DamagedFile, ReelwiseError
from embeddings.words.speech import hub, models
from embeddings.words.speech.models import PACKAGED_SHA256, find_model

COMMIT = "0" * 40
FILES = {
    "model.bin": b"weights",
    "config.json": b"{}",
    "tokenizer.json": b"{ }",
    "vocabulary.txt": b"a b",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, which does not answer; no package is installed."""
    monkeypatch.setattr(models, "PACKAGES", ("no_such_package",))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def keep(cache: Path, name: str = "small", *, links: bool = True, without: str = "") -> Path:
    """Put a model into the cache as the hub's client does; gives the folder of its files."""
    repo = cache / f"models--Systran--faster-whisper-{name}"
    snapshot = repo / "snapshots" / COMMIT
    for folder in (snapshot, repo / "blobs", repo / "refs"):
        folder.mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    for file, content in FILES.items():
        if file == without:
            continue
        if not links:
            (snapshot / file).write_bytes(content)
            continue
        is_large = file == "model.bin"
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        blob = repo / "blobs" / (hashlib.sha256(content).hexdigest() if is_large else git)
        blob.write_bytes(content)
        (snapshot / file).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


@pytest.mark.parametrize("links", [True, False])
def test_a_model_of_the_cache_needs_no_network(cache: Path, links: bool) -> None:
    snapshot = keep(cache, links=links)
    found = find_model("small")
    assert found.files["model.bin"] == (snapshot / "model.bin",)
    assert found.measured().read() == FILES


def test_its_checksums_are_those_that_the_hub_gave(cache: Path) -> None:
    keep(cache)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    assert find_model("small").sha256 == sums  # before anything large was read
    assert find_model("small").measured().digest == find_model("small").digest


def test_damaged_weights_are_named_and_not_loaded(cache: Path) -> None:
    snapshot = keep(cache)
    (snapshot / "model.bin").write_bytes(b"weighty")
    files = find_model("small").measured()
    with pytest.raises(DamagedFile, match=rf"{snapshot}/model\.bin has the sha256") as error:
        files.read()
    # The client never replaces a file that it holds under the right name.
    assert (
        error.value.fix == f"remove {snapshot.parents[1]}, then run the same command with network"
    )


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "vocabulary.txt"])
def test_a_damaged_small_file_is_named(cache: Path, file: str) -> None:
    snapshot = keep(cache)
    (snapshot / file).write_bytes(b"")
    with pytest.raises(DamagedFile, match=rf"{file} is not the file that the hub gave"):
        find_model("small")


@pytest.mark.parametrize("links", [True, False])
def test_base_has_to_be_the_published_one_wherever_it_lies(cache: Path, links: bool) -> None:
    keep(cache, "base", links=links)
    for name in ("base", "auto"):
        files = find_model(name)
        assert files.sha256["model.bin"] == PACKAGED_SHA256["model.bin"]
        with pytest.raises(DamagedFile, match=r"model\.bin has the sha256"):
            files.measured().read()


@pytest.mark.parametrize("file", FILES)
def test_an_incomplete_copy_is_told_with_what_it_lacks(cache: Path, file: str) -> None:
    snapshot = keep(cache, without=file)
    with pytest.raises(ReelwiseError, match=rf"incomplete: {snapshot} lacks {file}") as error:
        find_model("small")
    assert "with network" in error.value.fix


def test_a_lost_file_behind_a_link_is_missing(cache: Path) -> None:
    snapshot = keep(cache)
    (snapshot / "model.bin").resolve().unlink()
    with pytest.raises(ReelwiseError, match=r"lacks model\.bin"):
        find_model("small")


def test_a_cache_that_may_not_be_read_is_not_called_empty(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = keep(cache).parent

    def refuse(path: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(type(snapshots), "stat", refuse)
    with pytest.raises(ReelwiseError, match=rf"cannot be read: Permission denied \({snapshots}\)"):
        hub._in_cache("small", "Systran/faster-whisper-small")


def test_an_empty_cache_is_told_as_missing() -> None:
    with pytest.raises(ReelwiseError, match=r"small is not on this machine .*does not answer"):
        find_model("small")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "fetched: no space left on the disk"),
        (PermissionError(errno.EACCES, "no", "/there"), "fetched: permission denied: /there"),
        (LocalEntryNotFoundError("asked"), r"cannot be fetched \(LocalEntryNotFoundError: asked\)"),
        (RuntimeError("a proxy says no"), r"cannot be fetched \(RuntimeError: a proxy says no\)"),
    ],
)
def test_why_it_cannot_be_fetched_is_said(
    monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    monkeypatch.setattr(faster_whisper.utils, "download_model", fail)
    with pytest.raises(ReelwiseError, match=told):
        find_model("small")


def test_what_is_missing_is_fetched_where_the_hub_answers(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(repo: str) -> None:
        asked.append(repo)
        keep(cache, "distil-small.en")

    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    monkeypatch.setattr(faster_whisper.utils, "download_model", fetch)
    with pytest.raises(ReelwiseError, match=r"distil-small\.en of the hub is no model for faster-"):
        find_model("distil-small.en")  # what came is of another repository
    keep(cache)
    assert find_model("small").measured().read() == FILES
    assert asked == ["Systran/faster-distil-whisper-small.en"]


def test_auto_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "hub_answers", lambda: pytest.fail("asked the network"))
    with pytest.raises(ReelwiseError, match="base is not on this machine"):
        find_model("auto")

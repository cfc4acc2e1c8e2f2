import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import embeddings.toon.train
from data.errors import ReelwiseError
from embeddings.spatiotemporal.encoder import load_spatiotemporal
from embeddings.toon.bank import Bank, BankSpec
from embeddings.toon.batches import BatchShape, ToonBatch, batches
from embeddings.toon.model import ToonModel, attack_batch
from embeddings.toon.stage import Stage
from embeddings.toon.start import mix_models
from embeddings.toon.train import ToonTraining, batch_loader, train_toon
from embeddings.training.attack import Attack
from tests.toon_folder import write_untrained

pytestmark = pytest.mark.long(34)

STAGES = (Stage(32, 3, 1e-3), Stage(64, 2, 1e-3))
SCENES = 36
SMALL = BatchShape(px=32, frames=128, strong=8, footage=6)
"""Up to 32 different scenes."""
SHORT = ToonTraining(
    seed=3, scenes=SCENES, stages=STAGES, shares=(0.25, 0.75), drawers=1, checkpoint_s=0
)
WEIGHTS = ("open_clip_model.safetensors", "temporal.safetensors")


@dataclass(frozen=True)
class Run:
    """A finished run of `SHORT`."""

    out: Path
    lines: list[str]
    first_stage: Path
    """Copies of the weights after the first stage."""


@pytest.fixture(scope="module", autouse=True)
def _little_work() -> Iterator[None]:
    """Batches of few scenes, made in this process, and a tokenizer of few words."""

    def loader(spec: BankSpec, px: int, first: int, end: int) -> Iterator[ToonBatch]:
        endless = batches(Bank(spec), replace(SMALL, px=px), spec.seed, first=first)
        return islice(endless, end - first)

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # as the process that makes batches has
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings.toon.train, "MIN_SCENES", SCENES)
        patch.setattr(embeddings.toon.train, "BatchShape", lambda px: replace(SMALL, px=px))
        patch.setattr(embeddings.toon.train, "batch_loader", loader)
        patch.setattr(embeddings.toon.train, "CORPUS_SCENES", 200)
        patch.setattr(embeddings.toon.train, "MERGES", 300)
        yield
    cv2.setNumThreads(threads)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("whole")
    run = Run(folder / "model", [], folder / "first-stage")

    def report(line: str) -> None:
        run.lines.append(line)
        if line.startswith("stage 1 of 2"):
            run.first_stage.mkdir()
            for name in WEIGHTS:
                shutil.copy(run.out / "work" / "stage-1" / name, run.first_stage)

    train_toon(run.out, SHORT, report=report)
    return run


def test_a_run_of_two_short_stages_gives_a_model_that_loads_like_any_other(whole: Run) -> None:
    assert any("step 3/3" in line for line in whole.lines)
    assert any("stage 2 of 2: 64 px" in line for line in whole.lines)
    assert sum(line.startswith("drew 36 scenes") for line in whole.lines) == 2
    encoder = load_spatiotemporal(str(whole.out), device="cpu")
    assert encoder.frame_spec.width_px == 64
    assert encoder.head is not None
    assert encoder.frame_spec.fit == "squash"
    rows = encoder.encode_texts(["a red car drives to the left", "a zebra"])
    assert rows.shape == (2, 256)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    size_bytes = sum(f.stat().st_size for f in whole.out.glob("*.safetensors"))
    assert size_bytes <= 16e6
    card = json.loads((whole.out / "training.json").read_text())
    assert (card["seed"], len(card["seconds"])) == (3, 2)
    flags = Path("/proc/cpuinfo").read_text()
    fast = "avx512_bf16" in flags or "amx_bf16" in flags
    assert card["precision"] == ("bfloat16" if fast else "float32")
    assert not [file for file in whole.out.iterdir() if file.is_dir()]
    with pytest.raises(ReelwiseError, match="holds a model already"):
        train_toon(whole.out, SHORT, report=whole.lines.append)


def test_a_stopped_run_resumes_to_the_very_same_model(tmp_path: Path, whole: Run) -> None:
    lines: list[list[str]] = [[], [], []]
    for words, told in zip(("step 3/3", "stage 1 of 2", "stage 1 of 2"), lines, strict=True):
        with pytest.raises(KeyboardInterrupt):
            train_toon(tmp_path / "model", SHORT, report=_stop_at(words, told))
    assert "resumed at step 2" in lines[1]
    assert len(lines[2]) == 1  # a complete stage is not repeated
    for name in WEIGHTS:
        resumed = load_file(tmp_path / "model" / "work" / "stage-1" / name)
        once = load_file(whole.first_stage / name)
        assert all(torch.equal(resumed[key], once[key]) for key in once)


def test_a_model_is_trained_further_on_frames_changed_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacks = []

    def attack(model: ToonModel, batch: ToonBatch, *how: Any) -> ToonBatch:
        attacks.append(how[1])
        return attack_batch(model, batch, *how)

    monkeypatch.setattr(embeddings.toon.train, "attack_batch", attack)
    monkeypatch.setattr(embeddings.toon.train, "batch_loader", batch_loader)
    start = write_untrained(tmp_path / "start")
    asked = Attack(4, random_start=True)
    options = replace(SHORT, stages=(Stage(32, 2, 1e-3),), shares=None, attack=asked)
    out = train_toon(tmp_path / "out", options, start=start, report=lambda _: None)
    assert attacks == [asked, asked]
    record = json.loads((out / "training.json").read_text())
    assert record["start"] == "start"
    assert record["attack"]["eps"] == 4
    assert (out / "bpe_merges.txt.gz").read_bytes() == (start / "bpe_merges.txt.gz").read_bytes()
    assert (out / "temporal.json").is_file()
    before, after = (load_file(f / "open_clip_model.safetensors") for f in (start, out))
    name = "visual.conv1.weight"
    moved = (after[name].float() - before[name]).abs().max().item()
    assert 0 < moved < 0.01  # two small steps from the weights it began with
    assert load_spatiotemporal(str(out), device="cpu").dim == 32


def _stop_at(words: str, lines: list[str]) -> Callable[[str], None]:
    def report(line: str) -> None:
        lines.append(line)
        if words in line:
            raise KeyboardInterrupt

    return report


def test_mixed_weights_are_the_weighted_mean_of_all_stages(tmp_path: Path) -> None:
    folders = [write_untrained(tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    mixed = mix_models(list(zip(folders, (0.25, 0.75), strict=True)), tmp_path / "mixed")
    first, second = (load_file(folder / "open_clip_model.safetensors") for folder in folders)
    name = "visual.layer1.0.conv1.weight"
    wanted = 0.25 * first[name].float() + 0.75 * second[name].float()
    assert not torch.equal(first[name], second[name])
    assert torch.allclose(mixed.towers.state_dict()[name], wanted, atol=1e-6)
    heads = [load_file(folder / "temporal.safetensors")["frame.weight"] for folder in folders]
    wanted = 0.25 * heads[0].float() + 0.75 * heads[1].float()
    assert torch.allclose(mixed.head.frame.weight, wanted, atol=1e-6)


def test_shares_must_fit_the_stages(tmp_path: Path) -> None:
    for shares in ((1.0,), (0.5, 0.6)):
        with pytest.raises(ValueError, match="shares"):
            train_toon(tmp_path / "m", replace(SHORT, shares=shares), report=print)


READER = """
import multiprocessing, os, signal, sys
from pathlib import Path
import numpy as np
from embeddings.toon import train
from embeddings.toon.bank import Bank, BankSpec
from embeddings.toon.batches import BatchShape
from embeddings.toon.train import batch_loader

if __name__ == "__main__":
    spec = BankSpec(Path(sys.argv[1]), 36, 0)
    train.BatchShape = lambda px: BatchShape(px, frames=128, strong=8, footage=6)
    Bank(spec).times_s[:] = np.arange(12) / 2
    batches = iter(batch_loader(spec, 32, 0, 100))
    next(batches)
    (worker,) = multiprocessing.active_children()
    Path(sys.argv[2]).write_text(str(worker.pid))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.timeout(300)
def test_the_process_that_makes_batches_ends_with_a_killed_training(tmp_path: Path) -> None:
    script = tmp_path / "reader.py"
    script.write_text(READER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    command = [sys.executable, str(script), str(tmp_path / "bank"), str(tmp_path / "pid")]
    run = subprocess.run(command, env=environment, check=False)
    assert run.returncode == -signal.SIGKILL
    worker = Path("/proc") / (tmp_path / "pid").read_text()
    began_s = time.monotonic()
    while worker.exists():
        assert time.monotonic() - began_s < 60, "it outlives its parent"
        time.sleep(0.1)


def test_training_leaves_the_threads_of_torch_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def stop(*_: object, **__: object) -> None:
        seen.append(torch.get_num_threads())
        raise InterruptedError

    monkeypatch.setattr(embeddings.toon.train, "_run_stage", stop)
    monkeypatch.setattr(embeddings.toon.train, "THREADS", 2)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(InterruptedError):
            train_toon(tmp_path / "out", ToonTraining(), report=print)
        assert (seen, torch.get_num_threads()) == ([2], 3)
    finally:
        torch.set_num_threads(before)

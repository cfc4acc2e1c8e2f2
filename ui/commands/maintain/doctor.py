"""`reelwise doctor`: what this machine can do, tried out rather than read from versions."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.terminal.answer import EXIT_DONE, EXIT_KNOWN_ERROR, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, size

if TYPE_CHECKING:
    from data.home import Home

MIN_FREE_BYTES = 1_000_000_000
"""Below this a library of a few thousand videos may not fit."""


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Check GPU, FAISS, decoders, weights and disk of this machine.

    The exit code is 1 where something that `index` needs is missing.
    """
    from data.home import resolve_home

    findings = examine(resolve_home(home))
    ok = all(each.ok for each in findings)
    document = {
        "ok": ok,
        "checks": [dataclasses.asdict(each) for each in findings],
    }
    rows = [["ok" if each.ok else "--", each.name, each.found] for each in findings]
    lines = columns(rows, indent="")
    for at, each in reversed(list(enumerate(findings))):
        if not each.ok and each.fix:
            lines.insert(at + 1, f"      fix: {each.fix}")
    return Answer(document, "\n".join(lines), EXIT_DONE if ok else EXIT_KNOWN_ERROR)


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    name: str
    """What was checked."""
    ok: bool
    """Whether reelwise can work with it; a missing GPU is no fault."""
    found: str
    """The outcome in words."""
    fix: str = ""
    """What to do where it is not ok."""


def examine(home: Home) -> list[Finding]:
    """Check the machine, from processor to weights; a check that breaks is a finding too."""
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("machine", _machine),
        ("gpu", _gpu),
        ("faiss", _faiss),
        *[(f"decoder {name}", _decoder(name)) for name in _decoder_names()],
        ("weights", _weights),
        ("home", lambda: _home(home)),
        ("disk", lambda: _disk(home)),
    ]
    return [_tried(name, check) for name, check in checks]


def _tried(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except ReelwiseError as error:
        return Finding(name, ok=False, found=error.problem, fix=error.fix)
    except Exception as error:  # noqa: BLE001 - the doctor reports what breaks, whatever it is
        return Finding(
            name, ok=False, found=f"{type(error).__name__}: {error}", fix="reinstall reelwise"
        )


def _machine() -> Finding:
    import psutil

    memory = size(psutil.virtual_memory().total)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding(
        "machine",
        ok=True,
        found=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{cores} cores, {memory} memory",
    )


def _gpu() -> Finding:
    import torch

    if not torch.cuda.is_available():
        return Finding(
            "gpu", ok=True, found=f"none; torch {torch.__version__} runs on the processor"
        )
    names = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
    return Finding("gpu", ok=True, found=", ".join(names))


def _faiss() -> Finding:
    """Build a small index and search it."""
    import numpy as np

    from indexer.store.faiss_index import FlatIndex

    rng = np.random.default_rng(0)
    rows = rng.standard_normal((64, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = FlatIndex(16)
    index.add(np.arange(64), rows)
    _, found = index.search(rows[:5], 1)
    if found.ravel().tolist() != [0, 1, 2, 3, 4]:
        return Finding(
            "faiss", ok=False, found="gives wrong neighbours", fix="pip install -U faiss-cpu"
        )
    return Finding("faiss", ok=True, found=_version("faiss-gpu", "faiss-cpu"))


def _version(*packages: str) -> str:
    for package in packages:
        try:
            return f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return "version unknown"


def _decoder_names() -> tuple[str, ...]:
    from data.video.decoders.decoding import DECODERS

    return tuple(DECODERS)


def _decoder(name: str) -> Callable[[], Finding]:
    """Write a second of video and read it back with this decoder, in a supervised child."""

    def check() -> Finding:
        import numpy as np

        from data.video.children.pool import decode_one
        from data.video.types import DecodeRequest, FrameSpec
        from data.video.write import write_video

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "check.mp4"
            frames = [np.full((64, 64, 3), 8 * at, np.uint8) for at in range(25)]
            write_video(path, frames, fps=25)
            request = DecodeRequest(path, FrameSpec(32, 32), fps=5.0, decoder=name)
            pixels, _, ending = decode_one(request)
        title = f"decoder {name}"
        if ending.state != "done" or len(pixels) == 0:
            return Finding(
                title, ok=False, found=ending.reason or "no frame", fix=f"pip install -U {name}"
            )
        package = {"pyav": "av"}.get(name, name)
        return Finding(title, ok=True, found=_version(package))

    return check


def _weights() -> Finding:
    from embeddings.listing import list_encoders

    here = [each.name for each in list_encoders() if each.present]
    if not here:
        return Finding(
            "weights",
            ok=False,
            found="no encoder's weights are on this machine",
            fix="reelwise index FOLDER --encoder NAME --weights FILE   (names: reelwise encoders)",
        )
    return Finding("weights", ok=True, found=", ".join(here))


def _home(home: Home) -> Finding:
    with tempfile.TemporaryFile(dir=home.root) as file:
        file.write(b"written")
    return Finding("home", ok=True, found=f"{home.root} can be written")


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(home.root).free
    if free < MIN_FREE_BYTES:
        return Finding(
            "disk",
            ok=False,
            found=f"{size(free)} free",
            fix="free some disk, or name a home on another disk: --home DIR",
        )
    return Finding("disk", ok=True, found=f"{size(free)} free")

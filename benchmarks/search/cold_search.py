"""Processor time of one command in a new process: what a question on the command line costs.

Beside the small encoder and `starter`, one of the size of ViT-B-32 with random weights: its vectors
mean nothing, its cost is that of the real one. The example clip and picture are not in the library.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from safetensors.torch import save_file

from data.toons.library import write_library
from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec
from embeddings.model_folder import architecture, build_model

N_VIDEOS = {"small": 4, "full": 20}
WORDS = "a red car drives to the left"


def run(size: str) -> dict[str, Any]:
    """CPU seconds of `search`, `similar`, and `index` with nothing to do; the first `index` too."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        videos = Path(folder) / "videos"
        write_library(videos, N_VIDEOS[size], seed=1)
        example, picture = _examples(Path(folder))
        weights = Path(folder) / "random.safetensors"
        model = build_model({"model_cfg": architecture("ViT-B-32")})
        save_file(model.state_dict(), weights)
        for name, options in (
            ("toon", ["--encoder", "toon"]),
            ("starter", ["--encoder", "starter"]),
            ("vit_b_32", ["--encoder", "ViT-B-32", "--weights", str(weights)]),
        ):
            home = Path(folder) / name
            results[f"{name}_first_index_cpu_s"] = _cpu_s(home, "index", str(videos), *options)
            results[f"{name}_index_nothing_to_do_cpu_s"] = _cpu_s(home, "index", str(videos))
            results[f"{name}_search_cpu_s"] = _cpu_s(home, "search", WORDS)
            results[f"{name}_search_like_cpu_s"] = _cpu_s(home, "search", "--like", example)
            results[f"{name}_search_image_cpu_s"] = _cpu_s(home, "search", "--image", picture)
            results[f"{name}_similar_cpu_s"] = _cpu_s(home, "similar", "toon-0001.mp4")
    return results


def _examples(folder: Path) -> tuple[str, str]:
    """A clip of some seconds and a picture."""
    write_library(folder / "new", 1, seed=2)
    clip, picture = folder / "new" / "toon-0001.mp4", folder / "picture.png"
    pixels, _, _ = decode_one(DecodeRequest(clip, FrameSpec(320, 180), fps=1.0))
    Image.fromarray(pixels[0]).save(picture)
    return str(clip), str(picture)


def _cpu_s(home: Path, *command: str) -> float:
    """User and system time of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "ui.cli", *command, "--home", str(home)],
        check=True,
        capture_output=True,
        env=os.environ,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)

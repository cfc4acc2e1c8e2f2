"""Nothing is told to the makers of libraries, and nothing is kept for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OPEN = """
from embeddings.words.screen.networks.weights import DETECTION, open_network
open_network(DETECTION)
"""


def test_onnxruntime_keeps_no_id_of_the_machine_and_no_events(tmp_path: Path) -> None:
    dropped = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    done = subprocess.run(
        [sys.executable, "-c", OPEN],
        env=environment | {"HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(tmp_path.rglob("*")) == []
    assert done.stderr == ""

"""Only the published networks are loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from data.errors import DamagedFile
from embeddings.words.screen.networks.weights import DETECTION, RECOGNITION, open_network


def test_other_bytes_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(DamagedFile, match="not the published file"):
        open_network(replace(DETECTION, sha256="0" * 64))


def test_the_checksums_are_those_that_the_publisher_names() -> None:
    folder = DETECTION.path().parents[1]
    named = (folder / "default_models.yaml").read_text(encoding="utf-8")
    for weights in (DETECTION, RECOGNITION):
        assert re.search(rf"{re.escape(weights.name)}\s+SHA256: {weights.sha256}\s", named)
        assert weights.path().stat().st_size == weights.size_bytes


def test_making_a_reader_loads_no_network_and_writes_nothing() -> None:
    code = (
        "import sys, logging; from embeddings.words.screen.reader import load_screen_reader;"
        "load_screen_reader().id;"
        "assert not {'onnxruntime', 'rapidocr', 'torch', 'cv2'} & set(sys.modules);"
        "assert not logging.getLogger().handlers"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

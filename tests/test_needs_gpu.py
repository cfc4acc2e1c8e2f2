"""What becomes of tests marked `gpu`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from embeddings.backbone.computing.early_checks import count_gpus
from tests.needs_gpu import REQUIRED, skip_without_gpu

ROOT = Path(__file__).resolve().parents[1]


def test_without_a_gpu_they_are_skipped_with_a_reason_or_fail_where_one_is_required() -> None:
    for environ in ({}, {REQUIRED: "0"}):
        with pytest.raises(Skipped, match="needs a GPU: the driver counts none"):
            skip_without_gpu(0, environ)
    with pytest.raises(Failed, match="needs a GPU, and REELWISE_REQUIRE_GPU=1 requires one"):
        skip_without_gpu(0, {REQUIRED: "1"})
    skip_without_gpu(1, {})
    skip_without_gpu(1, {REQUIRED: "1"})


@pytest.mark.skipif(count_gpus() > 0, reason="there is a GPU: they run")
def test_the_tests_on_a_gpu_are_among_them() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
    command.append("tests/indexer/store/gpu/test_on_a_gpu.py")
    environ = {**os.environ, REQUIRED: "1"}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert ended.returncode == 1
    # Each fails while it is set up, none passes, none is skipped but for want of the extra.
    assert re.fullmatch(r"(1 skipped, )?\d\d errors? in .*", ended.stdout.splitlines()[-1])
    skipped = [line for line in ended.stdout.splitlines() if line.startswith("SKIPPED")]
    assert all("cuvs" in line for line in skipped)

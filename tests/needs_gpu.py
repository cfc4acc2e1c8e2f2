"""Tests marked `gpu`: skipped with a reason where there is no GPU, a failure where one is required.

`REELWISE_REQUIRE_GPU=1` requires one: on a machine that has a GPU no such test is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

REQUIRED = "REELWISE_REQUIRE_GPU"


def skip_without_gpu(n_gpus: int, environ: Mapping[str, str]) -> None:
    """Skip or fail the test that is running where the driver counts no GPU."""
    if n_gpus:
        return
    if environ.get(REQUIRED) == "1":
        pytest.fail(f"needs a GPU, and {REQUIRED}=1 requires one", pytrace=False)
    pytest.skip(f"needs a GPU: the driver counts none ({REQUIRED}=1 makes this a failure)")

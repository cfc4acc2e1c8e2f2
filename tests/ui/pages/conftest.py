"""Pages run by Streamlit's own test runner, which takes the place of the main module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put it back: processes that later tests spawn would run a page as their main module."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before

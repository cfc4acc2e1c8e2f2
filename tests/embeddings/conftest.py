"""A tiny open_clip model in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embeddings.tiny import write_tiny


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny"))

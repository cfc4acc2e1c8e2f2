"""What is wrong with a library is told with the job that mends it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.opening.choice import encoder_notice
from indexer.store.generations import REBUILD
from ui.library.documents import status_document
from ui.library.keeping import health
from ui.library.keeping.advice import Advice
from ui.library.keeping.health import health_document
from ui.library.library import Library


def test_a_command_in_a_warning_becomes_the_job_that_does_it(tmp_path: Path) -> None:
    with Library(tmp_path / "home") as library:
        library.make()
        found = health_document(library)
    assert found.advised == []
    wrong = replace(
        found,
        warning=f"the index is damaged; {REBUILD}\nthe disk is slow",
        recommender={"warning": "8 events are not in it; reelwise train recommender"},
    )
    assert wrong.advised == [
        Advice("the index is damaged", "rebuild"),
        Advice("the disk is slow"),
        Advice("8 events are not in it", "train"),
    ]


def test_what_to_know_of_the_model_names_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(tmp_path / "home") as library:
        library.make()
        told = encoder_notice(library.catalogue, "starter", "starter-1")
        assert told is not None
        assert "reelwise index" in told
        status = status_document(library.catalogue) | {"encoder_notice": told}
        monkeypatch.setattr(health, "status_document", lambda _: status)
        notice = health_document(library).notice
    assert notice.startswith("starter serves this library")
    assert "reelwise " not in notice

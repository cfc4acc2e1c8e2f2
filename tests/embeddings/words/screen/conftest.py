"""The two networks, loaded once."""

from __future__ import annotations

import pytest

from embeddings.words.screen.detection import Detector
from embeddings.words.screen.recognition import Recogniser
from embeddings.words.screen.weights import DETECTION, RECOGNITION, open_network


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector(open_network(DETECTION))


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(open_network(RECOGNITION))

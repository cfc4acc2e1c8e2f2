"""The two networks, loaded once."""

from __future__ import annotations

import pytest

from embeddings.words.screen.networks.detection import Detector
from embeddings.words.screen.networks.recognition import Recogniser
from embeddings.words.screen.networks.weights import DETECTION, RECOGNITION, open_network


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector(open_network(DETECTION))


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(open_network(RECOGNITION))

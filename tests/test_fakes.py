"""The fake encoders keep the contract of real ones."""

import pytest

from embeddings.encoder import Encoder
from tests.embeddings.encoder_contract import EncoderContract
from tests.fakes import ColourEncoder, CountingEncoder, RandomEncoder


class TestColourEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return ColourEncoder()

    @pytest.fixture
    def twin(self) -> Encoder:
        return ColourEncoder()


class TestCountingEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return CountingEncoder()

    @pytest.fixture
    def twin(self) -> Encoder:
        return CountingEncoder()


class TestRandomEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return RandomEncoder()

    @pytest.fixture
    def twin(self) -> Encoder:
        return RandomEncoder()

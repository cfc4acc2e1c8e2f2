"""A bank of scenes, drawn once."""

import pytest

from embeddings.toon.bank import Bank, BankSpec, draw_bank


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    spec = BankSpec(tmp_path_factory.mktemp("bank"), n_scenes=130, seed=5)
    bank = Bank(spec)
    draw_bank(spec, 0, 2)
    draw_bank(spec, 1, 2)
    return bank

from __future__ import annotations

import numpy as np

from data.catalogue import Catalogue
from data.home import Home
from data.review.cases import Cases
from data.review.policies import policy_file
from indexer.verify import verify_library
from tests.data.review.made import find, set_policy
from tests.fakes import random_units
from tests.indexer.made import store


def problems(home: Home) -> list[str]:
    return [each.what for each in verify_library(home).problems]


def test_damage_of_a_policy_a_case_or_the_log_is_found(home: Home) -> None:
    store(home, {"a.mp4": random_units(np.random.default_rng(0), 2, 8)})
    with Catalogue(home) as catalogue:
        set_policy(catalogue)
        find(catalogue, "fights", (1, 0.0, 4.0, 0.9))
    assert problems(home) == []
    path = policy_file(home, 1)
    whole = path.read_bytes()
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert any("policy" in each for each in problems(home))
    path.unlink()
    assert any("damaged or gone" in each for each in problems(home))
    path.write_bytes(whole)
    with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE review_cases SET state = 'allowed'")
    assert "cases of reviews that are not as they were written: 1" in problems(home)
    with Catalogue(home) as catalogue:
        assert Cases(catalogue).get(1).state == "allowed"

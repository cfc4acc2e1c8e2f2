"""Histories: who liked what, in which order."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.events.histories import Histories
from tests.recommender.tables import interactions

LOG = "a:0@3 a:1@1 b:2@5 a:2@2 c:3@9 a:1@4 d:0-@1 b:0@5"


def three() -> Histories:
    return interactions(LOG).histories


def test_each_item_stands_where_the_person_came_to_it_last() -> None:
    got = three()
    assert [got.item[a:b].tolist() for a, b in zip(got.starts, got.starts[1:], strict=False)][
        :4
    ] == [[2, 0, 1], [2, 0], [3], []]
    assert got.since.tolist() == [2, 1, 0, 1, 0, 0]


def test_some_people_in_any_order() -> None:
    got = three().of(np.array([2, 3, 0, 0]))
    assert got.lengths.tolist() == [1, 0, 3, 3]
    assert got.item.tolist() == [3, 2, 0, 1, 2, 0, 1]
    assert got.user.tolist() == [0, 2, 2, 2, 3, 3, 3]


def test_an_old_item_counts_half_after_so_many_others() -> None:
    got = three().matrix(2.0).toarray()
    assert got[0].tolist() == pytest.approx([2**-0.5, 1.0, 0.5, 0.0])
    assert three().matrix().toarray()[0].tolist() == [1.0, 1.0, 1.0, 0.0]


def test_the_latest_and_all_before_it() -> None:
    before, last = three().before_last()
    assert before.item.tolist() == [2, 0, 2]
    assert last[:5].tolist() == [1, 0, 3, -1, -1]
    assert len(before) == len(three())


def test_nobody_has_no_history() -> None:
    got = three().of(np.zeros(0, np.int64))
    assert len(got) == 0
    assert got.matrix().shape == (0, 4)

"""Only copies form a group, and a group knows which moments are the same."""

from __future__ import annotations

import pytest

from indexer.copies.groups import Copies
from indexer.copies.stored import Pair, Relation, Stretch


def stretch(start_s: float, end_s: float, other_start_s: float, other_end_s: float) -> Stretch:
    return Stretch(start_s, end_s, other_start_s, other_end_s, 0.9)


def copy(one: int, other: int, *, length_s: float = 60.0, speed: float = 1.0) -> Pair:
    return Pair(one, other, 3.0, (stretch(0, length_s, 0, speed * length_s),), True, True)


def overlap(one: int, other: int) -> Pair:
    return Pair(one, other, 3.0, (stretch(0, 20, 30, 50),), False, False)


def part(one: int, other: int) -> Pair:
    """The other is 20 s of the one, from second 30 on."""
    return Pair(one, other, 3.0, (stretch(30, 50, 0, 20),), False, True)


def groups(*pairs: Pair) -> list[list[int]]:
    return sorted(sorted(group) for group in Copies(pairs).groups)


def test_copies_of_copies_are_one_group() -> None:
    assert groups(copy(1, 2), copy(2, 3), copy(7, 8)) == [[1, 2, 3], [7, 8]]


def test_a_compilation_does_not_join_its_sources() -> None:
    assert groups(copy(1, 2), overlap(1, 9), overlap(3, 9), copy(3, 4)) == [[1, 2], [3, 4]]


def test_a_part_joins_no_group() -> None:
    assert groups(part(1, 5), part(2, 5)) == []


def test_a_chain_that_drifts_does_not_join_its_ends() -> None:
    """Each shows nine tenths of the one before; the last only half of the first."""
    chain = [
        Pair(n, n + 1, 3.0, (stretch(10 * n, 100 + 9 * n, 10 * n, 100 + 9 * n),), True, True)
        for n in range(5)
    ]
    joined = groups(*chain)
    assert all(not {0, 5} <= set(group) for group in joined)


def test_relations_follow_from_who_is_whole() -> None:
    assert copy(1, 2).relation is Relation.COPY
    assert part(1, 2).relation is part(1, 2).turned().relation is Relation.PART
    assert overlap(1, 2).relation is Relation.OVERLAP
    assert part(1, 2).turned().whole_one


@pytest.mark.parametrize("speed", [1.0, 0.8])
def test_moments_of_copies_are_compared_in_the_same_time(speed: float) -> None:
    """3 is a copy of 2 at another speed, 2 one of 1: nobody compared 1 with 3."""
    copies = Copies((copy(1, 2), copy(2, 3, speed=speed)))
    there = (10 * speed, 20 * speed)
    assert copies.same_moment(1, (12, 15), 3, there)
    assert copies.same_moment(3, there, 1, (12, 15))
    assert not copies.same_moment(1, (21, 25), 3, there)
    assert not copies.same_moment(1, (12, 15), 4, there)


def test_a_copy_with_another_beginning_is_shifted() -> None:
    pair = Pair(1, 2, 3.0, (stretch(0, 56, 4, 60),), True, True)
    copies = Copies((pair,))
    assert copies.same_moment(1, (0, 3), 2, (4, 7))
    assert not copies.same_moment(1, (0, 3), 2, (0, 3.9))


def test_what_covers_what_holds_both_ways_and_leaves_overlaps_out() -> None:
    copies = Copies((copy(1, 2), copy(2, 3), part(1, 5), overlap(1, 9)))
    assert copies.covering[1] == {2, 3, 5}
    assert copies.covering[5] == {1}
    assert copies.covering[3] == {1, 2}
    assert 9 not in copies.covering
    assert copies.of(2) == (1, 3)
    assert copies.of(5) == ()

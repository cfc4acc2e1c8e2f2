"""A video is compared with a bounded number of others, the likeliest first, and it is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexer.copies.stored import Pair, Stretch
from indexer.duplicates.candidates import Candidate
from indexer.duplicates.rounds import AT_ONCE, MOST, Ids, compare_in_rounds, told_unfinished

WHOLE = (Stretch(0, 9, 0, 9, 0.9),)


class Judge:
    """Knows which pairs share something, and keeps what it was asked."""

    def __init__(self, *right: Ids) -> None:
        self.right = set(right)
        self.rounds: list[list[Ids]] = []

    def __call__(self, pairs: Sequence[Ids]) -> Iterator[tuple[Ids, Pair | None]]:
        self.rounds.append(list(pairs))
        for ids in pairs:
            yield ids, Pair(*ids, 1.0, WHOLE, True, True) if ids in self.right else None

    @property
    def asked(self) -> list[Ids]:
        return [ids for some in self.rounds for ids in some]


def of(video: int, others: Sequence[int]) -> list[Candidate]:
    return [Candidate(video, other, 0.5, float(-at)) for at, other in enumerate(others)]


def test_a_video_without_copies_is_compared_with_few() -> None:
    judge = Judge()
    done = compare_in_rounds({1: of(1, range(2, 500))}, judge)
    assert judge.asked == [(1, other) for other in range(2, 2 + AT_ONCE)]
    assert (done.pairs, done.unfinished) == ((), 0)


def test_a_video_with_many_copies_goes_on_until_none_is_found() -> None:
    copies = range(2, 2 + 3 * AT_ONCE)
    judge = Judge(*((1, other) for other in copies))
    done = compare_in_rounds({1: of(1, range(2, 500))}, judge)
    assert {pair.other for pair in done.pairs} == set(copies)
    assert len(judge.asked) == 4 * AT_ONCE
    assert done.unfinished == 0


def test_even_then_there_is_a_limit() -> None:
    judge = Judge(*((1, other) for other in range(2, 500)))
    done = compare_in_rounds({1: of(1, range(2, 500))}, judge)
    assert len(judge.asked) == len(done.pairs) == MOST
    assert done.unfinished == 1


def test_copies_behind_the_limit_are_told_of_only_while_the_last_was_one() -> None:
    """The last round before the limit found nothing: those behind have less evidence still."""
    judge = Judge(*((1, other) for other in range(2, 2 + MOST - AT_ONCE)))
    done = compare_in_rounds({1: of(1, range(2, 500))}, judge)
    assert len(judge.asked) == MOST
    assert done.unfinished == 0


def test_who_was_compared_with_all_is_not_told_of() -> None:
    few, none = of(1, range(2, 2 + AT_ONCE)), of(3, [])
    assert compare_in_rounds({1: few, 3: none}, Judge()).unfinished == 0
    exactly = of(1, range(2, 2 + MOST))
    everything = Judge(*((1, other) for other in range(2, 2 + MOST)))
    assert compare_in_rounds({1: exactly}, everything).unfinished == 0


def test_no_pair_is_judged_twice_whoever_proposed_it() -> None:
    judge = Judge((1, 2))
    done = compare_in_rounds({1: of(1, [2, 3]), 2: of(2, [1, 3]), 3: of(3, [1])}, judge)
    assert judge.rounds == [[(1, 2), (1, 3), (2, 3)]]
    assert len(done.pairs) == 1


def test_a_pair_that_cannot_be_read_counts_as_nothing_shared() -> None:
    done = compare_in_rounds({1: of(1, range(2, 20))}, lambda _: iter(()))
    assert (done.pairs, done.unfinished) == ((), 0)


def test_it_says_how_many_videos_have_more() -> None:
    assert told_unfinished(1).startswith("1 video: more look alike")
    assert told_unfinished(1200).startswith("1,200 videos: more look alike")

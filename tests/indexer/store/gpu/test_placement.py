"""Which segments are copied to which GPUs."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.store.gpu.placement import Piece, Shape, place

ROW = Shape(1, 32).row_bytes


def of(**clips: int) -> dict[str, Shape]:
    return {name: Shape(n, 32) for name, n in clips.items()}


def test_where_all_fits_on_each_gpu_each_has_all() -> None:
    placed = place(of(a=10, b=5), {0: 15 * ROW, 1: 20 * ROW})
    assert placed == {
        "a": [(Piece(0, 0, 10),), (Piece(1, 0, 10),)],
        "b": [(Piece(0, 0, 5),), (Piece(1, 0, 5),)],
    }


def test_else_the_largest_go_first_and_lie_whole_where_they_can() -> None:
    placed = place(of(small=3, large=12, middle=9), {0: 12 * ROW, 1: 10 * ROW})
    assert placed == {"large": [(Piece(0, 0, 12),)], "middle": [(Piece(1, 0, 9),)]}


def test_one_that_fits_on_no_gpu_alone_is_cut_in_proportion_to_their_room() -> None:
    assert place(of(a=30), {0: 20 * ROW, 1: 10 * ROW + ROW // 2}) == {
        "a": [(Piece(0, 0, 20), Piece(1, 20, 30))]
    }
    assert place(of(a=31), {0: 20 * ROW, 1: 10 * ROW}) == {}


def test_without_room_nothing_is_placed() -> None:
    assert place(of(a=1), {}) == place(of(a=1), {0: 0}) == {}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 500), max_size=6),
    st.lists(st.integers(0, 40_000), min_size=1, max_size=4),
)
def test_every_replica_holds_each_row_once_and_no_gpu_more_than_it_has(
    clips: list[int], room: list[int]
) -> None:
    shapes = {str(at): Shape(n, 32) for at, n in enumerate(clips)}
    rooms = dict(enumerate(room))
    used = dict.fromkeys(rooms, 0)
    for name, replicas in place(shapes, rooms).items():
        for pieces in replicas:
            rows = [row for piece in pieces for row in range(piece.first, piece.stop)]
            assert rows == list(range(shapes[name].n))
            for piece in pieces:
                used[piece.gpu] += (piece.stop - piece.first) * ROW
    assert all(used[gpu] <= rooms[gpu] for gpu in rooms)

"""Which segments are copied to which GPUs."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.placement import Piece, Placed, Shape, place, place_smaller

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


def forms(n: int) -> list[Shape]:
    kinds = (CopyKind.EXACT, CopyKind.IVF_SQ8, CopyKind.IVF_PQ)
    return [Shape(n, 512, kind, n_cells=4) for kind in kinds]


def test_what_has_no_room_takes_less_and_only_as_much_less_as_it_must() -> None:
    exact, bytes_each, codes = (each.size_bytes for each in forms(1_000))
    assert exact > bytes_each > codes
    segments = {"a": forms(1_000), "b": forms(500)}
    both = exact + forms(500)[0].size_bytes
    for room, kinds in (
        (both, (CopyKind.EXACT, CopyKind.EXACT)),
        (both - 1, (CopyKind.EXACT, CopyKind.IVF_SQ8)),
        (exact - 1, (CopyKind.IVF_SQ8, CopyKind.IVF_SQ8)),
    ):
        placed = place_smaller(segments, {0: room})
        assert (placed["a"].shape.kind, placed["b"].shape.kind) == kinds
    one = place_smaller({"a": forms(1_000)}, {0: codes})
    assert one == {"a": Placed(forms(1_000)[2], [(Piece(0, 0, 1_000),)])}
    assert place_smaller(segments, {0: 10}) == place_smaller(segments, {}) == {}


def test_cells_are_counted_for_each_gpu_that_has_a_piece() -> None:
    shape = Shape(100, 512, CopyKind.IVF_SQ8, n_cells=8)
    assert shape.size_bytes == 100 * 520 + 8 * (4 * 512 + 32 * 520)
    half = shape.piece_bytes(50)
    assert place({"a": shape}, {0: half, 1: half}) == {"a": [(Piece(0, 0, 50), Piece(1, 50, 100))]}
    assert place({"a": shape}, {0: half, 1: half - 600}) == {}


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

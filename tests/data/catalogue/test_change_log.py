"""A reader learns from the log which videos changed since its mark, or that it cannot know."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.catalogue import Catalogue, ChangeMark
from data.home import Home
from tests.data.made import LIB, embed, file_record


def put(catalogue: Catalogue, path: str, key: str | None) -> int:
    reason = None if key else "unreadable"
    return catalogue.files.put([file_record(path, key, reason=reason)])[LIB / path] or 0


def changed(catalogue: Catalogue, mark: ChangeMark, encoder: str = "e1") -> set[int]:
    found = catalogue.change_log.changed_since(mark, encoder)
    assert found is not None
    return set(found)


@pytest.fixture
def two(catalogue: Catalogue) -> tuple[int, int]:
    """Two embedded videos, `a.mp4` and `b.mp4`."""
    ids = put(catalogue, "a.mp4", "A"), put(catalogue, "b.mp4", "B")
    embed(catalogue, "p1", *ids)
    return ids


CHANGES: dict[str, tuple[Callable[[Catalogue, int], object], set[str]]] = {
    "touched": (lambda c, _: put(c, "a.mp4", "A"), set()),
    "copied": (lambda c, _: put(c, "copy.mp4", "A"), set()),
    "renamed": (lambda c, _: (put(c, "new.mp4", "A"), c.files.remove([LIB / "a.mp4"])), set()),
    "removed": (lambda c, _: c.files.remove([LIB / "a.mp4"]), {"e1", "e2"}),
    "edited": (lambda c, _: put(c, "a.mp4", "other"), {"e1", "e2"}),
    "not readable now": (lambda c, _: put(c, "a.mp4", None), {"e1", "e2"}),
    "embedded again": (lambda c, a: embed(c, "p2", a), {"e1"}),
    "embedded by another": (lambda c, a: embed(c, "p2", a, encoder="e2"), {"e2"}),
    "forgotten": (lambda c, a: c.embeddings.forget("e1", [a]), {"e1"}),
    "hashed": (lambda c, a: c.files.set_hashes({a: "0" * 64}), set()),
    "doubted": (lambda c, _: c.files.doubt([LIB / "a.mp4"]), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_becomes_or_stays_searchable_is_told_to_the_encoders_concerned(
    catalogue: Catalogue, two: tuple[int, int], name: str
) -> None:
    change, concerned = CHANGES[name]
    mark = catalogue.change_log.mark()
    change(catalogue, two[0])
    for encoder in ("e1", "e2"):
        told = changed(catalogue, mark, encoder)
        assert (two[0] in told) == (encoder in concerned), encoder
        assert two[1] not in told
    if not concerned:
        assert catalogue.change_log.mark() == mark


def test_content_that_comes_back_has_changed(catalogue: Catalogue, two: tuple[int, int]) -> None:
    catalogue.files.remove([LIB / "a.mp4", LIB / "b.mp4"])
    mark = catalogue.change_log.mark()
    put(catalogue, "elsewhere.mp4", "A")
    assert changed(catalogue, mark) == {two[0]}


def test_a_mark_of_nothing_or_of_a_new_library_compares_everything(catalogue: Catalogue) -> None:
    first = catalogue.change_log.mark()
    assert first.number > 0, "also before anything was indexed the log tells libraries apart"
    assert changed(catalogue, first) == set()
    assert catalogue.change_log.changed_since(ChangeMark(0, 0), "e1") is None
    wrong = ChangeMark(first.number, first.token + 1)
    assert catalogue.change_log.changed_since(wrong, "e1") is None


def test_pruned_marks_are_unknown_and_later_ones_are_not(
    catalogue: Catalogue, two: tuple[int, int]
) -> None:
    log = catalogue.change_log
    old = log.mark()
    embed(catalogue, "p2", two[0])
    kept = log.mark()
    embed(catalogue, "p3", two[1])
    before = catalogue.changes()
    log.prune(kept.number)
    assert catalogue.changes() == before
    assert log.changed_since(old, "e1") is None
    assert changed(catalogue, kept) == {two[1]}
    last = log.mark()
    log.prune(10**9)
    assert log.mark() == last, "the last row is the mark of the next reader"
    assert log.changed_since(kept, "e1") is None
    assert changed(catalogue, last) == set()


@pytest.mark.parametrize("with_mark", [True, False], ids=["mark kept", "mark lost"])
def test_an_older_copy_that_went_on_has_another_history(
    home: Home, tmp_path: Path, with_mark: bool
) -> None:
    with Catalogue(home) as catalogue:
        put(catalogue, "a.mp4", "A")
        shared = catalogue.change_log.mark()
    shutil.copy(home.catalogue, tmp_path / "older.db")
    with Catalogue(home) as catalogue:
        put(catalogue, "b.mp4", "B")
        lost = catalogue.change_log.mark()
    shutil.copy(tmp_path / "older.db", home.catalogue)
    if not with_mark:
        home.catalogue_mark.unlink()
    with Catalogue(home) as catalogue:
        assert catalogue.change_log.changed_since(lost, "e1") is None
        other = put(catalogue, "c.mp4", "C")
        now = catalogue.change_log.mark()
        assert now.number > lost.number if with_mark else now.number == lost.number
        assert catalogue.change_log.changed_since(lost, "e1") is None
        assert changed(catalogue, shared) == {other}


NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, st.sampled_from(["A", "B", "C", None])),
        st.tuples(st.just("remove"), NAMES, st.none()),
        st.tuples(st.just("embed"), NAMES, st.sampled_from(["e1", "e2"])),
        st.tuples(st.just("forget"), NAMES, st.sampled_from(["e1", "e2"])),
    ),
    max_size=12,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=STEPS, after=STEPS)
def test_no_difference_escapes_the_log(
    before: list[tuple[str, str, str | None]],
    after: list[tuple[str, str, str | None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Catalogue(Home(tmp_path_factory.mktemp("home"))) as catalogue:
        run(catalogue, before, "before")
        mark = catalogue.change_log.mark()
        seen = {encoder: searchable(catalogue, encoder) for encoder in ("e1", "e2")}
        run(catalogue, after, "after")
        for encoder, was in seen.items():
            now = searchable(catalogue, encoder)
            different = {video for video, _ in was ^ now}
            assert different <= changed(catalogue, mark, encoder)


def run(catalogue: Catalogue, steps: Iterable[tuple[str, str, str | None]], stem: str) -> None:
    for n, (what, name, word) in enumerate(steps):
        path = f"{name}.mp4"
        video = catalogue.files.known().get(LIB / path)
        video_id = video.video_id if video else None
        if what == "put":
            put(catalogue, path, word)
        elif what == "remove":
            catalogue.files.remove([LIB / path])
        elif video_id is not None and word is not None:
            if what == "embed":
                embed(catalogue, f"{stem}-{n}", video_id, encoder=word)
            else:
                catalogue.embeddings.forget(word, [video_id])


def searchable(catalogue: Catalogue, encoder: str) -> set[tuple[int, str]]:
    """Videos and their parts, by the slow way."""
    parts = catalogue.embeddings.parts(encoder)
    return {(video, part.name) for part in parts for video in part.video_ids}

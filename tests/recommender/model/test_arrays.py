from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.events.videos import VideoTable
from recommender.model.array_file import map_arrays, write_arrays
from recommender.model.arrays import pack, unpack
from recommender.model.model import LEARNED, Model, Settings
from recommender.sources.adapter import Adapter
from recommender.sources.base import SameForAll, Source
from recommender.sources.ease import CoWatched, fit_co_watching
from recommender.sources.ials import fit_factors
from recommender.sources.item_links import (
    DenseLinks,
    Linked,
    NoLinks,
    SpannedLinks,
    links_from_arrays,
)
from recommender.sources.moved import MovedSource, rows_of
from recommender.sources.next_item import fit_next_item
from recommender.sources.rp3beta import fit_walks
from recommender.sources.sequence.fit import StopRule, fit_sequence
from tests.recommender.people import table
from tests.recommender.tables import interactions

N = 12


def fitted(*, n_people: int = 30, dense_limit: int | None = None) -> dict[str, Source]:
    """One source of each kind, two of them over the same links."""
    rng = np.random.default_rng(3)
    words = [
        f"p{person}:{item}@{place}"
        for person in range(n_people)
        for place, item in enumerate(rng.permutation(N - 1)[:5])
    ]
    log = interactions(" ".join(words), n_people=n_people, n_items=N)
    links = fit_co_watching(log.liked, dense_limit=dense_limit)
    return {
        "ever": CoWatched(links),
        "lately": CoWatched(links, 3.0),
        "next": fit_next_item(log.histories, ridge=3.0),
        "walk": CoWatched(fit_walks(log.liked)),
        "factors": fit_factors(log.liked),
    }


def videos() -> VideoTable:
    return table(np.eye(N, dtype=np.float32))


HISTORIES = interactions("a:1@1 a:4@2 a:7@3 b:9@1", n_items=N).histories


@pytest.mark.parametrize("kind", ["dense", "spanned", "linked"])
def test_a_stored_source_says_what_the_fitted_one_said(kind: str, tmp_path: Path) -> None:
    limit = 3 if kind == "linked" else None
    sources = fitted(n_people=5 if kind == "spanned" else 30, dense_limit=limit)
    packed = pack(sources)
    write_arrays(tmp_path / "a.safetensors", packed.arrays)
    mapped = map_arrays(tmp_path / "a.safetensors")
    packed.arrays.clear()
    packed.arrays.update(mapped)
    restored = unpack(packed, videos().ids, videos())
    made_of = {"dense": DenseLinks, "spanned": SpannedLinks, "linked": Linked}[kind]
    lately = restored["lately"]
    assert isinstance(lately, CoWatched)
    assert isinstance(lately.fitted, made_of)
    mine = HISTORIES.of(np.array([0]))
    for name, source in sources.items():
        expected = source.scores(HISTORIES)
        assert expected.any()
        assert restored[name].scores(HISTORIES) == pytest.approx(expected, abs=1e-5), name
        some = np.array([5, 0, 11])
        assert restored[name].scores(HISTORIES, some) == pytest.approx(expected[:, some], abs=1e-5)
        told = source.links(mine, 5)
        assert restored[name].links(mine, 5) == pytest.approx(told, abs=1e-5), name


def test_what_two_sources_share_is_stored_once() -> None:
    packed = pack(fitted())
    assert packed.same == {
        "lately/watched": "ever/watched",
        "lately/weights": "ever/weights",
    }


def test_the_form_by_people_is_stored_without_them() -> None:
    links = fitted(n_people=5)["ever"]
    assert isinstance(links, CoWatched)
    assert not isinstance(links.fitted, SpannedLinks)
    arrays = links.fitted.to_arrays()
    assert set(arrays) == {"vectors", "length"}
    # No direction is any one person's row of what they watched.
    liked = links.fitted._x.toarray()  # type: ignore[attr-defined]
    cosines = (liked / np.linalg.norm(liked, axis=1, keepdims=True)) @ (
        arrays["vectors"] / np.linalg.norm(arrays["vectors"], axis=0)
    )
    assert np.abs(cosines).max() < 0.999


def test_without_events_there_is_nothing_to_store() -> None:
    assert isinstance(links_from_arrays(NoLinks(4).to_arrays(), 4), NoLinks)


def test_rows_follow_permanent_ids_when_the_table_changes() -> None:
    sources = fitted()
    now = VideoTable(np.array([13, 2, 8, 5, 10, 14, 6]), np.eye(7, 12, dtype=np.float32))
    moved = unpack(pack(sources), videos().ids, now)
    # Videos 2, 5, 8, 10, 6 were rows 1, 4, 7, 9, 5; 13 and 14 are new.
    asked = interactions("a:1@1 a:3@2 a:2@3 b:4@1", n_items=7).histories
    for name, source in sources.items():
        expected = np.zeros((12, 7), np.float32)
        expected[:, [1, 2, 3, 4, 6]] = source.scores(HISTORIES)[:, [1, 7, 4, 9, 5]]
        assert isinstance(moved[name], MovedSource)
        assert moved[name].scores(asked) == pytest.approx(expected, abs=1e-6), name
        some = np.array([0, 6, 4])
        assert moved[name].scores(asked, some) == pytest.approx(expected[:, some], abs=1e-6)
        mine = asked.of(np.array([0]))
        told = source.links(HISTORIES.of(np.array([0])), 5)
        assert moved[name].links(mine, 6) == pytest.approx(told, abs=1e-6)
        assert not moved[name].links(mine, 0).any()


def test_a_new_video_in_a_history_is_passed_over() -> None:
    sources = fitted()
    now = VideoTable(np.array([*videos().ids, 99]), np.eye(13, dtype=np.float32))
    moved = unpack(pack(sources), videos().ids, now)
    asked = interactions("a:1@1 a:4@2 a:12@3 a:7@4", n_items=13).histories
    known = HISTORIES.of(np.array([0]))
    for name, source in sources.items():
        assert moved[name].scores(asked)[0, :N] == pytest.approx(source.scores(known)[0], abs=1e-6)
        links = moved[name].links(asked, 5)
        assert links[2] == 0.0
        assert links[[0, 1, 3]] == pytest.approx(source.links(known, 5), abs=1e-6), name


def test_rows_of_ids() -> None:
    ids, where = np.array([7, 3, 9]), np.array([9, 7])
    assert rows_of(ids, where).tolist() == [1, -1, 0]
    assert rows_of(ids, np.zeros(0, np.int64)).tolist() == [-1, -1, -1]
    assert rows_of(np.zeros(0, np.int64), where).tolist() == []


def test_an_array_file_keeps_types_and_shapes_and_survives_its_removal(tmp_path: Path) -> None:
    arrays = {
        "f": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "i": np.array([1 << 40]),
        "b": np.array([True, False]),
        "none": np.zeros((0, 4), np.float64),
    }
    path = tmp_path / "a.safetensors"
    write_arrays(path, arrays)
    found = map_arrays(path)
    path.unlink()
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tolist() == array.tolist()
        assert found[name].shape == array.shape
    with pytest.raises(ValueError, match="read-only"):
        found["f"][0] = 1.0


@pytest.mark.parametrize("wrong", ["offsets", "dtype", "shape", "short"])
def test_an_array_file_that_is_not_ours_is_refused(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "a.safetensors"
    write_arrays(path, {"f": np.arange(4, dtype=np.float32)})
    content = path.read_bytes()
    changes = {
        "offsets": (b"[0,16]", b"[0,99]"),
        "dtype": (b'"F32"', b'"F31"'),
        "shape": (b"[4]", b"[5]"),
        "short": (content[:8], (1 << 40).to_bytes(8, "little")),
    }
    path.write_bytes(content.replace(*changes[wrong]))
    with pytest.raises(ValueError, match="must"):
        map_arrays(path)


def test_a_source_without_a_way_to_be_stored_is_refused() -> None:
    with pytest.raises(TypeError, match="KINDS"):
        pack({"new": SameForAll(np.zeros(3))})


def test_a_sequence_model_and_an_adapter_come_back() -> None:
    log = interactions(
        " ".join(f"p{p}:{(p + n) % N}@{n}" for p in range(30) for n in range(6)),
        n_people=30,
        n_items=N,
    )
    content = videos()
    step = np.random.default_rng(1).normal(size=(N, N)).astype(np.float32)
    sources: dict[str, Source] = {
        "sequence": fit_sequence(log.histories, content, stop=StopRule(epochs=1), seed=0),
        "adapted": Adapter(content.centred, step, power=2),
    }
    packed = pack(sources)
    for name, source in unpack(packed, videos().ids, videos()).items():
        assert source.scores(HISTORIES) == pytest.approx(sources[name].scores(HISTORIES), abs=1e-5)
    # Turned round: the same videos in other rows.
    now = VideoTable(videos().ids[::-1].copy(), videos().matrix[::-1].copy())
    turned = HISTORIES.renumbered(np.arange(N)[::-1], N)
    for name, source in unpack(packed, videos().ids, now).items():
        expected = sources[name].scores(HISTORIES)[:, ::-1]
        assert source.scores(turned) == pytest.approx(expected, abs=1e-5), name


def test_everything_that_is_learned_can_be_stored() -> None:
    log = interactions("a:1@1 a:2@2 b:1@1 b:3@2", n_people=2, n_items=N)
    sources = Model(log, videos(), Settings(), names=LEARNED).sources
    assert set(pack(sources).kinds) == set(LEARNED)

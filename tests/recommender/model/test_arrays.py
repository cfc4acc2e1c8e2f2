from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.events.videos import VideoTable
from recommender.model.arrays import SourceArrays, map_arrays, pack, unpack, write_arrays
from recommender.model.model import Settings, fit_sources
from recommender.sources.base import LinkSource, SameForAll
from recommender.sources.ease import fit_ease
from recommender.sources.registry import EASE, POPULARITY, RECENT_EASE, SOURCES
from tests.recommender.people import table
from tests.recommender.tables import interactions

N = 12


def videos() -> VideoTable:
    return table(np.eye(N, dtype=np.float32))


def both_forms_of_ease() -> dict[str, LinkSource]:
    """Two sources over the same links."""
    words = " ".join(f"p{p}:{(p + n) % N}@{n}" for p in range(30) for n in range(5))
    links = fit_ease(interactions(words, n_people=30, n_items=N).liked)
    return {EASE: LinkSource(links), RECENT_EASE: LinkSource(links, 3.0)}


def test_an_array_that_two_sources_share_is_saved_once() -> None:
    packed = pack(both_forms_of_ease())
    assert packed.same["recent ease/watched"] == "ease/watched"
    assert packed.same["recent ease/weights"] == "ease/weights"
    again = unpack(packed, videos().ids, videos())[RECENT_EASE]
    histories = interactions("a:1@1 a:4@2 a:7@3 b:9@1", n_items=N).histories
    expected = both_forms_of_ease()[RECENT_EASE].scores(histories)
    assert again.scores(histories) == pytest.approx(expected)


def test_a_new_video_in_a_history_is_passed_over() -> None:
    now = VideoTable(np.array([*videos().ids, 99]), np.eye(13, dtype=np.float32))
    sources = both_forms_of_ease()
    moved = unpack(pack(sources), videos().ids, now)
    asked = interactions("a:1@1 a:4@2 a:12@3 a:7@4", n_items=13).histories
    known = interactions("a:1@1 a:4@2 a:7@3", n_items=N).histories
    for name, source in sources.items():
        assert moved[name].scores(asked)[0, :N] == pytest.approx(source.scores(known)[0], abs=1e-6)
        links = moved[name].links(asked.of(np.array([0])), 5)
        assert links[2] == 0.0
        expected = source.links(known.of(np.array([0])), 5)
        assert links[[0, 1, 3]] == pytest.approx(expected, abs=1e-6), name


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


def test_a_source_that_follows_the_events_is_not_saved() -> None:
    with pytest.raises(TypeError, match="can be saved, got 'popularity'"):
        pack({POPULARITY: SameForAll(np.zeros(3).__getitem__)})
    with pytest.raises(ValueError, match="can be loaded, got 'popularity'"):
        unpack(SourceArrays([POPULARITY], {}, {}), videos().ids, videos())


def test_every_source_that_can_be_loaded_can_be_saved() -> None:
    log = interactions("a:1@1 a:2@2 b:1@1 b:3@2", n_people=2, n_items=N)
    names = [kind.name for kind in SOURCES if kind.load is not None]
    assert pack(fit_sources(log, videos(), Settings(), names=names)).sources == names

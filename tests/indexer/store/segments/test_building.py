"""How a library wants its indexes built, and when a segment is made anew for it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.arrays import Half
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from indexer.build.recording.record import writing_session
from indexer.store.generations import open_generation
from indexer.store.publishing import publish
from indexer.store.rows import choice
from indexer.store.rows.kinds import BitRows
from indexer.store.segments.building import (
    Building,
    IndexChange,
    build_segment,
    building_of,
    suits,
)
from indexer.store.segments.segment import memory_of
from indexer.store.vectors import VideoClips
from tests.indexer.stored import ENCODER, add, new_home, published


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def kinds(home: Home) -> list[str]:
    generation = open_generation(home)
    assert generation is not None
    return [each.index.kind for each in generation.segments]


def test_what_was_named_is_remembered_and_the_rest_kept(home: Home) -> None:
    with Catalogue(home) as catalogue:
        assert building_of(catalogue) == Building("auto", 0.95)
        for kind, recall in (("ivf_rabitq", None), (None, 0.8), ("auto", None)):
            catalogue.set_index(**IndexChange(kind, recall).changed(catalogue))
        assert building_of(catalogue) == Building("auto", 0.8)


@pytest.mark.parametrize("recall", [0.49, 1.01, float("nan")])
def test_recalls_that_no_index_has_are_refused(recall: float) -> None:
    with pytest.raises(ReelwiseError, match=r"0\.5 to 1 of the ten nearest"):
        IndexChange(None, recall)


def test_another_kind_makes_every_segment_anew_by_the_next_publication(home: Home) -> None:
    published(home, [f"a{n}" for n in range(20)])
    published(home, ["b"])
    assert kinds(home) == ["flat_fp16", "flat_fp16"]
    with writing_session(home) as catalogue:
        catalogue.set_index(kind="hnsw_fp16", target_recall=None)
        made = publish(home, catalogue, ENCODER)
        assert made.is_up_to_date(catalogue)
    assert kinds(home) == ["hnsw_fp16"]
    assert all(suits(each, Building("hnsw_fp16")) for each in made.segments)
    with writing_session(home) as catalogue:
        add(catalogue, ["c"])
        publish(home, catalogue, ENCODER)
    assert kinds(home) == ["hnsw_fp16", "hnsw_fp16"]


def test_a_segment_suits_by_kind_and_by_the_recall_that_it_was_tuned_to(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (flat,) = published(home, [f"a{n}" for n in range(20)]).segments
    assert suits(flat, Building("auto", 0.5))
    assert suits(flat, Building("flat_fp16", 0.99))
    assert not suits(flat, Building("ivf_fp16"))
    monkeypatch.setattr(choice, "EXACT_UP_TO", 10)
    assert suits(flat, Building("auto")), "as it was asked for"
    assert not suits(flat, Building("auto", 0.9))
    with writing_session(home) as catalogue:
        (cells,) = publish(home, catalogue, ENCODER, building=Building("ivf_fp16")).segments
    assert suits(cells, Building("ivf_fp16"))
    assert not suits(cells, Building("ivf_fp16", 0.9))
    assert not suits(cells, Building("hnsw_fp16"))


def test_where_no_index_reaches_the_recall_every_vector_is_compared(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "EXACT_UP_TO", 10)
    monkeypatch.setattr(BitRows, "settings", ({"k_factor": 1, "nprobe": 1},))
    (segment,) = published(home, [f"a{n}" for n in range(60)]).segments
    assert (segment.index.kind, segment.facts and segment.facts.recall_at_10) == ("flat_fp16", 1.0)
    assert suits(segment, Building("auto")), "it is not tried again by each publication"
    assert not suits(segment, Building("auto", 0.5))
    with writing_session(home) as catalogue:
        named = publish(home, catalogue, ENCODER, building=Building("ivf_rabitq"))
    assert named.segments[0].index.kind == "ivf_rabitq"
    assert named.manifest.recall_at_10 < 0.95


def test_memory_is_that_of_small_files_and_the_rest_is_mapped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (segment,) = published(home, [f"a{n}" for n in range(20)]).segments
    assert segment.facts is not None
    every = sum(each.size_bytes for each in segment.facts.files.values())
    assert memory_of(segment.facts) == (every, 0)
    monkeypatch.setattr("indexer.store.segments.segment.LARGE_BYTES", 1000)
    held, mapped = memory_of(segment.facts)
    clips = segment.facts.files["clips.f16"].size_bytes
    assert clips > 1000
    assert (held + mapped, mapped >= clips) == (every, True)


def test_the_vectors_of_a_part_are_released_before_many_more_are_read(home: Home) -> None:
    """Memory is that of the index, and not of all vectors; an empty view keeps a whole part."""
    parts: list[weakref.ReferenceType[Half]] = []
    held: list[int] = []

    def videos() -> Iterator[VideoClips]:
        for number in range(8):
            part = np.ones((20, 8), np.float16)
            parts.append(weakref.ref(part))
            for video, vectors in enumerate((part[:10], part[10:])):
                ids, spans = np.arange(10), np.zeros((10, 2))
                yield VideoClips(2 * number + video, f"part-{number}", ids, spans, vectors)
            held.append(sum(each() is not None for each in parts))

    made = build_segment(home, ENCODER, videos())
    assert made is not None
    assert len(made) == 160
    assert max(held) <= 3, "the first, the last and the next"

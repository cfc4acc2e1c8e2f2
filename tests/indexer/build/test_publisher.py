"""Merging of segments after a run: it may be cut short, and is then done by the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Home
from indexer.build import publisher
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.publisher import Publisher
from indexer.build.recording.record import writing_session
from indexer.store.generations import Generation, open_generation
from indexer.store.publishing import publish
from indexer.verify import verify_library
from tests.fakes import RandomEncoder
from tests.indexer.stored import ENCODER, new_home, published


class Hash(RandomEncoder):
    id = ENCODER


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def finish(home: Home, stop: Interrupt) -> None:
    with writing_session(home) as catalogue:
        Publisher(catalogue, Hash(), stop, Meter(None)).finish(changed=False)


def n_segments(home: Home) -> int:
    generation = open_generation(home)
    assert generation is not None
    return len(generation.segments)


def test_large_segments_are_merged_at_the_end_and_ctrl_c_stops_that(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        with pytest.MonkeyPatch.context() as none_merged:
            none_merged.setattr(
                "indexer.store.segments.next_segments.to_merge", lambda *_, **__: []
            )
            published(home, [f"{name}{n}" for n in range(9)])
    assert n_segments(home) == 2
    stop = Interrupt()

    def pressed(*args: object, **options: object) -> Generation:
        assert options["merged_at_once"] is None
        stop._on_signal(2, None)
        raise AssertionError("Ctrl-C waits until large segments are merged")

    with monkeypatch.context() as patched:
        patched.setattr(publisher, "publish", pressed)
        with pytest.raises(KeyboardInterrupt):
            finish(home, stop)
    assert n_segments(home) == 2
    finish(home, stop)
    assert n_segments(home) == 1
    assert verify_library(home).problems == []


def test_what_is_published_and_merged_is_left_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(home, ["a"])
    monkeypatch.setattr(publisher, "publish", lambda *_, **__: pytest.fail("published again"))
    finish(home, Interrupt())


def test_ctrl_c_waits_for_a_publication(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    published(home, ["a"])
    stop = Interrupt()

    def pressed(*args: object, **options: object) -> Generation:
        stop._on_signal(2, None)
        return publish(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(publisher, "publish", pressed)
    with writing_session(home) as catalogue, pytest.raises(KeyboardInterrupt):
        Publisher(catalogue, Hash(), stop, Meter(None)).finish(changed=True)
    generation = open_generation(home)
    assert generation is not None
    assert generation.number == 2


def test_an_index_that_cannot_be_used_is_made_anew_by_the_next_run(home: Home) -> None:
    made = published(home, ["a", "b"])
    (made.folder / "manifest.json").unlink()
    finish(home, Interrupt())
    assert n_segments(home) == 1
    generation = open_generation(home)
    assert generation is not None
    assert (generation.manifest.videos, generation.warning) == (2, None)

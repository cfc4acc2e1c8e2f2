"""Whatever happened to a library, its lines are found as if all were published at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.lines.line import Channel, Line, Reading
from embeddings.starter.labels import caption_texts
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.record import writing_session
from indexer.build.recording.record_lines import LinesBuffer
from indexer.build.words.encode_lines import LineEncoder
from indexer.search.words.meaning import open_meanings
from indexer.store.generations import open_generation
from indexer.store.lines import LineStore
from indexer.store.meaning import segment
from indexer.store.meaning.meaning_index import used_meanings
from indexer.store.meaning.passages import joined_vectors, meant_readings, passages_of
from indexer.store.meaning.segment import open_meaning
from indexer.store.publishing import publish
from indexer.verify import verify_library
from tests.fakes import FakeSentences
from tests.indexer.said import ENGINE
from tests.indexer.stored import ENCODER, add, file_of, new_home

NAMES = st.sampled_from([f"v{n}" for n in range(7)])
SENTENCES = FakeSentences()
CAPTIONS = SENTENCES.encode(caption_texts())
QUERY = SENTENCES.encode(["a ship departs v3"])[0]
POINTS = ["meaning.after_lines", "meaning.after_best", "meaning.after_rename",
          "publish.after_meaning", "publish.after_rename"]  # fmt: skip
MODULES = ["data.durable", "indexer.store.meaning.building", "indexer.store.publishing"]


class Stop(Exception):
    """Stands for a kill: nothing after it runs."""


def lines_of(name: str, edition: int) -> list[Line]:
    """One line more with each edition; some in one passage, some far from the others."""
    texts = [f"the ferry leaves from {name}", f"painted in {name} red", f"{edition} of {name}"]
    starts_s = (0.0, 3.0, 60.0)
    pairs = zip(texts, starts_s, strict=True)
    return [Line(Channel.SPEECH, at, at + 2, text, "en") for text, at in pairs][: edition + 1]


def rows_of(lines: list[Line]) -> np.ndarray[tuple[int, int], np.dtype[np.float16]]:
    texts = [line.text for line in lines]
    vectors = joined_vectors(SENTENCES.encode(texts), SENTENCES.encode(passages_of(lines)))
    return vectors.astype(np.float16)


class Publications(RuleBasedStateMachine):
    """A library whose lines come, change and go, published or not, stopped and damaged at times."""

    folder: Path

    @initialize()
    def begin(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.home = new_home(self.folder)
        self.live: dict[str, int] = {}
        with writing_session(self.home) as catalogue:
            catalogue.set_encoder(ENCODER, "hash")
            catalogue.readings.serve({Channel.SPEECH: ENGINE})
        self.say(["v1", "v2", "v3"], 2)

    @rule(names=st.lists(NAMES, min_size=1, max_size=3, unique=True), edition=st.integers(0, 2))
    def say(self, names: list[str], edition: int) -> None:
        with writing_session(self.home) as catalogue:
            known = catalogue.files.known()
            if new := [name for name in names if file_of(name) not in known]:
                add(catalogue, new)
            buffer = LinesBuffer(catalogue, LineStore(self.home, ENGINE))
            for name in names:
                video_id = catalogue.files.known()[file_of(name)].video_id or 0
                buffer.add(video_id, Channel.SPEECH, Reading(tuple(lines_of(name, edition))))
            buffer.flush()
        self.live |= dict.fromkeys(names, edition)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        with writing_session(self.home) as catalogue:
            catalogue.files.remove([file_of(name)])
        del self.live[name]

    @rule(merged_at_once=st.sampled_from([0, 6, None]))
    def publish(self, merged_at_once: int | None) -> None:
        with writing_session(self.home) as catalogue:
            LineEncoder(catalogue, SENTENCES).encode(Interrupt(), Meter(None), lambda: None)
            publish(self.home, catalogue, ENCODER, merged_at_once=merged_at_once)
        self.compare()

    @rule()
    def rebuild(self) -> None:
        with writing_session(self.home) as catalogue:
            LineEncoder(catalogue, SENTENCES).encode(Interrupt(), Meter(None), lambda: None)
            publish(self.home, catalogue, ENCODER, whole=True)
        self.compare()
        generation = open_generation(self.home)
        assert generation is not None
        assert len(generation.manifest.meanings) == (1 if self.live else 0)

    @rule(point=st.sampled_from(POINTS))
    def stop_while_publishing(self, point: str) -> None:
        def stopping(name: str) -> None:
            if name == point:
                raise Stop

        with pytest.MonkeyPatch.context() as patch:
            for module in MODULES:
                patch.setattr(f"{module}.crash_point", stopping)
            try:
                with writing_session(self.home) as catalogue:
                    publish(self.home, catalogue, ENCODER)
            except Stop:
                return

    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        """A changed byte is told before the segment is read, and the next publication heals it."""
        generation = open_generation(self.home)
        if generation is None or not generation.manifest.meanings:
            return
        name = data.draw(st.sampled_from(generation.manifest.meanings))
        folder = segment.meaning_folder(self.home, name)
        file = data.draw(st.sampled_from(sorted(folder.iterdir())))
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(bytes(content))
        with pytest.raises(ReelwiseError, match="what lines mean is damaged"):
            open_meaning(self.home, name)
        damaged = open_generation(self.home)
        assert damaged is not None
        assert "finding lines by words alone" in str(damaged.warning)
        assert verify_library(self.home).problems != []
        if data.draw(st.booleans()):
            assert verify_library(self.home, repair=True).problems == []
        else:
            # Older generations may share the segment: they are of no use, and told by `verify`.
            self.publish(merged_at_once=6)
            assert verify_library(self.home, repair=True).problems == []
        self.compare_with_published()

    def compare(self) -> None:
        """Every line that is live is found, with the score and the relevance of a fresh build."""
        lines = [line for name, edition in self.live.items() for line in lines_of(name, edition)]
        with Catalogue(self.home) as catalogue:
            generation = open_generation(self.home)
            assert generation is not None
            assert generation.warning is None
            live = meant_readings(catalogue.live_readings())
            meanings = open_meanings(generation.meaning, live)
        assert generation.manifest.meant == len(lines)
        if meanings is None:
            assert not lines
            return
        rows = np.concatenate([rows_of(lines_of(*each)) for each in self.live.items()])
        scores = rows.astype(np.float32) @ QUERY
        near = [
            each
            for some in meanings.searched
            for each in some.nearest(QUERY, {Channel.SPEECH}, None)
        ]
        found = sorted((some.segment.line(row).text, round(score, 3)) for score, some, row in near)
        texts = [line.text for line in lines]
        assert [text for text, _ in found] == sorted(texts)
        assert np.allclose(sorted(score for _, score in found), np.sort(scores), atol=2e-3)
        best = (CAPTIONS @ rows.astype(np.float32).T).max(axis=1)
        used = used_meanings(generation.meaning, live)
        given = np.max([each.best.among(mask)[0] for each, mask in used], axis=0)
        assert np.allclose(given, best, atol=2e-3)
        assert meanings.n_lines == len(lines)

    def compare_with_published(self) -> None:
        with writing_session(self.home) as catalogue:
            LineEncoder(catalogue, SENTENCES).encode(Interrupt(), Meter(None), lambda: None)
            publish(self.home, catalogue, ENCODER)
        self.compare()

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.compare_with_published()
            assert verify_library(self.home).problems == []


def test_any_history_is_found_as_if_published_at_once(tmp_path: Path) -> None:
    machine = type("Here", (Publications,), {"folder": tmp_path / "library"})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=4,
            stateful_step_count=10,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )

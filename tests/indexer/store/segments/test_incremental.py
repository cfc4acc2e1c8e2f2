"""Whatever happened to a library, it is searched as one that was published at once."""

from __future__ import annotations

import shutil
from contextlib import closing
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

from benchmarks.trust.kill_child import DIM, ENCODER, embedded, n_clips_of, vectors_of
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from indexer.build.recording.record import record_embedded, writing_session
from indexer.search.view import View, open_view
from indexer.store.published import note_nothing
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore
from indexer.verify import verify_library
from tests.indexer.stored import file_of, new_home

NAMES = st.sampled_from([f"v{n}" for n in range(9)])


class Stop(Exception):
    """Stands for a kill: nothing after it runs."""


class Publications(RuleBasedStateMachine):
    """A library with videos that come, change, move and go, published or not, killed at times."""

    folder: Path

    @initialize()
    def begin(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.home = new_home(self.folder)
        self.live: dict[str, str] = {}
        self.view: View | None = None
        with writing_session(self.home) as catalogue:
            note_nothing(self.home)
            catalogue.set_encoder(ENCODER, "hash")

    @rule(names=st.lists(NAMES, min_size=1, max_size=3, unique=True), edition=st.integers(0, 2))
    def add_or_edit(self, names: list[str], edition: int) -> None:
        contents = {name: f"{name}-{edition}" for name in names}
        with writing_session(self.home) as catalogue:
            ids = catalogue.files.put(
                [FileRecord(file_of(name), 1, 1, 1, content) for name, content in contents.items()]
            )
            rows = [embedded(ids[file_of(each)] or 0, contents[each]) for each in names]
            record_embedded(catalogue, VectorStore(self.home, ENCODER), rows)
        self.live |= contents

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        with writing_session(self.home) as catalogue:
            catalogue.files.remove([file_of(name)])
        del self.live[name]

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        content = self.live.pop(name)
        with writing_session(self.home) as catalogue:
            catalogue.files.put([FileRecord(file_of(f"{name}x"), 1, 1, 1, content)])
            catalogue.files.remove([file_of(name)])
        self.live[f"{name}x"] = content

    @rule(merged_at_once=st.sampled_from([0, 6, None]))
    def publish(self, merged_at_once: int | None) -> None:
        with writing_session(self.home) as catalogue:
            publish(self.home, catalogue, ENCODER, merged_at_once=merged_at_once)

    @rule()
    def rebuild(self) -> None:
        with writing_session(self.home) as catalogue:
            publish(self.home, catalogue, ENCODER, whole=True)

    @rule(point=st.sampled_from(["segment.after_rename", "publish.after_rename"]))
    def stop_while_publishing(self, point: str) -> None:
        def stopping(name: str) -> None:
            if name == point:
                raise Stop

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("data.durable.crash_point", stopping)
            try:
                with writing_session(self.home) as catalogue:
                    publish(self.home, catalogue, ENCODER)
            except Stop:
                return

    @rule()
    def doubt_the_log(self) -> None:
        """As after an older catalogue came back: what was logged is of another history."""
        with writing_session(self.home) as catalogue, catalogue.writing("test") as connection:
            connection.exec_driver_sql("UPDATE changes SET token = random()")

    @rule()
    def search(self) -> None:
        """A view that was opened before, and refreshed, is the same as one that is opened now."""
        with Catalogue(self.home) as catalogue:
            fresh = open_view(self.home, catalogue, ENCODER)
            self.view = open_view(self.home, catalogue, ENCODER, before=self.view)
        for view in (fresh, self.view):
            self.compare(view)

    def compare(self, view: View) -> None:
        contents = sorted(set(self.live.values()))
        assert view.warnings == ()
        assert view.n_clips == sum(map(n_clips_of, contents))
        assert len(view.videos) == len(contents) == len(view.video_ids)
        stored = [vectors_of(each, 2 * n_clips_of(each))[: n_clips_of(each)] for each in contents]
        rows = np.concatenate([np.zeros((0, DIM), np.float32), *stored])
        queries = vectors_of("a query", 4)
        if not len(rows):
            assert len(view.top(queries, 3, None)[0]) == 0
            return
        best = np.sort((queries @ rows.T), axis=1)[:, ::-1][:, :3]
        found, _ = view.top(queries, 3, None)
        scores = np.sort(view.scores(queries, found), axis=1)[:, ::-1][:, :3]
        assert np.allclose(scores, best, atol=2e-3)
        keys = {view.videos[int(each)].content_key for each in view.video_ids}
        assert keys == set(contents)

    def teardown(self) -> None:
        if not hasattr(self, "home"):
            return
        self.search()
        assert verify_library(self.home).problems == []
        with closing(Catalogue(self.home)):
            shutil.rmtree(self.folder)


def test_any_history_is_searched_as_if_published_at_once(tmp_path: Path) -> None:
    machine = type("Here", (Publications,), {"folder": tmp_path / "library"})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import TextClause, text

from data.catalogue.catalogue import Catalogue
from data.catalogue.embeddings import _FAILURES_OF
from data.catalogue.readings import _FAILURES as _UNREAD
from data.catalogue.records import FileRecord
from data.catalogue.values import path_text, text_path
from data.catalogue.videos import _BY_ID, _EMBEDDED_BY_ID, _NEWEST
from data.errors import ReelwiseError
from data.home import Home, resolve_home
from tests.data.made import LIB, embed, file_record


def test_new_moved_copied_edited_and_returned_files_keep_their_videos(
    catalogue: Catalogue,
) -> None:
    ids = catalogue.files.put(
        [file_record("a.mp4", "A"), file_record("b.mp4", "B"), file_record("a2.mp4", "A")]
    )
    a, b = ids[LIB / "a.mp4"], ids[LIB / "b.mp4"]
    assert ids[LIB / "a2.mp4"] == a != b
    embed(catalogue, "p1", a or 0, b or 0)
    # Moved: the same content at a new path, the old one gone.
    assert catalogue.files.put([file_record("deep/b.mp4", "B")]) == {LIB / "deep/b.mp4": b}
    assert catalogue.files.remove([LIB / "b.mp4"]) == 1
    assert catalogue.video("deep/b.mp4").id == b
    assert catalogue.counts("e1")["copies"] == 1
    assert catalogue.embeddings.missing("e1") == []
    # Edited: other content at a known path is another video; the first file stands for a copy.
    c = catalogue.files.put([file_record("a.mp4", "C")])[LIB / "a.mp4"]
    assert c not in (a, b)
    assert catalogue.video(a or 0).path == LIB / "a2.mp4"
    assert [p.video_id for p in catalogue.embeddings.missing("e1")] == [c]
    # Gone and come back: nothing to decode.
    catalogue.files.remove([LIB / "a2.mp4"])
    assert [v.id for v in catalogue.videos()] == [b]
    assert catalogue.files.put([file_record("back.mp4", "A")]) == {LIB / "back.mp4": a}
    assert [v.id for v in catalogue.videos("e1")] == [a, b]


def test_files_are_found_below_a_root_and_not_beside_it(catalogue: Catalogue) -> None:
    names = ["a/x.mp4", "a/deep/y.mp4", "ab/z.mp4", "a.mp4", "a0/q.mp4", "a_/w%.mp4"]
    catalogue.files.put([file_record(name, name) for name in names])
    assert set(catalogue.files.known([LIB / "a"])) == {LIB / "a/x.mp4", LIB / "a/deep/y.mp4"}
    assert set(catalogue.files.known([LIB / "a.mp4"])) == {LIB / "a.mp4"}
    assert len(catalogue.files.known([LIB])) == len(catalogue.files.known()) == len(names)
    assert set(catalogue.files.known([Path("/")])) == set(catalogue.files.known())


@given(st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b and b"/" not in b))
def test_any_file_name_survives_the_database(name: bytes) -> None:
    path = LIB / name.decode("utf-8", "surrogateescape")
    text = path_text(path)
    text.encode()
    assert text_path(text) == path
    assert text.startswith(path_text(LIB))


def test_a_file_name_that_is_not_utf8_comes_back_as_it_was(catalogue: Catalogue) -> None:
    odd = LIB / "b\udcff\udc80d.mp4"
    catalogue.files.put([FileRecord(odd, 1, 1, 2**64 - 1, "k")])
    record = catalogue.files.known()[odd]
    assert (record.path, record.inode) == (odd, 2**64 - 1)
    assert catalogue.embeddings.missing("e1")[0].path == odd


def test_a_video_is_found_by_id_path_name_and_stem(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue.files.put(
        [
            file_record("x/kite.mp4", "1"),
            file_record("y/kite.mp4", "2"),
            file_record("y/boat.mp4", "3"),
        ]
    )
    here = catalogue.files.put([FileRecord(tmp_path / "local.mp4", 1, 1, 1, "4")])
    monkeypatch.chdir(tmp_path)
    assert catalogue.video(3).id == catalogue.video("3").id == catalogue.video("id:3").id == 3
    assert catalogue.video("boat").id == catalogue.video("boat.mp4").id == 3
    assert catalogue.video("/library/x/kite.mp4").id == catalogue.video("x/kite.mp4").id == 1
    assert catalogue.video("local.mp4").id == here[tmp_path / "local.mp4"]
    with pytest.raises(ReelwiseError, match="fits 2 videos") as caught:
        catalogue.video("kite.mp4")
    assert caught.value.fix.endswith("id:1")
    for nothing in ("kit", "ite.mp4", "%", "boat_mp4", "99", "id:99", "", "/", "id:"):
        with pytest.raises(ReelwiseError, match="no indexed video"):
            catalogue.video(nothing)


def test_digits_that_are_an_id_and_a_name_are_not_guessed(catalogue: Catalogue) -> None:
    catalogue.files.put([file_record("2.mp4", "1"), file_record("x.mp4", "2")])
    with pytest.raises(ReelwiseError, match="fits 2"):
        catalogue.video("2")
    assert catalogue.video("id:2").path.name == "x.mp4"
    assert catalogue.video("2.mp4").id == 1


def test_clip_tables_are_columns_in_order_without_the_dead(catalogue: Catalogue) -> None:
    ids = catalogue.files.put([file_record("a.mp4", "A"), file_record("b.mp4", "B")])
    a, b = ids[LIB / "a.mp4"] or 0, ids[LIB / "b.mp4"] or 0
    clips = embed(catalogue, "p1", b, a)
    table = catalogue.clip_table("e1")
    assert table.ids.tolist() == clips
    assert table.video_ids.tolist() == [b, b, a, a]
    assert table.ends_s.tolist() == [2.0, 3.0, 2.0, 3.0]
    catalogue.files.remove([LIB / "b.mp4"])
    assert catalogue.clip_table("e1").video_ids.tolist() == [a, a]
    assert catalogue.clip_table("unknown").ids.dtype == np.int64


def test_changes_rise_with_the_library_and_only_with_it(catalogue: Catalogue) -> None:
    before = catalogue.changes()
    video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
    middle = catalogue.changes()
    embed(catalogue, "p1", video)
    assert before < middle < catalogue.changes()


def test_the_serving_encoder_is_remembered(catalogue: Catalogue) -> None:
    assert (catalogue.encoder, catalogue.encoder_name, catalogue.encoder_weights) == (None,) * 3
    catalogue.set_encoder("e1", "toon", Path("/w/x.safetensors"))
    assert (catalogue.encoder, catalogue.encoder_name) == ("e1", "toon")
    assert catalogue.encoder_weights == Path("/w/x.safetensors")
    catalogue.set_encoder("e2", "big")
    assert catalogue.encoder_weights is None


def test_readers_see_one_moment_while_a_writer_commits(catalogue: Catalogue, home: Home) -> None:
    catalogue.files.put([file_record("a.mp4", "A")])
    with catalogue.reading() as connection:
        count = "SELECT count(*) FROM files"
        assert connection.exec_driver_sql(count).scalar() == 1

        def write() -> None:
            with Catalogue(home) as other:
                other.files.put([file_record(f"{i}.mp4", f"{i}") for i in range(5)])

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert connection.exec_driver_sql(count).scalar() == 1
    assert len(catalogue.files.known()) == 6


def test_a_failing_transaction_leaves_nothing(catalogue: Catalogue) -> None:
    def broken() -> Iterator[FileRecord]:
        yield file_record("a.mp4", "A")
        raise RuntimeError("scan failed")

    with pytest.raises(RuntimeError, match="scan failed"):
        catalogue.files.put(broken())
    assert catalogue.files.known() == {}
    assert catalogue.embeddings.missing("e1") == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "gone"]), st.integers(0, 4), st.integers(0, 3)),
        max_size=25,
    )
)
def test_whatever_happens_to_files_videos_follow_content(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, int, int]]
) -> None:
    now: dict[Path, str] = {}
    with Catalogue(resolve_home(tmp_path_factory.mktemp("home"))) as catalogue:
        ids: dict[str, int] = {}
        for deed, name, content in deeds:
            path = LIB / f"{name}.mp4"
            if deed == "gone":
                catalogue.files.remove([path])
                now.pop(path, None)
            else:
                video = catalogue.files.put([FileRecord(path, 1, 1, 1, f"c{content}")])[path] or 0
                assert ids.setdefault(f"c{content}", video) == video
                now[path] = f"c{content}"
        assert {r.path: r.content_key for r in catalogue.files.known().values()} == now
        live = {p.video_id for p in catalogue.embeddings.missing("e")}
        assert live == {ids[key] for key in now.values()}
        assert len(set(ids.values())) == len(ids)


@pytest.mark.parametrize(("query", "n_tables"), [(_BY_ID, 3), (_EMBEDDED_BY_ID, 4)])
def test_a_few_videos_by_id_are_found_by_index_whatever_the_size(
    catalogue: Catalogue, query: TextClause, n_tables: int
) -> None:
    with catalogue.reading() as connection:
        values = {"ids": "[1, 2]", "encoder": "e1"}
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {query.text}"), values)
        steps = [row.detail for row in plan]
    # "SEARCH files" without an index walks the table up to the first match.
    tables = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    of_database = [step for step in tables if "json_each" not in step]
    assert len(of_database) == n_tables
    assert [step for step in of_database if "USING" not in step] == []


@pytest.mark.parametrize("query", [_NEWEST, _FAILURES_OF, _UNREAD])
def test_what_every_page_shows_of_a_library_is_found_without_reading_all_of_it(
    catalogue: Catalogue, query: TextClause
) -> None:
    with catalogue.reading() as connection:
        values = {"n": 48, "encoder": "e1"}
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {query.text}"), values)
        steps = [row.detail for row in plan]
    through_all = [step for step in steps if step.startswith("SCAN")]
    # Down an index until there are enough, without sorting all of them first.
    is_walk = through_all == ["SCAN v USING INDEX videos_by_added"]
    assert not through_all or (is_walk and not any("TEMP B-TREE" in step for step in steps))

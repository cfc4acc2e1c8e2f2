"""The index of words goes on from the one before, and is made anew where that is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from tantivy import Query

from data.home import Home
from data.lines.line import Channel, Line, Reading
from data.sealed import FileSum, file_sum
from indexer.build.recording.record import writing_session
from indexer.build.recording.record_lines import LinesBuffer
from indexer.store.generations import open_generation
from indexer.store.lines import LineStore
from indexer.store.publishing import publish
from indexer.store.text import full_text
from indexer.store.text.full_text import SCHEMA, FullText
from indexer.verify import verify_library
from tests.indexer.stored import ENCODER, add

ENGINE = "says-1"


def say(home: Home, said: dict[str, list[str]]) -> None:
    """Read these lines of these contents, then publish."""
    with writing_session(home) as catalogue:
        catalogue.readings.serve({Channel.SPEECH: ENGINE})
        add(catalogue, said)
        catalogue.set_encoder(ENCODER, "hash")
        ids = {video.content_key: video.id for video in catalogue.videos()}
        buffer = LinesBuffer(catalogue, LineStore(home, ENGINE))
        for content, texts in said.items():
            lines = tuple(Line(Channel.SPEECH, n, n + 1.5, text) for n, text in enumerate(texts))
            buffer.add(ids[content], Channel.SPEECH, Reading(lines))
        buffer.flush()
        publish(home, catalogue, ENCODER)


def texts(index: FullText | None, word: str) -> list[str]:
    assert index is not None
    found = index.top(Query.term_query(SCHEMA, "exact", word), 100)
    return sorted(each.line.text for each in found)


def opened(home: Home) -> FullText:
    generation = open_generation(home)
    assert generation is not None
    assert generation.warning is None
    assert generation.text is not None
    return generation.text


def text_folder(home: Home, number: int) -> Path:
    return home.index / f"gen-{number:06d}" / "text"


def test_a_line_comes_back_as_it_was(home: Home) -> None:
    say(home, {"a": ["Hello there", "Good bye"]})
    (found,) = opened(home).top(Query.term_query(SCHEMA, "exact", "bye"), 5)
    assert (found.line, found.place, found.video_id) == (
        Line(Channel.SPEECH, 1.0, 2.5, "Good bye", "en"),
        1,
        1,
    )


def test_the_next_index_takes_over_the_files_of_the_one_before(home: Home) -> None:
    say(home, {"a": ["common one"], "b": ["common two"]})
    say(home, {"a": ["common new"], "c": ["common three"]})
    assert texts(opened(home), "common") == ["common new", "common three", "common two"]
    first, second = ({path.name: path.stat().st_ino for path in text_folder(home, n).iterdir()}
                     for n in (1, 2))  # fmt: skip
    shared = {name for name in first if second.get(name) == first[name]}
    assert {Path(name).suffix for name in shared} >= {".term", ".idx", ".pos", ".store", ".fast"}
    assert len(opened(home)) == 3


def test_only_new_lines_are_read_from_their_parts(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(home, {"a": ["one"], "b": ["two"]})
    read: list[str] = []
    before = LineStore.read_part

    def noted(store: LineStore, name: str, sha256: str) -> object:
        read.append(name)
        return before(store, name, sha256)

    monkeypatch.setattr(LineStore, "read_part", noted)
    say(home, {"c": ["three"]})
    assert len(read) == 1


def test_files_that_are_taken_over_are_not_read_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.store.generations.LARGE_OF_LINES", 0)
    monkeypatch.setattr("indexer.store.publishing.LARGE_OF_LINES", 0)
    for place, name in enumerate("abcde", 1):  # old ones are dropped: files lose names as well
        say(home, {name: [f"common {n} {name * n}" for n in range(place)]})
    read: list[Path] = []

    def watched(path: Path) -> FileSum:
        read.append(path)
        return file_sum(path)

    for module in ("checked_files", "publishing"):
        monkeypatch.setattr(f"indexer.store.{module}.file_sum", watched)
    say(home, {"f": ["common"]})
    opened(home)
    before = {path.name for path in text_folder(home, 5).iterdir()}
    taken_over = {path.name for path in text_folder(home, 6).iterdir()} & before
    assert len(taken_over - full_text.CHANGING_FILES) >= 12
    assert {path.name for path in read} & (taken_over - full_text.CHANGING_FILES) == set()
    assert verify_library(home).problems == []


@pytest.mark.parametrize("suffix", [".term", ".idx", "meta.json", "readings.u64"])
def test_a_damaged_index_is_refused_and_the_next_is_made_anew(home: Home, suffix: str) -> None:
    say(home, {"a": ["common one"]})
    say(home, {"b": ["common two"]})
    for path in text_folder(home, 2).glob(f"*{suffix}"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.unlink()
        path.write_bytes(bytes(content))
    generation = open_generation(home)
    assert generation is not None
    assert "text/" in str(generation.warning)
    assert texts(generation.text, "common") == ["common one"]
    say(home, {"c": ["common three"]})
    assert texts(opened(home), "common") == ["common one", "common three", "common two"]


def test_a_damaged_part_costs_its_lines_alone(home: Home) -> None:
    say(home, {"a": ["common one"]})
    part = next(home.lines(ENGINE).iterdir())
    part.write_bytes(part.read_bytes()[:-20])
    for name in ("000001",):
        (home.index / f"gen-{name}" / "text" / "meta.json").write_text("{}")
    say(home, {"b": ["common two"]})
    assert texts(opened(home), "common") == ["common two"]


def test_an_index_that_cannot_be_locked_is_opened_all_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(home, {"a": ["common one"]})
    monkeypatch.setattr(full_text, "_is_writable", lambda _: False)
    before = {path.name for path in text_folder(home, 1).iterdir()}
    assert texts(opened(home), "common") == ["common one"]
    assert {path.name for path in text_folder(home, 1).iterdir()} == before


def test_a_library_without_lines_has_no_index_of_words(home: Home) -> None:
    say(home, {"a": []})
    generation = open_generation(home)
    assert generation is not None
    assert generation.text is None

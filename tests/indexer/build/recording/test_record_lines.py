"""What engines have read is kept: durable, replaced, retired, taken in again."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import MAX_ATTEMPTS
from data.home import Home
from data.lines.line import Channel, Line, Reading
from indexer.build.recording.record import writing_session
from indexer.build.recording.record_lines import LinesBuffer, record_lines, take_in_lines
from indexer.store.lines import DamagedLines, LineStore, stray_line_parts
from indexer.verify import verify_library
from tests.indexer.stored import add, file_of

ENGINE = "says-1"


def said(*texts: str, channel: Channel = Channel.SPEECH) -> Reading:
    return Reading(tuple(Line(channel, n, n + 1, text, "en", 0.1) for n, text in enumerate(texts)))


def read(catalogue: Catalogue, said_in: dict[str, Reading], *, engine: str = ENGINE) -> None:
    """Record readings by content."""
    ids = {video.content_key: video.id for video in catalogue.videos()}
    buffer = LinesBuffer(catalogue, LineStore(catalogue.home, engine))
    for content, reading in said_in.items():
        channel = reading.lines[0].channel if reading.lines else Channel.SPEECH
        buffer.add(ids[content], channel, reading)
    assert buffer.is_due is False
    assert buffer.flush() == len(said_in)


def texts(catalogue: Catalogue) -> dict[int, list[str]]:
    """The live lines by video."""
    found: dict[int, list[str]] = {}
    for part in catalogue.readings.parts():
        held = LineStore(catalogue.home, part.engine_id).read_part(part.name, part.sha256)
        for row in part.readings:
            found.setdefault(row.video_id, []).extend(line.text for line in held[row.number])
    return found


@pytest.fixture
def library(home: Home) -> Home:
    with writing_session(home) as catalogue:
        add(catalogue, ["a", "b", "c"])
        catalogue.readings.serve({Channel.SPEECH: ENGINE})
        read(
            catalogue,
            {"a": said("one", "two"), "b": said("three"), "c": Reading((), reason="no sound")},
        )
    return home


def test_lines_come_back_as_they_were_read(library: Home) -> None:
    with Catalogue(library) as catalogue:
        assert texts(catalogue) == {1: ["one", "two"], 2: ["three"]}
        assert catalogue.readings.unread(Channel.SPEECH, ENGINE) == []
        (counts,) = catalogue.readings.counts()
        assert (counts.done, counts.lines, counts.pending) == (3, 3, 0)
        (part,) = catalogue.readings.parts()
        held = LineStore(library, ENGINE).read_part(part.name, part.sha256)
        assert held[part.readings[0].number] == said("one", "two").lines


def test_a_second_reading_replaces_the_first_and_an_unused_part_goes(library: Home) -> None:
    with writing_session(library) as catalogue:
        read(catalogue, {"a": said("new")})
        assert texts(catalogue) == {1: ["new"], 2: ["three"]}
        read(catalogue, {"b": Reading(())})
        assert texts(catalogue) == {1: ["new"]}
    with writing_session(library) as catalogue:
        assert texts(catalogue) == {1: ["new"]}
        assert stray_line_parts(catalogue, LineStore(library, ENGINE)) == []
    assert len(list(library.lines(ENGINE).iterdir())) == 1


def test_an_engine_that_does_not_serve_its_channel_is_not_live(library: Home) -> None:
    with writing_session(library) as catalogue:
        read(catalogue, {"a": said("better")}, engine="says-2")
        assert texts(catalogue)[1] == ["one", "two"]
        assert [each.video_id for each in catalogue.readings.unread(Channel.SPEECH, "says-2")] == [
            2,
            3,
        ]
        catalogue.readings.serve({Channel.SPEECH: "says-2"})
        assert texts(catalogue) == {1: ["better"]}


def test_a_removed_video_loses_its_lines_until_it_comes_back(library: Home) -> None:
    with writing_session(library) as catalogue:
        catalogue.files.remove([file_of("a")])
        assert texts(catalogue) == {2: ["three"]}
        add(catalogue, ["a"])
        assert texts(catalogue) == {1: ["one", "two"], 2: ["three"]}


def test_a_video_that_fails_is_tried_three_times_and_on_request(library: Home) -> None:
    with writing_session(library) as catalogue:
        buffer = LinesBuffer(catalogue, LineStore(library, "says-2"))
        for attempt in range(1, MAX_ATTEMPTS + 1):
            buffer.add_failed(1, Channel.SPEECH, f"try {attempt}")
            buffer.flush()
        unread = catalogue.readings.unread
        assert [each.video_id for each in unread(Channel.SPEECH, "says-2")] == [2, 3]
        again = unread(Channel.SPEECH, "says-2", retry_failed=True)
        assert [each.video_id for each in again] == [1, 2, 3]
        catalogue.readings.serve({Channel.SPEECH: "says-2"})
        assert [(f.state, f.reason) for f in catalogue.readings.failures()] == [
            ("failed", "speech: try 3")
        ]
        buffer.add(1, Channel.SPEECH, replace(said("late"), state="partial", reason="breaks off"))
        buffer.flush()
        assert [each.video_id for each in unread(Channel.SPEECH, "says-2")] == [2, 3]
        again = unread(Channel.SPEECH, "says-2", retry_failed=True)
        assert [each.video_id for each in again] == [1, 2, 3]


def test_damaged_and_missing_parts_are_found_and_read_again(library: Home) -> None:
    with writing_session(library) as catalogue:
        read(catalogue, {"b": said("three again")})
        parts = catalogue.readings.parts()
    store = LineStore(library, ENGINE)
    content = bytearray(store.path(parts[0].name).read_bytes())
    content[len(content) // 2] ^= 1
    store.path(parts[0].name).write_bytes(bytes(content))
    store.path(parts[1].name).unlink()
    with pytest.raises(DamagedLines):
        store.read_part(parts[0].name, parts[0].sha256)
    assert len(verify_library(library).problems) == 2
    repaired = verify_library(library, repair=True)
    assert repaired.problems == []
    assert repaired.repaired == [
        "the words of 2 videos will be read again by the next reelwise index"
    ]
    with Catalogue(library) as catalogue:
        unread = catalogue.readings.unread(Channel.SPEECH, ENGINE)
        assert [each.video_id for each in unread] == [1, 2]


def test_a_lost_catalogue_takes_its_lines_in_again(library: Home, tmp_path_factory: object) -> None:
    kept = library.root.parent / "kept"
    shutil.copytree(library.root, kept)
    shutil.rmtree(library.root / "copies", ignore_errors=True)
    for path in library.root.glob("catalogue*"):
        path.unlink()
    with writing_session(library) as catalogue:
        add(catalogue, ["other", "b", "a"])
        catalogue.readings.serve({Channel.SPEECH: ENGINE})
        assert len(verify_library(library).problems) == 2  # and the stray vectors
        assert take_in_lines(catalogue, LineStore(library, ENGINE)) == 2
        assert texts(catalogue) == {3: ["one", "two"], 2: ["three"]}
        assert take_in_lines(catalogue, LineStore(library, ENGINE)) == 0


def test_recording_without_the_lock_or_twice_is_refused(library: Home) -> None:
    with Catalogue(library) as catalogue, pytest.raises(ValueError, match="writer lock"):
        record_lines(catalogue, LineStore(library, ENGINE), [])
    with writing_session(library) as catalogue:
        buffer = LinesBuffer(catalogue, LineStore(library, ENGINE))
        buffer.add(1, Channel.SPEECH, said("x"))
        buffer.add(1, Channel.SPEECH, said("y"))
        with pytest.raises(ValueError, match="once"):
            buffer.flush()


def test_columns_of_live_readings_are_those_of_the_rows(library: Home) -> None:
    with writing_session(library) as catalogue:
        read(catalogue, {"a": said("better")}, engine="says-2")
        read(catalogue, {"c": said("sign", "post", channel=Channel.SCREEN)}, engine="reads-1")
        read(catalogue, {"b": said("not served", channel=Channel.TITLE)}, engine="names-1")
        catalogue.readings.serve({Channel.SCREEN: "reads-1"})
        assert_columns_are_those_of_the_rows(catalogue, n=3)
        catalogue.files.remove([file_of("a")])
        assert_columns_are_those_of_the_rows(catalogue, n=2)
        catalogue.files.remove([file_of("b"), file_of("c")])
        assert_columns_are_those_of_the_rows(catalogue, n=0)


def assert_columns_are_those_of_the_rows(catalogue: Catalogue, n: int) -> None:
    parts, live = catalogue.readings.parts(), catalogue.live_readings()
    rows = {
        (row.number, row.n_lines, row.channel, part.name, part.engine_id, part.size_bytes)
        for part in parts
        for row in part.readings
    }
    assert len(rows) == n
    columns = (live.numbers, live.n_lines, live.channels, live.parts)
    assert rows == {
        (number, n_lines, list(Channel)[channel], file.name, file.engine_id, file.size_bytes)
        for number, n_lines, channel, place in zip(*(c.tolist() for c in columns), strict=True)
        for file in [live.files[place]]
    }
    for part in parts:
        numbers = live.numbers[[live.files[place].name == part.name for place in live.parts]]
        assert live.names_of(numbers) == [part.name]
        assert catalogue.readings.live_parts([part.name]) == [part]
    screen = live.in_channels([Channel.SCREEN])
    assert live.n_lines[screen].tolist() == ([2] if n > 1 else [])

"""A search asks every channel of a real library; each of them can be asked alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.home import Home, resolve_home
from data.lines.line import Channel, Line, Reading
from data.video.types import OnProgress
from indexer.build.pipeline import RunOptions, index_with
from indexer.search.query import Filters, Query, channels_named
from indexer.search.result import SearchResult
from indexer.search.searcher import Searcher
from tests.data.lines.made import srt
from tests.fakes import ColourEncoder, FakeSentences
from tests.indexer.made import paint, store
from tests.indexer.search.found import colour


@dataclass
class Fixed:
    """Reads the same lines from a video by its name."""

    id: str
    channel: Channel
    lines: dict[str, list[tuple[float, str]]]

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        said = self.lines.get(path.stem, [])
        return Reading(tuple(Line(self.channel, t, t + 1, text, "en") for t, text in said))


SPEECH = Fixed("hears-1", Channel.SPEECH, {"one": [(1.5, "the ferry leaves at nine")]})
SCREEN = Fixed("reads-1", Channel.SCREEN, {"two": [(2.0, "PLATFORM9CLOSED")]})


SENTENCES = FakeSentences()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    folder = tmp_path_factory.mktemp("channels")
    videos = folder / "harbour"
    paint(videos / "one.mp4", ("red", 4))
    paint(videos / "two.mp4", ("green", 4))
    paint(videos / "birthday_party.mp4", ("blue", 4))
    srt(videos / "birthday_party.en.srt", [(0.5, 1.5, "Blow out the candles")])
    home = resolve_home(folder / "home")
    options = RunOptions(1, readers=[SPEECH, SCREEN], sentences=SENTENCES)
    index_with(home, [videos], ColourEncoder(), options)
    return home, videos


def test_a_channel_that_was_never_read_is_told_where_it_is_asked_for(home: Home) -> None:
    store(home, {"a": colour("red")})
    searcher = Searcher(home, ColourEncoder())
    for names, told in (("speech", "transcribed"), ("screen,title", "screen is not read")):
        result = searcher.search(Query(text="ferry", channels=channels_named(names)))
        (warning,) = [each for each in result.warnings if "reelwise index FOLDER" in each]
        assert told in warning
    title = searcher.search(Query(text="ferry", channels=channels_named("title")))
    everything = searcher.search(Query(text="ferry"))
    assert not [each for each in (*title.warnings, *everything.warnings) if "FOLDER" in each]


@pytest.fixture(scope="module")
def searcher(library: tuple[Home, Path]) -> Iterator[Searcher]:
    with closing(
        Searcher(library[0], ColourEncoder(), open_sentences=lambda folder: SENTENCES)
    ) as one:
        yield one


def ask(searcher: Searcher, text: str, only: str | None = None) -> SearchResult:
    return searcher.search(Query(text, channels=channels_named(only)), 3)


def test_what_is_said_after_what_is_seen_is_found_in_that_order(searcher: Searcher) -> None:
    result = searcher.search(Query("red", then=("the ferry leaves",)), 1)
    (hit,) = result.hits
    assert (hit.path.stem, [step.start_s for step in hit.steps]) == ("one", [0.0, 1.5])
    assert [str(match.channel) for match in hit.matched if match.is_shown] == ["speech"]
    reverse = searcher.search(Query("blow out the candles", then=("the ferry leaves",)), 1)
    assert not reverse.confident


KINDS = [
    ("red", "picture", "one", 0.0),
    ("the ferry", "speech", "one", 1.5),
    ("platform 9", "screen", "two", 2.0),
    ("candles", "subtitle", "birthday_party", 0.5),
    ("birthday", "title", "birthday_party", 0.0),
    ('"leaves at nine"', "speech", "one", 1.5),
    ('"platform 9 closed"', "screen", "two", 2.0),
]


@pytest.mark.parametrize(("text", "channel", "video", "start_s"), KINDS)
def test_each_channel_finds_what_it_knows_alone_and_with_all(
    searcher: Searcher, text: str, channel: str, video: str, start_s: float
) -> None:
    for only in (channel, None):
        result = ask(searcher, text, only)
        hit = result.hits[0]
        assert (hit.path.stem, round(hit.start_s, 1)) == (video, start_s)
        assert channel in {str(match.channel) for match in hit.matched}
        assert result.confident or channel == "picture"  # of three clips none stands out
    others = ",".join(each for each in map(str, Channel) if each not in (channel, "picture"))
    assert all(
        str(match.channel) != channel
        for hit in ask(searcher, text, others).hits
        for match in hit.matched
    )


MEANT = [
    ("a ship departs", "speech", "one", 1.5),
    ("extinguish flames", "subtitle", "birthday_party", 0.5),
    ("a celebration", "title", "birthday_party", 0.0),
]


@pytest.mark.parametrize(("text", "channel", "video", "start_s"), MEANT)
def test_each_channel_finds_what_it_means_in_other_words(
    searcher: Searcher, text: str, channel: str, video: str, start_s: float
) -> None:
    for only in (channel, None):
        hit = ask(searcher, text, only).hits[0]
        assert (hit.path.stem, round(hit.start_s, 1)) == (video, start_s)
        found = [match for match in hit.matched if match.by_meaning]
        assert [str(match.channel) for match in found] == [channel]
        assert found[0].start_s == pytest.approx(start_s)
    others = ",".join(each for each in ("speech", "subtitle", "title", "path") if each != channel)
    assert ask(searcher, text, others).hits == []
    assert ask(searcher, f'"{text}"').hits == [], "quoted words are never taken for others"


def test_a_line_with_every_word_comes_before_one_that_means_the_same(searcher: Searcher) -> None:
    hit = ask(searcher, "the ferry leaves", "speech").hits[0]
    (match,) = hit.matched
    assert match.marks, "found by its words as well"
    assert not match.by_meaning


def test_a_dead_sentence_encoder_is_told_and_words_are_still_found(
    library: tuple[Home, Path],
) -> None:
    def broken(folder: Path | None) -> FakeSentences:
        raise ReelwiseError("MiniLM is gone", fix="pip install it")

    with closing(Searcher(library[0], ColourEncoder(), open_sentences=broken)) as searcher:
        result = ask(searcher, "the ferry")
        assert result.hits[0].path.stem == "one"
        wanted = "what lines mean is not searched: MiniLM is gone; pip install it"
        assert wanted in result.warnings
        assert wanted not in ask(searcher, '"the ferry"').warnings


def test_what_is_partly_seen_and_partly_written_is_one_hit(searcher: Searcher) -> None:
    hit = ask(searcher, "green platform 9").hits[0]
    assert hit.path.stem == "two"
    assert {str(match.channel) for match in hit.matched} == {"picture", "screen"}


def test_the_folder_is_a_channel(searcher: Searcher) -> None:
    assert len(ask(searcher, "harbour", "path").hits) == 3


def test_quoted_words_leave_out_what_does_not_hold_them(searcher: Searcher) -> None:
    assert [hit.path.stem for hit in ask(searcher, '"ferry leaves"').hits] == ["one"]
    assert ask(searcher, '"leaves ferry"').hits == []
    assert ask(searcher, '"red"').hits == []
    assert not ask(searcher, '"red"').confident


def test_filters_hold_for_lines(searcher: Searcher, library: tuple[Home, Path]) -> None:
    query = Query("ferry candles platform")
    under = Filters(under=library[1] / "two.mp4")
    assert {hit.path.stem for hit in searcher.search(query, 9, filters=under).hits} == {"two"}
    longer = Filters(min_duration_s=100.0)
    assert searcher.search(query, 9, filters=longer).hits == []
    sure = Filters(min_relevance=0.9)
    hits = searcher.search(Query("the ferry"), 9, filters=sure).hits
    assert [hit.path.stem for hit in hits] == ["one"]


def test_what_was_read_since_the_publication_is_found(
    library: tuple[Home, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = tmp_path / "more"
    paint(videos / "one.mp4", ("red", 4))
    home = resolve_home(tmp_path / "home")
    index_with(home, [videos], ColourEncoder(), RunOptions(1, readers=()))
    monkeypatch.setattr("indexer.build.publisher.Publisher.finish", lambda *_, **__: True)
    again = Fixed("hears-1", Channel.SPEECH, SPEECH.lines)
    with closing(Searcher(home, ColourEncoder())) as searcher:
        assert ask(searcher, "ferry", "speech").hits == []
        index_with(home, [videos], ColourEncoder(), RunOptions(1, readers=[again]))
        assert searcher.refresh()
        assert [hit.start_s for hit in ask(searcher, "ferry", "speech").hits] == [1.5]


def test_missing_line_parts_are_told(tmp_path: Path) -> None:
    videos = tmp_path / "more"
    paint(videos / "one.mp4", ("red", 4))
    home = resolve_home(tmp_path / "home")
    index_with(home, [videos], ColourEncoder(), RunOptions(1, readers=[SPEECH]))
    for path in home.lines("hears-1").iterdir():
        path.unlink()
    with closing(Searcher(home, ColourEncoder())) as searcher:
        result = ask(searcher, "ferry")
    assert any("line parts are missing" in warning for warning in result.warnings)


def test_channels_are_named(searcher: Searcher) -> None:
    assert channels_named("Speech, screen") == {Channel.SPEECH, Channel.SCREEN}
    assert channels_named(None) == frozenset(Channel)
    for wrong in ("nose", "", ","):
        with pytest.raises(Exception, match="channel"):
            channels_named(wrong)

"""The passes over words: what is read, what is not read again, and what a bad file costs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.errors import UnreadableVideo
from data.home import Home
from data.lines.line import Channel, Line, LineReader, Reading
from data.video.types import OnProgress
from indexer.build.pipeline import RunOptions, index_with
from indexer.build.report import IndexReport
from indexer.store.lines import LineStore
from tests.data.lines.made import film, srt
from tests.fakes import ColourEncoder
from tests.indexer.runs import Listener


@dataclass
class Says:
    """Says a video's name; or what the test wants."""

    id: str = "says-1"
    channel: Channel = Channel.SPEECH
    heard: list[str] = field(default_factory=list)
    trouble: dict[str, Exception | KeyboardInterrupt] = field(default_factory=dict)

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        on_progress()
        self.heard.append(path.stem)
        if path.stem in self.trouble:
            raise self.trouble[path.stem]
        return Reading((Line(self.channel, 0.5, 1.5, f"{self.id} {path.stem}", "en", 0.9),))


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filmed")
    film(folder / "a_day.mkv", [(1.0, 2.0, "Inside")], codec="subrip", title="At the lake")
    for name in ("b", "c"):
        film(folder / f"{name}.mp4", title=f"film {name}")
    return folder


@pytest.fixture
def films(filmed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filmed, tmp_path / "films")


def run(home: Home, films: Path, *readers: LineReader, retry: bool = False) -> IndexReport:
    options = RunOptions(1, retry, Listener(), readers)
    return index_with(home, [films], ColourEncoder(), options)


def lines(home: Home, *channels: Channel) -> dict[str, list[str]]:
    """The live lines by the name of their video."""
    found: dict[str, list[str]] = {}
    with Catalogue(home) as catalogue:
        names = {video.id: video.path.stem for video in catalogue.videos()}
        for part in catalogue.readings.parts():
            held = LineStore(home, part.engine_id).read_part(part.name, part.sha256)
            for row in part.readings:
                if not channels or row.channel in channels:
                    found.setdefault(names[row.video_id], []).extend(
                        line.text for line in held[row.number]
                    )
    return found


def test_names_and_subtitles_are_read_once_and_again_when_they_change(
    home: Home, films: Path
) -> None:
    report = run(home, films)
    assert [(each.channel, each.videos) for each in report.words] == [("subtitle", 3)]
    assert lines(home, Channel.SUBTITLE) == {"a_day": ["Inside"]}
    assert lines(home, Channel.TITLE)["a_day"] == ["a day", "At the lake"]
    assert lines(home, Channel.PATH)["b"] == ["films"]
    assert run(home, films).words == []
    beside = srt(films / "b.en.srt", [(0.0, 1.0, "Beside")])
    assert [each.videos for each in run(home, films).words] == [1]
    assert lines(home, Channel.SUBTITLE) == {"a_day": ["Inside"], "b": ["Beside"]}
    srt(beside, [(0.0, 1.0, "Changed")])
    run(home, films)
    assert lines(home, Channel.SUBTITLE)["b"] == ["Changed"]
    beside.unlink()
    run(home, films)
    assert lines(home, Channel.SUBTITLE) == {"a_day": ["Inside"]}
    assert run(home, films).words == []


def test_subtitles_beside_any_copy_of_a_video_are_its_subtitles(home: Home, films: Path) -> None:
    far = films / "z" / "copy.mp4"
    far.parent.mkdir()
    shutil.copy(next(films.glob("b.*")), far)
    run(home, films)
    beside = srt(far.with_suffix(".en.srt"), [(0.5, 1.5, "Far away")])
    run(home, films)
    assert "Far away" in str(lines(home, Channel.SUBTITLE))
    beside.unlink()
    run(home, films)
    assert "Far away" not in str(lines(home, Channel.SUBTITLE))


def test_a_renamed_video_has_its_new_name_and_keeps_the_rest(home: Home, films: Path) -> None:
    run(home, films)
    (films / "a_day.mkv").rename(films / "the_night.mkv")
    run(home, films)
    assert lines(home, Channel.TITLE)["the_night"] == ["the night", "At the lake"]
    assert lines(home, Channel.SUBTITLE)["the_night"] == ["Inside"]
    (films / "the_night.mkv").unlink()
    run(home, films)
    assert "the_night" not in lines(home)


def test_a_video_with_subtitles_is_not_transcribed_until_they_go(home: Home, films: Path) -> None:
    beside = srt(films / "b.srt", [(0.0, 1.0, "Beside")])
    first = Says()
    report = run(home, films, first)
    assert first.heard == ["c"]
    assert [each.left_out for each in report.words] == [0, 2]
    beside.unlink()
    second = Says()
    run(home, films, second)
    assert second.heard == ["b"]
    third = Says()
    run(home, films, third)
    assert third.heard == []
    assert lines(home, Channel.SPEECH) == {"b": ["says-1 b"], "c": ["says-1 c"]}


def test_a_bad_video_costs_itself_and_is_tried_three_times(home: Home, films: Path) -> None:
    for attempt in range(1, 5):
        says = Says(trouble={"b": UnreadableVideo("no sound at all")})
        report = run(home, films, says)
        assert ("b" in says.heard) == (attempt <= 3)
        assert lines(home, Channel.SPEECH) == {"c": ["says-1 c"]}
        assert sum(each.failed for each in report.words) == (attempt <= 3)
    says = Says(trouble={"b": RuntimeError("engine")})
    run(home, films, says, retry=True)
    assert says.heard == ["b"]
    with Catalogue(home) as catalogue:
        assert [f.reason for f in catalogue.readings.failures()] == ["speech: RuntimeError: engine"]
        counts = {each.channel: each for each in catalogue.readings.counts()}
    assert (counts[Channel.SPEECH].done, counts[Channel.SPEECH].failed) == (2, 1)


def test_what_was_read_before_ctrl_c_is_kept(home: Home, films: Path) -> None:
    says = Says("reads-1", Channel.SCREEN, trouble={"b": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        run(home, films, says)
    kept = lines(home, Channel.SCREEN)
    assert set(kept) == set(says.heard) - {"b"}
    again = Says("reads-1", Channel.SCREEN)
    run(home, films, again)
    assert set(again.heard) == {"a_day", "b", "c"} - set(kept)


def test_another_engine_is_served_once_it_has_read_all(home: Home, films: Path) -> None:
    run(home, films, Says())
    broken = Says("says-2", trouble={"b": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        run(home, films, broken)
    assert lines(home, Channel.SPEECH)["c"] == ["says-1 c"]
    run(home, films, Says("says-2"))
    assert lines(home, Channel.SPEECH) == {"b": ["says-2 b"], "c": ["says-2 c"]}
    assert lines(home, Channel.SUBTITLE) == {"a_day": ["Inside"]}


def test_lost_and_damaged_lines_are_read_again(home: Home, films: Path) -> None:
    run(home, films, Says())
    whole = lines(home)
    for path in home.lines("says-1").iterdir():
        path.unlink()
    again = Says()
    run(home, films, again)
    assert sorted(again.heard) == ["b", "c"]
    assert lines(home) == whole
    (path,) = home.lines("says-1").iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    shutil.rmtree(home.index)  # the next index of words is made from the parts
    healed = Says()
    run(home, films, healed)
    assert sorted(healed.heard) == ["b", "c"]
    assert lines(home) == whole


def test_a_damaged_subtitle_is_partial_and_told(home: Home, films: Path) -> None:
    (films / "b.srt").write_text("no subtitle")
    report = run(home, films)
    assert [each.partial for each in report.words] == [1]
    with Catalogue(home) as catalogue:
        (failure,) = catalogue.readings.failures()
    assert failure.path == films / "b.mp4"
    assert failure.reason.startswith("subtitle: b.srt: no subtitle that can be read")

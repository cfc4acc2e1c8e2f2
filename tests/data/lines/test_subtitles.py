"""Subtitles beside a video and inside it: what is read, and what is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import UnreadableVideo
from data.lines.cues import Cue, lines_of, rows_of
from data.lines.reading import WordsReader
from data.lines.sidecars import decoded, language_in_name, read_sidecar, subtitle_files
from data.video.children.supervisor import DecodeLimits
from tests.data.lines.made import film, srt

SAID = [(1.0, 2.5, "<i>Hello</i> there,\nold {\\an8}friend"), (3.0, 4.0, "Good&nbsp;bye")]
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\n"
    "Style: Default,Arial\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\i1}Hello{\\i0} there,\\Nold friend\n"
    "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
    "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,Good bye\n"
)
FORMATS = {
    "a.srt": "",
    "a.vtt": "WEBVTT\n\nNOTE not said\n\n00:01.000 --> 00:02.500\n<v Ann><i>Hello</i> there,\n"
    "old friend\n\n00:03.000 --> 00:04.000\nGood bye\n",
    "a.ass": ASS,
    "a.ssa": ASS,
    "a.sub": "{20}{50}Hello there,|old friend\n{60}{80}Good bye\n",
    "a.smi": "<SAMI><BODY><SYNC Start=1000><P>Hello there,<br>old friend<SYNC Start=2500><P>&nbsp;"
    "<SYNC Start=3000><P>Good bye<SYNC Start=4000><P>&nbsp;</BODY></SAMI>",
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_the_same_lines(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if FORMATS[name]:
        path.write_text(FORMATS[name], encoding="utf-8")
    else:
        srt(path, SAID)
    lines = read_sidecar(path, fps=20.0)
    assert [(line.start_s, line.end_s, line.text) for line in lines] == [
        (1.0, 2.5, "Hello there, old friend"),
        (3.0, 4.0, "Good bye"),
    ]


@pytest.fixture(scope="module")
def reader() -> Iterator[WordsReader]:
    with WordsReader() as one:
        yield one


def test_what_is_no_subtitle_says_so(tmp_path: Path) -> None:
    for content, reason in (
        (b"\0\0\x01\xba" + bytes(99), "a subtitle of pictures, which is not read"),
        (b"an ordinary text", "no subtitle that can be read"),
        (b"{1}{2}counts frames", "no subtitle that can be read"),
    ):
        path = tmp_path / "a.sub"
        path.write_bytes(content)
        with pytest.raises(UnreadableVideo, match=reason):
            read_sidecar(path)
    path.write_bytes(b"")
    assert read_sidecar(path) == []


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        ("Ein Mädchen läuft über die Straße", "cp1252", ""),
        ("Ein Mädchen läuft über die Straße", "utf-8-sig", ""),
        ("Девочка бежит через улицу", "cp1251", "ru"),
        ("Девочка бежит через улицу к дому", "cp1251", ""),
        ("Девочка бежит через улицу", "utf-16", ""),
        ("Девочка бежит через улицу", "utf-16-le", ""),
        ("女の子が走る", "cp932", "ja"),
        ("女孩跑过街道", "gb18030", "zh"),
        ("Çığ düştü", "cp1254", "tr"),
    ],
)
def test_old_encodings_are_told_apart(text: str, encoding: str, language: str) -> None:
    assert decoded(text.encode(encoding), language) == text


def test_a_subtitle_belongs_to_the_video_whose_name_fits_best() -> None:
    names = ["Film.mp4", "film.srt", "Film.en.forced.VTT", "Film.part2.mkv", "Film.part2.de.srt"]
    names += ["Filmed.srt", "other.srt", "lone.en.srt"]
    assert subtitle_files(names) == {
        "film": ["Film.en.forced.VTT", "film.srt"],
        "film.part2": ["Film.part2.de.srt"],
    }


@pytest.mark.parametrize(
    ("name", "language"),
    [("a.srt", ""), ("a.en.srt", "en"), ("a.pt-BR.srt", "pt"), ("a.German.forced.ass", "de"),
     ("a.chi.srt", "zh"), ("a.sdh.srt", "")],
)  # fmt: skip
def test_a_name_tells_the_language(name: str, language: str) -> None:
    assert language_in_name(Path(name), Path("a.mp4")) == language


def test_a_row_of_rolling_captions_is_one_line() -> None:
    cues = [
        Cue(0.0, 2.0, "so<00:00:01.000><c> this</c> is"),
        Cue(2.0, 2.01, "so this is"),
        Cue(2.01, 4.0, "so this is\nhow it goes"),
        Cue(4.0, 4.01, "how it goes"),
        Cue(4.01, 6.0, "how it goes\nand ends"),
        Cue(20.0, 21.0, "and ends"),
    ]
    assert [(line.start_s, line.end_s, line.text) for line in lines_of(cues)] == [
        (0.0, 2.01, "so this is"),
        (2.01, 4.01, "how it goes"),
        (4.01, 6.0, "and ends"),
        (20.0, 21.0, "and ends"),
    ]


def test_what_says_nothing_is_no_line() -> None:
    assert rows_of("<b></b>\n ♪ \n{\\an8}") == []
    assert rows_of("1 < 2 & 3 > 2") == ["1 < 2 & 3 > 2"]
    assert list(lines_of([Cue(5.0, 4.0, "back"), Cue(float("nan"), 1.0, "never")])) == []
    assert [line.start_s for line in lines_of([Cue(-1.0, 1.0, "early")])] == [0.0]


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mkv", "subrip"), ("mkv", "webvtt"), ("mp4", "mov_text")]
)
def test_streams_are_read_with_their_language(
    suffix: str, codec: str, reader: WordsReader, tmp_path: Path
) -> None:
    said = [(1.0, 2.5, "Hello there"), (3.0, 4.0, "Good bye")]
    video = film(tmp_path / f"a.{suffix}", said, codec=codec, title="My holiday")
    words = reader.read(video, [])
    assert [(line.start_s, line.end_s, line.text) for line in words.lines] == said
    assert {line.language for line in words.lines} == {"en"}
    assert (words.title, words.is_whole, words.reason) == ("My holiday", True, "")


def test_one_reader_reads_files_and_streams_of_many_videos(
    reader: WordsReader, tmp_path: Path
) -> None:
    streamed = film(tmp_path / "a.mkv", [(1.0, 2.0, "Inside"), (3.0, 4.0, "Both")], codec="subrip")
    beside = srt(tmp_path / "a.de.srt", [(3.0, 4.0, "Both"), (5.0, 6.0, "Draußen")], "cp1252")
    silent = film(tmp_path / "b.mp4")
    bad = tmp_path / "c.mp4"
    bad.write_bytes(bytes(1000))
    damaged = tmp_path / "b.srt"
    damaged.write_text("no subtitle")
    words = reader.read(streamed, [beside])
    assert [line.text for line in words.lines] == ["Inside", "Both", "Draußen"]
    with pytest.raises(UnreadableVideo):
        reader.read(bad, [])
    assert reader.read(silent, []).lines == ()
    partly = reader.read(silent, [damaged])
    assert not partly.is_whole
    assert partly.reason.startswith("b.srt: no subtitle that can be read")


def test_a_child_that_breaks_off_costs_one_video() -> None:
    limits = DecodeLimits(stall_s=0.5)
    with WordsReader(limits, "tests.data.lines.rogue_child") as rogue:
        for name, reason in (("hang", "no progress"), ("die", "SIGABRT"), ("babble", "broke off")):
            with pytest.raises(UnreadableVideo, match=reason):
                rogue.read(Path(f"/{name}.mp4"), [])
        assert rogue.read(Path("/good.mp4"), []).title == "of a good one"

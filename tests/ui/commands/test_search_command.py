"""`reelwise search` and `similar` over a real small library: what is found and how it is told."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from data.lines import Channel
from data.toons.library import ToonLibrary
from data.video.transcode import Change, transcode
from indexer.search.result import Match
from tests.ui.commands.conftest import queries
from tests.ui.conftest import ENCODER, ask, tell
from ui.commands.everyday.search import marked

pytestmark = pytest.mark.long(11)

HIT_FIELDS = {"rank", "video_id", "path", "start_s", "end_s", "score", "relevance", "why"}


def test_a_search_has_the_fields_of_the_contract(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "search", "a red car drives to the left", "-k", "5", home=home)
    assert {"query", "encoder", "generation", "took_ms", "confident", "hits"} <= set(document)
    assert document["query"] == {"text": "a red car drives to the left"}
    assert document["generation"] >= 1
    assert isinstance(document["confident"], bool)
    assert len(document["hits"]) == 5
    for rank, hit in enumerate(document["hits"], start=1):
        assert set(hit) >= HIT_FIELDS
        assert hit["rank"] == rank
        assert isinstance(hit["video_id"], str)
        assert 0 <= hit["start_s"] < hit["end_s"]
        assert 0 <= hit["relevance"] <= 1
        assert set(hit["why"]) == {"visual", "text"}
        assert Path(hit["path"]).is_file()
    scores = [hit["score"] for hit in document["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_most_queries_of_the_toons_find_their_moment_first(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    right = 0
    asked = queries(toons)[:8]
    for row in asked:
        hit = ask(capsys, "search", row["query"], "-k", "1", home=home)["hits"][0]
        both = min(hit["end_s"], float(row["end_s"])) - max(hit["start_s"], float(row["start_s"]))
        right += Path(hit["path"]).name == row["video"] and both > 0
    assert right >= 7


def test_a_search_is_told_by_rank_relevance_path_stretch_and_title(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tell(capsys, "search", queries(toons)[0]["query"], "-k", "2", home=home).out.splitlines()
    hits = [line for line in told if line.lstrip()[:1].isdigit()]
    rank, relevance, path, stretch, *title = hits[0].split()
    assert rank == "1"
    assert 0 <= float(relevance) <= 1
    assert path.endswith(".mp4")
    start, end = stretch.split("-")
    assert start.count(":") == end.count(":") == 1
    assert title


def test_one_scene_and_then_another_are_found_in_that_order(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = queries(toons)
    one, other = next((a, b) for a, b in pairwise(rows) if a["video"] == b["video"])
    words = ["search", one["query"], "--then", other["query"], "--within", "5"]
    document = ask(capsys, *words, "-k", "2", home=home)
    assert document["query"] == {
        "text": one["query"],
        "then": [other["query"]],
        "within_s": 5.0,
    }
    hit = document["hits"][0]
    assert Path(hit["path"]).name == one["video"]
    first, second = hit["steps"]
    assert (first["text"], second["text"]) == (one["query"], other["query"])
    assert (first["start_s"], second["end_s"]) == (hit["start_s"], hit["end_s"])
    assert abs(second["start_s"] - float(other["start_s"])) < 1
    assert other["query"] in tell(capsys, *words, home=home).out


def test_a_line_is_shown_around_its_marked_words() -> None:
    text = "word " * 30 + "the red kite" + " word" * 30
    first = text.index("red kite")
    match = Match(Channel.SPEECH, text, 1.0, 2.0, 0.9, ((first, first + 3), (first + 4, first + 8)))
    shown = marked(match)
    assert "the [red] [kite] word" in shown
    assert shown.startswith("...")
    assert shown.endswith("...")
    assert len(shown) < 110
    assert marked(replace(match, text="a red kite", marks=((2, 5),))) == "a [red] kite"
    assert marked(replace(match, text="a \x1b[31m", marks=())) == "a \\x1b[31m"


def test_where_nothing_can_match_the_answer_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = ["search", "a red car", "--min-duration", "1e6"]
    assert ask(capsys, *nothing, home=home)["confident"] is False
    told = tell(capsys, *nothing, home=home)
    assert told.out == "nothing here matches well\n"
    assert "no video passes the filters" in told.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--under", "no/such/folder"], "no indexed video lies below"),
        (["--tag", "nobody's"], 'no video has the tag "nobody\'s"'),
        (["--min-duration", "9", "--max-duration", "5"], "no video is at least 9 s and at most 5"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_an_error_and_not_blamed_on_the_query(
    options: list[str], problem: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "search", "a red car", *options, home=home, code=1)
    assert problem in document["error"]
    assert document["fix"]


def test_a_folder_is_known_by_its_link_too(
    home: Path, toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "link"
    link.symlink_to(toons.folder)
    direct = ask(capsys, "search", "a red car", "--under", str(toons.folder), home=home)
    assert (
        ask(capsys, "search", "a red car", "--under", str(link), home=home)["hits"]
        == (direct["hits"])
    )


def test_an_example_clip_a_part_of_one_and_a_picture_find_their_source(
    home: Path, toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, story = toons.videos[3]
    source, cut = toons.folder / name, tmp_path / "cut.mp4"
    start_s, end_s = story.starts_s[0], story.ends_s[0]
    transcode(source, cut, Change(start_s=start_s, end_s=end_s, scale=0.5, crf=34))
    found = ask(capsys, "search", "--like", str(cut), home=home)["hits"][0]
    assert Path(found["path"]).name == name
    part = f"{source}@{start_s:g}-{end_s:g}"
    found = ask(capsys, "search", "--like", part, home=home)["hits"][0]
    assert Path(found["path"]).name == name
    assert found["start_s"] < end_s


@pytest.mark.parametrize("words", ["quantum accountancy in Latvian", "the", "a man", "asdfgh"])
def test_words_that_mean_nothing_to_the_encoder_are_no_match_and_named(
    words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "search", words, home=home)
    assert document["confident"] is False
    unknown = [word for word in words.split() if word not in ("in", "the", "a")]
    assert document["not_understood"] == unknown
    assert {hit["relevance"] for hit in document["hits"]} == {0.0}
    assert ask(capsys, "search", words, "--min-relevance", "0.1", home=home)["hits"] == []
    shown = tell(capsys, "search", words, home=home)
    assert all(f'"{word}"' in shown.err for word in unknown)
    assert shown.out.startswith("nothing here matches well")


def test_filters_and_no_merge_reach_the_search(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "a car"
    one = toons.folder / "toon-0001.mp4"
    only = ask(capsys, "search", words, "--under", str(one), home=home)["hits"]
    assert {hit["path"] for hit in only} == {str(one)}
    here = ask(capsys, "search", words, "--under", str(toons.folder), home=home)
    assert len(here["hits"]) == 10
    assert ask(capsys, "search", words, "--min-duration", "3600", home=home)["hits"] == []
    assert ask(capsys, "search", words, "--max-duration", "0.1", home=home)["hits"] == []
    merged = ask(capsys, "search", words, "-k", "1000", home=home)["hits"]
    single = ask(capsys, "search", words, "-k", "1000", "--no-merge", home=home)["hits"]
    assert len(single) >= len(merged)
    sure = ask(capsys, "search", words, "--min-relevance", "1.0", home=home)["hits"]
    assert all(hit["relevance"] == 1.0 for hit in sure)


def test_an_unreadable_example_is_a_known_error(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    told = tell(capsys, "search", "--like", str(broken), home=home, code=1)
    assert told.err.splitlines()[-2].startswith("error: ")
    assert "broken.mp4" in told.err


def test_similar_never_answers_with_the_video_itself(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "similar", "toon-0001.mp4@0-2", home=home)
    assert document["hits"]
    assert "toon-0001.mp4" not in {Path(hit["path"]).name for hit in document["hits"]}
    number = ask(capsys, "similar", "toon-0002.mp4", home=home)["hits"][0]["video_id"]
    assert ask(capsys, "similar", number, home=home)["hits"]


def test_an_encoder_that_knows_only_toons_says_so_wherever_it_serves_other_videos(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    telling = f"{ENCODER} knows only the cartoons"
    toons_only = tell(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    assert telling not in toons_only.err
    words = ["search", "a red car drives to the left"]
    assert ask(capsys, *words, home=home)["warnings"] == []

    (folder / "toon-0001.mp4").rename(folder / "holiday.mp4")
    (folder / "toon-0002.mp4").rename(folder / "birthday.mp4")
    assert telling in tell(capsys, "index", str(folder), home=home).err
    assert "2 of 3 videos are none" in tell(capsys, "status", home=home).err
    document = ask(capsys, *words, home=home)
    assert [telling in warning for warning in document["warnings"]] == [True]
    assert telling in tell(capsys, *words, home=home).err
    for query in ("a red car drives to the left", "a cat jumps", "a boat"):
        document = ask(capsys, "search", query, home=home)
        foreign = not Path(document["hits"][0]["path"]).name.startswith("toon-")
        assert not (foreign and document["confident"])


def test_an_answer_stops_at_the_noise_unless_all_of_it_is_wanted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["search", "quantum accountancy", "-k", "40"]
    document = ask(capsys, *words, home=home)
    above = [hit for hit in document["hits"] if hit["relevance"] >= 0.05 or hit["rank"] <= 3]
    assert len(above) < len(document["hits"])
    lines = tell(capsys, *words, home=home).out.splitlines()
    assert lines[0].startswith("nothing here matches well")
    assert len(lines) == len(above) + 2
    assert "--all lists them" in lines[-1]
    assert len(tell(capsys, *words, "--all", home=home).out.splitlines()) == 1 + len(
        document["hits"]
    )

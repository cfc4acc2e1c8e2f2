import math
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from embeddings.training.captions import (
    CaptionFile,
    find_beside,
    halve_captions,
    read_captions,
    split_captions,
)

HEADER = "video,start_s,end_s,caption"


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4"):
        (folder / name).touch()
    path = folder / "captions.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> CaptionFile:
    return read_captions(path, find_beside(path))


def test_lines_name_videos_beside_the_file_and_rules_of_words_turn_them_round(
    tmp_path: Path,
) -> None:
    told = read(
        written(tmp_path, "a.mp4,1.5,4,a red car drives left", f"{tmp_path}/b.mp4,0,2,a cat")
    )
    first, second = told.rows
    assert first.stretch.path == tmp_path / "a.mp4"
    assert (first.stretch.start_s, first.stretch.end_s) == (1.5, 4.0)
    assert first.backward == "a red car drives right"
    assert first.wrong is None
    assert (second.stretch.path, second.backward) == (tmp_path / "b.mp4", None)
    assert told.troubles == []


def test_exact_captions_come_before_the_rules(tmp_path: Path) -> None:
    header = f"{HEADER},backward_caption,wrong_caption"
    told = read(
        written(
            tmp_path,
            "a.mp4,0,2,a car drives left,the car comes back,",
            "a.mp4,2,4,a car turns left,,",
            header=header,
        )
    )
    assert [row.backward for row in told.rows] == ["the car comes back", None]
    assert [row.wrong for row in told.rows] == [None, None]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("e.mp4,0,2,a cat", "no video e.mp4"),
        ("a.mp4,0,2, ", "no caption"),
        (",0,2,a cat", "names no video"),
        ("a.mp4,2,2,a cat", "start_s < end_s"),
        ("a.mp4,-1,2,a cat", "start_s < end_s"),
        ("a.mp4,0,inf,a cat", "must be seconds, not '0' and 'inf'"),
        ("a.mp4,zero,2,a cat", "must be seconds, not 'zero'"),
        ("a.mp4", "no caption"),
    ],
)
def test_a_bad_line_is_recorded_with_its_number_and_the_others_are_read(
    tmp_path: Path, line: str, reason: str
) -> None:
    told = read(written(tmp_path, line, "b.mp4,0,1,a dog"))
    assert [row.text for row in told.rows] == ["a dog"]
    assert told.troubles[0].where == "captions.csv line 2"
    assert reason in told.troubles[0].reason


def test_queries_without_times_are_about_whole_videos_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    path = written(tmp_path, "a.mp4,a cat", "e.mp4,a dog,3", header="video,query,start_s")
    (tmp_path / "there" / "e.mp4").touch()
    find = find_beside(path, videos=tmp_path / "there")
    first, second = read_captions(path, find, words=("caption", "query"), timed=False).rows
    assert (first.text, first.stretch.start_s, first.stretch.end_s) == ("a cat", 0.0, math.inf)
    assert second.stretch.path == tmp_path / "there" / "e.mp4"
    assert second.stretch.start_s == 3
    with pytest.raises(ReelwiseError, match="no column end_s, caption;"):
        read(path)
    path.write_text("video,words\na.mp4,a cat\n")
    with pytest.raises(ReelwiseError, match="no column caption or query;"):
        read_captions(path, find, words=("caption", "query"), timed=False)


def test_files_that_are_no_captions_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="no column start_s, end_s") as refused:
        read(written(tmp_path, "a.mp4,hello", header="video,caption"))
    assert "video,start_s,end_s,caption" in refused.value.fix
    with pytest.raises(ReelwiseError, match="no line after the first"):
        read(written(tmp_path))
    with pytest.raises(ReelwiseError, match="there is no video x"):
        read(written(tmp_path, "x.mp4,0,1,a cat"))
    with pytest.raises(ReelwiseError, match="cannot be read"):
        read(tmp_path / "nothing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ReelwiseError, match="cannot be read"):
        read(tmp_path / "binary.csv")


def test_no_video_is_on_two_sides_and_the_seed_decides(tmp_path: Path) -> None:
    lines = [f"{name}.mp4,{second},{second + 1},a cat" for name in "abcd" for second in range(3)]
    rows = read(written(tmp_path, *lines)).rows
    parts = split_captions(rows, seed=0)
    videos = [{row.stretch.path for row in part} for part in parts]
    assert [len(each) for each in videos] == [2, 1, 1]
    assert len(set.union(*videos)) == 4
    assert sum(len(part) for part in parts) == len(rows)
    assert split_captions(rows, seed=0) == parts
    assert any(split_captions(rows, seed=seed) != parts for seed in (1, 2, 3))
    first, second = halve_captions(rows, seed=0)
    assert not {row.stretch.path for row in first} & {row.stretch.path for row in second}
    with pytest.raises(ReelwiseError, match="about 1 videos"):
        split_captions(rows[:3], seed=0)
    with pytest.raises(ReelwiseError, match="one video"):
        halve_captions(rows[:3], seed=0)

"""Sets of texts as people hold them, with empty files in place of videos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import ReelwiseError
from data.text_sets.located import read_entries
from data.text_sets.read import read_text_set
from data.text_sets.text_set import Caption, Moment, TextSet

MSR_VTT = {
    "info": {"year": "2016"},
    "videos": [
        {"id": 0, "video_id": "video0", "split": "train", "url": "u", "start time": 1.0},
        {"id": 7010, "video_id": "video7010", "split": "test"},
        {"id": 7011, "video_id": "video7011", "split": "test"},
    ],
    "sentences": [
        {"sen_id": 0, "video_id": "video0", "caption": "a dog runs"},
        {"sen_id": 1, "video_id": "video7011", "caption": "a cat sleeps "},
        {"sen_id": 2, "video_id": "video7010", "caption": "a man sings"},
        {"sen_id": 3, "video_id": "video7011", "caption": "an animal"},
    ],
}
DIDEMO = [
    {"annotation_id": 1, "video": "a.mov", "description": "a dog", "times": [[0, 0], [0, 1]]},
    {
        "annotation_id": 2,
        "video": "b",
        "description": "a cat",
        "times": [[4, 4]],
        "num_segments": 5,
    },
    {"annotation_id": 3, "video": "a.mov", "description": "it barks", "times": [[5, 5]]},
]
RTIME = {
    "33": {
        "temporal": True,
        "reverse": True,
        "forward_captions": ["a door opens"],
        "reverse_captions": ["a door closes"],
        "forward_rewrites": ["somebody opens a door"],
    },
    "44": {"reverse": False, "forward_captions": ["a man sits"], "reverse_captions": []},
}
NEG_MCQ = "correct_answer,caption_0,caption_1,caption_2,correct_answer_template,image_path\n"


def in_lines(content: Any) -> str:
    """JSON with a line for each entry of a list, and for each member of the outermost object."""
    if isinstance(content, list):
        return "[\n" + ",\n".join(map(json.dumps, content)) + "\n]"
    members = [
        f"{json.dumps(key)}: {in_lines(value) if isinstance(value, list) else json.dumps(value)}"
        for key, value in content.items()
    ]
    return "{\n" + ",\n".join(members) + "\n}"


def write(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else in_lines(content)
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, kind: Any = "auto", part: str = "test") -> TextSet:
    return read_text_set(path, None, kind, part)


def names(texts: TextSet) -> list[str]:
    return [video.name for video in texts.videos]


def test_msr_vtt_asks_every_caption_of_a_part_and_finds_videos_of_any_suffix(
    tmp_path: Path,
) -> None:
    (tmp_path / "video7011.webm").touch()
    texts = read(write(tmp_path / "MSRVTT_data.json", MSR_VTT))
    assert (texts.kind, names(texts)) == ("msr-vtt", ["video7010", "video7011"])
    assert [video.path for video in texts.videos] == [None, tmp_path / "video7011.webm"]
    assert texts.retrievals[""] == (
        Caption(1, "a cat sleeps"),
        Caption(0, "a man sings"),
        Caption(1, "an animal"),
    )
    assert names(read(tmp_path / "MSRVTT_data.json", part="train")) == ["video0"]
    with pytest.raises(ReelwiseError, match=r"no video of the part 'validate'; .* test, train"):
        read(tmp_path / "MSRVTT_data.json", part="validate")


def test_the_1k_a_list_is_taken_of_a_folder_that_has_all_captions_as_well(tmp_path: Path) -> None:
    write(tmp_path / "MSRVTT_data.json", MSR_VTT)
    write(tmp_path / "MSRVTT_train.9k.csv", "video_id\nvideo0\n")
    rows = "ret0,msr9770,video9770,a person\nret1,msr9771,video9771,a girl\n"
    write(tmp_path / "MSRVTT_JSFUSION_test.csv", "key,vid_key,video_id,sentence\n" + rows)
    texts = read(tmp_path)
    assert (texts.protocol, names(texts)) == (
        "msr-vtt, MSRVTT_JSFUSION_test",
        ["video9770", "video9771"],
    )
    write(tmp_path / "RTime_test.json", RTIME)
    with pytest.raises(ReelwiseError, match="2 lists of a set") as caught:
        read(tmp_path)
    assert "MSRVTT_JSFUSION_test.csv" in caught.value.problem
    assert read(tmp_path, "rtime").kind == "rtime"


def test_didemo_has_moments_paragraphs_and_what_is_usual_in_training(tmp_path: Path) -> None:
    train = [{"video": "c", "description": "d", "times": [[2, 3], [0, 0], [2, 3]]}]
    write(tmp_path / "train_data.json", train)
    texts = read(write(tmp_path / "test_data.json", DIDEMO))
    assert texts.moments == (
        Moment(0, "a dog", ((0, 0), (0, 1)), 6),
        Moment(1, "a cat", ((4, 4),), 5),
        Moment(0, "it barks", ((5, 5),), 6),
    )
    assert texts.retrievals[""] == (Caption(0, "a dog it barks"), Caption(1, "a cat"))
    assert texts.known_moments == ((2, 3), (0, 0))
    assert {video.end_s for video in texts.videos} == {30.0}
    paragraphs = [{"video": "a.mp4", "caption": ["one", " two"]}]
    texts = read(write(tmp_path / "ret.json", paragraphs))
    assert (texts.kind, texts.retrievals[""], texts.moments) == (
        "didemo",
        (Caption(0, "one two"),),
        (),
    )


def test_negbench_has_retrieval_and_choices_with_paths_of_another_machine(tmp_path: Path) -> None:
    rows = 'filepath,captions\n/data/x/video7.mp4,"[\'no dog\', ""it\'s a cat""]"\n'
    texts = read(write(tmp_path / "neg.csv", rows))
    assert texts.retrievals[""] == (Caption(0, "no dog"), Caption(0, "it's a cat"))
    assert names(texts) == ["video7.mp4"]
    rows = NEG_MCQ + "2,a,b,c,Hybrid,C:\\y\\v.mp4\n0,d,e,f,positive,/y/v.mp4\n"
    texts = read(write(tmp_path / "mcq.csv", rows))
    assert names(texts) == ["v.mp4"]
    assert [(e.texts, e.right, e.kind) for e in texts.choices] == [
        (("a", "b", "c"), 2, "hybrid"),
        (("d", "e", "f"), 0, "positive"),
    ]
    assert texts.retrievals == {}


def test_rtime_has_originals_all_and_pairs_and_finds_reversed_files(tmp_path: Path) -> None:
    for name in ("33.mp4", "33_reversed.mp4"):
        (tmp_path / name).touch()
    texts = read(write(tmp_path / "test.json", RTIME))
    assert names(texts) == ["33", "33_rev", "44"]
    paths = [video.path and video.path.name for video in texts.videos]
    assert paths == ["33.mp4", "33_reversed.mp4", None]
    assert texts.retrievals[""] == (Caption(0, "a door opens"), Caption(2, "a man sits"))
    assert [each.video for each in texts.retrievals["hard"]] == [0, 1, 2]
    assert [(e.forward, e.backward, e.backward_text) for e in texts.pairs] == [
        (0, 1, "a door closes")
    ]


def changed(base: Any, *path: Any, to: Any) -> Any:
    """A copy with one value changed, or taken away for None."""
    copy = json.loads(json.dumps(base))
    at = copy
    for step in path[:-1]:
        at = at[step]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return copy


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (changed(MSR_VTT, "sentences", 1, "caption", to=" "), 10, "'caption' is empty"),
        (changed(MSR_VTT, "sentences", 1, "caption", to=None), 10, "there is no 'caption'"),
        (changed(MSR_VTT, "sentences", 2, "sen_id", to=1), 11, "'sen_id 1' stands in line 10"),
        (changed(MSR_VTT, "sentences", 2, "video_id", to="v"), 11, "no video of the file"),
        (changed(MSR_VTT, "videos", 2, "video_id", to="video0"), 6, "'video_id video0' stands"),
        (changed(MSR_VTT, "videos", 1, "split", to=3), 5, "'split' is '3', no text"),
        (changed(DIDEMO, 1, "times", to=[[3, 6]]), 3, "not [first, last] from 0 to 5"),
        (changed(DIDEMO, 1, "times", to=[[3, 2]]), 3, "not [first, last] from 0 to 5"),
        (changed(DIDEMO, 1, "times", to=[]), 3, "'times' is empty"),
        (changed(DIDEMO, 1, "num_segments", to=9), 3, "'num_segments' is 9"),
        (changed(DIDEMO, 1, "annotation_id", to=1), 3, "'annotation_id 1' stands in line 2"),
        (changed(DIDEMO, 1, to=7), 3, "there is no 'video'"),
        (changed(RTIME, "33", "reverse_captions", to=[]), 2, "'reverse_captions' is empty"),
        (changed(RTIME, "44", to=7), 3, "there is no 'forward_captions'"),
        ('{"33": {"forward_captions": ["a"]},\n"33": {"forward_captions": ["b"]}}', 2, "video 33"),
        ('[\n{"video": "a",\n "times": [,]}]', 3, "no JSON"),
        ('{"videos": []\n"sentences": []}', 2, ", or } is missing"),
        ("[1]\n[2]", 2, "something stands after its end"),
        ("\n7", 2, "neither [ nor {"),
    ],
)
def test_what_is_wrong_in_json_is_said_with_its_line(
    tmp_path: Path, content: Any, line: int, said: str
) -> None:
    path = write(tmp_path / "test.json", content)
    with pytest.raises(ReelwiseError) as caught:
        read(path)
    assert caught.value.problem.startswith(f"{path}, line {line}: ")
    assert said in caught.value.problem


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("video_id,sentence\nvideo1,a\nvideo2,\n", 3, "'sentence' is empty"),
        ("video_id,sentence\nvideo1,a\nvideo1,a\n", 3, "stands in line 2 as well"),
        ("key,video_id,sentence\nr,video1,a\nr,video2,b\n", 3, "'key r' stands in line 2"),
        ("filepath,captions\nv.mp4,nothing\n", 2, "no list of texts"),
        ("filepath,captions\nv.mp4,[]\n", 2, "no list of texts"),
        ("filepath,captions\nv.mp4,\"['a']\"\nx/v.mp4,\"['b']\"\n", 3, "'video v.mp4' stands"),
        (NEG_MCQ + "3,a,b,c,,v.mp4\n", 2, "'correct_answer' is '3', not 0 to 2"),
        (NEG_MCQ + "0,a,,c,,v.mp4\n", 2, "'caption_1' is empty"),
        (NEG_MCQ + "0,a,b,c,,\n", 2, "is empty"),
    ],
)
def test_what_is_wrong_in_csv_is_said_with_its_line(
    tmp_path: Path, content: str, line: int, said: str
) -> None:
    path = write(tmp_path / "test.csv", content)
    with pytest.raises(ReelwiseError) as caught:
        read(path)
    assert caught.value.problem.startswith(f"{path}, line {line}: ")
    assert said in caught.value.problem


def test_what_is_no_set_or_another_one_says_what_it_has(tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", "query,video\na,b\n")
    with pytest.raises(ReelwiseError, match="its columns are query, video"):
        read(path)
    path = write(tmp_path / "own.json", [{"file": "a"}])
    with pytest.raises(ReelwiseError, match="fields of its first entry are file"):
        read(path)
    path = write(tmp_path / "test.json", RTIME)
    with pytest.raises(ReelwiseError, match="looks like rtime, not didemo"):
        read(path, "didemo")
    with pytest.raises(ReelwiseError, match=r"test\.json is no folder"):
        read_text_set(path, path, "auto", "test")
    with pytest.raises(ReelwiseError, match="there is no file or folder"):
        read(tmp_path / "gone.json")
    with pytest.raises(ReelwiseError, match="0 lists of a set"):
        read(tmp_path, "negbench")
    path = write(tmp_path / "empty.csv", "video_id,sentence\n")
    with pytest.raises(ReelwiseError, match="names no video"):
        read(path)


def test_entries_of_any_layout_are_those_of_json(tmp_path: Path) -> None:
    text = '\ufeff{"a" : [1,\n\n {"x": [2]}] , "b":{},\r\n"c":[], "d": null}\n'
    path = write(tmp_path / "x.json", text)
    found = [(each.key, each.line, each.value) for each in read_entries(path)]
    assert found == [("a", 1, 1), ("a", 3, {"x": [2]}), ("b", 3, {}), ("d", 4, None)]
    for empty in ("[]", "{}"):
        assert read_entries(write(path, empty)) == []

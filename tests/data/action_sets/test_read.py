"""Public sets as people hold them, with empty files in place of videos."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from data.action_sets.action_set import ActionSet, Part
from data.action_sets.class_words import class_words
from data.action_sets.read import read_action_set
from data.errors import ReelwiseError


def touch(folder: Path, names: Iterable[str]) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def said(read: ActionSet) -> list[tuple[str, str, str]]:
    """File below the folder (or "missing"), class and part of each video."""
    return [
        ("missing" if each.path is None else each.path.name, each.label, str(each.part))
        for each in read.videos
    ]


def test_ucf101_has_its_classes_in_order_and_clips_by_recording(tmp_path: Path) -> None:
    names = [f"v_TaiChi_g0{g}_c01.avi" for g in (1, 8)] + ["v_YoYo_g08_c01.avi"]
    folders = ["UCF-101/TaiChi", "UCF-101/TaiChi", "UCF-101/YoYo"]
    touch(tmp_path, map("/".join, zip(folders, names, strict=True)))
    lists = tmp_path / "ucfTrainTestlist"
    write(lists / "classInd.txt", "1 YoYo\r\n2 TaiChi\r\n3 Archery\r\n")
    write(lists / "trainlist01.txt", f"TaiChi/{names[1]} 2\nYoYo/{names[2]} 1\n")
    write(lists / "testlist01.txt", f"TaiChi/{names[0]}\nYoYo/v_YoYo_g01_c01.avi\n")
    write(lists / "testlist02.txt", f"YoYo/{names[2]}\n")
    read = read_action_set(tmp_path, ())
    assert (read.layout, read.protocol) == ("ucf101", "ucf101, split 1")
    assert read.classes == ("YoYo", "TaiChi", "Archery")
    assert said(read) == [
        (names[1], "TaiChi", "train"),
        (names[2], "YoYo", "train"),
        (names[0], "TaiChi", "test"),
        ("missing", "YoYo", "test"),
    ]
    assert [each.group for each in read.videos][:2] == ["v_TaiChi_g08", "v_YoYo_g08"]
    second = read_action_set(tmp_path, [lists / "testlist02.txt"])
    assert second.protocol == "ucf101, split 2"
    assert said(second) == [(names[2], "YoYo", "test")]


def test_ucf101_lists_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "classInd.txt", "1 YoYo\n2 TaiChi\n")
    write(tmp_path / "trainlist01.txt", "TaiChi/v_TaiChi_g01_c01.avi 1\n")
    write(tmp_path / "testlist01.txt", "YoYo/v_YoYo_g01_c01.avi\n")
    with pytest.raises(ReelwiseError, match=r"number 1, which classInd\.txt calls YoYo"):
        read_action_set(tmp_path, ())


def test_hmdb51_leaves_out_what_is_in_neither_part(tmp_path: Path) -> None:
    end = "u_nm_np1_ba_goo_0"
    touch(tmp_path / "brush_hair", [f"a_brush_hair_{end}.avi", "b_b.mp4", "c (x)_#1.avi"])
    touch(tmp_path / "wave", ["d_wave_u_0.avi"])
    lists = tmp_path / "splits"
    text = f"a_brush_hair_{end}.avi 1 \nb_b.avi 2 \nc (x)_#1.avi 0 \n"
    write(lists / "brush_hair_test_split1.txt", text)
    write(lists / "wave_test_split1.txt", "d_wave_u_0.avi 2 \n")
    write(lists / "wave_test_split2.txt", "d_wave_u_0.avi 1 \n")
    read = read_action_set(tmp_path, ())
    assert said(read) == [
        (f"a_brush_hair_{end}.avi", "brush_hair", "train"),
        ("b_b.mp4", "brush_hair", "test"),
        ("d_wave_u_0.avi", "wave", "test"),
    ]
    assert [each.group for each in read.videos] == ["a", "b_b", "d_wave_u_0"]
    write(lists / "wave_test_split1.txt", "d_wave_u_0.avi 3\n")
    with pytest.raises(ReelwiseError, match="0, 1 or 2"):
        read_action_set(tmp_path, ())


def test_kinetics_clips_lie_flat_or_by_class_or_are_whole_recordings(tmp_path: Path) -> None:
    touch(tmp_path, ["train/-Ab_000003_000013.mp4", "val/tai_chi/cd_000000_000010.mp4"])
    touch(tmp_path, ["val/ef.webm", "test/xx_000000_000010.mp4"])
    header = "label,youtube_id,time_start,time_end,split\n"
    write(tmp_path / "annotations/train.csv", f'{header}"petting (not cat)",-Ab,3,13,train\n')
    rows = "tai chi,cd,0,10,validate\ntai chi,ef,20,30,validate\nzumba,gone,1,11,validate\n"
    write(tmp_path / "annotations/validate.csv", header + rows)
    write(tmp_path / "annotations/test.csv", f"{header}zumba,xx,0,10,test\n")
    read = read_action_set(tmp_path, ())
    assert (read.layout, read.protocol) == ("kinetics", "kinetics, validation")
    assert said(read) == [
        ("-Ab_000003_000013.mp4", "petting (not cat)", "train"),
        ("cd_000000_000010.mp4", "tai chi", "test"),
        ("ef.webm", "tai chi", "test"),
        ("missing", "zumba", "test"),
    ]
    assert (read.videos[2].start_s, read.videos[2].end_s) == (20, 30)
    assert read.videos[1].start_s is None
    only_test = read_action_set(tmp_path, [tmp_path / "annotations/test.csv"])
    assert said(only_test) == [("xx_000000_000010.mp4", "zumba", "test")]


def test_something_has_the_template_without_brackets_for_a_class(tmp_path: Path) -> None:
    touch(tmp_path / "20bn-something-something-v2", ["1.webm", "2.webm"])
    names = {"Holding something": "0", "Tearing something": "1"}
    write(tmp_path / "something-something-v2-labels.json", json.dumps(names))
    one = {"id": "1", "label": "tearing paper", "template": "Tearing [something]"}
    two = {"id": "2", "label": "holding a cup", "template": "Holding [something]"}
    write(tmp_path / "something-something-v2-train.json", json.dumps([one]))
    write(tmp_path / "something-something-v2-validation.json", json.dumps([two, {**one, "id": 3}]))
    read = read_action_set(tmp_path, ())
    assert (read.layout, read.classes) == ("ssv2", tuple(names))
    assert said(read) == [
        ("1.webm", "Tearing something", "train"),
        ("2.webm", "Holding something", "test"),
        ("missing", "Tearing something", "test"),
    ]


def test_folders_are_classes_and_those_above_them_parts(tmp_path: Path) -> None:
    names = ["run/a.mp4", "sit down/b.mp4", "sit down/deeper/c.mp4"]
    read = read_action_set(touch(tmp_path / "plain", names), ())
    assert [each.label for each in read.videos] == ["run", "sit down", "deeper"]
    assert {each.part for each in read.videos} == {Part.TEST}
    parts = touch(tmp_path / "parts", ["train/run/a.mp4", "val/sit/b.mp4", "test/sit/c.mp4"])
    assert said(read_action_set(parts, ())) == [("a.mp4", "run", "train"), ("b.mp4", "sit", "test")]


def test_a_table_gives_classes_parts_and_recordings(tmp_path: Path) -> None:
    touch(tmp_path, ["a.mp4", "deep/b.mp4"])
    rows = "video,label,split,group\na.mp4,run,train,g\nb.mp4,sit,test,\n"
    read = read_action_set(tmp_path, [write(tmp_path / "own.csv", rows)])
    assert said(read) == [("a.mp4", "run", "train"), ("b.mp4", "sit", "test")]
    assert read.videos[0].group == "g"


def test_files_of_one_name_are_told_apart_by_their_class_or_not_at_all(tmp_path: Path) -> None:
    touch(tmp_path, ["run/a.mp4", "sit/a.mp4", "x/b.mp4", "y/b.mp4"])
    table = write(tmp_path / "own.csv", "video,label\na.mp4,sit\nb.mp4,sit\n")
    first, second = read_action_set(tmp_path, [table]).videos
    assert first.path == tmp_path / "sit/a.mp4"
    assert second.path is None


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("ApplyEyeMakeup", "apply eye makeup"),
        ("YoYo", "yo yo"),
        ("brush_hair", "brush hair"),
        ("playing TVGames_now", "playing tvgames now"),
        ("Holding something", "holding something"),
        ("petting animal (not cat)", "petting animal (not cat)"),
    ],
)
def test_names_of_classes_become_words(label: str, words: str) -> None:
    assert class_words(label) == words


def test_what_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="there is no folder"):
        read_action_set(tmp_path / "gone", ())
    with pytest.raises(ReelwiseError, match="there is no file"):
        read_action_set(tmp_path, [tmp_path / "gone.csv"])
    with pytest.raises(ReelwiseError, match="no folder of a class"):
        read_action_set(touch(tmp_path / "flat", ["a.mp4"]), ())
    with pytest.raises(ReelwiseError, match="only train"):
        read_action_set(touch(tmp_path / "one", ["train/run/a.mp4"]), ())
    with pytest.raises(ReelwiseError, match=r"no testlist01\.txt"):
        read_action_set(tmp_path, (), "ucf101")

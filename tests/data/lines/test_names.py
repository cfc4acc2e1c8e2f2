"""Titles and folders in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.lines.names import path_lines, title_lines, words_of_name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("IMG_2041-birthdayParty.final", "IMG 2041 birthday Party final"),
        ("Überraschung für Oma", "Überraschung für Oma"),
        ("2024-05-03 生日", "2024 05 03 生日"),
        ("0f3a9b2c1d4e5f60", ""),
        ("___", ""),
    ],
)
def test_a_name_is_split_into_words(name: str, words: str) -> None:
    assert words_of_name(name) == words


def test_the_title_is_the_name_and_what_the_container_says() -> None:
    lines = title_lines(Path("/films/GOPR0012.mp4"), "Diving in  Malta", 12.0)
    assert [(line.text, line.start_s, line.end_s) for line in lines] == [
        ("GOPR 0012", 0.0, 12.0),
        ("Diving in Malta", 0.0, 12.0),
    ]
    assert len(title_lines(Path("/films/diving-in-malta.mp4"), "Diving in Malta", 12.0)) == 1


def test_the_folders_below_a_root_are_the_path() -> None:
    lines = path_lines(Path("/films/2019_Malta/day1/a.mp4"), Path("/films"), 3.0)
    assert [line.text for line in lines] == ["films / 2019 Malta / day 1"]
    assert path_lines(Path("/a.mp4"), None, 3.0) == []


def test_a_video_that_was_named_itself_has_its_folder_as_path() -> None:
    video = Path("/films/Summer_2021/a.mp4")
    assert [line.text for line in path_lines(video, video, 5)] == ["Summer 2021"]
    assert [line.text for line in path_lines(video, None, 5)] == ["Summer 2021"]

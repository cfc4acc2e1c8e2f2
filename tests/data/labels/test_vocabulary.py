"""Vocabularies: the words of the program, and those of a person's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.labels.vocabulary import everyday, read_vocabulary

KINDS = {"animal", "person", "food", "vehicle", "thing", "place", "action", "look"}


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "words.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_words_of_the_program_are_whole_and_each_is_there_once() -> None:
    words = everyday().words
    tags = [word.tag for word in words]
    assert 300 <= len(words) <= 500
    assert len({tag.casefold() for tag in tags}) == len(tags)
    assert {word.kind for word in words} == KINDS
    assert all(word.prompt and word.german and len(word.tag) <= 30 for word in words)
    dog = words[tags.index("dog")]
    assert (dog.also[0], dog.german[0]) == ("puppy", "Hund")


def test_a_file_has_one_word_a_line(tmp_path: Path) -> None:
    read = read_vocabulary(written(tmp_path, "\ufeffred kite\n\n# toys\n  yo-yo \nRed  Kite\n"))
    assert [word.tag for word in read.words] == ["red kite", "yo-yo"]
    assert (read.doubled, read.troubles, read.name) == (1, (), "words.txt")


def test_a_table_has_prompts_and_kinds(tmp_path: Path) -> None:
    text = 'tag,prompt,kind\nkite,"a kite, high up",Toy\nyo-yo\n'
    kite, yoyo = read_vocabulary(written(tmp_path, text)).words
    assert (kite.tag, kite.prompt, kite.kind) == ("kite", "a kite, high up", "toy")
    assert (yoyo.tag, yoyo.prompt, yoyo.kind) == ("yo-yo", "", "")


def test_lines_that_are_no_words_are_told(tmp_path: Path) -> None:
    text = f"kite\n...\n{'long ' * 30}\nkite, a toy\n"
    read = read_vocabulary(written(tmp_path, text))
    assert [word.tag for word in read.words] == ["kite"]
    told = {each.line: each.reason for each in read.troubles}
    assert told == {
        2: "there is no word in it",
        3: "a tag is a text of 1 to 100 characters",
        4: "a comma stands in it; tables begin with the line tag,prompt,kind",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no word"),
        ("# nothing\n\n", "has no word"),
        ("...\n", "line 1: there is no word in it"),
        (b"\xff\xfe\x00", "cannot be read"),
        ("\n".join(f"word {n}" for n in range(5001)), "has 5,001 words; at most 5,000"),
        ('tag,prompt\n"kite', "cannot be read as CSV"),
    ],
)
def test_a_file_without_words_is_refused(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(ReelwiseError) as error:
        read_vocabulary(written(tmp_path, text))
    assert problem in error.value.problem


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="cannot be read"):
        read_vocabulary(tmp_path / "none.txt")

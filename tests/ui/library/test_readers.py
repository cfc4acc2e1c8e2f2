"""Which readers of words a run gets."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.lines import Channel
from ui.library import readers

line_readers = readers.line_readers  # before the tests of this folder do without models


def channels(speech: str, screen_text: str) -> list[Channel]:
    with line_readers(speech, screen_text) as found:
        assert found.notices == []
        return [reader.channel for reader in found.readers]


def test_speech_and_text_in_the_picture_are_read_unless_they_are_off() -> None:
    assert channels("auto", "auto") == [Channel.SPEECH, Channel.SCREEN]
    assert channels("off", "auto") == [Channel.SCREEN]
    assert channels("off", "off") == []


def screen_engine(screen_text: str, served: dict[Channel, str] | None = None) -> str:
    with line_readers("off", screen_text, served) as found:
        (reader,) = found.readers
        return reader.id


def test_the_scripts_of_text_in_the_picture_are_those_of_the_last_time() -> None:
    first, chosen = screen_engine("auto"), screen_engine("latin,han")
    assert "-latin-" in first
    assert "-han-latin-" in chosen
    assert screen_engine("auto", {Channel.SCREEN: chosen}) == chosen
    assert screen_engine("han,latin", {Channel.SCREEN: first}) == chosen
    assert screen_engine("latin", {Channel.SCREEN: chosen}) == first
    assert screen_engine("auto", {Channel.SCREEN: "screen-ppocrv6-0123456789ab"}) == first


def test_speech_is_transcribed_by_the_model_that_was_named_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load(name: str) -> nullcontext[str]:
        asked.append(name)
        if "gone" in name:
            raise ReelwiseError("there is no folder gone", fix="name another")
        return nullcontext(name)

    monkeypatch.setattr("embeddings.words.speech.load_speech", load)
    for name, known in (("auto", None), ("auto", "small"), ("base", "small")):
        with line_readers(name, "off", None, known):
            pass
    assert asked == ["auto", "small", "base"]
    with line_readers("auto", "off", None, "/gone") as found:  # not by another model instead
        assert found.readers == []
    assert "there is no folder gone" in found.notices[0]
    assert [readers.speech_model_of(name) for name in ("auto", "off", "base")] == [
        None,
        None,
        "base",
    ]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert readers.speech_model_of("mine") == str(tmp_path / "mine")


def test_without_a_model_speech_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ReelwiseError("no model is here", fix="pip install it")

    monkeypatch.setattr("embeddings.words.speech.load_speech", missing)
    with line_readers("auto", "off") as found:
        assert found.readers == []
        assert found.notices == ["speech is not transcribed: no model is here; pip install it"]


def test_what_is_asked_for_and_not_there_is_refused(tmp_path: Path) -> None:
    for speech, screen_text, said in (
        (str(tmp_path / "none"), "off", "no folder"),
        ("off", "maybe", "not 'maybe'"),
        ("off", "latin,greek", "latin, han, kana; not 'greek'"),
        ("off", "latin,", "not ''"),
    ):
        with pytest.raises(ReelwiseError, match=said), line_readers(speech, screen_text):
            pass


open_meaning = readers.open_meaning


def test_lines_are_encoded_by_the_package_unless_it_is_off_or_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path | None] = []
    monkeypatch.setattr("embeddings.words.sentences.shared_sentences", opened.append)
    for name, known in (("auto", None), ("auto", tmp_path), ("off", None), ("x", tmp_path)):
        assert open_meaning(name, known).folder == (None if name == "off" else opened[-1])
    assert opened == [None, tmp_path, Path("x").absolute()]
    assert open_meaning("minilm", tmp_path).folder is None, "the way back to the package"
    assert opened[-1] is None


def test_without_the_package_meaning_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(folder: Path | None) -> None:
        raise ReelwiseError("MiniLM is not installed", fix="pip install it")

    monkeypatch.setattr("embeddings.words.sentences.shared_sentences", missing)
    found = open_meaning("auto", None)
    assert found.sentences is None
    wanted = "what lines mean is not encoded: MiniLM is not installed; pip install it"
    assert found.notice == wanted
    with pytest.raises(ReelwiseError, match="not installed"):
        open_meaning("folder", None)

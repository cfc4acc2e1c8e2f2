"""Which readers of words a run gets."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.lines import Channel
from ui.library import readers
from ui.library.readers import LastTime, WordOptions, remembered

line_readers = readers.line_readers  # before the tests of this folder do without models
FIRST_TIME = LastTime()


def channels(speech: str, screen_text: str) -> list[Channel]:
    options = WordOptions(speech, screen_text=screen_text)
    with line_readers(options, FIRST_TIME) as found:
        assert found.notices == []
        return [reader.channel for reader in found.readers]


def test_speech_and_text_in_the_picture_are_read_unless_they_are_off() -> None:
    assert channels("auto", "auto") == [Channel.SPEECH, Channel.SCREEN]
    assert channels("off", "auto") == [Channel.SCREEN]
    assert channels("off", "off") == []


def screen_engine(screen_text: str, served: dict[Channel, str] | None = None) -> str:
    options, last = WordOptions("off", screen_text=screen_text), LastTime(served or {})
    with line_readers(options, last) as found:
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


@dataclass(frozen=True)
class Loaded:
    """The readers that were loaded, by model and language."""

    asked: list[tuple[str, str | None]]

    def __call__(self, name: str, *, language: str | None) -> nullcontext[str]:
        self.asked.append((name, language))
        if "gone" in name:
            raise ReelwiseError("there is no folder gone", fix="name another")
        return nullcontext(name)


@pytest.mark.parametrize(
    ("options", "last", "loaded"),
    [
        (WordOptions(), FIRST_TIME, ("auto", None)),
        (WordOptions(), LastTime(speech_model="small", language="de"), ("small", "de")),
        (WordOptions("base"), LastTime(speech_model="small", language="de"), ("base", "de")),
        (WordOptions(language="en"), LastTime(speech_model="small"), ("small", "en")),
        (WordOptions(language="auto"), LastTime(language="de"), ("auto", None)),
    ],
)
def test_speech_is_transcribed_as_the_last_time_unless_another_way_is_named(
    options: WordOptions,
    last: LastTime,
    loaded: tuple[str, str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Loaded([])
    monkeypatch.setattr("embeddings.words.speech.load_speech", load)
    with line_readers(replace(options, screen_text="off"), last):
        pass
    assert load.asked == [loaded]


def test_a_model_that_is_gone_is_told_and_no_other_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embeddings.words.speech.load_speech", Loaded([]))
    options, last = WordOptions(screen_text="off"), LastTime(speech_model="/gone")
    with line_readers(options, last) as found:
        assert found.readers == []
    assert "there is no folder gone" in found.notices[0]


def test_only_what_was_named_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered(WordOptions()) == remembered(WordOptions("off")) == {}
    assert remembered(WordOptions("base", "de")) == {"model": "base", "language": "de"}
    assert remembered(WordOptions(language="auto")) == {"language": None}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert remembered(WordOptions("mine")) == {"model": str(tmp_path / "mine")}


def test_without_a_model_speech_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, language: str | None) -> None:
        raise ReelwiseError("no model is here", fix="pip install it")

    monkeypatch.setattr("embeddings.words.speech.load_speech", missing)
    with line_readers(WordOptions(screen_text="off"), FIRST_TIME) as found:
        assert found.readers == []
        assert found.notices == ["speech is not transcribed: no model is here; pip install it"]


def test_what_is_asked_for_and_not_there_is_refused(tmp_path: Path) -> None:
    for options, said in (
        (WordOptions(str(tmp_path / "none")), "no folder"),
        (WordOptions(language="klingon"), "there is no language 'klingon'"),
        (WordOptions(screen_text="maybe"), "not 'maybe'"),
        (WordOptions(screen_text="latin,greek"), "latin, han, kana; not 'greek'"),
        (WordOptions(screen_text="latin,"), "not ''"),
    ):
        with pytest.raises(ReelwiseError, match=said), line_readers(options, FIRST_TIME):
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

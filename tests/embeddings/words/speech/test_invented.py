"""What models write where nobody speaks is left out, and what is said is not."""

from __future__ import annotations

import pytest

from embeddings.words.speech.invented import confidence_of, is_invented, is_loop, plain_text
from embeddings.words.speech.settings import Settings
from embeddings.words.speech.words import Heard, Word

SETTINGS = Settings()


def line(text: str, probability: float = 0.95, word_s: float = 0.4) -> tuple[Word, ...]:
    return tuple(
        Word(at * word_s, (at + 1) * word_s, f" {word}", probability)
        for at, word in enumerate(text.split())
    )


def is_out(
    words: tuple[Word, ...],
    *,
    log_prob: float = -0.2,
    no_speech: float = 0.02,
    repeats: float = 1.3,
) -> bool:
    return is_invented(words, Heard(words, log_prob, no_speech, repeats), SETTINGS)


def test_what_is_said_stays() -> None:
    assert not is_out(line("the red boat left the harbour at nine"))
    assert not is_out(line("it is a very very very long way"))
    assert not is_out(line("the red boat left"), no_speech=0.9)


@pytest.mark.parametrize(
    "phrase",
    [
        "Thanks for watching!",
        "Vielen Dank.",
        "¡Gracias por ver el video!",
        "Спасибо за просмотр",
        "ご視聴ありがとうございました",
        "谢谢观看",
        "Dziękuję za uwagę.",
        "Merci d'avoir regardé cette vidéo !",
    ],
)
def test_a_phrase_of_silence_is_only_believed_where_it_is_sure(phrase: str) -> None:
    slow_s = 2.0
    assert is_out(line(phrase, 0.6, slow_s))
    assert not is_out(line(phrase, 0.9, slow_s))
    assert not is_out(line(f"{phrase} Anna", 0.6, slow_s))


@pytest.mark.parametrize(
    "credit",
    [
        "Untertitel der Amara.org-Community",
        "Sous-titrage Société Radio-Canada",
        "字幕by索兰娅",
        "Субтитры сделал DimaTorzok",
        "Sottotitoli e revisione a cura di QTSS",
        "www.mooji.org",
    ],
)
def test_credits_of_subtitlers_are_never_spoken(credit: str) -> None:
    assert is_out(line(credit, 0.99, word_s=2.0))


def test_an_improbable_text_is_out() -> None:
    assert is_out(line("the red boat left", 0.3))
    assert is_out(line("the red boat left"), log_prob=-1.2)
    assert is_out(line("the red boat left", 0.7), no_speech=0.8)


def test_one_wild_guess_spoils_a_line_more_than_its_mean() -> None:
    words = (*line("one two three"), Word(2, 3, " four", 0.0))
    assert confidence_of(words) == pytest.approx((0.95**3 * 0.01) ** (1 / 4))
    assert confidence_of(()) == 0


def test_a_loop_is_out() -> None:
    assert is_out(line("the red boat left"), repeats=3.0)
    assert is_out(line("no no no no no no"))
    assert is_out(line("Hush, hush, hush, hush!"))
    assert is_out(line("we go there we go there we go there we go there"))
    assert not is_loop("we go there and we go there")
    assert not is_loop("no no no")


def test_more_text_than_a_voice_can_say_is_out() -> None:
    fast = line("a whole sentence of many different words", word_s=0.02)
    assert is_out(fast)
    assert not is_out(line("a whole sentence of many different words", word_s=0.25))


def test_marks_without_a_letter_are_out() -> None:
    assert is_out(line("♪ ♪"))
    assert is_out(line("..."))
    assert not is_out(line("42", word_s=1.0))


def test_plain_text_has_words_of_any_script() -> None:
    assert plain_text(" Don't   STOP -- now… ") == "dont stop now"
    assert plain_text("हिन्दी, 日本語!") == "हिन्दी 日本語"

"""A Whisper model (Radford et al. 2022, arXiv:2212.04356) at work on windows of sound.

faster-whisper has the model's parts; they are put together here so that the sound is encoded once
for its language, its words and their times. Nothing is sampled: the same windows give the same
words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from data.cores import cores
from data.errors import ReelwiseError
from data.video.types import OnProgress
from embeddings.words.speech.model_files import ModelFiles
from embeddings.words.speech.settings import Settings
from embeddings.words.speech.voice import Samples
from embeddings.words.speech.words import Heard, Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

OPENING = "\"'\u201c\u00bf([{-"
CLOSING = "\"'.\u3002,\uff0c!\uff01?\uff1f:\uff1a\u201d)]}\u3001"
"""Punctuation that belongs to the word after it, and to the word before it."""
MOST_TOKENS = 224
"""Of the text of a window, as in OpenAI's decoder: half of its context. A loop ends here."""
LEAST_FRAMES = 1000
"""Hundredths of a second that are encoded at least. Models are trained on 3000, where the time of
silence costs as much as that of speech; down to this the words stay the same."""
AGAIN = {"beam_size": 5, "no_repeat_ngram_size": 3}
"""How a text that repeats itself or is improbable is tried once more."""
_CODES = {"jw": "jv"}
"""Languages whose code is another one now."""


class Whisper:
    """A loaded model.

    Raises:
        ReelwiseError: Its files cannot be read, are damaged, or are no such model.
    """

    def __init__(self, files: ModelFiles, settings: Settings, threads: int | None = None) -> None:
        self._name = files.name
        self._settings = settings
        try:
            with ThreadPoolExecutor(1) as aside:
                self._model = aside.submit(_load, files, settings, threads or cores()).result()
        except (RuntimeError, ValueError, KeyError) as error:
            raise ReelwiseError(
                f"{files.name} cannot be loaded as a speech model: {str(error).splitlines()[0]}",
                fix="give a folder of a Whisper model that was converted for faster-whisper",
            ) from error

    @property
    def knows_languages(self) -> bool:
        """False for a model of English alone."""
        return bool(self._model.model.is_multilingual)

    def check_language(self, language: str | None) -> None:
        """Refuse a language that the model does not know.

        Raises:
            ReelwiseError: It is none of its languages.
        """
        known = self._model.supported_languages
        if language is not None and language not in known:
            raise ReelwiseError(
                f"the speech model {self._name} does not know the language {language}",
                fix=f"leave the language out, or take another model; it knows {', '.join(known)}",
            )

    def encode(self, windows: Sequence[Samples]) -> Any:
        """The windows as the model hears them: an array of CTranslate2 for the other methods.

        One after the other, all at the length of the longest: what a layer makes of several at once
        is larger than the processor's cache, and takes half as long again for the same result.
        """
        from ctranslate2 import StorageView
        from faster_whisper.audio import pad_or_trim

        extract = self._model.feature_extractor
        features = [extract(each)[..., :-1] for each in windows]
        longest = max(each.shape[-1] for each in features)
        length = min(extract.nb_max_frames, max(LEAST_FRAMES, -(-longest // 100) * 100))
        heard = [np.array(self._model.encode(pad_or_trim(each, length)[None])) for each in features]
        return StorageView.from_array(np.concatenate(heard))

    def languages(self, encoded: Any, lengths_s: Sequence[float]) -> dict[str, float]:
        """Probabilities of the languages, on the mean over windows by their length."""
        if not self.knows_languages:
            return {"en": 1.0}
        found: Counter[str] = Counter()
        for window, length_s in zip(
            self._model.model.detect_language(encoded), lengths_s, strict=True
        ):
            for token, probability in window:
                found[token[2:-2]] += probability * length_s / sum(lengths_s)
        return dict(found)

    def transcribe(
        self,
        windows: Sequence[Samples],
        encoded: Any,
        language: str,
        on_progress: OnProgress,
    ) -> list[Heard]:
        """What is said in each window.

        Args:
            windows: The sound.
            encoded: The same, from `encode`.
            language: One of `languages`.
            on_progress: Called between the steps.
        """
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(
            self._model.hf_tokenizer,
            self.knows_languages,
            task="transcribe",
            language=language,
        )
        texts = self._texts(encoded, len(windows), tokenizer, beam_size=self._settings.beam)
        on_progress()
        for row, text in enumerate(texts):
            if self._is_bad(text):
                texts[row] = min(
                    text,
                    self._texts(self.encode([windows[row]]), 1, tokenizer, **AGAIN)[0],
                    key=self._is_bad,
                )
                on_progress()
        words = self._words(windows, encoded, texts, tokenizer)
        return [
            Heard(spoken, text.log_prob, text.no_speech, text.repeats)
            for spoken, text in zip(words, texts, strict=True)
        ]

    def _is_bad(self, text: _Text) -> bool:
        settings = self._settings
        return text.repeats > settings.most_repeated or text.log_prob < settings.least_log_prob

    def _texts(self, encoded: Any, n: int, tokenizer: Tokenizer, **search: int) -> list[_Text]:
        from faster_whisper.transcribe import get_compression_ratio, get_suppressed_tokens

        prompt = self._model.get_prompt(tokenizer, [], without_timestamps=True)
        results = self._model.model.generate(
            encoded,
            [prompt] * n,
            max_length=len(prompt) + MOST_TOKENS,
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            return_scores=True,
            return_no_speech_prob=True,
            sampling_temperature=0.0,
            **search,
        )
        texts = []
        for result in results:
            tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            n_tokens = len(result.sequences_ids[0])
            texts.append(
                _Text(
                    tokens,
                    log_prob=result.scores[0] * n_tokens / (n_tokens + 1),
                    no_speech=result.no_speech_prob,
                    repeats=get_compression_ratio(tokenizer.decode(tokens)),
                )
            )
        return texts

    def _words(
        self,
        windows: Sequence[Samples],
        encoded: Any,
        texts: Sequence[_Text],
        tokenizer: Tokenizer,
    ) -> list[tuple[Word, ...]]:
        """The words of each text with their times, by what the decoder attends to."""
        from faster_whisper.transcribe import merge_punctuations

        frames = [len(each) // self._model.feature_extractor.hop_length for each in windows]
        aligned = self._model.find_alignment(
            tokenizer, [text.tokens for text in texts], encoded, frames
        )
        words = []
        for found in aligned or [[] for _ in texts]:
            merge_punctuations(found, OPENING, CLOSING)
            words.append(tuple(_word(each) for each in found if each["word"].strip()))
        return words


def _load(files: ModelFiles, settings: Settings, threads: int) -> WhisperModel:
    """The model, to be loaded in a thread that ends.

    CTranslate2 sets OpenMP's thread count for the thread that loads it; torch and FAISS would keep
    to that.
    """
    from faster_whisper import WhisperModel

    return WhisperModel(
        files.name,
        device="cpu",
        compute_type=settings.compute_type,
        cpu_threads=threads,
        files=dict(files.read()),
    )


class _Text:
    """A text as tokens."""

    def __init__(
        self, tokens: list[int], *, log_prob: float, no_speech: float, repeats: float
    ) -> None:
        self.tokens = tokens
        self.log_prob = log_prob
        self.no_speech = no_speech
        self.repeats = repeats


def _word(found: dict[str, Any]) -> Word:
    start_s, end_s = float(found["start"]), float(found["end"])
    probability = min(1.0, max(0.0, float(found["probability"])))
    return Word(start_s, max(start_s, end_s), str(found["word"]), probability)


def code_of(language: str) -> str:
    """The code that lines carry for a language of Whisper."""
    return _CODES.get(language, language)

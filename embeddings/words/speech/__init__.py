"""Spoken words as lines, by Whisper models that run in CTranslate2 (faster-whisper)."""

from embeddings.words.speech.reader import SpeechReader, load_speech

__all__ = ["SpeechReader", "load_speech"]

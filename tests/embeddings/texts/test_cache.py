"""Texts are encoded once, and those that were used last are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np

from embeddings.encoder import Vectors
from embeddings.texts.cache import TextCache


class Recorded:
    """A text's row tells its first letter; calls are recorded, and how many ran at once."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.busy, self.most_busy = 0, 0

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        time.sleep(0.002)
        self.busy -= 1
        return np.array([[ord(text[0]), 1] for text in texts], np.float32)


def test_texts_are_cached_and_the_least_recently_used_dropped() -> None:
    encode = Recorded()
    cache = TextCache(encode, 2, kept=3)
    rows = cache.encode(["c", "a", "b", "a"])
    assert encode.calls == [["c", "a", "b"]]
    assert rows[:, 0].tolist() == [ord(text) for text in "caba"]
    cache.encode(["c"])
    cache.encode(["d"])  # drops b: a and c were used after it
    assert cache.encode(["c", "a", "d"])[:, 0].tolist() == [ord(text) for text in "cad"]
    assert encode.calls[1:] == [["d"]]
    cache.encode(["b"])
    assert encode.calls[2:] == [["b"]]
    assert len(cache.encode(["v", "w", "x", "y", "z"])) == 5
    assert cache.encode([]).shape == (0, 2)


def test_threads_encode_one_after_the_other() -> None:
    encode = Recorded()
    cache = TextCache(encode, 2)
    threads = [threading.Thread(target=cache.encode, args=([text],)) for text in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(encode.calls) == [[text] for text in "abcdefgh"]
    assert encode.most_busy == 1

"""What was found out of a library, known for as long as the library is the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Answers by question; those asked last stay. Threads may share it.

    Args:
        most: Answers that are known at the same time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._state: object = None
        self._answers: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, state: object, question: K, find_out: Callable[[], V]) -> V:
        """The answer to a question, found out where it is not known.

        Two threads may find out the same at once.

        Args:
            state: Of the library: answers of another one are forgotten.
            question: What is asked.
            find_out: Gives the answer.
        """
        with self._lock:
            if self._state != state:
                self._answers.clear()
                self._state = state
            elif question in self._answers:
                self._answers.move_to_end(question)
                return self._answers[question]
        answer = find_out()
        with self._lock:
            if self._state == state:
                self._answers[question] = answer
                while len(self._answers) > self._most:
                    self._answers.popitem(last=False)
        return answer

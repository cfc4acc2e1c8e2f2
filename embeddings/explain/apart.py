"""A tower with the same weights, to be listened to while others encode with the tower itself."""

import copy
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeVar

from torch import Tensor, nn

Tower = TypeVar("Tower", bound=nn.Module)


def apart(tower: Tower) -> Tower:
    """A copy of a tower with the very same weights: it takes no memory of its own."""
    weights = chain(tower.parameters(), tower.buffers())
    return copy.deepcopy(tower, {id(weight): weight for weight in weights})


class Listener:
    """Hears what some modules of a tower give; threads take turns.

    Args:
        modules: Of a tower that is apart.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._given: list[Tensor] = []
        self._turn = threading.Lock()
        for module in modules:
            module.register_forward_hook(self._hear)

    @contextmanager
    def heard(self) -> Iterator[list[Tensor]]:
        """What they give while it is open, in order."""
        with self._turn:
            self._given.clear()
            try:
                yield self._given
            finally:
                self._given.clear()

    def _hear(self, _: nn.Module, __: Any, given: Any) -> None:
        if isinstance(given, Tensor):
            self._given.append(given)

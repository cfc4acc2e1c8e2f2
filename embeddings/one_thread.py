"""One thread for numpy's matrix products, while a small network is computed in it.

The products of one picture or one sentence are small: a second thread of BLAS mostly spins until
the first has finished, which on a busy machine costs several times what it saves.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from threadpoolctl import ThreadpoolController


class _Limit:
    """A limit of the whole process, which the blocks of all threads share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._until_the_last = ExitStack()
        self._libraries: ThreadpoolController | None = None

    def enter(self) -> None:
        with self._lock:
            if self._blocks == 0:
                self._libraries = self._libraries or ThreadpoolController()
                limit = self._libraries.limit(limits=1, user_api="blas")
                self._until_the_last.enter_context(limit)
            self._blocks += 1

    def leave(self) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0:
                self._take_over()
                self._until_the_last.close()

    def _take_over(self) -> None:
        """Let this thread put back what another one set: OpenBLAS heeds the thread that began."""
        for library in self._libraries.lib_controllers if self._libraries else ():
            clear = getattr(library, "clear_controlling_thread", None)
            if clear is not None:
                clear(force=True)


_limit = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread; when the last block is left it has as many as before."""
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()

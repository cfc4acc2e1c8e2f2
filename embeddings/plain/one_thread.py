"""One thread for numpy's matrix products, while a small network is computed in it.

The products of one picture or one sentence are small: a second thread of BLAS mostly spins until
the first has finished, which on a busy machine costs several times what it saves.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_one_at_a_time = threading.RLock()
"""Some kinds of BLAS have one number for the process, some one for each thread: only who set it
can put it back, and only where nobody set it meanwhile."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread, afterwards as before. Other threads wait here: keep it short."""
    with _one_at_a_time, _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()

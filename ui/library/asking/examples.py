"""Examples that visitors gave: clips and pictures to search by, each under an id for a day.

They lie in the home's cache, so that an address with the id finds them again; where the home cannot
be written they lie in the system's folder for temporary files.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data.durable import make_dir
from data.errors import ReelwiseError

STAYS_S = 24 * 3600.0
"""How long an example is kept."""
MOST_BYTES = 1 << 30
"""Most bytes of all of them together: the oldest go first."""
LONGEST_NAME = 80
"""Characters of a file's name that are kept, its end."""
READING = threading.BoundedSemaphore(2)
"""Examples of all visitors that are read at the same time."""
_ID = re.compile(r"x-[A-Za-z0-9_-]{22}")
_NO_NAME = re.compile(r"[\x00-\x1f/\\]")


@dataclass(frozen=True)
class GivenExample:
    """An example that can be searched by."""

    id: str
    """Names it in an address; nobody can guess it."""
    path: Path
    """The file, under the name that it was given with."""


class ExampleStore:
    """The examples of all visitors of one library; threads may share it.

    Args:
        cache: The home's folder for what may be deleted at any time.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._folder: Path | None = None
        self._lock = threading.Lock()

    async def save(
        self, chunks: AsyncIterator[bytes], name: str, *, most_bytes: int
    ) -> GivenExample:
        """Write an example as it comes.

        Args:
            chunks: Its bytes, in order.
            name: What its file was called; only the last part of it is kept.
            most_bytes: Largest example.

        Raises:
            ReelwiseError: It is larger.
        """
        number = "x-" + secrets.token_urlsafe(16)
        alone = self._place() / number
        make_dir(alone, private=True)
        path = alone / (_NO_NAME.sub("_", name)[-LONGEST_NAME:].strip(". ") or "example")
        n_bytes = 0
        try:
            with path.open("wb") as file:
                async for chunk in chunks:
                    n_bytes += len(chunk)
                    if n_bytes > most_bytes:
                        raise ReelwiseError(
                            f"the example is larger than {most_bytes >> 20} MB",
                            fix="cut a part of it out, and give that",
                        )
                    file.write(chunk)
        except BaseException:
            shutil.rmtree(alone, ignore_errors=True)
            raise
        self.tidy(spare=number)
        return GivenExample(number, path)

    def find(self, number: str) -> GivenExample:
        """The example of an id.

        Raises:
            ReelwiseError: There is none, or its day is over.
        """
        place = self._place() / number if _ID.fullmatch(number) else None
        files = [*place.iterdir()] if place is not None and place.is_dir() else []
        if not files or time.time() - files[0].stat().st_mtime > STAYS_S:
            raise ReelwiseError(
                "the example is no longer here: it is kept for a day", fix="give it once more"
            )
        return GivenExample(number, files[0])

    def tidy(self, spare: str = "") -> None:
        """Remove what is older than a day, and the oldest of too much; `spare` stays."""
        held = 0
        for made_s, size_bytes, alone in sorted(self._kept(), reverse=True):
            held += size_bytes
            is_old = time.time() - made_s > STAYS_S
            if alone.name != spare and (is_old or held > MOST_BYTES):
                shutil.rmtree(alone, ignore_errors=True)

    def _kept(self) -> Iterator[tuple[float, int, Path]]:
        for alone in self._place().iterdir():
            with suppress(OSError):  # another visitor's may go at the same time
                about = [file.stat() for file in alone.iterdir()] or [alone.stat()]
                yield about[0].st_mtime, about[0].st_size, alone

    def _place(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = self._made()
            return self._folder

    def _made(self) -> Path:
        folder = self._cache / "examples"
        try:
            make_dir(folder, private=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            return Path(tempfile.mkdtemp(prefix="reelwise-examples-"))

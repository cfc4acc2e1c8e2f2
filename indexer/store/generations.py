"""Published indexes: immutable folders, and the one small file that says which of them is served.

    index/gen-000007/clips.faiss
    index/gen-000007/text/              the index of words, where there are any
    index/gen-000007/meaning/           the index of their meanings, where these are encoded
    index/gen-000007/manifest.json
    index/CURRENT                       "gen-000007"

A generation is built under a temporary name, every byte and name of it is forced to the disk, then
`CURRENT` is replaced atomically. A reader keeps what it opened; nothing is ever changed in place.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue, ClipTable
from data.durable import (
    discard_dir,
    make_dir,
    remove_unfinished,
    write_atomic,
)
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import file_sum
from indexer.store.faiss_index import INDEX_KINDS, Mask, VectorIndex
from indexer.store.full_text import TEXT_FOLDER, FullText
from indexer.store.manifest import Manifest, damaged, read_manifest
from indexer.store.meaning.meaning_index import MEANING_FOLDER, MeaningIndex

INDEX_FILE = "clips.faiss"
NOTHING = "none"
"""Content of `CURRENT` while the first generation is built: nothing was published or lost."""

REBUILD = "run reelwise rebuild: it makes a new one from the stored vectors"

_NAME = re.compile(r"gen-(\d{6,})")

T = TypeVar("T")


@dataclass(frozen=True)
class Generation:
    """An opened generation: its index is in memory and stays valid whatever is published later."""

    manifest: Manifest
    """What it was built from."""
    folder: Path
    """Its folder; later publications may have removed it."""
    index: VectorIndex
    """Clip vectors by clip id."""
    warning: str | None = None
    """Why an older generation is served than the one published last; None when all is well."""
    unreadable: frozenset[int] = frozenset()
    """After a publication: videos that are left out because their vector part is damaged."""
    text: FullText | None = None
    """The index of words; None where there are no lines."""
    meaning: MeaningIndex | None = None
    """The index of meanings; None where there is none."""
    unreadable_lines: dict[str, frozenset[int]] = field(default_factory=dict)
    """After a publication: by engine, videos whose lines are left out as their part is damaged."""

    @property
    def number(self) -> int:
        """Its number."""
        return self.manifest.generation

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    def holds(self, catalogue: Catalogue, table: ClipTable) -> Mask:
        """(n,) which clips of a table lie in this index with the vectors that are stored for them.

        An id alone proves nothing: after an older catalogue came back it may have been given out
        twice. A part is written once under a name that is never used again, so a clip is in the
        index if the part in which its vector lies is one that the index was built from.
        """
        videos = catalogue.embeddings.videos_in(self.encoder_id, self.manifest.parts)
        known = np.fromiter(videos, np.int64, len(videos))
        held = np.isin(table.ids, self.index.ids) & np.isin(table.video_ids, known)
        return np.asarray(held, dtype=np.bool_)

    @property
    def encoder_id(self) -> str:
        """The encoder of its vectors."""
        return self.manifest.encoder_id


def open_generation(home: Home) -> Generation | None:
    """Open the published generation; checksums are verified before anything is parsed.

    When it is damaged, the newest good one before it is opened, and `warning` says so.

    Returns:
        The generation; None where nothing was ever published.

    Raises:
        ReelwiseError: Generations exist and none of them is usable.
    """
    chosen = _first_usable(home, read_generation)
    if chosen is None:
        return None
    generation, warning = chosen
    return replace(generation, warning=warning)


def usable_generation(home: Home) -> tuple[Manifest | None, str | None]:
    """Tell which generation a search would open, and why not the published one; none is loaded.

    Its files are read again only where they have changed: a server is asked for its status often.

    Raises:
        ReelwiseError: As `open_generation`.
    """
    return _first_usable(home, lambda folder: _checked(folder, _stamps(folder))) or (None, None)


@lru_cache(maxsize=8)
def _checked(folder: Path, _stamp: tuple[tuple[str, int, int, int, int], ...]) -> Manifest:
    return check_generation(folder)


def _stamps(folder: Path) -> tuple[tuple[str, int, int, int, int], ...]:
    """What changes with the files of a generation; nothing where the folder is missing."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not is_lock(path))
    stats = [(path.name, path.stat()) for path in files]
    return tuple(
        (name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        for name, stat in stats
    )


def _first_usable(home: Home, read: Callable[[Path], T]) -> tuple[T, str | None] | None:
    """What `read` makes of the published generation, or of the newest one that it accepts."""
    current = read_current(home)
    for _ in range(3):
        try:
            if current is not None:
                return read(home.index / current), None
            break
        except ReelwiseError as error:
            problem = error.problem
        # A publication meanwhile may have removed what was current: that is no damage.
        newer = read_current(home)
        if newer == current:
            return _fall_back(home, read, current, problem)
        current = newer
    if never_published(home):
        return None
    return _fall_back(home, read, None, f"{home.current} names no generation")


def read_current(home: Home) -> str | None:
    """The name in `CURRENT`; None where it is missing or not the name of a generation."""
    try:
        name = home.current.read_bytes().decode(errors="replace").strip()
    except FileNotFoundError:
        return None
    return name if _NAME.fullmatch(name) else None


def never_published(home: Home) -> bool:
    """True for a home without any publication; False also where `CURRENT` was lost or damaged."""
    try:
        return home.current.read_bytes() == f"{NOTHING}\n".encode()
    except FileNotFoundError:
        return not generation_names(home)


def note_nothing(home: Home) -> None:
    """Note that nothing was published yet, so that an index that is gone later is known as lost."""
    make_dir(home.index, private=True)
    if not home.current.exists() and not generation_names(home):
        write_atomic(home.current, f"{NOTHING}\n".encode(), point="publish.nothing")


def lost_index(catalogue: Catalogue) -> str | None:
    """What to say where a library that is served has no trace of an index; None for all others."""
    home = catalogue.home
    if catalogue.encoder is None or home.current.exists() or generation_names(home):
        return None
    return "the index is gone"


def generation_names(home: Home) -> list[str]:
    """Names of the finished generations, oldest first; unfinished ones are named otherwise."""
    if not home.index.is_dir():
        return []
    names = [path.name for path in home.index.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(names, key=number_of)


def check_generation(folder: Path) -> Manifest:
    """Compare the files of a generation with their checksums, and give its manifest.

    Raises:
        ReelwiseError: A file in it is missing, or not as it was written.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        try:
            whole = file_sum(folder / name) == expected
        except OSError as error:
            raise damaged(folder, f"{name} cannot be read ({error.strerror})") from error
        if not whole:
            raise damaged(folder, f"{name} is not as it was written (wrong checksum)")
    if manifest.index_kind not in INDEX_KINDS:
        raise damaged(folder, f"its index is of the unknown kind {manifest.index_kind!r}")
    return manifest


def read_generation(folder: Path) -> Generation:
    """Open one generation; its checksums are verified first.

    Raises:
        ReelwiseError: As `check_generation`.
    """
    manifest = check_generation(folder)
    kind = INDEX_KINDS[manifest.index_kind]
    index = kind.load(folder / INDEX_FILE, dim=manifest.dim, n=manifest.clips)
    text = FullText.open(folder / TEXT_FOLDER) if manifest.lines else None
    meaning = MeaningIndex.open(folder / MEANING_FOLDER) if manifest.meant else None
    return Generation(manifest, folder, index, text=text, meaning=meaning)


def meant_in_current(home: Home, model_id: str) -> NDArray[np.uint64]:
    """Readings (r,) whose meanings are published, of one sentence encoder; ascending.

    None where the published generation is damaged: all of it is made anew.
    """
    folder = whole_folder(home, MEANING_FOLDER)
    if folder is None:
        return np.zeros(0, np.uint64)
    return MeaningIndex.readings_in(folder, model_id)


def whole_folder(home: Home, name: str) -> Path | None:
    """A folder of the published generation, where all files of that generation are whole."""
    current = read_current(home)
    if current is None:
        return None
    folder = home.index / current
    try:
        check_generation(folder)
    except ReelwiseError:
        return None
    return folder / name if (folder / name).is_dir() else None


def remove_unpublished(home: Home) -> int:
    """Remove half-built generations, and whole ones that a kill kept from being published.

    Only the holder of the writer lock may call it. Returns the number of removed files and folders.
    """
    removed = remove_unfinished(home.index)
    current, names = read_current(home), generation_names(home)
    # Without a valid CURRENT it is unknown what was published: keep everything.
    if current in names:
        unpublished = names[names.index(current) + 1 :]
    else:
        unpublished = names if never_published(home) else []
    for name in unpublished:
        discard_dir(home.index / name)
    return removed + len(unpublished)


def drop_damaged(home: Home) -> list[str]:
    """Remove the generations that can never be opened again, and give their names.

    Only the holder of the writer lock may call it, and publish a new generation after it.
    """
    dropped = []
    for name in generation_names(home):
        try:
            read_generation(home.index / name)
        except ReelwiseError:
            discard_dir(home.index / name)
            dropped.append(name)
    return dropped


def _fall_back(
    home: Home, read: Callable[[Path], T], current: str | None, problem: str
) -> tuple[T, str]:
    for name in reversed(generation_names(home)):
        if current is not None and number_of(name) >= number_of(current):
            continue
        try:
            usable = read(home.index / name)
        except ReelwiseError:
            continue
        return usable, f"{problem}; serving {name} instead; run reelwise rebuild"
    raise ReelwiseError(
        f"no generation of the index is usable: {problem}",
        fix=REBUILD,
    )


def number_of(name: str) -> int:
    """The number in a generation's name."""
    return int(name.removeprefix("gen-"))


def is_lock(path: Path) -> bool:
    """Whether a file is none of a generation's own: what opens the index of words locks it."""
    return path.name.endswith(".lock")

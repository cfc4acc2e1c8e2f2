"""Published indexes: immutable folders, and the one small file that says which of them is served.

    index/segments/seg-<number>/        clips of some videos; generations share segments
    index/gen-000007/text/              the index of words, where there are any
    index/gen-000007/meaning/           the index of their meanings, where these are encoded
    index/gen-000007/manifest.json      which segments it consists of
    index/CURRENT                       "gen-000007"

A generation is built under a temporary name, every byte and name of it is forced to the disk, then
`CURRENT` is replaced atomically. A reader keeps what it opened; nothing is ever changed in place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.durable import (
    discard_dir,
)
from data.errors import ReelwiseError
from data.home import Home
from indexer.store.checked_files import CheckedFiles
from indexer.store.full_text import TEXT_FOLDER, FullText
from indexer.store.manifest import Manifest, damaged, read_manifest
from indexer.store.meaning.meaning_index import MEANING_FOLDER, MeaningIndex
from indexer.store.published import (
    generation_names,
    is_lock,
    never_published,
    number_of,
    read_current,
    used_segments,
)
from indexer.store.segments.live import Live, every_live, live_now
from indexer.store.segments.segment import (
    Segment,
    check_segment,
    open_segment,
    segment_folder,
)

REBUILD = "run reelwise rebuild: it makes a new one from the stored vectors"

T = TypeVar("T")


@dataclass(frozen=True)
class Generation:
    """An opened generation, which stays valid whatever is published later."""

    manifest: Manifest
    """What it was built from."""
    folder: Path
    """Its folder; later publications may have removed it."""
    segments: tuple[Segment, ...]
    """Clip vectors, in the order of the manifest, without damaged ones."""
    warning: str | None = None
    """What is wrong with it, or why an older one is served than that published last; None where
    all is well."""
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

    @property
    def encoder_id(self) -> str:
        """The encoder of its vectors."""
        return self.manifest.encoder_id

    def live(self, catalogue: Catalogue) -> Live:
        """What of it counts now, and which live videos it lacks."""
        manifest = self.manifest
        if len(self.segments) < len(manifest.segments):
            return every_live(catalogue, self.encoder_id, self.segments)
        return live_now(
            catalogue,
            self.encoder_id,
            self.segments,
            dead={use.name: use.dead for use in manifest.segments},
            missing=manifest.missing,
            mark=manifest.mark,
        )

    def is_up_to_date(self, catalogue: Catalogue) -> bool:
        """Whether it holds what is live, and nothing else counts in it."""
        live = self.live(catalogue)
        dead = live.dead(self.segments)
        return live.is_complete and dead == {
            use.name: list(use.dead) for use in self.manifest.segments if use.dead
        }


def open_generation(home: Home, *, known: Sequence[Segment] = ()) -> Generation | None:
    """Open the published generation; checksums are verified before anything is parsed.

    When it is damaged, the newest good one before it is opened, and `warning` says so. `known` are
    open segments, which are not opened again.

    Returns:
        The generation; None where nothing was ever published.

    Raises:
        ReelwiseError: Generations exist and none of them is usable.
    """
    chosen = _first_usable(home, lambda name: read_generation(home, name, known=known))
    if chosen is None:
        return None
    generation, warning = chosen
    return replace(generation, warning=_both(warning, generation.warning))


def usable_generation(home: Home) -> tuple[Manifest | None, str | None]:
    """Tell which generation a search would open, and why not the published one; none is loaded.

    Its files are read again only where they have changed: a server is asked for its status often.

    Raises:
        ReelwiseError: As `open_generation`.
    """
    found = _first_usable(home, lambda name: _checked(home, name, _stamps(home, name)))
    if found is None:
        return None, None
    (manifest, damage), warning = found
    return manifest, _both(warning, damage)


@lru_cache(maxsize=8)
def _checked(
    home: Home, name: str, _stamp: tuple[tuple[str, int, int, int, int], ...]
) -> tuple[Manifest, str | None]:
    manifest, _ = _own_files_checked(home, name)
    return manifest, _damage(damaged_segments(home, manifest))


def _stamps(home: Home, name: str) -> tuple[tuple[str, int, int, int, int], ...]:
    """What changes with the files of a generation; nothing where the folder is missing."""
    folders = [
        home.index / name,
        *(segment_folder(home, each) for each in used_segments(home, name)),
    ]
    found = (path for folder in folders for path in folder.rglob("*"))
    files = sorted(path for path in found if path.is_file() and not is_lock(path))
    stats = [(path.name, path.stat()) for path in files]
    return tuple(
        (name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        for name, stat in stats
    )


def _first_usable(home: Home, read: Callable[[str], T]) -> tuple[T, str | None] | None:
    """What `read` makes of the published generation, or of the newest one that it accepts."""
    current = read_current(home)
    for _ in range(3):
        try:
            if current is not None:
                return read(current), None
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


def check_generation(home: Home, name: str, *, anew: bool = False) -> Manifest:
    """Compare the files of a generation with their checksums, and give its manifest.

    `anew` reads also large files that were verified before, see `CheckedFiles`.

    Raises:
        ReelwiseError: A file in it is missing, or not as it was written.
    """
    manifest, folder = _own_files_checked(home, name, anew=anew)
    for problem in damaged_segments(home, manifest, anew=anew).values():
        raise damaged(folder, problem)
    return manifest


def damaged_segments(home: Home, manifest: Manifest, *, anew: bool = False) -> dict[str, str]:
    """What is wrong with each damaged segment of a generation, by its name."""
    problems = {}
    for use in manifest.segments:
        try:
            check_segment(home, use.name, anew=anew)
        except ReelwiseError as error:
            problems[use.name] = error.problem
    return problems


def _damage(problems: Mapping[str, str]) -> str | None:
    """What to say of damaged segments; None where there are none."""
    if not problems:
        return None
    return f"{'; '.join(problems.values())}; searching the stored vectors of it; {REBUILD}"


def _both(*warnings: str | None) -> str | None:
    return "; ".join(filter(None, warnings)) or None


def _own_files_checked(home: Home, name: str, *, anew: bool = False) -> tuple[Manifest, Path]:
    folder, checks = home.index / name, CheckedFiles(home)
    manifest = read_manifest(folder)
    for file, expected in manifest.files.items():
        try:
            checks.check(folder, file, expected, anew=anew)
        except ReelwiseError as error:
            raise damaged(folder, error.problem) from error
    return manifest, folder


def read_generation(home: Home, name: str, *, known: Sequence[Segment] = ()) -> Generation:
    """Open one generation; its checksums are verified first. A damaged segment is left out.

    `known` are open segments, which are not opened again.

    Raises:
        ReelwiseError: A file of its own is missing, or not as it was written.
    """
    manifest, folder = _own_files_checked(home, name)
    opened = {each.name or "": each for each in known}
    problems = {}
    for use in manifest.segments:
        try:
            opened[use.name] = opened.get(use.name) or open_segment(home, use.name)
        except ReelwiseError as error:
            problems[use.name] = error.problem
    if problems and not folder.exists():  # dropped meanwhile, with its segments
        raise damaged(folder, "it is gone")
    segments = tuple(opened[use.name] for use in manifest.segments if use.name not in problems)
    text = FullText.open(folder / TEXT_FOLDER) if manifest.lines else None
    meaning = MeaningIndex.open(folder / MEANING_FOLDER) if manifest.meant else None
    warning = _damage(problems)
    return Generation(manifest, folder, segments, warning, text=text, meaning=meaning)


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
        _own_files_checked(home, current)
    except ReelwiseError:
        return None
    return folder / name if (folder / name).is_dir() else None


def drop_damaged(home: Home) -> list[str]:
    """Remove the generations that can never be opened again, and give their names.

    Only the holder of the writer lock may call it, and publish a new generation after it.
    """
    dropped = []
    for name in generation_names(home):
        try:
            check_generation(home, name, anew=True)
            read_generation(home, name)
        except ReelwiseError:
            discard_dir(home.index / name)
            dropped.append(name)
    return dropped


def _fall_back(
    home: Home, read: Callable[[str], T], current: str | None, problem: str
) -> tuple[T, str]:
    for name in reversed(generation_names(home)):
        if current is not None and number_of(name) >= number_of(current):
            continue
        try:
            usable = read(name)
        except ReelwiseError:
            continue
        return usable, f"{problem}; serving {name} instead; run reelwise rebuild"
    raise ReelwiseError(
        f"no generation of the index is usable: {problem}",
        fix=REBUILD,
    )

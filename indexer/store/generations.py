"""Published indexes: immutable folders, and the one small file that says which of them is served.

    index/segments/seg-<number>/        clips of some videos; generations share segments
    index/meanings/seg-<number>/        lines of some videos by what they mean, shared as well
    index/gen-000007/text/              the index of words, where there are any
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

from data.catalogue import Catalogue
from data.durable import discard_dir
from data.errors import ReelwiseError
from data.home import Home
from indexer.store.checked_files import LARGE_OF_LINES, CheckedFiles
from indexer.store.manifest import Manifest, damaged, read_manifest
from indexer.store.meaning.meaning_index import MeaningIndex
from indexer.store.meaning.segment import MeaningSegment, check_meaning, open_meaning
from indexer.store.published import (
    generation_names,
    is_lock,
    never_published,
    number_of,
    read_current,
    used_folders,
)
from indexer.store.segments.live import Live, every_live, live_now
from indexer.store.segments.segment import (
    Segment,
    check_segment,
    open_segment,
)
from indexer.store.text.full_text import TEXT_FOLDER, FullText

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

    def has_segments_of(self, other: "Generation") -> bool:
        """Whether it consists of the segments of another one, however much of them counts."""
        uses = (self.manifest.segments, other.manifest.segments)
        mine, others = ([use.name for use in some] for some in uses)
        return mine == others and self.manifest.meanings == other.manifest.meanings

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


def open_generation(home: Home, *, before: Generation | None = None) -> Generation | None:
    """Open the published generation; checksums are verified before anything is parsed.

    When it is damaged, the newest good one before it is opened, and `warning` says so. Segments
    that the one `before` has open are not opened again.

    Returns:
        The generation; None where nothing was ever published.

    Raises:
        ReelwiseError: Generations exist and none of them is usable.
    """
    chosen = _first_usable(home, lambda name: read_generation(home, name, before=before))
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
    return manifest, _damage(damaged_segments(home, manifest), damaged_meanings(home, manifest))


def _stamps(home: Home, name: str) -> tuple[tuple[str, int, int, int, int], ...]:
    """What changes with the files of a generation; nothing where the folder is missing."""
    folders = [home.index / name, *used_folders(home, name)]
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
    for check in (damaged_segments, damaged_meanings):
        for problem in check(home, manifest, anew=anew).values():
            raise damaged(folder, problem)
    return manifest


def damaged_segments(home: Home, manifest: Manifest, *, anew: bool = False) -> dict[str, str]:
    """What is wrong with each damaged segment of a generation, by its name."""
    names = [use.name for use in manifest.segments]
    return _problems(names, lambda name: check_segment(home, name, anew=anew))


def damaged_meanings(home: Home, manifest: Manifest, *, anew: bool = False) -> dict[str, str]:
    """What is wrong with each damaged segment of its meanings, by its name."""
    return _problems(manifest.meanings, lambda name: check_meaning(home, name, anew=anew))


def _problems(names: Sequence[str], check: Callable[[str], object]) -> dict[str, str]:
    problems = {}
    for name in names:
        try:
            check(name)
        except ReelwiseError as error:
            problems[name] = error.problem
    return problems


def _damage(clips: Mapping[str, str], meanings: Mapping[str, str]) -> str | None:
    """What to say of damaged segments of clips and of meanings; None where there are none."""
    told = None if not clips else f"{'; '.join(clips.values())}; searching the stored vectors of it"
    also = None if not meanings else f"{'; '.join(meanings.values())}; finding lines by words alone"
    return _both(told, also, REBUILD if clips or meanings else None)


def _both(*warnings: str | None) -> str | None:
    """Several warnings as one; None where there is none."""
    return "; ".join(filter(None, warnings)) or None


def _own_files_checked(home: Home, name: str, *, anew: bool = False) -> tuple[Manifest, Path]:
    folder, checks = home.index / name, CheckedFiles(home, LARGE_OF_LINES)
    manifest = read_manifest(folder)
    for file, expected in manifest.files.items():
        try:
            checks.check(folder, file, expected, anew=anew)
        except ReelwiseError as error:
            raise damaged(folder, error.problem) from error
    return manifest, folder


def read_generation(home: Home, name: str, *, before: Generation | None = None) -> Generation:
    """Open one generation; its checksums are verified first. A damaged segment is left out.

    Segments that the one `before` has open are not opened again.

    Raises:
        ReelwiseError: A file of its own is missing, or not as it was written.
    """
    manifest, folder = _own_files_checked(home, name)
    known = {} if before is None else {each.name or "": each for each in before.segments}
    names = [use.name for use in manifest.segments]
    clips, problems = _opened(names, known, lambda name: open_segment(home, name))
    known_meanings = {each.name: each for each in _meanings_of(before)}
    meanings, lost = _opened(
        manifest.meanings, known_meanings, lambda name: open_meaning(home, name)
    )
    if (problems or lost) and not folder.exists():  # dropped meanwhile, with its segments
        raise damaged(folder, "it is gone")
    text = FullText.open(folder / TEXT_FOLDER) if manifest.lines else None
    meaning = MeaningIndex(manifest.sentences or "", tuple(meanings)) if meanings else None
    warning = _damage(problems, lost)
    return Generation(manifest, folder, tuple(clips), warning, text=text, meaning=meaning)


def _opened(
    names: Sequence[str], known: Mapping[str, T], open_: Callable[[str], T]
) -> tuple[list[T], dict[str, str]]:
    """The segments of some names, those that are known not opened again; and what is damaged."""
    opened: list[T] = []
    problems = _problems(names, lambda name: opened.append(known.get(name) or open_(name)))
    return opened, problems


def _meanings_of(generation: Generation | None) -> tuple[MeaningSegment, ...]:
    return () if generation is None or generation.meaning is None else generation.meaning.segments


@dataclass(frozen=True)
class WholeFiles:
    """A generation all of whose own files are whole; none of its segments was looked at."""

    folder: Path
    """Its folder."""
    manifest: Manifest
    """What it was built from."""


def text_before(home: Home) -> WholeFiles | None:
    """The published generation where its own files are whole and it has an index of words."""
    current = read_current(home)
    if current is None:
        return None
    try:
        manifest, folder = _own_files_checked(home, current)
    except ReelwiseError:
        return None
    return WholeFiles(folder, manifest) if (folder / TEXT_FOLDER).is_dir() else None


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

"""Which generations there are, and which of them is served."""

import re
from contextlib import suppress
from pathlib import Path

from data.catalogue import Catalogue, ChangeMark
from data.durable import discard_dir, make_dir, remove_unfinished, write_atomic
from data.errors import ReelwiseError
from data.home import Home
from indexer.store.manifest import Manifest, read_manifest
from indexer.store.meaning.segment import MEANINGS_FOLDER, meaning_folder, meaning_names
from indexer.store.segments.segment import SEGMENTS_FOLDER, segment_folder, segment_names

NOTHING = "none"
"""Content of `CURRENT` while the first generation is built: nothing was published or lost."""

_NAME = re.compile(r"gen-(\d{6,})")


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


def used_folders(home: Home, name: str) -> list[Path]:
    """The folders of the segments that a generation names; none where its manifest is damaged."""
    try:
        return segment_folders(home, read_manifest(home.index / name))
    except ReelwiseError:
        return []


def segment_folders(home: Home, manifest: Manifest) -> list[Path]:
    """The folders of all segments of a generation, of clips and of meanings."""
    clips = [segment_folder(home, use.name) for use in manifest.segments]
    return clips + [meaning_folder(home, each) for each in manifest.meanings]


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
    return removed + len(unpublished) + remove_unused_segments(home)


def marks_of(home: Home) -> list[ChangeMark]:
    """How far the catalogue had come at each publication that is kept, as far as it can be read."""
    marks = []
    for name in generation_names(home):
        with suppress(ReelwiseError):
            marks.append(read_manifest(home.index / name).mark)
    return marks


def remove_unused_segments(home: Home) -> int:
    """Remove the segments that no generation names; gives how many.

    Only the holder of the writer lock may call it.
    """
    removed = sum(
        remove_unfinished(home.index / name) for name in (SEGMENTS_FOLDER, MEANINGS_FOLDER)
    )
    try:
        manifests = [read_manifest(home.index / name) for name in generation_names(home)]
    except ReelwiseError:
        return removed  # what a damaged manifest names is not known
    used = {folder for each in manifests for folder in segment_folders(home, each)}
    there = [segment_folder(home, name) for name in segment_names(home)]
    there += [meaning_folder(home, name) for name in meaning_names(home)]
    unused = [folder for folder in there if folder not in used]
    for folder in unused:
        discard_dir(folder)
    return removed + len(unused)


def number_of(name: str) -> int:
    """The number in a generation's name."""
    return int(name.removeprefix("gen-"))


def is_lock(path: Path) -> bool:
    """Whether a file is none of a generation's own: what opens the index of words locks it."""
    return path.name.endswith(".lock")

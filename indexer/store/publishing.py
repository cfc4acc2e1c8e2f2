"""Publishing: the next generation is built beside the others, then served.

Every byte and name of it is forced to the disk, then `CURRENT` is replaced atomically.
"""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.catalogue import Catalogue, Part
from data.catalogue.guard.copies import copy_if_due
from data.durable import (
    crash_point,
    discard_dir,
    fsync_dir,
    replace_synced,
    temp_name,
    write_atomic,
    write_synced,
)
from data.home import Home, holds_lock
from data.sealed import MANIFEST_FILE, file_sum, seal
from embeddings.starter.labels import caption_texts
from indexer.store.faiss_index import INDEX_KINDS, FlatIndex, VectorIndex
from indexer.store.full_text import TEXT_FOLDER, build_full_text
from indexer.store.generations import (
    INDEX_FILE,
    Generation,
    generation_names,
    is_lock,
    note_nothing,
    number_of,
    read_current,
    whole_folder,
)
from indexer.store.manifest import LAYOUT_VERSION, Manifest, generation_name
from indexer.store.meaning.meaning_index import MEANING_FOLDER, build_meaning
from indexer.store.recall import RECALL_QUERIES, fill_index
from indexer.store.vectors import DamagedPart, VectorStore

KEPT_GENERATIONS = 2
"""Old generations kept beside the current one, to fall back to when it is damaged."""


def publish(
    home: Home, catalogue: Catalogue, encoder_id: str, *, kind: str = FlatIndex.kind
) -> Generation:
    """Build the next generation from the stored vectors and lines of all live videos, and serve it.

    Parts are read one at a time: memory is that of the index itself. A damaged part stops no other:
    its videos are left out and named in `unreadable`. A kill at any instant leaves the old or the
    new generation published, each whole. `kind` is one of `INDEX_KINDS`.

    Raises:
        ValueError: The writer lock is not held.
    """
    if not holds_lock(home):
        raise ValueError("publish needs the writer lock: with WriterLock(home): publish(...)")
    # Without this a kill before the first publication would look like a lost CURRENT.
    note_nothing(home)
    number = _next_number(home)
    folder = home.index / generation_name(number)
    temp = temp_name(folder)
    temp.mkdir()
    try:
        generation = _build(
            temp, number, catalogue, VectorStore(home, encoder_id), INDEX_KINDS[kind]
        )
        generation = _with_text(temp, generation, catalogue)
        generation = _with_meaning(temp, generation, catalogue)
        _seal(temp, generation.manifest)
        crash_point("publish.before_rename")
        replace_synced(temp, folder)
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        raise
    crash_point("publish.after_rename")
    write_atomic(home.current, f"{folder.name}\n".encode(), point="publish.current")
    _drop_old(home, number)
    copy_if_due(home)
    crash_point("publish.after_cleaning")
    return replace(generation, folder=folder)


def _build(
    folder: Path, number: int, catalogue: Catalogue, store: VectorStore, kind: type[VectorIndex]
) -> Generation:
    parts = catalogue.embeddings.parts(store.encoder_id)
    damaged_parts: set[str] = set()
    sample = _sample(parts, store)
    n = catalogue.counts(store.encoder_id)["clips"]
    batches = _clip_batches(parts, store, damaged_parts)
    index, recall_at_10 = fill_index(kind, batches, n=n, sample=sample)
    index.save(folder / INDEX_FILE)
    crash_point("publish.after_fsync_index")
    good = [part for part in parts if part.name not in damaged_parts]
    manifest = Manifest(
        format=LAYOUT_VERSION,
        generation=number,
        encoder_id=store.encoder_id,
        dim=index.dim,
        videos=sum(len(part.video_ids) for part in good),
        clips=len(index),
        parts=tuple(part.name for part in good),
        index_kind=kind.kind,
        recall_at_10=recall_at_10,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={INDEX_FILE: file_sum(folder / INDEX_FILE)},
    )
    bad = (part.video_ids for part in parts if part.name in damaged_parts)
    return Generation(manifest, folder, index, unreadable=frozenset().union(*bad))


def _with_text(folder: Path, generation: Generation, catalogue: Catalogue) -> Generation:
    """Add the index of words."""
    manifest = generation.manifest
    parts = catalogue.readings.parts()
    if any(row.n_lines for part in parts for row in part.readings):
        before = whole_folder(catalogue.home, TEXT_FOLDER)
        text, damaged_parts = build_full_text(
            folder / TEXT_FOLDER, catalogue.home, parts, before=before
        )
        crash_point("publish.after_text")
        files = {
            f"{TEXT_FOLDER}/{path.name}": file_sum(path)
            for path in sorted((folder / TEXT_FOLDER).iterdir())
            if not is_lock(path)
        }
        manifest = replace(manifest, lines=len(text), files={**manifest.files, **files})
        bad: dict[str, frozenset[int]] = {}
        for part in damaged_parts:
            videos = frozenset(row.video_id for row in part.readings)
            bad[part.engine_id] = bad.get(part.engine_id, frozenset()) | videos
        generation = replace(generation, manifest=manifest, text=text, unreadable_lines=bad)
    return generation


def _with_meaning(folder: Path, generation: Generation, catalogue: Catalogue) -> Generation:
    """Add the index of meanings, where a sentence encoder is served."""
    model_id = catalogue.sentence_model
    if model_id is None or generation.text is None:
        return generation
    meaning = build_meaning(
        catalogue.home,
        catalogue.readings.parts(),
        model_id,
        captions=caption_texts(),
        before=whole_folder(catalogue.home, MEANING_FOLDER),
    )
    if meaning is None:
        return generation
    paths = meaning.save(folder / MEANING_FOLDER)
    crash_point("publish.after_meaning")
    files = {f"{MEANING_FOLDER}/{path.name}": file_sum(path) for path in paths}
    manifest = generation.manifest
    manifest = replace(
        manifest, meant=len(meaning), sentences=model_id, files={**manifest.files, **files}
    )
    return replace(generation, manifest=manifest, meaning=meaning)


def _seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which vouches for every file."""
    write_synced(folder / MANIFEST_FILE, seal(asdict(manifest)))
    crash_point("publish.after_fsync_manifest")
    fsync_dir(folder)
    crash_point("publish.after_fsync_folder")


def _clip_batches(
    parts: list[Part], store: VectorStore, damaged_parts: set[str]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float16]]]:
    """The clips of each part; the names of those that cannot be read go to `damaged_parts`."""
    for part in parts:
        try:
            yield store.read_clips(part.name, part.sha256, part.video_ids)
        except DamagedPart:
            damaged_parts.add(part.name)


def _sample(parts: list[Part], store: VectorStore) -> npt.NDArray[np.float16]:
    """Clip vectors (q, d) from up to `RECALL_QUERIES` readable parts picked at random."""
    rng = np.random.default_rng(len(parts))
    each = -(-RECALL_QUERIES // max(1, min(RECALL_QUERIES, len(parts))))
    rows: list[npt.NDArray[np.float16]] = []
    for place in rng.permutation(len(parts)):
        part = parts[place]
        try:
            _, vectors = store.read_clips(part.name, part.sha256, part.video_ids)
        except DamagedPart:
            continue
        rows.append(vectors[rng.permutation(len(vectors))[:each]])
        if len(rows) == RECALL_QUERIES:
            break
    return np.concatenate(rows) if rows else np.zeros((0, 1), dtype=np.float16)


def _next_number(home: Home) -> int:
    names = [*generation_names(home), read_current(home) or "gen-000000"]
    return max(map(number_of, names)) + 1


def _drop_old(home: Home, number: int) -> None:
    older = [name for name in generation_names(home) if number_of(name) < number]
    for name in older[:-KEPT_GENERATIONS]:
        discard_dir(home.index / name)

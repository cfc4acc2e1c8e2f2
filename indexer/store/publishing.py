"""Publishing: the next generation is built beside the others, then served.

Every byte and name of it is forced to the disk, then `CURRENT` is replaced atomically.
"""

import shutil
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.catalogue import Catalogue
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
from indexer.store.full_text import TEXT_FOLDER, build_full_text
from indexer.store.generations import Generation, whole_folder
from indexer.store.manifest import LAYOUT_VERSION, Manifest, SegmentUse, generation_name
from indexer.store.meaning.meaning_index import MEANING_FOLDER, build_meaning
from indexer.store.next_segments import GenerationContent, NextSegments, n_live
from indexer.store.published import (
    generation_names,
    is_lock,
    marks_of,
    note_nothing,
    number_of,
    read_current,
    remove_unused_segments,
)
from indexer.store.rows.kinds import FlatRows
from indexer.store.segments.building import Building, building_of
from indexer.store.segments.merging import MERGED_AT_ONCE, to_merge

KEPT_GENERATIONS = 2
"""Old generations kept beside the current one, to fall back to when it is damaged."""


def publish(
    home: Home,
    catalogue: Catalogue,
    encoder_id: str,
    *,
    building: Building | None = None,
    whole: bool = False,
    merged_at_once: int | None = MERGED_AT_ONCE,
) -> Generation:
    """Build the next generation of all live videos and their lines, and serve it.

    Segments of the generation before are taken over; what is new goes into one of its own, and
    small ones become one (`merging`). A damaged part stops no other: its videos are left out and
    named in `unreadable`. A kill at any instant leaves the old or the new generation published,
    each whole.

    Args:
        home: The library.
        catalogue: Its catalogue.
        encoder_id: Whose vectors are published.
        building: How indexes are built; None as the library remembers.
        whole: Make one segment of everything anew, from the stored vectors.
        merged_at_once: Most clips that segments are merged to; None for any number.

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
        making = NextSegments(catalogue, encoder_id, building or building_of(catalogue))
        content = making.anew() if whole else making.continued(merged_at_once)
        generation = _generation(temp, number, encoder_id, content)
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
    _drop_old(home, catalogue, number)
    copy_if_due(home)
    crash_point("publish.after_cleaning")
    return replace(generation, folder=folder)


def is_merge_due(generation: Generation) -> bool:
    """Whether segments should become one that were too large to do so on the way."""
    counts = [
        n_live(each, ~np.isin(each.columns.video_ids, use.dead))
        for each, use in zip(generation.segments, generation.manifest.segments, strict=True)
    ]
    return bool(to_merge([len(each) for each in generation.segments], counts, at_most=None))


def _generation(
    folder: Path, number: int, encoder_id: str, content: GenerationContent
) -> Generation:
    segments, masks = content.segments, content.live.videos
    counts = [n_live(each, mask) for each, mask in zip(segments, masks, strict=True)]
    dead = content.live.dead(segments)
    names = [each.name or "" for each in segments]
    uses = tuple(SegmentUse(name, tuple(dead.get(name, ()))) for name in names)
    facts = [each.facts for each in segments if each.facts is not None]
    largest = max(facts, key=lambda each: each.clips, default=None)
    recalls = [each.recall_at_10 for each in facts]
    manifest = Manifest(
        format=LAYOUT_VERSION,
        generation=number,
        encoder_id=encoder_id,
        dim=largest.dim if largest else 1,
        videos=sum(int(mask.sum()) for mask in masks),
        clips=sum(counts),
        segments=uses,
        missing=tuple(sorted(content.unreadable)),
        mark=content.mark,
        index_kind=largest.index_kind if largest else FlatRows.kind,
        recall_at_10=float(np.average(recalls, weights=counts)) if recalls else 1.0,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={},
    )
    return Generation(manifest, folder, segments, unreadable=content.unreadable)


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


def _next_number(home: Home) -> int:
    names = [*generation_names(home), read_current(home) or "gen-000000"]
    return max(map(number_of, names)) + 1


def _drop_old(home: Home, catalogue: Catalogue, number: int) -> None:
    """Remove generations that nobody falls back to, their segments, and the log of changes."""
    older = [name for name in generation_names(home) if number_of(name) < number]
    for name in older[:-KEPT_GENERATIONS]:
        discard_dir(home.index / name)
    remove_unused_segments(home)
    marks = [mark.number for mark in marks_of(home)]
    if marks:
        catalogue.change_log.prune(min(marks))

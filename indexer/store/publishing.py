"""Publishing: the next generation is built beside the others, then served.

Every byte and name of it is forced to the disk, then `CURRENT` is replaced atomically.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.catalogue import Catalogue, LiveReadings
from data.catalogue.guard.copies import copy_if_due
from data.durable import (
    crash_point,
    discard_dir,
    new_folder,
    write_atomic,
    write_synced,
)
from data.errors import ReelwiseError
from data.home import Home, holds_lock
from data.sealed import MANIFEST_FILE, FileSum, file_sum, seal
from embeddings.starter.labels import caption_texts
from indexer.store.checked_files import LARGE_OF_LINES, CheckedFiles
from indexer.store.generations import Generation, open_generation, text_before
from indexer.store.manifest import LAYOUT_VERSION, Manifest, SegmentUse, generation_name
from indexer.store.meaning.meaning_index import MeaningIndex, used_meanings
from indexer.store.meaning.next_meanings import (
    Merging,
    NextMeanings,
    meanings_to_merge,
)
from indexer.store.meaning.passages import meant_readings
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
from indexer.store.segments.next_segments import GenerationContent, NextSegments, n_live
from indexer.store.text.full_text import CHANGING_FILES, TEXT_FOLDER, build_full_text

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
    number, base = _next_number(home), _base(home)
    folder = home.index / generation_name(number)
    with new_folder(folder, point="publish") as temp:
        making = NextSegments(catalogue, encoder_id, building or building_of(catalogue))
        if whole or base is None or base.encoder_id != encoder_id:
            content = making.anew()
        else:  # what counts is read after `making` has noted how far the catalogue had come
            content = making.continued(base.segments, base.live(catalogue), merged_at_once)
        generation = _generation(temp, number, encoder_id, content)
        readings = catalogue.live_readings()
        generation = _with_text(generation, catalogue, readings)
        generation = _with_meaning(
            generation, catalogue, readings, base, None if whole else Merging(merged_at_once)
        )
        _seal(temp, generation.manifest)
    generation = replace(generation, folder=folder)
    # What was just written is known to be whole.
    CheckedFiles(home, LARGE_OF_LINES).remember(folder, generation.manifest.files)
    write_atomic(home.current, f"{folder.name}\n".encode(), point="publish.current")
    _drop_old(home, catalogue, generation)
    copy_if_due(home)
    crash_point("publish.after_cleaning")
    return generation


def is_merge_due(generation: Generation, catalogue: Catalogue) -> bool:
    """Whether segments should become one that were too large to do so on the way."""
    counts = [
        n_live(each, ~np.isin(each.columns.video_ids, use.dead))
        for each, use in zip(generation.segments, generation.manifest.segments, strict=True)
    ]
    if to_merge([len(each) for each in generation.segments], counts, at_most=None):
        return True
    used = used_meanings(generation.meaning, meant_readings(catalogue.live_readings()))
    return bool(meanings_to_merge(used, at_most=None))


def _base(home: Home) -> Generation | None:
    """The generation to go on from; None where there is none that can be opened."""
    try:
        return open_generation(home)
    except ReelwiseError:
        return None


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


def _with_text(generation: Generation, catalogue: Catalogue, readings: LiveReadings) -> Generation:
    """Add the index of words."""
    if not (readings.n_lines > 0).any():
        return generation
    before = text_before(catalogue.home)
    folder = generation.folder / TEXT_FOLDER
    going_on = None if before is None else before.folder / TEXT_FOLDER
    with ExitStack() as linking:
        if before is not None:
            checks = CheckedFiles(catalogue.home, LARGE_OF_LINES)
            linking.enter_context(checks.links_change(before.folder, before.manifest.files))
        text, damaged_parts = build_full_text(folder, catalogue, readings, before=going_on)
    crash_point("publish.after_text")
    files = _sums_of_text(folder, {} if before is None else before.manifest.files)
    bad: dict[str, frozenset[int]] = {}
    for part in damaged_parts:
        videos = frozenset(row.video_id for row in part.readings)
        bad[part.engine_id] = bad.get(part.engine_id, frozenset()) | videos
    manifest = replace(generation.manifest, lines=len(text), files=files)
    return replace(generation, manifest=manifest, text=text, unreadable_lines=bad)


def _sums_of_text(folder: Path, before: Mapping[str, FileSum]) -> dict[str, FileSum]:
    """The checksums of the index of words; those of files taken over are known."""
    sums = {}
    for path in sorted(folder.iterdir()):
        if not is_lock(path):
            name = f"{TEXT_FOLDER}/{path.name}"
            known = None if path.name in CHANGING_FILES else before.get(name)
            sums[name] = known or file_sum(path)
    return sums


def _with_meaning(
    generation: Generation,
    catalogue: Catalogue,
    readings: LiveReadings,
    base: Generation | None,
    merging: Merging | None,
) -> Generation:
    """Add the index of meanings, where a sentence encoder is served; None merges all segments."""
    model_id = catalogue.sentence_model
    if model_id is None or generation.text is None:
        return generation
    segments = () if base is None or base.meaning is None else base.meaning.segments
    used = NextMeanings(catalogue, model_id, caption_texts()).made(readings, segments, merging)
    crash_point("publish.after_meaning")
    if not used:
        return generation
    meaning = MeaningIndex(model_id, tuple(segment for segment, _ in used))
    manifest = replace(
        generation.manifest,
        meant=sum(segment.columns.n_lines(mask) for segment, mask in used),
        sentences=model_id,
        meanings=tuple(segment.name for segment in meaning.segments),
    )
    return replace(generation, manifest=manifest, meaning=meaning)


def _seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which vouches for every file."""
    write_synced(folder / MANIFEST_FILE, seal(asdict(manifest)))
    crash_point("publish.after_fsync_manifest")


def _next_number(home: Home) -> int:
    names = [*generation_names(home), read_current(home) or "gen-000000"]
    return max(map(number_of, names)) + 1


def _drop_old(home: Home, catalogue: Catalogue, generation: Generation) -> None:
    """Remove generations that nobody falls back to, their segments, and the log of changes."""
    number = generation.number
    older = [name for name in generation_names(home) if number_of(name) < number]
    checks = CheckedFiles(home, LARGE_OF_LINES)
    with checks.links_change(generation.folder, generation.manifest.files):
        for name in older[:-KEPT_GENERATIONS]:
            discard_dir(home.index / name)
    remove_unused_segments(home)
    marks = [mark.number for mark in marks_of(home)]
    if marks:
        catalogue.change_log.prune(min(marks))

"""From rows of a file to the stored vectors of the stretches that they are about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Floats, Ids, Mask
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.labels.kinds import ColumnKind
from data.labels.rows import LabelRow, end_of
from data.labels.trouble import RowTrouble
from indexer.heads.inputs.changes import N_BLOCKS, changes_of
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.volumes import Volumes, volume_of
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore, VideoVectors

MOST_CHANGES = 64_000_000
"""Numbers of all changes together, 256 MB; of more stretches than that they are not told."""
NO_PICTURES = "no small pictures of frames, indexed before these were stored"
READ_AGAIN = "reelwise rebuild --reencode reads all videos again and stores them"
FIX_PICTURES = f"leave a head of them (--features 3d) out, or: {READ_AGAIN}"


@dataclass(frozen=True)
class _Inside:
    """What lies inside one stretch."""

    vector: Floats
    """(d,) mean of its clip vectors, of length 1."""
    frames: Floats | None
    """(t, d) its frames, where they are kept."""
    changes: Floats | None
    """(4 d,) how it changes, where that is kept."""
    volume: Volumes | None
    """(8, 16, 16) its small pictures, where they are kept."""


@dataclass(frozen=True)
class Stretches:
    """Rows whose stretch has stored vectors, with these."""

    rows: list[LabelRow]
    """n rows, in the order of the file."""
    video_ids: Ids
    """(n,) the video of each."""
    examples: Examples
    """What is known of each; sentence vectors are not added yet."""
    troubles: list[RowTrouble]
    """Rows without stored vectors, by line."""


def find_stretches(
    catalogue: Catalogue,
    encoder_id: str,
    rows: Sequence[LabelRow],
    *,
    frames: bool,
    changes: bool = True,
    volumes: bool = False,
) -> Stretches:
    """Look the stretches of some rows up.

    Args:
        catalogue: The library.
        encoder_id: Whose vectors.
        rows: What to look for.
        frames: Also give the vectors of their frames.
        changes: Also tell how they change, where that is at most `MOST_CHANGES` numbers.
        volumes: Also give their small pictures; rows of videos without any are troubles.

    Raises:
        ReelwiseError: No row is about a stretch that is indexed here.
    """
    by_video, troubles = _owners(catalogue, rows)
    found: dict[int, tuple[int, _Inside]] = {}
    store = VectorStore(catalogue.home, encoder_id)
    for video in read_videos(catalogue, store, list(by_video), on_damage=lambda _: None):
        for place in by_video.pop(video.video_id):
            some = changes and len(rows) * N_BLOCKS * video.clips.shape[1] <= MOST_CHANGES
            inside = _inside(video, rows[place], frames=frames, changes=some, volumes=volumes)
            if volumes and video.small_frames is None:
                troubles.append(RowTrouble(rows[place].line, NO_PICTURES))
            elif inside is None:
                troubles.append(RowTrouble(rows[place].line, _outside(video, rows[place])))
            else:
                found[place] = video.video_id, inside
    for places in by_video.values():
        why = "its video has no vectors of this encoder yet"
        troubles += [RowTrouble(rows[place].line, why) for place in places]
    troubles.sort(key=lambda each: each.line)
    if not found:
        raise _none_of(rows, troubles[0])
    places = sorted(found)
    kept = [rows[place] for place in places]
    each = [found[place][1] for place in places]
    how = [one.changes for one in each if one.changes is not None]
    examples = Examples(
        np.stack([one.vector for one in each]),
        tuple(one.frames for one in each if one.frames is not None) if frames else None,
        np.stack(how) if how else None,
        np.stack([one.volume for one in each if one.volume is not None]) if volumes else None,
        {name: [row.columns[name] for row in kept] for name in kept[0].columns},
    )
    owners = np.array([found[place][0] for place in places], np.int64)
    return Stretches(kept, owners, examples, troubles)


def _none_of(rows: Sequence[LabelRow], first: RowTrouble) -> ReelwiseError:
    """No row can be used; the first one says why."""
    fix = "name videos by path, file name or id as this library has them; --home DIR names another"
    return ReelwiseError(
        f"none of the {len(rows):,} rows is about a stretch of this library; "
        f"line {first.line}: {first.reason}",
        fix=FIX_PICTURES if first.reason == NO_PICTURES else f"{fix} library",
    )


def with_texts(
    examples: Examples, kinds: dict[str, ColumnKind], encode: Callable[[Sequence[str]], Floats]
) -> Examples:
    """The same with the sentence vectors of its columns of texts; equal texts are encoded once."""
    texts = {}
    for name, kind in kinds.items():
        if kind != "text" or name not in examples.columns:
            continue
        distinct, places = np.unique(np.array(examples.columns[name], object), return_inverse=True)
        texts[name] = encode([str(each) for each in distinct])[places]
    return replace(examples, texts=texts)


def clips_as_examples(
    videos: Iterator[VideoVectors], *, frames: bool, changes: bool, volumes: bool = False
) -> Iterator[tuple[VideoVectors, Examples]]:
    """The clips of each video as examples, in their order.

    With `volumes`, videos without small pictures are left out.
    """
    for video in videos:
        if volumes and video.small_frames is None:
            continue
        vectors = _units(video.clips.astype(np.float32))
        sequences, how = None, None
        if frames or changes:
            sequences = tuple(_frames_in(video, *span) for span in video.clip_spans.tolist())
        if changes and sequences:
            how = np.stack([changes_of(*pair) for pair in zip(vectors, sequences, strict=True)])
        seen = None
        if volumes:
            seen = np.stack([_volume_in(video, *span) for span in video.clip_spans.tolist()])
        yield video, Examples(vectors, sequences if frames else None, how, seen)


def _owners(
    catalogue: Catalogue, rows: Sequence[LabelRow]
) -> tuple[dict[int, list[int]], list[RowTrouble]]:
    """Places of rows by the video that they mean, and rows that mean none or several."""
    names = catalogue.video_names()
    known: dict[str, list[int]] = {}
    by_video: dict[int, list[int]] = {}
    troubles = []
    for place, row in enumerate(rows):
        if row.video not in known:
            only = names.only(row.video)
            known[row.video] = names.find(row.video) if only is None else [only]
        ids = known[row.video]
        if len(ids) == 1:
            by_video.setdefault(ids[0], []).append(place)
            continue
        what = f"{len(ids)} videos are called" if ids else "no indexed video is called"
        troubles.append(RowTrouble(row.line, f"{what} {row.video[:200]!r}"))
    return by_video, troubles


def _inside(
    video: VideoVectors, row: LabelRow, *, frames: bool, changes: bool, volumes: bool
) -> _Inside | None:
    """Mean of the clips whose middle lies inside, else the clip that overlaps most."""
    starts_s, ends_s = video.clip_spans.T
    last_s = float(max(ends_s.max(), video.frame_times_s.max(initial=0.0)))
    start_s, end_s = row.start_s, end_of(row, max(last_s, row.start_s + 1e-3))
    overlaps_s = np.minimum(ends_s, end_s) - np.maximum(starts_s, start_s)
    if overlaps_s.max() <= 0:
        return None
    middles_s = (starts_s + ends_s) / 2
    inside = (middles_s >= start_s) & (middles_s < end_s)
    if not inside.any():
        inside = np.arange(len(overlaps_s)) == overlaps_s.argmax()
    mean = video.clips[inside].astype(np.float32).mean(axis=0, keepdims=True)
    vector = _units(mean)[0]
    seen_small = None
    if volumes and video.small_frames is not None:
        seen_small = _volume_in(video, start_s, end_s)
    if not frames and not changes:
        return _Inside(vector, None, None, seen_small)
    seen = _frames_in(video, start_s, end_s)
    how = changes_of(vector, seen) if changes else None
    return _Inside(vector, seen if frames else None, how, seen_small)


def _frames_in(video: VideoVectors, start_s: float, end_s: float) -> Floats:
    """The frames of a stretch, (t, d)."""
    return _units(video.frames[_times_in(video, start_s, end_s)].astype(np.float32))


def _volume_in(video: VideoVectors, start_s: float, end_s: float) -> Volumes:
    """The small pictures of a stretch, (8, 16, 16)."""
    assert video.small_frames is not None
    return volume_of(video.small_frames[_times_in(video, start_s, end_s)])


def _times_in(video: VideoVectors, start_s: float, end_s: float) -> Mask:
    """Which frames lie in a stretch, (n,); the nearest one where none does."""
    times_s = video.frame_times_s
    inside = (times_s >= start_s) & (times_s < end_s)
    if not inside.any():
        middle_s = (start_s + end_s) / 2
        inside = np.arange(len(times_s)) == np.abs(times_s - middle_s).argmin()
    return np.asarray(inside, np.bool_)


def _outside(video: VideoVectors, row: LabelRow) -> str:
    return (
        f"its stretch begins at {row.start_s:g} s, and the video ends at "
        f"{float(video.clip_spans[:, 1].max()):g} s"
    )


def _units(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)

"""DiDeMo: `test_data.json`, a list of texts about parts of videos, in segments of five seconds.

Fields as https://github.com/LisaAnne/LocalizingMoments describes them (Hendricks et al.,
"Localizing Moments in Video with Natural Language", ICCV 2017): `annotation_id`, `video`,
`description`, `times` (for each person the first and the last segment), `num_segments` (5 or 6).
Only the first 30 seconds of a video count. The texts of a video, joined, are the paragraph that
whole videos are found by; `didemo_ret_test.json` (VindLU and others) has `video` and `caption`.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from data.text_sets.gathered import Gathered
from data.text_sets.located import Entry, Source, read_entries
from data.text_sets.text_set import Caption, Moment, TextSet, Times

KIND = "didemo"
N_SEGMENTS = 6
SEGMENT_S = 5.0
END_S = N_SEGMENTS * SEGMENT_S
TRAIN = "train_data.json"


def is_didemo(entries: Sequence[Entry]) -> bool:
    """Whether a JSON file has texts about parts of videos, or paragraphs."""
    first = entries[0].value if entries and not entries[0].key else None
    if not isinstance(first, dict) or "video" not in first:
        return False
    return "times" in first or isinstance(first.get("caption"), list)


def read_didemo(path: Path, entries: Sequence[Entry]) -> TextSet:
    """Read moments and paragraphs, or paragraphs alone; `train_data.json` is read beside them.

    Raises:
        ReelwiseError: An entry lacks a field, or has one that cannot be so.
    """
    source, videos = Source(path, "DiDeMo"), Gathered()
    if "times" not in entries[0].value:
        captions = _paragraphs(source, videos, entries)
        return TextSet(KIND, "didemo, paragraphs", videos.videos, {"": captions})
    moments: list[Moment] = []
    for entry in entries:
        name = source.text(entry.line, "video", source.field(entry, "video", str))
        if "annotation_id" in entry.value:
            source.once(entry.line, "annotation_id", entry.value["annotation_id"])
        text = source.text(entry.line, "description", source.field(entry, "description", str))
        times = _times(source, entry)
        n_segments = entry.value.get("num_segments", N_SEGMENTS)
        if n_segments not in range(1, N_SEGMENTS + 1):
            raise source.wrong(entry.line, f"'num_segments' is {n_segments!r}, not 1 to 6")
        n_segments = max(n_segments, *(last + 1 for _, last in times))
        moments.append(Moment(videos.place(name, end_s=END_S), text, times, n_segments))
    texts: dict[int, list[str]] = {}
    for each in moments:
        texts.setdefault(each.video, []).append(each.text)
    captions = tuple(Caption(place, " ".join(said)) for place, said in texts.items())
    train = path.absolute().parent / TRAIN
    known = _known(train) if path.name != TRAIN and train.is_file() else ()
    protocol = f"didemo, {path.stem}"
    return TextSet(
        KIND, protocol, videos.videos, {"": captions}, moments=tuple(moments), known_moments=known
    )


def _paragraphs(source: Source, videos: Gathered, entries: Sequence[Entry]) -> tuple[Caption, ...]:
    captions = []
    for entry in entries:
        name = source.text(entry.line, "video", source.field(entry, "video", str))
        source.once(entry.line, "video", name)
        said = source.field(entry, "caption", list)
        if not said:
            raise source.wrong(entry.line, "'caption' is empty")
        text = " ".join(source.text(entry.line, "caption", part) for part in said)
        captions.append(Caption(videos.place(name, end_s=END_S), text))
    return tuple(captions)


def _times(source: Source, entry: Entry) -> tuple[Times, ...]:
    times = []
    for pair in source.field(entry, "times", list):
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(at) is int for at in pair)
        if not whole or not 0 <= pair[0] <= pair[1] < N_SEGMENTS:
            raise source.wrong(
                entry.line, f"'times' has {str(pair)[:40]}, not [first, last] from 0 to 5"
            )
        times.append((pair[0], pair[1]))
    if not times:
        raise source.wrong(entry.line, "'times' is empty")
    return tuple(times)


def _known(path: Path) -> tuple[Times, ...]:
    """Moments of the training part by how frequent they are; the smaller first where equally."""
    source = Source(path, "DiDeMo")
    counts = Counter(each for entry in read_entries(path) for each in _times(source, entry))
    return tuple(sorted(counts, key=lambda each: (-counts[each], each)))

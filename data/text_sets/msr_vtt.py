"""MSR-VTT: JSON with all captions, and CSV with the captions of the 1k-A test part.

`MSRVTT_data.json`, `train_val_videodatainfo.json` and `test_videodatainfo.json` (the readme of
"MSR-VTT 10K", Xu et al., CVPR 2016): `videos` with `video_id` and `split` (train, validate, test),
`sentences` with `sen_id`, `video_id` and `caption`. `MSRVTT_JSFUSION_test.csv` (Yu et al., ECCV
2018, as CLIP4Clip hands it out): `key,vid_key,video_id,sentence`. Videos are `video7020.mp4`.
"""

from collections.abc import Sequence
from pathlib import Path

from data.errors import ReelwiseError
from data.interval_table import read_table
from data.text_sets.gathered import Gathered
from data.text_sets.located import Entry, Source
from data.text_sets.text_set import Caption, TextSet

KIND = "msr-vtt"
COLUMNS = ("video_id", "sentence")
_HEADER = "key,vid_key,video_id,sentence"


def is_msr_vtt(entries: Sequence[Entry]) -> bool:
    """Whether a JSON file has the lists of MSR-VTT."""
    return {"videos", "sentences"} <= {entry.key for entry in entries}


def read_msr_vtt(path: Path, entries: Sequence[Entry], part: str) -> TextSet:
    """Read all captions of one part; every one is a question.

    Raises:
        ReelwiseError: An entry lacks a field, or the part has no video.
    """
    source, videos = Source(path, "MSR-VTT"), Gathered()
    parts = _parts(source, entries)
    for name in parts:
        if parts[name] == part:
            videos.place(name)
    if not videos.videos:
        named = ", ".join(sorted(set(parts.values()))) or "none"
        raise ReelwiseError(
            f"{path} has no video of the part {part!r}; its parts are: {named}",
            fix="name another part: --part validate",
        )
    captions = []
    for entry in (each for each in entries if each.key == "sentences"):
        name = source.field(entry, "video_id", str)
        source.once(entry.line, "sen_id", source.field(entry, "sen_id", int))
        if name not in parts:
            raise source.wrong(entry.line, f"no video of the file is called {name[:40]!r}")
        if parts[name] == part:
            text = source.text(entry.line, "caption", source.field(entry, "caption", str))
            captions.append(Caption(videos.place(name), text))
    protocol = f"msr-vtt, {part}, every caption"
    return TextSet(KIND, protocol, videos.videos, {"": tuple(captions)})


def _parts(source: Source, entries: Sequence[Entry]) -> dict[str, str]:
    """The part of each video."""
    parts = {}
    for entry in (each for each in entries if each.key == "videos"):
        name = source.text(entry.line, "video_id", source.field(entry, "video_id", str))
        source.once(entry.line, "video_id", name)
        parts[name] = source.field(entry, "split", str)
    return parts


def read_jsfusion(path: Path) -> TextSet:
    """Read the list of the 1k-A test part, or one of its form.

    Raises:
        ReelwiseError: It lacks a column, a video or a sentence, or has a row twice.
    """
    source, videos, captions = Source(path, "MSR-VTT"), Gathered(), []
    table = read_table(path, COLUMNS, header=_HEADER)
    for row in table.rows:
        if row["key"]:
            source.once(row.line, "key", row["key"])
        name = source.text(row.line, "video_id", row["video_id"])
        text = source.text(row.line, "sentence", row["sentence"])
        source.once(row.line, "video_id and sentence", (name, text))
        captions.append(Caption(videos.place(name), text))
    return TextSet(KIND, f"msr-vtt, {path.stem}", videos.videos, {"": tuple(captions)})

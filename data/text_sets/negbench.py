"""NegBench: CSV of videos with captions that deny something, or with captions to choose from.

Columns as its evaluation reads them (https://github.com/m1k2zoo/negbench, Alhamoud et al.,
"Vision-Language Models Do Not Understand Negation", CVPR 2025): for retrieval `filepath` and
`captions`, a list as Python writes it; for choices `image_path`, `caption_0` to `caption_3`,
`correct_answer` (0 to 3) and `correct_answer_template` (positive, negative, hybrid). Only the last
part of a path counts: the published ones are those of another machine.
"""

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from data.interval_table import TableRow, read_table
from data.numbers import whole_number_of
from data.text_sets.gathered import Gathered
from data.text_sets.located import Source
from data.text_sets.text_set import Caption, Choice, TextSet

KIND = "negbench"
_PATH = "filepath|image_path|video_path"
_CAPTION = re.compile(r"caption_\d+")


def is_negbench(columns: Sequence[str]) -> bool:
    """Whether a CSV file has the columns of NegBench."""
    has_path = bool(set(_PATH.split("|")) & set(columns))
    return has_path and ("captions" in columns or "correct_answer" in columns)


def read_negbench(path: Path) -> TextSet:
    """Read either kind of its files.

    Raises:
        ReelwiseError: It lacks a column, or a row something that it needs.
    """
    header = "correct_answer,caption_0,caption_1,caption_2,caption_3,image_path"
    table = read_table(path, [_PATH, "captions|correct_answer"], header=header)
    protocol = f"negbench, {path.stem}"
    source, videos = Source(path, "NegBench"), Gathered()
    if "correct_answer" not in table.columns:
        said = tuple(each for row in table.rows for each in _captions(source, videos, row))
        return TextSet(KIND, protocol, videos.videos, {"": said})
    names = sorted((n for n in table.columns if _CAPTION.fullmatch(n)), key=lambda n: int(n[8:]))
    if len(names) < 2:
        raise source.wrong(1, "there are no columns 'caption_0' and 'caption_1'")
    choices = tuple(_choice(source, videos, row, names) for row in table.rows)
    return TextSet(KIND, protocol, videos.videos, {}, choices)


def _captions(source: Source, videos: Gathered, row: TableRow) -> list[Caption]:
    name = _name(source, row)
    source.once(row.line, "video", name)
    try:
        texts = ast.literal_eval(row["captions"])
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        texts = None
    if not isinstance(texts, list | tuple) or not texts:
        raise source.wrong(row.line, f"'captions' is {row['captions'][:40]!r}, no list of texts")
    place = videos.place(name)
    return [Caption(place, source.text(row.line, "captions", text)) for text in texts]


def _choice(source: Source, videos: Gathered, row: TableRow, names: Sequence[str]) -> Choice:
    right = whole_number_of(row["correct_answer"])
    if right is None or not 0 <= right < len(names):
        raise source.wrong(
            row.line, f"'correct_answer' is {row['correct_answer']!r}, not 0 to {len(names) - 1}"
        )
    texts = tuple(source.text(row.line, name, row[name]) for name in names)
    place = videos.place(_name(source, row))
    return Choice(place, texts, right, row["correct_answer_template"].lower())


def _name(source: Source, row: TableRow) -> str:
    path = next((row[name] for name in _PATH.split("|") if row[name]), "")
    return source.text(row.line, _PATH.replace("|", " or "), path.replace("\\", "/").split("/")[-1])

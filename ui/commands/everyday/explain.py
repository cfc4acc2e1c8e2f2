"""`reelwise explain`: which seconds, and which part of the picture, spoke for something."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import ReelwiseError
from data.labels.vocabulary import TAGS
from data.printable import printable
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import (
    DeviceOption,
    HomeOption,
    ImageOption,
    JsonOption,
    LikeOption,
)
from ui.terminal.text import clock, columns, short_path, span

if TYPE_CHECKING:
    from indexer.explanation.asked import HeadAsked
    from indexer.explanation.explain import Explained, Explanation
    from indexer.explanation.pictures import LookedInto
    from indexer.search.query import Query

PICTURES = 8
BAR = 24
"""Characters of the bar of the highest score."""
MOST_LINES = 60
"""Frames that are listed; --json has all."""
UNITS = {
    "cosine": "score of each frame, as in search",
    "probability": "probability, were each frame a clip",
    "number": "number, were each frame a clip",
    "share": "what each frame adds",
}


VideoArgument = Annotated[
    str,
    typer.Argument(
        metavar="VIDEO[@START-END]",
        help="Path, file name or id of an indexed video, and a part of it in seconds.",
    ),
]
TextOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why it is found with these words.")
]
HeadOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Why this head says what it says of it.")
]
LabelOption = Annotated[
    str | None,
    typer.Option(
        metavar="LABEL",
        help="With --head: why this label, or why not.  [default: what the head says]",
    ),
]
TagOption = Annotated[
    str | None,
    typer.Option(metavar="WORD", help="Why reelwise tag gives this word, or does not."),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.png", help="Draw frames, what of them spoke, and the curve of the scores."
    ),
]
PicturesOption = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, max=24, help="Frames to look into, with --out and --json; 0: none."
    ),
]


def explain(
    video: VideoArgument,
    text: TextOption = None,
    like: LikeOption = None,
    image: ImageOption = None,
    head: HeadOption = None,
    label: LabelOption = None,
    tag: TagOption = None,
    out: OutOption = None,
    pictures: PicturesOption = PICTURES,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Tell which seconds of a video, and which part of the picture, spoke for something.

    Without --out and --json the scores alone, of which nothing is decoded.
    """
    from indexer.explanation.asked import Asked
    from indexer.search.examples.example import check_examples
    from indexer.search.query import Query
    from indexer.search.spans import parse_span

    question = _question(
        Query(text, like, image) if text or like or image else None, head, label, tag
    )
    _check_out(out, pictures)
    name, part = parse_span(video)
    if isinstance(question, Query):
        check_examples(question)
    with Library(home, device=device) as library:
        asked = Asked(library.catalogue.video(name), question, part)
        explanations = library.explanations
        explained = explanations.why(asked)
        looked = None
        if pictures and (out is not None or as_json):
            from indexer.explanation.pictures import some_places

            looked = explanations.look(explained, some_places(explained.explanation, pictures))
        encoder = explanations.searcher.encoder.name
    return _answer(explained, question, encoder, looked, out)


def _question(
    query: Query | None, head: str | None, label: str | None, tag: str | None
) -> Query | HeadAsked:
    from indexer.explanation.asked import HeadAsked

    if label is not None and head is None:
        raise ReelwiseError("--label is a label of a head", fix="--head NAME --label LABEL")
    asked: list[Query | HeadAsked] = [
        *([query] if query else []),
        *([HeadAsked(head, label)] if head is not None else []),
        *([HeadAsked(TAGS, tag)] if tag is not None else []),
    ]
    if not asked:
        raise ReelwiseError(
            "there is nothing to explain",
            fix='--text "a dog", --like CLIP, --image FILE, --head NAME or --tag WORD',
        )
    if len(asked) > 1:
        raise ReelwiseError(
            "a query, a head and a tag are several questions", fix="explain one of them at a time"
        )
    return asked[0]


def _check_out(out: Path | None, pictures: int) -> None:
    if out is None:
        return
    if out.suffix.lower() != ".png":
        raise ReelwiseError(f"{out.name} is no name of a PNG file", fix="--out why.png")
    if not out.absolute().parent.is_dir():
        raise ReelwiseError(
            f"there is no folder {out.absolute().parent}", fix="make it, or name another one"
        )
    if not pictures:
        raise ReelwiseError("a drawing needs pictures", fix=f"--pictures {PICTURES}")


def _answer(
    explained: Explained,
    question: Query | HeadAsked,
    encoder: str,
    looked: LookedInto | None,
    out: Path | None,
) -> Answer:
    from indexer.explanation.drawing import write_drawing
    from indexer.search.query import Query
    from ui.library.labelling.explaining import explanation_document, question_document

    explanation = explained.explanation
    if isinstance(question, Query):
        asked, told = question_document(question), _in_words(question)
    else:
        asked, told = {"head": question.name}, f"{question.name} {explanation.label}".strip()
    document: Document = explanation_document(explained, asked, encoder, looked)
    lines = _lines(explanation)
    if out is not None and looked is not None:
        title = f"{printable(explanation.video.path.name)}   {printable(told)}"
        write_drawing(out, explanation, looked, title)
        document["out"] = str(out.absolute())
        lines.append(f"drawn into {short_path(out)}")
    return Answer(document, "\n".join(lines), notice="\n".join(explanation.warnings))


def _in_words(question: Query) -> str:
    like = None if question.like is None else f"like {Path(str(question.like)).name}"
    image = None if question.image is None else f"like {question.image.name}"
    return ", ".join(filter(None, (question.text, like, image)))


def _lines(explanation: Explanation) -> list[str]:
    name = short_path(explanation.video.path)
    lines = [f"{name} {span(explanation.start_s, explanation.end_s)}: {UNITS[explanation.unit]}"]
    if explanation.label:
        lines[0] += f", label {printable(explanation.label)}"
    low, high = float(explanation.scores.min()), float(explanation.scores.max())
    rows = []
    step = -(-len(explanation.scores) // MOST_LINES)
    for time_s, score in list(zip(explanation.times_s, explanation.scores, strict=True))[::step]:
        share = (float(score) - low) / (high - low) if high > low else 0.0
        rows.append([clock(float(time_s)), f"{float(score):.3f}", "#" * round(BAR * share)])
    lines += columns(rows)
    lines += [
        f"best: {span(each.start_s, each.end_s)}, {each.score:.3f} at {clock(each.peak_s)}"
        for each in explanation.best
    ]
    if not explanation.best:
        lines.append("no second stands out")
    return lines + _of_clips(explanation)


def _of_clips(explanation: Explanation) -> list[str]:
    """How the best clip came to its score, where its frames in their order did more than alone."""
    if not explanation.clips:
        return []
    best = max(explanation.clips, key=lambda each: each.score)
    told = f"clip {span(best.start_s, best.end_s)}: {best.score:.3f}"
    if abs(best.of_order) < 5e-4:
        return [told]
    return [f"{told}, of its frames {best.of_frames:.3f}, of their order {best.of_order:+.3f}"]

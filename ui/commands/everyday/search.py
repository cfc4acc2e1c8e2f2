"""`reelwise search` and `reelwise similar`: moments by text, by an example, or both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.dates import first_instant
from data.errors import ReelwiseError
from data.printable import printable
from ui.library.asking.questions import result_of, search_question, similar_question
from ui.library.asking.running import ask_running
from ui.library.documents import (
    NOTHING_MATCHES,
    Document,
    and_copies,
    is_gone,
    search_document,
    search_notices,
)
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import (
    DeviceOption,
    HomeOption,
    ImageOption,
    JsonOption,
    LikeOption,
    LimitOption,
    WeightsOption,
)
from ui.terminal.text import clock, columns, short_path, span

if TYPE_CHECKING:
    from indexer.search.query import Filters, Query
    from indexer.search.result import Hit, Match, SearchResult


NOISE = 0.05
"""Below this relevance the nearest of as many unrelated clips is nearer 19 times in 20."""
NEAREST_SHOWN = 3
"""Hits that are listed even where all are noise."""

AllOption = Annotated[
    bool, typer.Option("--all", help="List all up to -k, also those that are mere noise.")
]
TextArgument = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="What happens in the moment.")
]
NotOption = Annotated[
    str | None, typer.Option("--not", metavar="TEXT", help="Rank results similar to TEXT lower.")
]
ThenOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="What comes after it in the same video; repeat it for what comes after that.",
    ),
]
WithinOption = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        min=0,
        help="With --then: at most S seconds from the end of one to the start of the next.",
    ),
]
InOption = Annotated[
    str | None,
    typer.Option(
        "--in",
        metavar="CHANNEL,...",
        help="Search only these: picture, speech, screen (text in the picture), subtitle, title, "
        "path.  [default: all]",
    ),
]
MinRelevanceOption = Annotated[
    float,
    typer.Option(
        metavar="R", min=0, max=1, help="Leave out results of lower relevance, from 0 to 1."
    ),
]
UnderOption = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Only videos below this folder.")
]
MinDurationOption = Annotated[
    float | None, typer.Option(metavar="S", min=0, help="Only videos of at least S seconds.")
]
MaxDurationOption = Annotated[
    float | None, typer.Option(metavar="S", min=0, help="Only videos of at most S seconds.")
]
AfterOption = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Only videos recorded on DATE or later: 2024, 2024-05, 2024-05-17, or with a time.",
    ),
]
BeforeOption = Annotated[
    str | None, typer.Option(metavar="DATE", help="Only videos recorded before DATE.")
]
CodecOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only videos of this codec: h264, hevc, av1, ...")
]
MinResolutionOption = Annotated[
    int | None,
    typer.Option(
        metavar="PX", min=1, help="Only videos whose shorter side has PX pixels: 720 for 720p."
    ),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only videos with this tag; repeat it for several at once."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="EXPR",
        help="Only moments for which this holds; repeat it for several at once: action=jump, "
        "action!=jump, risk>=0.8, action.jump>=0.3 of heads; tag, folder, title, codec, duration, "
        "width, height, resolution, fps, size, date, added of videos.",
    ),
]
AllCopiesOption = Annotated[
    bool,
    typer.Option(
        "--all-copies", help="List each copy of a video, see reelwise duplicates, as a result."
    ),
]
NoMergeOption = Annotated[
    bool, typer.Option("--no-merge", help="List single clips; adjacent ones are not joined.")
]


def search(
    text: TextArgument = None,
    like: LikeOption = None,
    image: ImageOption = None,
    not_: NotOption = None,
    then: ThenOption = None,
    within: WithinOption = None,
    in_: InOption = None,
    limit: LimitOption = 10,
    min_relevance: MinRelevanceOption = 0.0,
    under: UnderOption = None,
    min_duration: MinDurationOption = None,
    max_duration: MaxDurationOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    codec: CodecOption = None,
    min_resolution: MinResolutionOption = None,
    tag: TagOption = None,
    where: WhereOption = None,
    all_copies: AllCopiesOption = False,
    no_merge: NoMergeOption = False,
    everything: AllOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Find moments by text, by an example clip or picture, or by both together.

    TEXT is looked for in what is seen, said, written and named; "words in quotation marks" have to
    be said or written so.
    """
    if not (text or like or image):
        raise ReelwiseError(
            "nothing to search for",
            fix='reelwise search "a red car drives to the left"    (or --like CLIP, --image FILE)',
        )
    from indexer.search.query import Filters, Query, channels_named, codec_called

    query = Query(text, like, image, not_, channels_named(in_), tuple(then or ()), within)
    filters = Filters(
        under=under.absolute() if under else None,
        min_duration_s=min_duration,
        max_duration_s=max_duration,
        after=first_instant(after) if after else None,
        before=first_instant(before) if before else None,
        codec=codec_called(codec) if codec else None,
        min_resolution_px=min_resolution,
        tags=tuple(tag or ()),
        where=tuple(where or ()),
        min_relevance=min_relevance,
        all_copies=all_copies,
    )
    with Library(home, weights=weights, device=device) as library:
        is_plain = weights is None and device == "auto"
        checked = _checked(query, filters, k=limit, merge=not no_merge) if is_plain else None
        result = None if checked is None else _ask_running(library, checked)
        if result is None:
            result = library.find(query, k=limit, filters=filters, merge=not no_merge)
    return _answer(query.as_dict(), result, everything=everything)


def similar(
    video: Annotated[
        str,
        typer.Argument(
            metavar="VIDEO[@START-END]",
            help="Path, file name or id of an indexed video, and a part of it in seconds.",
        ),
    ],
    limit: LimitOption = 10,
    everything: AllOption = False,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Find moments of other videos similar to an indexed video or to a part of it."""
    with Library(home, device=device) as library:
        result = None
        if device == "auto":
            result = _ask_running(library, similar_question(library.catalogue, video, k=limit))
        if result is None:
            result = library.similar(video, k=limit)
    return _answer({"similar": video}, result, everything=everything)


def _answer(question: Document, result: SearchResult, *, everything: bool) -> Answer:
    """What was found, for programs and for people."""
    told, notice = _text(result, everything=everything), "\n".join(search_notices(result))
    return Answer(search_document(question, result), told, notice=notice)


def _checked(query: Query, filters: Filters, *, k: int, merge: bool) -> Document:
    """The question, of which the files were looked at: errors name them as they were typed."""
    from indexer.search.examples.example import check_examples

    check_examples(query)
    return search_question(query, filters, k=k, merge=merge)


def _ask_running(library: Library, question: Document) -> SearchResult | None:
    """What a running server of this home answers; None where there is none."""
    began_s = time.perf_counter()
    document = ask_running(library.home, question)
    if document is None:
        return None
    return result_of(document, took_ms=(time.perf_counter() - began_s) * 1000)


def _text(result: SearchResult, *, everything: bool = False) -> str:
    """The hits as lines: rank, relevance, path, interval, title; noise only with `everything`."""
    shown = result.hits if everything else _above_noise(result.hits)
    lines = columns(
        [
            [
                str(hit.rank),
                f"{hit.relevance:.2f}",
                short_path(hit.path),
                span(hit.start_s, hit.end_s),
                "   ".join(filter(None, [hit.title, and_copies(hit), _gone(hit)])),
            ]
            for hit in shown
        ]
    )
    lines = [line for hit, line in zip(shown, lines, strict=True) for line in [line, *_said(hit)]]
    left = len(result.hits) - len(shown)
    if left:
        lines.append(f"{left:,} more are noise, of relevance below {NOISE}   (--all lists them)")
    if not result.confident:
        lines.insert(0, NOTHING_MATCHES + ("; the nearest are:" if lines else ""))
    return "\n".join(lines)


def _gone(hit: Hit) -> str:
    return "(the file is gone)" if is_gone(hit.path) else ""


LINES_SHOWN = 2
"""Lines of a hit that are shown below it."""
LONGEST_SHOWN = 90
"""Characters of a line that are shown, around its first mark."""


def _said(hit: Hit) -> list[str]:
    """The steps of a hit, and its best lines, each with its channel; marked words in brackets.

    What was found by its meaning stands after "~".
    """
    steps = [
        f"       {span(step.start_s, step.end_s)}  {step.relevance:.2f}  {printable(step.text)}"
        for step in hit.steps
    ]
    lines = [match for match in hit.matched if match.is_shown][:LINES_SHOWN]
    return steps + [
        f"       {match.channel} {clock(match.start_s)}  {'~ ' * match.by_meaning}{marked(match)}"
        for match in lines
    ]


def marked(match: Match) -> str:
    """The part of a line around its first mark, the marked words in brackets."""
    text, first = match.text, match.marks[0][0] if match.marks else 0
    start = 0 if len(text) <= LONGEST_SHOWN else max(0, first - LONGEST_SHOWN // 3)
    end = min(len(text), start + LONGEST_SHOWN)
    out, at = "", start
    for begin, stop in match.marks:
        if start <= begin < stop <= end:
            out += f"{text[at:begin]}[{text[begin:stop]}]"
            at = stop
    before, after = "..." * (start > 0), "..." * (end < len(text))
    return printable(f"{before}{out}{text[at:end]}{after}")


def _above_noise(hits: Sequence[Hit]) -> Sequence[Hit]:
    return [hit for hit in hits if hit.relevance >= NOISE or hit.rank <= NEAREST_SHOWN]

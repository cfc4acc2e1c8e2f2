"""`reelwise oddities`: clips unlike the rest of a library, or unlike what is normal."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.errors import ReelwiseError
from data.printable import printable
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, count, short_path, span

if TYPE_CHECKING:
    from data.catalogue import Catalogue, Video
    from indexer.oddities.alerts import Alert
    from indexer.oddities.find import Oddities
    from indexer.search.spans import Span

JudgedOption = Annotated[
    Path | None,
    typer.Option("--under", metavar="PATH", help="Judge only videos in this folder."),
]
NormalOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH",
        help="A folder or file that shows what is normal; all by default. Repeatable.",
    ),
]
QuietOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VIDEO[@START-END]",
        help="A video, or a part, in which nothing happens: it sets the threshold. Repeatable.",
    ),
]
RateOption = Annotated[
    float,
    typer.Option(min=0, help="False alarms an hour that the quiet part may raise."),
]
MethodOption = Annotated[
    Literal["neighbours", "lof"],
    typer.Option(
        help="neighbours: mean distance to the nearest normal clips. lof: local outlier factor, "
        "how much farther than these are from theirs.",
    ),
]
NeighboursOption = Annotated[
    int, typer.Option(min=1, max=1000, help="Nearest normal clips that count.")
]
ApartOption = Annotated[
    float,
    typer.Option(
        min=0, metavar="S", help="Clips of one video nearer in time than S seconds do not count."
    ),
]
MostOption = Annotated[
    int, typer.Option("-k", min=1, max=10_000, help="Stretches to list without --quiet.")
]
ScoresOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the score of each clip over time as CSV."),
]


def oddities(
    under: JudgedOption = None,
    normal: NormalOption = None,
    quiet: QuietOption = None,
    false_alarms_per_hour: RateOption = 1.0,
    method: MethodOption = "neighbours",
    neighbours: NeighboursOption = 5,
    apart: ApartOption = 30.0,
    k: MostOption = 20,
    scores: ScoresOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """List clips unlike the rest of the library, the oddest first.

    With --quiet, what is normal sets the threshold: all stretches above it are listed.
    """
    from data.home import nothing_indexed
    from indexer.oddities.find import Wanted, find_oddities
    from indexer.search.view import open_view

    with Library(home) as library:
        catalogue = library.catalogue
        if catalogue.encoder is None:
            raise nothing_indexed(library.home)
        view = open_view(library.home, catalogue, catalogue.encoder)
        ids = view.video_ids.tolist()
        wanted = Wanted(
            judged=None if under is None else _below(catalogue, [under], ids),
            normal=None if not normal else _below(catalogue, normal, ids),
            quiet=[_part(catalogue, each) for each in quiet or ()],
            per_hour=false_alarms_per_hour,
            method=method,
            k=neighbours,
            apart_s=apart,
            most=k,
        )
        found = find_oddities(view, wanted)
        videos = catalogue.videos_by_id(ids)
    if scores is not None:
        _write_scores(scores, found, videos)
    notice = "\n".join((*view.warnings, *found.warnings))
    return Answer(_document(found, videos), _text(found, videos), notice=notice)


def _below(catalogue: Catalogue, paths: list[Path], ids: list[int]) -> list[int]:
    """The videos with a file below one of some paths."""
    from indexer.search.query import indexed_folder

    folders = [indexed_folder(catalogue, path.absolute()) for path in paths]
    return sorted({v for each in folders for v in catalogue.files.first_below(each, ids)})


def _part(catalogue: Catalogue, ref: str) -> tuple[int, Span | None]:
    from indexer.search.spans import parse_span

    name, part = parse_span(ref)
    return catalogue.video(name).id, part


def _document(found: Oddities, videos: dict[int, Video]) -> Document:
    return {
        "judged": len(found.clips),
        "normal": len(found.normal),
        "threshold": found.threshold,
        "quiet_hours": round(found.quiet_hours, 3),
        "false_alarms": found.false_alarms,
        "warnings": list(found.warnings),
        "oddities": [
            {
                "rank": rank,
                **_place(videos[each.video_id], each.start_s, each.end_s),
                "score": round(each.score, 4),
                "nearest": _nearest(found, each, videos),
            }
            for rank, each in enumerate(found.alerts, 1)
        ],
    }


def _nearest(found: Oddities, alert: Alert, videos: dict[int, Video]) -> Document:
    """The normal clip that is most like the oddest clip of an alert."""
    row = found.nearest[alert.row]
    video = videos[int(found.normal.videos[row])]
    return _place(video, found.normal.starts_s[row], found.normal.ends_s[row])


def _place(video: Video, start_s: float, end_s: float) -> Document:
    path, begin_s, stop_s = str(video.path), round(float(start_s), 3), round(float(end_s), 3)
    return {"video_id": str(video.id), "path": path, "start_s": begin_s, "end_s": stop_s}


def _text(found: Oddities, videos: dict[int, Video]) -> str:
    normal = f"compared with {count(len(found.normal), 'normal clip')}"
    head = [f"{count(len(found.clips), 'clip')} judged, {normal}"]
    if found.threshold is not None:
        head.append(
            f"{count(len(found.alerts), 'alert')}; the quiet part raises {found.false_alarms} in "
            f"{found.quiet_hours:.2f} hours at this threshold"
        )
    rows = []
    for each in found.alerts:
        like = _nearest(found, each, videos)
        most_like = f"{Path(like['path']).name}@{span(like['start_s'], like['end_s'])}"
        part = span(each.start_s, each.end_s)
        where = short_path(videos[each.video_id].path)
        rows.append([f"{each.score:.3f}", part, where, f"(nearest: {printable(most_like)})"])
    return "\n".join([*head, *columns(rows)])


def _write_scores(path: Path, found: Oddities, videos: dict[int, Video]) -> None:
    """One row a clip, by video and time: what it scores over time."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["video", "start_s", "end_s", "score"])
            for at, value in enumerate(found.scores.tolist()):
                place = found.clips.starts_s[at], found.clips.ends_s[at]
                video = videos[int(found.clips.videos[at])]
                rows.writerow([str(video.path), *(f"{each:.3f}" for each in place), f"{value:.5f}"])
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be written: {error.strerror}", fix="name another file"
        ) from error

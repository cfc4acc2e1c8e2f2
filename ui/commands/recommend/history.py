"""`reelwise history`: bring in, write out, add to and forget what people watched."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import ReelwiseError
from ui.terminal.answer import EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count, short_path

if TYPE_CHECKING:
    from data.history.event_file import EventKind
    from data.history.history import Forgotten, ImportReport

IMPRESSION_COLUMNS = ("user", "video", "video_id", "at", "rank", "source", "propensity", "score")
MAX_ROWS_TOLD = 20
"""Bad rows shown one by one; the rest are counted."""

group = typer.Typer(
    help="What people watched, liked and disliked.", no_args_is_help=True, rich_markup_mode=None
)


@group.command("import")
def import_events(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Events: CSV or Parquet.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Add the events of a file; importing it twice changes nothing."""
    from ui.library import Library

    if not file.is_file():
        raise ReelwiseError(
            f"there is no file {file}",
            fix="reelwise history import FILE   (CSV or Parquet: user,video[,at][,watched_s])",
        )
    with Library(home) as library:
        report = library.history.import_file(file)
    return _import_answer(report, file)


def _import_answer(report: ImportReport, file: Path) -> Answer:
    bad = [{"line": line, "reason": reason} for line, reason in report.bad_rows]
    document = {
        "file": str(file),
        "added": report.added,
        "duplicates": report.duplicates,
        "unresolved": report.unresolved,
        "bad_rows": bad,
    }
    lines = [
        f"{count(report.added, 'event')} added from {short_path(file)}, "
        f"{report.duplicates:,} known already"
    ]
    if report.unresolved:
        lines.append(
            f"{count(report.unresolved, 'event')} of videos that are not indexed (yet): kept, "
            "and used as soon as they are"
        )
    told = [f"  line {row['line']}: {row['reason']}" for row in bad[:MAX_ROWS_TOLD]]
    if len(bad) > MAX_ROWS_TOLD:
        told.append(f"  and {len(bad) - MAX_ROWS_TOLD:,} more")
    notice = "\n".join([f"{count(len(bad), 'row')} could not be read:", *told]) if bad else ""
    return Answer(document, "\n".join(lines), EXIT_SOME_FILES_FAILED if bad else 0, notice)


@group.command("export")
def export_events(
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Only this person's.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Write the events as CSV to stdout, as `history import` reads them."""
    from data.history.event_file import EVENT_COLUMNS
    from ui.library import Library

    with Library(home) as library:
        rows = [event.as_row() for event in library.history.events(user)]
    return Answer({"events": rows}, _as_csv(rows, EVENT_COLUMNS))


@group.command("impressions")
def impressions(
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Only this person's.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Write as CSV what was recommended and logged, with the probability of each place."""
    from data.history.impressions import Impressions
    from ui.library import Library

    with Library(home) as library:
        logged = Impressions(library.catalogue).all(user)
        known = library.catalogue.videos_by_id({one.video_id for one in logged})
    rows = [
        {
            "user": one.user,
            "video": str(known[one.video_id].path) if one.video_id in known else "",
            "video_id": str(one.video_id),
            "at": one.at.isoformat(),
            "rank": one.rank,
            "source": one.source,
            "propensity": one.propensity,
            "score": one.score,
        }
        for one in logged
    ]
    return Answer({"impressions": rows}, _as_csv(rows, IMPRESSION_COLUMNS))


def _as_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, fieldnames=columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().rstrip("\n")


@group.command("forget")
def forget(
    user: Annotated[str, typer.Argument(metavar="USER")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Remove a person completely; no byte of the name stays in the library."""
    from ui.library import Library

    with Library(home) as library:
        forgotten = library.history.forget(user)
    export = forgotten.export
    document = {
        "user": user,
        "forgotten": forgotten.events,
        "impressions": forgotten.impressions,
        "models": forgotten.models,
        "export_out_of_reach": None if export is None else {"to": export.to, "at": export.at},
    }
    return Answer(document, "\n".join(_told_of(user, forgotten)))


def _told_of(user: str, forgotten: Forgotten) -> list[str]:
    """What went, and what is out of reach."""
    lines = [f"{user} is forgotten: {count(forgotten.events, 'event')} removed"]
    if forgotten.impressions:
        lines.append(f"what was recommended: {count(forgotten.impressions, 'row')} removed")
    if forgotten.models:
        lines.append(
            f"{count(forgotten.models, 'model')} fitted on everybody's events removed; until "
            "reelwise train recommender a quick one answers"
        )
    if forgotten.export is not None:
        lines.append(
            f"out of reach: the model exported to {forgotten.export.to} at "
            f"{forgotten.export.at:%Y-%m-%d %H:%M} UTC, and its copies"
        )
    return lines


@group.command("add")
def add(
    user: Annotated[str, typer.Argument(metavar="USER")],
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="Path, file name or id.")],
    watched: Annotated[
        float | None, typer.Option("--watched", metavar="S", min=0, help="Seconds watched.")
    ] = None,
    like: Annotated[bool, typer.Option("--like")] = False,
    dislike: Annotated[bool, typer.Option("--dislike")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Record that a person watched, liked or disliked a video."""
    from ui.library import Library

    if like and dislike:
        raise typer.BadParameter("give --like or --dislike, not both")
    with Library(home) as library:
        known = library.catalogue.video(video)
        kind: EventKind = "like" if like else "dislike" if dislike else "view"
        event = library.history.add(user, str(known.path), watched_s=watched, kind=kind)
    verb = {"view": "watched", "like": "liked", "dislike": "disliked"}[kind]
    return Answer(event.as_row() | {"video_id": str(known.id)}, f"{user} {verb} {known.title}")

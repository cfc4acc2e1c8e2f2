"""`reelwise history`: import, export, add and delete watch events."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import ReelwiseError
from ui.library.library import Library
from ui.terminal.answer import EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count, short_path

if TYPE_CHECKING:
    from data.history import EventKind, Forgotten, ImportReport

IMPRESSION_COLUMNS = ("user", "video", "video_id", "at", "rank", "source", "propensity", "score")
MAX_ROWS_SHOWN = 20
"""Bad rows listed one by one; the rest are counted."""

OnlyUserOption = Annotated[
    str | None, typer.Option(metavar="USER", help="Only events of this user.")
]
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Name of the user.")]


def import_events(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Events: CSV or Parquet with the columns user, video[, at][, watched_s]"
            "[, duration_s][, kind].",
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Add the events of a file; importing it again changes nothing."""
    if not file.is_file():
        raise ReelwiseError(
            f"there is no file {file}",
            fix="reelwise history import FILE   (CSV or Parquet: user,video[,at][,watched_s])",
        )
    with Library(home) as library:
        library.make()
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
            f"{count(report.unresolved, 'event')} of videos that are not indexed yet: kept, "
            "and counted as soon as they are"
        )
    lines_shown = [f"  line {row['line']}: {row['reason']}" for row in bad[:MAX_ROWS_SHOWN]]
    if len(bad) > MAX_ROWS_SHOWN:
        lines_shown.append(f"  and {len(bad) - MAX_ROWS_SHOWN:,} more")
    notice = (
        "\n".join([f"{count(len(bad), 'row')} could not be read:", *lines_shown]) if bad else ""
    )
    return Answer(document, "\n".join(lines), EXIT_SOME_FILES_FAILED if bad else 0, notice)


def export_events(
    user: OnlyUserOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """Print the events as CSV, as `history import` reads it."""
    from data.history import EVENT_COLUMNS

    with Library(home) as library:
        rows = [event.as_row() for event in library.history.events(user)]
    return Answer({"events": rows}, _as_csv(rows, EVENT_COLUMNS))


def export_impressions(
    user: OnlyUserOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """Print the logged recommendations as CSV, with the propensity of each place."""
    from data.history import Impressions

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


def forget(user: UserArgument, home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Delete a user and all that was learned from the user; no byte of the name stays."""
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
    return Answer(document, "\n".join(_forgotten_lines(user, forgotten)))


def _forgotten_lines(user: str, forgotten: Forgotten) -> list[str]:
    """What was deleted, and what cannot be reached."""
    lines = [f"{user} is forgotten: {count(forgotten.events, 'event')} deleted"]
    if forgotten.impressions:
        lines.append(f"logged recommendations: {count(forgotten.impressions, 'row')} deleted")
    if forgotten.models:
        lines.append(
            f"{count(forgotten.models, 'model')} fitted on the events of all users deleted; a "
            "quick one is used until reelwise train recommender"
        )
    if forgotten.export is not None:
        lines.append(
            f"out of reach: the model exported to {forgotten.export.to} at "
            f"{forgotten.export.at:%Y-%m-%d %H:%M} UTC, and its copies"
        )
    return lines


def add(
    user: UserArgument,
    video: Annotated[
        str, typer.Argument(metavar="VIDEO", help="Path, file name or id of an indexed video.")
    ],
    watched: Annotated[
        float | None, typer.Option(metavar="S", min=0, help="Seconds watched.  [default: unknown]")
    ] = None,
    like: Annotated[bool, typer.Option("--like", help="The user liked it.")] = False,
    dislike: Annotated[bool, typer.Option("--dislike", help="The user disliked it.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Record that a user watched, liked or disliked a video."""
    if like and dislike:
        raise typer.BadParameter("give --like or --dislike, not both")
    if not user.strip():
        raise typer.BadParameter("the name of the user is empty")
    kind: EventKind = "like" if like else "dislike" if dislike else "view"
    with Library(home) as library:
        known = library.catalogue.video(video)
        event = library.add_event(user, known.id, kind=kind, watched_s=watched)
    verb = {"view": "watched", "like": "liked", "dislike": "disliked"}[kind]
    return Answer(event.as_row() | {"video_id": str(known.id)}, f"{user} {verb} {known.title}")

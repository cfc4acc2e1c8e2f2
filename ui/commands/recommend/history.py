"""`reelwise history`: export, add and delete watch events."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.keeping.forgetting import forget_everywhere
from ui.library.library import Library
from ui.terminal.answer import Answer, refusal
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count

if TYPE_CHECKING:
    from data.catalogue import Video
    from data.history import EventKind, Forgotten

IMPRESSION_COLUMNS = ("user", "video", "video_id", "at", "rank", "source", "propensity", "score")

VERBS: Mapping[EventKind, str] = {
    "view": "watched",
    "like": "liked",
    "dislike": "disliked",
    "hide": "hid",
}
"""What a person did, by kind of the event."""

OnlyUserOption = Annotated[
    str | None, typer.Option(metavar="USER", help="Only events of this user.")
]
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Name of the user.")]


def export_events(
    user: OnlyUserOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """Print the events as CSV, as `history import` reads it."""
    from data.history import EVENT_COLUMNS, unusable_events

    with Library(home) as library:
        unknown = None if user is None else library.history.unknown(user)
        rows = [event.as_row() for event in library.history.events(user)]
        left_out = unusable_events(library.catalogue)
    damaged = f"{count(left_out, 'stored event')} cannot be used: left out" if left_out else None
    notice = "\n".join(filter(None, [unknown, damaged]))
    document = {"events": rows, "unusable": left_out}
    return Answer(document, _as_csv(rows, EVENT_COLUMNS), notice=notice, is_data=True)


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
    return Answer({"impressions": rows}, _as_csv(rows, IMPRESSION_COLUMNS), is_data=True)


def _as_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, fieldnames=columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().rstrip("\n")


def forget(
    user: UserArgument,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; it is only asked on a terminal.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Delete a user and all that was learned from the user; it cannot be undone."""
    with Library(home) as library:
        history = library.history
        name = history.find(user)
        asks = name is not None and not (yes or as_json)
        if name is not None and asks and not _agreed(name, history.count(name)[0]):
            return refusal("nothing was deleted", "answer y, or give --yes", exit_code=1)
        everywhere = forget_everywhere(library, user)
    forgotten, heads = everywhere.history, everywhere.heads
    if forgotten is None:
        return Answer({"user": user, "forgotten": 0, "heads": heads}, _heads_line(heads))
    export = forgotten.export
    document = {
        "user": forgotten.user,
        "forgotten": forgotten.events,
        "impressions": forgotten.impressions,
        "searches": forgotten.searches,
        "reviews": forgotten.reviews,
        "labels": forgotten.labels,
        "models": forgotten.models,
        "heads": heads,
        "mentions_left": forgotten.mentions,
        "export_out_of_reach": None if export is None else {"to": export.to, "at": export.at},
    }
    lines = [*_forgotten_lines(forgotten), *([_heads_line(heads)] if heads else [])]
    return Answer(document, "\n".join(map(printable, lines)))


def _heads_line(heads: Sequence[str]) -> str:
    return (
        f"{count(len(heads), 'head')} learned from rows of this user: {', '.join(heads)}; fit "
        "again without them: reelwise train head NAME --labels FILE"
    )


def _agreed(user: str, events: int) -> bool:
    """Ask on a terminal; a program that calls the command is not asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    question = f"Delete {user.strip()!r} and {count(events, 'event')}? It cannot be undone."
    return typer.confirm(printable(question), default=False, err=True)


def _forgotten_lines(forgotten: Forgotten) -> list[str]:
    """What was deleted, what stays, and what cannot be reached."""
    lines = [f"{forgotten.user} is forgotten: {count(forgotten.events, 'event')} deleted"]
    if forgotten.impressions:
        lines.append(f"logged recommendations: {count(forgotten.impressions, 'row')} deleted")
    if forgotten.searches:
        lines.append(
            f"saved and recent searches: {count(forgotten.searches, 'search', 'searches')}"
        )
    if forgotten.reviews:
        lines.append(
            f"log of reviews: {count(forgotten.reviews, 'row')} without the name; decisions stay"
        )
    if forgotten.labels:
        lines.append(f"annotations: {count(forgotten.labels, 'row')} deleted")
    if forgotten.models:
        lines.append(
            f"{count(forgotten.models, 'model')} fitted on the events of all users deleted; a "
            "quick one is used until reelwise train recommender"
        )
    if forgotten.mentions:
        lines.append(
            f"{count(forgotten.mentions, 'name')} or tags of videos, here or in others' events "
            "and searches, hold this name: they stay"
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
    hide: Annotated[
        bool, typer.Option("--hide", help="Never recommend it to the user again.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Record that a user watched, liked, disliked or hid a video."""
    from data.catalogue.guard.copies import copy_if_due

    if like + dislike + hide > 1:
        raise typer.BadParameter("give one of --like, --dislike and --hide")
    kind: EventKind = "like" if like else "dislike" if dislike else "hide" if hide else "view"
    with Library(home) as library:
        known = library.catalogue.video(video)
        event = library.history.add(
            user, known.id, kind=kind, watched_s=watched, source="command line"
        )
        copy_if_due(library.home)
    verb = VERBS[kind]
    how_long, notice = _how_long(known, kind, watched)
    text = printable(f"{event.user} {verb} {known.title}{how_long}")
    return Answer(event.as_row() | {"video_id": str(known.id)}, text, notice=notice)


def _how_long(video: Video, kind: EventKind, watched_s: float | None) -> tuple[str, str]:
    """What was recorded of the time watched, and a warning where it is longer than the video."""
    if watched_s is None:
        whole = ", for how long is not known: counts as the whole video"
        return (whole if kind == "view" else ""), ""
    told = f", {watched_s:g} s" + (f" of {video.duration_s:g} s" if video.duration_s else "")
    if not 0 < 1.1 * video.duration_s < watched_s:
        return told, ""
    return told, f"{watched_s:g} s is more than the video is long: counts as the whole video"

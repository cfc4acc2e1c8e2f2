"""What users watched, liked and disliked; it leaves the library only when its owner says so."""

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from data.catalogue.database import Database
from data.catalogue.guard.copies import copies_hold
from data.catalogue.naming.names import VideoNames
from data.catalogue.naming.spelling import person_name
from data.catalogue.schema.tables import WATCHERS
from data.catalogue.values import from_micros, path_text, sql, to_micros
from data.catalogue.videos import find_video, names_like, video_names
from data.errors import ReelwiseError
from data.history.annotators import ANNOTATORS, forget_annotator
from data.history.events import EVENT_VALUES, Event, usable_events
from data.history.forgetting import (
    Export,
    begin_forgetting,
    finish_removal,
    finish_scrub,
    is_unfinished,
    last_export,
)
from data.history.importing import ImportReport, add_row, import_events
from data.history.reviewers import REVIEWERS, forget_reviewer
from data.history.rows.event_file import HowToRead
from data.history.rows.event_row import EVENT_KINDS, EventKind, EventRow, EventSource
from data.history.rows.people import near_names, person
from data.history.stored import spend_client_ids
from data.printable import printable

_OF_ALL = sql(f"{EVENT_VALUES} WHERE :until IS NULL OR at < :until ORDER BY at, id")
_OF_USER = sql(
    f'{EVENT_VALUES} WHERE "user" = :user AND (:until IS NULL OR at < :until) ORDER BY at, id'
)
_DROP_EVENT = sql(
    'DELETE FROM events WHERE "user" = :user AND at = :at AND kind = :kind'
    " AND video_ref = :video_ref"
)
_USERS = sql(f"WITH RECURSIVE {WATCHERS} SELECT name FROM watchers WHERE typeof(name) = 'text'")
_LOGGED = sql('SELECT DISTINCT "user" FROM impressions')
_DROP_EVENTS = sql('DELETE FROM events WHERE "user" = :user')
_DROP_IMPRESSIONS = sql('DELETE FROM impressions WHERE "user" = :user')
_DROP_PERSON = sql("DELETE FROM people WHERE name = :user")
_DROP_SEARCHES = tuple(
    sql(f'DELETE FROM {table} WHERE "user" = :user')
    for table in ("saved_searches", "recent_searches")
)
_DROP_REMOVED = sql('DELETE FROM removed_events WHERE "user" = :user')
_DROP_ASKING = sql("UPDATE jobs SET asked_by = '' WHERE asked_by = :user")
_NAMED = sql(
    'SELECT name FROM people UNION SELECT "user" FROM saved_searches WHERE length("user")'
    ' UNION SELECT "user" FROM recent_searches WHERE length("user")'
    ' UNION SELECT "user" FROM removed_events'
    f" UNION {REVIEWERS} UNION {ANNOTATORS}"
)
_COUNT = sql(
    'SELECT (SELECT count(*) FROM events WHERE "user" = :user) AS events,'
    ' (SELECT count(*) FROM impressions WHERE "user" = :user) AS impressions'
)
_MENTIONS = sql(
    "SELECT (SELECT count(*) FROM events WHERE instr(video_ref, :name))"
    " + (SELECT count(*) FROM files WHERE instr(path, :name))"
    " + (SELECT count(*) FROM tags WHERE instr(typed, :name))"
    " + (SELECT count(*) FROM saved_searches WHERE instr(name || parameters, :name))"
    " + (SELECT count(*) FROM recent_searches WHERE instr(parameters, :name))"
    " + (SELECT count(*) FROM review_log WHERE instr(why, :name))"
    " + (SELECT count(*) FROM annotation_sets WHERE instr(labels, :name))"
)


@dataclass(frozen=True)
class Forgotten:
    """What was removed when a user was forgotten."""

    user: str
    """The name, as it was stored."""
    events: int
    """Events."""
    impressions: int
    """Rows of the log of what was recommended."""
    models: int
    """Models that had been fitted on all users' events."""
    mentions: int
    """Paths, names and tags of videos, in the library and in others' events, searches of others,
    reasons of reviews and labels of sets that hold the name: they stay."""
    export: Export | None
    """The last copy of a model that left the home: it is out of reach."""
    searches: int = 0
    """Saved and recent searches."""
    reviews: int = 0
    """Rows of the log of reviews: they stay, without the name."""
    labels: int = 0
    """What the user had labelled, skipped or taken back."""


class History:
    """The watch events of one library.

    Events may be added while another process indexes: they need no writer lock. Names of people
    count in one spelling (`people.person`), however they come in.
    """

    def __init__(self, catalogue: Database) -> None:
        self._catalogue = catalogue
        self._names: tuple[int, VideoNames] | None = None

    def add(
        self,
        user: str,
        video_ref: str | int,
        *,
        watched_s: float | None = None,
        kind: EventKind = "view",
        at: datetime | None = None,
        source: EventSource = "api",
    ) -> Event:
        """Add one event; it is durable when this returns.

        Args:
            user: User name; any text that a command line can hold.
            video_ref: Path, file name or id of the video; one that is not indexed yet is kept for
                later.
            watched_s: Seconds watched, finite and >= 0.
            kind: `view`, `like`, `dislike` or `hide`.
            at: When, UTC without a zone; None means now. Up to a day ahead counts as now.
            source: Where it comes from.

        Raises:
            ReelwiseError: `video_ref` fits several videos, or is the id of none; or another
                argument is not as described.
            ValueError: There is no such kind.
        """
        row, video_id = self.as_row(user, video_ref, watched_s=watched_s, kind=kind, at=at)
        self.finish_forgetting()
        stored = from_micros(add_row(self._catalogue, row, video_id, source))
        return Event(
            row.user, video_id, row.video_ref, stored, row.watched_s, None, kind, source=source
        )

    def as_row(
        self,
        user: str,
        video_ref: str | int,
        *,
        watched_s: float | None,
        kind: EventKind,
        at: datetime | None,
    ) -> tuple[EventRow, int | None]:
        """Check the values of an event that comes in; gives it, and the video that it means.

        Raises:
            ReelwiseError: As `add`.
            ValueError: There is no such kind.
        """
        if kind not in EVENT_KINDS:
            raise ValueError(f"kind must be one of {EVENT_KINDS}, got {kind!r}")
        watched_s = None if watched_s is None else known_seconds(watched_s)
        ref, video_id = self._meant(video_ref)
        at_micros = None if at is None else to_micros(at if at.tzinfo else at.replace(tzinfo=UTC))
        return EventRow(person(user), ref, at_micros, watched_s, None, kind), video_id

    def _meant(self, video_ref: str | int) -> tuple[str, int | None]:
        """What a video is called, and which one it is, found by index whatever the size."""
        if isinstance(video_ref, int):
            return path_text(find_video(self._catalogue, video_ref).path), video_ref
        ref = path_text(video_ref).strip()
        if not ref or "\0" in ref:
            raise ReelwiseError(f"no video is called {ref!r}", fix="give its path, name or id")
        names = names_like(self._catalogue, ref)
        if len(names.find(ref)) > 1:
            find_video(self._catalogue, ref)  # raises: it names the candidates
        return ref, names.only(ref)

    def remove(self, event: Event) -> bool:
        """Take back one event; False where there is no such event any more."""
        values = {
            "user": event.user,
            "at": to_micros(event.at),
            "kind": event.kind,
            "video_ref": event.video_ref,
        }
        with self._catalogue.writing("history.remove", changes_library=False) as connection:
            return bool(connection.execute(_DROP_EVENT, values).rowcount)

    def import_file(
        self, path: Path, how: HowToRead | None = None, *, dry_run: bool = False
    ) -> ImportReport:
        """Add the events of a file; doing it twice changes nothing more.

        Each row is added, known already, or refused by the number of its line. Rows without `at`
        get the time of the import; a time up to a day ahead counts as now, a later one is refused.

        Args:
            path: CSV, Parquet, or a viewing history of Netflix.
            how: What the file does not say itself.
            dry_run: Write nothing, and report what would be done.

        Raises:
            ReelwiseError: The file cannot be read at all, or lacks columns.
        """
        names, how = self._video_names(), how or HowToRead()
        if how.user is not None:
            how = replace(how, user=person(how.user))
        if not dry_run:
            self.finish_forgetting()
        return import_events(self._catalogue, names, path, how, dry_run=dry_run)

    def events(self, user: str | None = None, *, until: datetime | None = None) -> list[Event]:
        """List events before `until` in order of time, of all users or of one."""
        values = {"until": None if until is None else to_micros(until)}
        with self._catalogue.reading() as connection:
            if user is None:
                rows = connection.execute(_OF_ALL, values).all()
            else:
                rows = connection.execute(_OF_USER, {**values, "user": person_name(user)}).all()
        if all(row.video_id is not None for row in rows):
            return usable_events(rows)
        return usable_events(rows, self.video_of)

    def users(self) -> list[str]:
        """List the users who have events, by name; one step in an index for each."""
        with self._catalogue.reading() as connection:
            return list(connection.scalars(_USERS))

    def find(self, user: str) -> str | None:
        """Give the name under which a person is stored; None where nobody is called so.

        Older versions took names that no command line can give; they are found as they are shown.

        Raises:
            ReelwiseError: Nobody can be called so.
        """
        name = person(user)
        if any(self.count(name)):
            return name
        return next((one for one in self._people() if name in (one, printable(one))), None)

    def unknown(self, user: str) -> str | None:
        """Say that nobody is called so, and which names are near; None where somebody is.

        Whose rows are only in a copy of the catalogue, or in what a copy has replaced, is somebody.

        Raises:
            ReelwiseError: Nobody can be called so.
        """
        if self.find(user) is not None or copies_hold(self._catalogue.home, person(user)):
            return None
        near = map(printable, near_names(person(user), self._people()))
        hint = " or ".join(near)
        return f"nobody is called {person(user)!r}" + (f"; did you mean {hint}?" if hint else "")

    def count(self, user: str) -> tuple[int, int]:
        """Count the events of a person, and the rows of what was recommended to them."""
        with self._catalogue.reading() as connection:
            events, impressions = connection.execute(_COUNT, {"user": person_name(user)}).one()
        return int(events), int(impressions)

    def forget(self, user: str) -> Forgotten:
        """Delete a user: the name stays nowhere as a person's, nor a model fitted on them.

        What was recommended to them goes too. The file is rewritten, so that no deleted byte stays
        in it; where that does not succeed, the next command that writes to the history does it.

        Raises:
            ReelwiseError: Nobody is called so and no earlier forgetting is unfinished; or another
                process is reading old pages and did not let go in time: the events are deleted,
                the next command that writes finishes the rest.
        """
        name = self.find(user)
        nobody = None if name is not None else self.unknown(user)
        if nobody is not None and not is_unfinished(self._catalogue):
            raise ReelwiseError(
                nobody,
                fix="give a name as reelwise history export shows it; case and spaces count",
            )
        name = name or person(user)
        with self._catalogue.writing("history.forget", changes_library=False) as connection:
            spend_client_ids(connection, name)
            events = connection.execute(_DROP_EVENTS, {"user": name}).rowcount
            impressions = connection.execute(_DROP_IMPRESSIONS, {"user": name}).rowcount
            connection.execute(_DROP_REMOVED, {"user": name})
            connection.execute(_DROP_PERSON, {"user": name})
            connection.execute(_DROP_ASKING, {"user": name})
            reviews = forget_reviewer(connection, name)
            labels = forget_annotator(connection, name)
            searches = sum(
                connection.execute(one, {"user": name}).rowcount for one in _DROP_SEARCHES
            )
            begin_forgetting(connection, models_too=events > 0)
        models = finish_removal(self._catalogue)
        finish_scrub(self._catalogue, patient=True)
        with self._catalogue.reading() as connection:
            mentions = int(connection.execute(_MENTIONS, {"name": name}).scalar_one())
        export = last_export(self._catalogue)
        return Forgotten(
            name, events, impressions, models, mentions, export, searches, reviews, labels
        )

    def finish_forgetting(self) -> None:
        """Do what an earlier `forget` could not: others were reading, or it was killed."""
        if is_unfinished(self._catalogue):
            finish_removal(self._catalogue)
            with suppress(ReelwiseError):
                finish_scrub(self._catalogue, patient=False)

    def video_of(self, ref: str) -> int | None:
        """Give the video that a stored event means which was unknown when it came in."""
        return self._video_names().only(ref)

    def _people(self) -> list[str]:
        with self._catalogue.reading() as connection:
            known = [connection.scalars(query).all() for query in (_USERS, _LOGGED, _NAMED)]
        return sorted({name for names in known for name in names})

    def _video_names(self) -> VideoNames:
        changes = self._catalogue.changes()
        if self._names is None or self._names[0] != changes:
            self._names = (changes, video_names(self._catalogue))
        return self._names[1]


def known_seconds(watched_s: float) -> float:
    """Give seconds watched as they are stored.

    Raises:
        ReelwiseError: They are not finite, or below 0.
    """
    # Columns make 3.0 of 3: the checksum of the row must be that of what is read back.
    seconds = float(watched_s)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ReelwiseError(
            f"seconds watched must be a finite number >= 0, got {watched_s}",
            fix="give how long it was watched, or leave it out where that is unknown",
        )
    return seconds

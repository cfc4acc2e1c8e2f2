"""The catalogue's readings: which channel of which video was read by which engine."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.records import (
    FIRST_FILES,
    INCOMPLETE,
    IS_FOUND,
    MAX_ATTEMPTS,
    SEARCHABLE,
    ChannelCounts,
    Failure,
    LinePart,
    ReadingRow,
    State,
    Unread,
)
from data.catalogue.values import chunks, sql, text_path
from data.errors import ReelwiseError
from data.lines.line import Channel

_LIVE = "(SELECT video_id FROM files WHERE video_id IS NOT NULL)"
_EMBEDDED = f"(SELECT video_id FROM embeddings WHERE {SEARCHABLE})"
_UNREAD = sql(
    "SELECT v.id, f.path, f.size_bytes, coalesce(r.attempts, 0) AS attempts,"
    " coalesce(v.duration_s, 0) AS duration_s, coalesce(v.fps, 0) AS fps, r.state, r.source"
    f" FROM {FIRST_FILES} x JOIN videos v ON v.id = x.video_id JOIN files f ON f.id = x.file_id"
    " LEFT JOIN readings r ON r.video_id = v.id AND r.channel = :channel AND r.engine_id = :engine"
    f" WHERE v.id IN {_EMBEDDED} ORDER BY v.id"
)
_ANNOUNCE = sql("INSERT INTO loose_line_parts (name, engine_id) VALUES (:part, :engine)")
_PUT_PART = sql(
    "INSERT INTO line_parts (name, engine_id, sha256, size_bytes)"
    " VALUES (:part, :engine, :sha256, :size_bytes)"
)
_PUT = sql(
    "INSERT INTO readings"
    " (video_id, channel, engine_id, state, reason, attempts, part, number, n_lines, source)"
    " VALUES (:video_id, :channel, :engine, :state, :reason, 0, :part, :number, :n_lines, :source)"
    " ON CONFLICT (video_id, channel, engine_id) DO UPDATE SET state = excluded.state,"
    " reason = excluded.reason, attempts = 0, part = excluded.part, number = excluded.number,"
    " n_lines = excluded.n_lines, source = excluded.source"
)
# A video whose lines are there keeps them: a failed second try takes nothing away.
_ONE_MORE_FAILURE = sql(
    "INSERT INTO readings"
    " (video_id, channel, engine_id, state, reason, attempts, number, n_lines, source)"
    f" VALUES (:video_id, :channel, :engine, '{State.FAILED}', :reason, 1, 0, 0, :source)"
    " ON CONFLICT (video_id, channel, engine_id) DO UPDATE SET"
    " attempts = readings.attempts + 1, reason = excluded.reason, source = excluded.source"
)
_PARTS = (
    "SELECT p.name, p.engine_id, p.sha256, p.size_bytes, r.video_id, r.channel, r.number,"
    " r.n_lines, r.state, coalesce(r.reason, '') AS reason, r.source"
    " FROM line_parts p {join} JOIN readings r ON r.part = p.name {where} ORDER BY p.rowid, r.id"
)
_ALL_PARTS = sql(_PARTS.format(join="LEFT", where=""))
_LIVE_PARTS = sql(_PARTS.format(join="", where=f"WHERE {IS_FOUND}"))
_SOME_PARTS = sql(
    _PARTS.format(
        join="", where=f"WHERE {IS_FOUND} AND p.name IN (SELECT value FROM json_each(:names))"
    )
)
_PARTS_OF_VIDEO = sql(_PARTS.format(join="", where=f"WHERE {IS_FOUND} AND r.video_id = :video"))
_PART_NAMES = sql(
    "SELECT name FROM line_parts WHERE engine_id = :engine"
    " UNION ALL SELECT name FROM loose_line_parts WHERE engine_id = :engine"
)
_ENGINES = sql("SELECT DISTINCT engine_id FROM line_parts ORDER BY engine_id")
_SERVED = sql("SELECT substr(key, 8), value FROM meta WHERE key LIKE 'engine_%'")
_SERVE = sql(
    "INSERT INTO meta (key, value) VALUES (:key, :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_FORGET = sql("DELETE FROM readings WHERE engine_id = :engine AND video_id IN :videos", "videos")
_WITH_LINES = sql(
    "SELECT DISTINCT video_id FROM readings WHERE channel = :channel AND n_lines > 0"
    f" AND {SEARCHABLE}"
)
_UNUSED = "FROM line_parts WHERE name NOT IN (SELECT part FROM readings WHERE part IS NOT NULL)"
_ANY_UNUSED = sql(f"SELECT 1 {_UNUSED} LIMIT 1")
_LOOSEN_UNUSED = sql(
    f"INSERT INTO loose_line_parts (name, engine_id) SELECT name, engine_id {_UNUSED}"
)
_DROP_LOOSENED = sql("DELETE FROM line_parts WHERE name IN (SELECT name FROM loose_line_parts)")
_LOOSE = sql("SELECT engine_id, name FROM loose_line_parts")
_DROP_LOOSE = sql("DELETE FROM loose_line_parts WHERE name IN :names", "names")
_COUNTS = sql(
    f"SELECT r.state, count(*), sum(r.n_lines) FROM readings r WHERE r.channel = :channel"
    f" AND r.engine_id = :engine AND r.video_id IN {_LIVE} AND r.video_id IN {_EMBEDDED}"
    " GROUP BY r.state"
)
_N_LIVE = sql(f"SELECT count(DISTINCT video_id) FROM files WHERE video_id IN {_EMBEDDED}")
_FAILURES = sql(
    "SELECT f.path, r.state, r.channel || ': ' || coalesce(r.reason, '') AS reason, r.attempts"
    " FROM meta m JOIN readings r ON r.channel = substr(m.key, 8) AND r.engine_id = m.value"
    f" AND r.{INCOMPLETE} JOIN files f ON f.video_id = r.video_id"
    " WHERE m.key >= 'engine_' AND m.key < 'engine`' ORDER BY 1, r.channel"
)


class Readings:
    """Readings and line parts; `indexer.build.recording` writes them in the durable order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unread(
        self, channel: Channel, engine_id: str, *, retry_failed: bool = False
    ) -> list[Unread]:
        """List the live, embedded videos of which an engine has yet to read a channel.

        Those that failed fewer than `MAX_ATTEMPTS` times are among them; `retry_failed` adds the
        others, and those read in part.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_UNREAD, {"channel": channel, "engine": engine_id})
            return [
                Unread(id_, text_path(path), size_bytes, attempts, duration_s, fps)
                for id_, path, size_bytes, attempts, duration_s, fps, state, _ in rows
                if _is_wanted(state, attempts, retry_failed)
            ]

    def sources(
        self, channel: Channel, engine_id: str, retry_failed: bool = False
    ) -> list[tuple[Unread, str | None]]:
        """List all live, embedded videos, each with what its lines were read from last.

        None where it has to be read whatever it is read from now; `retry_failed` as for `unread`.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_UNREAD, {"channel": channel, "engine": engine_id})
            return [
                (
                    Unread(id_, text_path(path), size_bytes, attempts, duration_s, fps),
                    None if _is_wanted(state, attempts, retry_failed) else source,
                )
                for id_, path, size_bytes, attempts, duration_s, fps, state, source in rows
            ]

    def announce(self, engine_id: str, part: str) -> None:
        """Name a part that will be written: the next writer removes it if it is not committed."""
        with self._database.writing("announce_lines", changes_library=False) as connection:
            connection.execute(_ANNOUNCE, {"part": part, "engine": engine_id})

    def commit(self, engine_id: str, part: LinePart | None, rows: Sequence[ReadingRow]) -> None:
        """Make readings searchable, all or none, in one transaction.

        Args:
            engine_id: Who has read them.
            part: The durable, announced part that holds their lines; None where there is no line.
            rows: The readings; each replaces that of its video and channel.

        Raises:
            ReelwiseError: The part was not announced (another writer cleaned up meanwhile).
        """
        names = {"engine": engine_id, "part": None if part is None else part.name}
        with self._database.writing("commit_lines") as connection:
            if part is not None:
                if connection.execute(_DROP_LOOSE, {"names": [part.name]}).rowcount != 1:
                    raise ReelwiseError(
                        f"line part {part.name} was never announced, or is committed already",
                        fix="run reelwise index again: it goes on from what is recorded",
                    )
                sums = {"sha256": part.sha256, "size_bytes": part.size_bytes}
                connection.execute(_PUT_PART, {**names, **sums})
            if rows:
                connection.execute(_PUT, [_values(row, names) for row in rows])

    def record_failed(
        self, engine_id: str, failed: Iterable[tuple[int, Channel, str, str]]
    ) -> None:
        """Count one more failure for each (video id, channel, reason, source)."""
        rows = [
            {"video_id": id_, "channel": channel, "engine": engine_id, "reason": reason,
             "source": source}
            for id_, channel, reason, source in failed
        ]  # fmt: skip
        if rows:
            with self._database.writing("lines_failed", changes_library=False) as connection:
                connection.execute(_ONE_MORE_FAILURE, rows)

    def parts(self, *, live: bool = True) -> list[LinePart]:
        """List the line parts in the order they were made, each with the readings that count.

        `live` leaves out videos without any file, readings of engines that do not serve their
        channel, and parts that then hold nothing.
        """
        with self._database.reading() as connection:
            return _parts(connection.execute(_LIVE_PARTS if live else _ALL_PARTS))

    def live_parts(self, names: Sequence[str]) -> list[LinePart]:
        """List these line parts, each with the readings that can be found."""
        with self._database.reading() as connection:
            return _parts(connection.execute(_SOME_PARTS, {"names": json.dumps(list(names))}))

    def parts_of(self, video_id: int) -> list[LinePart]:
        """List the line parts of one video, each with its readings that can be found."""
        with self._database.reading() as connection:
            return _parts(connection.execute(_PARTS_OF_VIDEO, {"video": video_id}))

    def part_names(self, engine_id: str) -> set[str]:
        """Name an engine's parts: recorded ones, announced ones, and those being removed."""
        with self._database.reading() as connection:
            return set(connection.scalars(_PART_NAMES, {"engine": engine_id}))

    def engines(self) -> list[str]:
        """List the engines that parts were made with."""
        with self._database.reading() as connection:
            return list(connection.scalars(_ENGINES))

    @property
    def served(self) -> dict[Channel, str]:
        """The engine whose lines are searched, by channel."""
        with self._database.reading() as connection:
            rows = [(str(name), str(engine)) for name, engine in connection.execute(_SERVED)]
        known = set(Channel)
        return {Channel(name): engine for name, engine in rows if name in known}

    def serve(self, engines: Mapping[Channel, str]) -> None:
        """Search the lines of other engines from now on."""
        with self._database.writing("serve_lines") as connection:
            for channel, engine_id in engines.items():
                connection.execute(_SERVE, {"key": f"engine_{channel}", "value": engine_id})

    def with_lines(self, channel: Channel) -> set[int]:
        """Give the videos of which any engine has lines of a channel."""
        with self._database.reading() as connection:
            return set(connection.scalars(_WITH_LINES, {"channel": channel}))

    def forget(self, engine_id: str, video_ids: Iterable[int]) -> int:
        """Drop what an engine has read of videos, so that the next `index` reads them again.

        Returns:
            How many readings were dropped.
        """
        dropped = 0
        with self._database.writing("forget_lines") as connection:
            for chunk in chunks(video_ids):
                chosen = {"engine": engine_id, "videos": chunk}
                dropped += connection.execute(_FORGET, chosen).rowcount
        return dropped

    def retire_parts(self) -> list[tuple[str, str]]:
        """Strike parts that no reading refers to and list every (engine id, name) to delete.

        As `Embeddings.retire_parts`.
        """
        with self._database.reading() as connection:
            if connection.execute(_ANY_UNUSED).first() is None:
                return _loose(connection)
        with self._database.writing("retire_lines", changes_library=False) as connection:
            connection.execute(_LOOSEN_UNUSED)
            connection.execute(_DROP_LOOSENED)
            return _loose(connection)

    def retired(self, names: Iterable[str]) -> None:
        """Note that the files of retired parts are gone."""
        with self._database.writing("lines_retired", changes_library=False) as connection:
            for chunk in chunks(names):
                connection.execute(_DROP_LOOSE, {"names": chunk})

    def counts(self) -> list[ChannelCounts]:
        """Count how far each channel has come that any engine serves."""
        counts = []
        for channel, engine_id in sorted(self.served.items()):
            with self._database.reading() as connection:
                n_live = connection.execute(_N_LIVE).scalar_one()
                chosen = {"channel": channel, "engine": engine_id}
                rows = {row[0]: row for row in connection.execute(_COUNTS, chosen)}
            numbers = {state: int(rows[state][1]) if state in rows else 0 for state in State}
            counts.append(
                ChannelCounts(
                    channel,
                    engine_id,
                    done=numbers[State.DONE],
                    partial=numbers[State.PARTIAL],
                    failed=numbers[State.FAILED],
                    pending=n_live - sum(numbers.values()),
                    lines=sum(int(row[2] or 0) for row in rows.values()),
                )
            )
        return counts

    def failures(self) -> list[Failure]:
        """List by path what could not be read, or only in part, by the engines that serve."""
        with self._database.reading() as connection:
            rows = connection.execute(_FAILURES)
            return [Failure(text_path(row[0]), row[1], row[2], row[3]) for row in rows]


def _is_wanted(state: str | None, attempts: int, retry_failed: bool) -> bool:
    if state is None:
        return True
    if state == State.FAILED:
        return retry_failed or attempts < MAX_ATTEMPTS
    return retry_failed and state == State.PARTIAL


def _values(row: ReadingRow, names: Mapping[str, str | None]) -> dict[str, Any]:
    return {
        **names,
        "part": names["part"] if row.n_lines else None,
        "video_id": row.video_id,
        "channel": row.channel,
        "state": row.state,
        "reason": row.reason or None,
        "number": row.number,
        "n_lines": row.n_lines,
        "source": row.source,
    }


def _parts(rows: Iterable[Any]) -> list[LinePart]:
    parts: dict[str, LinePart] = {}
    held: dict[str, list[ReadingRow]] = {}
    for row in rows:
        parts[row.name] = LinePart(row.name, row.engine_id, row.sha256, row.size_bytes, ())
        readings = held.setdefault(row.name, [])
        if row.video_id is not None:
            readings.append(_reading(row))
    return [replace(part, readings=tuple(held[name])) for name, part in parts.items()]


def _reading(row: Any) -> ReadingRow:
    return ReadingRow(
        video_id=row.video_id,
        channel=Channel(row.channel),
        number=row.number,
        n_lines=row.n_lines,
        state=State(row.state),
        reason=row.reason,
        source=row.source,
    )


def _loose(connection: Connection) -> list[tuple[str, str]]:
    return [(engine_id, name) for engine_id, name in connection.execute(_LOOSE)]

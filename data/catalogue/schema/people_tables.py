"""Tables of people: who they are, what they search, and the jobs that somebody asked for."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
"""All tables of the catalogue; those of videos and events are added in `tables`."""

# AUTOINCREMENT (not plain rowids): SQLite would hand the number of a deleted last row out again.
PERMANENT: dict[str, Any] = {"sqlite_autoincrement": True}

PERSON_SUM = "row_sum(name, colour, created_at, records, pin)"
"""The checksum of a row of `people`."""
SAVED_SUM = 'row_sum("user", name, parameters, at)'
"""The checksum of a row of `saved_searches`."""
RECENT_SUM = 'row_sum("user", parameters, at)'
"""The checksum of a row of `recent_searches`."""

# Somebody who only has events is a person too, and has no row here.
Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # `person_name`, as in the history
    Column("colour", Text, nullable=False),  # #rrggbb
    Column("created_at", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),  # 0: what is watched is not recorded
    Column("pin", Text),  # salted hash; none for no PIN
    Column("row_sum", Integer, nullable=False),  # `PERSON_SUM`
    **PERMANENT,
)

Table(
    "saved_searches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Text, nullable=False),  # empty for nobody
    Column("name", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # JSON, keys in order
    Column("at", BigInteger, nullable=False),
    Column("row_sum", Integer, nullable=False),  # `SAVED_SUM`
    UniqueConstraint("user", "name"),
    **PERMANENT,
)

Table(
    "recent_searches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Text, nullable=False),  # empty for nobody
    Column("parameters", Text, nullable=False),  # JSON, keys in order
    Column("at", BigInteger, nullable=False),
    Column("row_sum", Integer, nullable=False),  # `RECENT_SUM`
    UniqueConstraint("user", "parameters"),
    Index("recent_searches_by_time", "user", "at"),
    **PERMANENT,
)

Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),
    Column("wish", Text),  # `pause` or `stop`, where somebody asked for it
    Column("asked_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("progress", Text),  # JSON
    Column("result", Text),  # JSON
    Column("summary", Text),  # one line
    Index("jobs_by_state", "state", "id"),
    **PERMANENT,
)

# Client ids of events that were removed: a late report of a player does not bring one back. Only
# a hash is kept: when a person is forgotten, nothing of them is left here.
Table(
    "spent_client_ids",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

# Events that were taken back, for a day: they can be brought back. Columns as those of `events`.
Table(
    "removed_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Text, nullable=False),
    Column("video_id", Integer),
    Column("video_ref", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("watched_s", Float),
    Column("duration_s", Float),
    Column("kind", Text, nullable=False),
    Column("source", Text),
    Column("client_id", Text),
    Column("client_number", Integer),
    Column("row_sum", Integer),  # `EVENT_SUM`
    Column("removed_at", BigInteger, nullable=False),
)


MAKE_PEOPLE_TABLES = (
    "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " colour TEXT NOT NULL, created_at BIGINT NOT NULL, records INTEGER NOT NULL, pin TEXT,"
    " row_sum INTEGER NOT NULL)",
    "CREATE TABLE saved_searches (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
    ' "user" TEXT NOT NULL, name TEXT NOT NULL, parameters TEXT NOT NULL, at BIGINT NOT NULL,'
    ' row_sum INTEGER NOT NULL, UNIQUE ("user", name))',
    "CREATE TABLE recent_searches (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
    ' "user" TEXT NOT NULL, parameters TEXT NOT NULL, at BIGINT NOT NULL,'
    ' row_sum INTEGER NOT NULL, UNIQUE ("user", parameters))',
    'CREATE INDEX recent_searches_by_time ON recent_searches ("user", at)',
    "CREATE TABLE jobs (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " arguments TEXT NOT NULL, state TEXT NOT NULL, wish TEXT, asked_by TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, progress TEXT, result TEXT,"
    " summary TEXT)",
    "CREATE INDEX jobs_by_state ON jobs (state, id)",
    "CREATE TABLE spent_client_ids (key TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL)",
    'CREATE TABLE removed_events (id INTEGER NOT NULL PRIMARY KEY, "user" TEXT NOT NULL,'
    " video_id INTEGER, video_ref TEXT NOT NULL, at BIGINT NOT NULL, watched_s FLOAT,"
    " duration_s FLOAT, kind TEXT NOT NULL, source TEXT, client_id TEXT, client_number INTEGER,"
    " row_sum INTEGER, removed_at BIGINT NOT NULL)",
)
"""What the migration of version 7 makes: these tables as they were in version 8."""

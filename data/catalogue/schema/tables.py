"""The tables of the catalogue. A change is a new `SCHEMA_VERSION` and a step in `MIGRATIONS`."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from data.catalogue.schema.annotation_tables import MAKE_ANNOTATION_TABLES
from data.catalogue.schema.learned_tables import MAKE_LEARNED_TABLES
from data.catalogue.schema.people_tables import MAKE_PEOPLE_TABLES, PERMANENT, metadata
from data.catalogue.schema.review_tables import KEEP_REVIEW_LOG, MAKE_REVIEW_TABLES
from data.video.clips.rule import USUAL_RULE

SCHEMA_VERSION = 10
# The counts of the watch history are kept by triggers: whoever asks for them reads one row.
_COUNT_EVENTS = (
    "INSERT INTO history_counts (id, n_events, n_resolved, last_id)"
    " SELECT 1, count(*), count(video_id), coalesce(max(id), 0) FROM events",
    "CREATE TRIGGER event_added AFTER INSERT ON events BEGIN"
    " UPDATE history_counts SET n_events = n_events + 1,"
    " n_resolved = n_resolved + (NEW.video_id IS NOT NULL), last_id = max(last_id, NEW.id); END",
    "CREATE TRIGGER event_dropped AFTER DELETE ON events BEGIN"
    " UPDATE history_counts SET n_events = n_events - 1,"
    " n_resolved = n_resolved - (OLD.video_id IS NOT NULL); END",
)
# Whoever follows the history is told of events that came (they have higher ids), of events that
# were changed (their `change`), and that all has to be read again (`n_rewritten`).
_FOLLOW_EVENTS = (
    "CREATE TRIGGER event_taken_back AFTER DELETE ON events BEGIN"
    " UPDATE history_counts SET n_rewritten = n_rewritten + 1; END",
    'CREATE TRIGGER event_given_to_another AFTER UPDATE OF "user", video_id, video_ref ON events'
    " BEGIN UPDATE history_counts SET n_rewritten = n_rewritten + 1; END",
    "CREATE TRIGGER event_changed AFTER UPDATE OF at, watched_s, duration_s, kind ON events BEGIN"
    " UPDATE history_counts SET n_changed = n_changed + 1;"
    " UPDATE events SET change = (SELECT n_changed FROM history_counts) WHERE id = NEW.id; END",
)
# What is searchable changes when an embedding does, and when a video gets its first file or loses
# its last one. A file that was renamed is known by both names before the old one is forgotten.
_OTHER_FILE = "SELECT 1 FROM files WHERE video_id = {row}.video_id AND id <> {row}.id"
_LOG_LIVENESS = (
    "INSERT INTO changes (video_id) SELECT {row}.video_id WHERE {row}.video_id IS NOT NULL"
)
_FIRST_FILE = f"{_LOG_LIVENESS} AND NOT EXISTS ({_OTHER_FILE})".format(row="NEW")
_LAST_FILE = f"{_LOG_LIVENESS} AND NOT EXISTS ({_OTHER_FILE})".format(row="OLD")
_LOG_EMBEDDING = (
    "INSERT INTO changes (video_id, encoder_id) VALUES ({row}.video_id, {row}.encoder_id)"
)
_LOG_CHANGES = (
    # Never empty: two catalogues have no row in common unless one is a copy of the other.
    "INSERT INTO changes (video_id) VALUES (0)",
    f"CREATE TRIGGER file_added AFTER INSERT ON files BEGIN {_FIRST_FILE}; END",
    f"CREATE TRIGGER file_dropped AFTER DELETE ON files BEGIN {_LAST_FILE}; END",
    "CREATE TRIGGER file_given_to_another AFTER UPDATE OF video_id ON files"
    f" WHEN OLD.video_id IS NOT NEW.video_id BEGIN {_LAST_FILE}; {_FIRST_FILE}; END",
    *(
        f"CREATE TRIGGER embedding_{name} AFTER {verb} ON embeddings"
        f" BEGIN {_LOG_EMBEDDING.format(row=row)}; END"
        for name, verb, row in (
            ("added", "INSERT", "NEW"),
            ("changed", "UPDATE", "NEW"),
            ("dropped", "DELETE", "OLD"),
        )
    ),
)
# What is no text, or blank only, is left as it is.
_SPELLED = """iif(typeof("user") = 'text', nullif(person_name("user"), ''), NULL)"""
_PERSON = f'coalesce({_SPELLED}, "user")'
_EVENT_SUM_7 = 'row_sum("user", video_id, video_ref, at, watched_s, duration_s, kind)'
EVENT_SUM = _EVENT_SUM_7.replace("kind)", "kind, source, client_id, client_number)")
"""The checksum of a row of `events`, from its columns: a changed byte shows. Rows of versions that
had fewer columns keep theirs: NULLs at the end do not count."""
TAG_SUM = "row_sum(video_id, tag, typed)"
"""The checksum of a row of `tags`."""
AFTER_CREATION = (*_COUNT_EVENTS, *_LOG_CHANGES, *_FOLLOW_EVENTS, *KEEP_REVIEW_LOG)
"""Statements that follow the creation of the tables of `metadata`."""
MIGRATIONS: dict[int, tuple[str, ...]] = {
    # Columns and an index that were written and never read.
    2: (
        "ALTER TABLE videos DROP COLUMN subtitles",
        "ALTER TABLE videos DROP COLUMN container",
        "ALTER TABLE files DROP COLUMN seen_at",
        "ALTER TABLE embeddings DROP COLUMN n_frames",
        "ALTER TABLE embeddings DROP COLUMN made_at",
        "ALTER TABLE parts DROP COLUMN made_at",
        "DROP INDEX events_unresolved",
    ),
    3: (
        "ALTER TABLE files ADD COLUMN name_key TEXT NOT NULL DEFAULT ''",
        "UPDATE files SET name_key = name_key(path)",
        "CREATE INDEX files_by_name ON files (name_key)",
        "ALTER TABLE roots ADD COLUMN excludes TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE roots ADD COLUMN follow_links INTEGER NOT NULL DEFAULT 0",
        "UPDATE embeddings SET state = 'failed' WHERE state = 'quarantined'",
    ),
    4: (
        "CREATE TABLE history_counts (id INTEGER PRIMARY KEY, n_events INTEGER NOT NULL,"
        " n_resolved INTEGER NOT NULL, last_id INTEGER NOT NULL)",
        *_COUNT_EVENTS,
        f'UPDATE events SET "user" = {_PERSON} WHERE "user" <> {_PERSON}',
        f'UPDATE impressions SET "user" = {_PERSON} WHERE "user" <> {_PERSON}',
        "ALTER TABLE files ADD COLUMN content_hash TEXT",
        "ALTER TABLE events ADD COLUMN row_sum INTEGER",
        f"UPDATE events SET row_sum = {_EVENT_SUM_7}",
    ),
    # A hash is the video's, so that it outlives its files.
    5: (
        "ALTER TABLE videos ADD COLUMN content_hash TEXT",
        "UPDATE videos SET content_hash ="
        " (SELECT max(content_hash) FROM files WHERE video_id = videos.id)",
        "ALTER TABLE files DROP COLUMN content_hash",
        "ALTER TABLE videos ADD COLUMN recorded_at BIGINT",
        "CREATE TABLE line_parts (name TEXT NOT NULL PRIMARY KEY, engine_id TEXT NOT NULL,"
        " sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL)",
        "CREATE TABLE loose_line_parts (name TEXT NOT NULL PRIMARY KEY, engine_id TEXT NOT NULL)",
        "CREATE TABLE readings (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
        " video_id INTEGER NOT NULL REFERENCES videos (id), channel TEXT NOT NULL,"
        " engine_id TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, attempts INTEGER NOT NULL,"
        " part TEXT REFERENCES line_parts (name), number BIGINT NOT NULL, n_lines INTEGER NOT NULL,"
        " source TEXT NOT NULL, UNIQUE (video_id, channel, engine_id))",
        "CREATE INDEX readings_by_part ON readings (part)",
        "CREATE INDEX readings_by_channel ON readings (channel, engine_id, state, video_id)",
    ),
    6: (
        "CREATE TABLE changes (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
        " video_id INTEGER NOT NULL, encoder_id TEXT, token INTEGER DEFAULT (random()) NOT NULL)",
        *_LOG_CHANGES,
        "CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
        " video_id INTEGER NOT NULL REFERENCES videos (id), tag TEXT NOT NULL,"
        " typed TEXT NOT NULL, row_sum INTEGER NOT NULL, UNIQUE (video_id, tag))",
        "CREATE INDEX tags_by_tag ON tags (tag, video_id)",
        "ALTER TABLE embeddings ADD COLUMN clip_rule TEXT NOT NULL DEFAULT 'shots 10 0.5'",
    ),
    7: (
        "ALTER TABLE events ADD COLUMN source TEXT",
        "ALTER TABLE events ADD COLUMN client_id TEXT",
        "ALTER TABLE events ADD COLUMN client_number INTEGER",
        "ALTER TABLE events ADD COLUMN change INTEGER",
        "CREATE UNIQUE INDEX events_by_client_id ON events (client_id) WHERE client_id IS NOT NULL",
        "CREATE INDEX events_by_change ON events (change) WHERE change IS NOT NULL",
        'CREATE INDEX events_by_video ON events ("user", video_id)',
        "CREATE INDEX events_hidden ON events (\"user\", video_id) WHERE kind = 'hide'",
        "ALTER TABLE history_counts ADD COLUMN n_rewritten INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE history_counts ADD COLUMN n_changed INTEGER NOT NULL DEFAULT 0",
        *_FOLLOW_EVENTS,
        *MAKE_PEOPLE_TABLES,
        "CREATE INDEX videos_by_added ON videos (added_at)",
    ),
    8: MAKE_LEARNED_TABLES,
    9: (*MAKE_REVIEW_TABLES, *MAKE_ANNOTATION_TABLES),
}
"""Version to the statements that make the next one of it; all of them run in one transaction."""

Table(
    "meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False)
)

Table(
    "roots",
    metadata,
    Column("path", Text, primary_key=True),
    Column("excludes", Text, nullable=False, server_default="[]"),  # JSON list of patterns
    Column("follow_links", Integer, nullable=False, server_default="0"),
)

Table(
    "videos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content_key", Text, nullable=False, unique=True),
    Column("content_hash", Text),  # of all bytes; none where they were never read
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration_s", Float),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("fps", Float),
    Column("codec", Text),
    Column("recorded_at", BigInteger),  # as its container says
    Column("title", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),  # microseconds since 1970 UTC, as all times
    Index("videos_by_added", "added_at"),
    **PERMANENT,
)

Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("name_key", Text, nullable=False, server_default=""),  # `spelling.name_key` of the path
    Column("video_id", Integer, ForeignKey("videos.id"), index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", Text, nullable=False),  # text: file numbers use all 64 bits, SQLite has 63
    Column("content_key", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Index("files_by_name", "name_key"),
    **PERMANENT,
)

Table(
    "embeddings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("video_id", Integer, ForeignKey("videos.id"), nullable=False),
    Column("encoder_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("part", Text, ForeignKey("parts.name")),  # none where it is not searchable, else one
    Column("n_clips", Integer, nullable=False),
    # How its clips were cut; what was embedded before there were rules has the usual one.
    Column("clip_rule", Text, nullable=False, server_default=USUAL_RULE.text),
    UniqueConstraint("video_id", "encoder_id"),
    Index("embeddings_by_part", "part"),
    Index("embeddings_by_encoder", "encoder_id", "state", "video_id"),
    **PERMANENT,
)

# `ordinal` makes a doubled clip impossible by schema, not by care.
Table(
    "clips",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("embedding_id", Integer, ForeignKey("embeddings.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    UniqueConstraint("embedding_id", "ordinal"),
    **PERMANENT,
)

Table(
    "parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("encoder_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

# Names that a writer may have begun to write, or has begun to remove: only these files are ever
# deleted.
Table(
    "loose_parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("encoder_id", Text, nullable=False),
)

# What one engine has read of one channel of one video.
Table(
    "readings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("video_id", Integer, ForeignKey("videos.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("engine_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("part", Text, ForeignKey("line_parts.name")),  # none where there is no line
    Column("number", BigInteger, nullable=False),  # random, new with each reading
    Column("n_lines", Integer, nullable=False),
    Column("source", Text, nullable=False),  # what it was read from, where that is not the video
    UniqueConstraint("video_id", "channel", "engine_id"),
    Index("readings_by_part", "part"),
    Index("readings_by_channel", "channel", "engine_id", "state", "video_id"),
    **PERMANENT,
)

Table(
    "line_parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("engine_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

# As `loose_parts`.
Table(
    "loose_line_parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("engine_id", Text, nullable=False),
)

# Which videos may be searchable now and were not, or the other way round, in order: `change_log`.
Table(
    "changes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("video_id", Integer, nullable=False),  # 0 in the first row
    Column("encoder_id", Text),  # none for every encoder
    Column("token", Integer, nullable=False, server_default=text("(random())")),
    **PERMANENT,
)

# What a person calls a video's content.
Table(
    "tags",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("video_id", Integer, ForeignKey("videos.id"), nullable=False),
    Column("tag", Text, nullable=False),  # `spelling.tag_key` of what was typed
    Column("typed", Text, nullable=False),
    Column("row_sum", Integer, nullable=False),  # `TAG_SUM`
    UniqueConstraint("video_id", "tag"),
    Index("tags_by_tag", "tag", "video_id"),
    **PERMANENT,
)

Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Text, nullable=False),
    Column("video_ref", Text, nullable=False),
    Column("video_id", Integer, ForeignKey("videos.id")),
    Column("at", BigInteger, nullable=False),
    Column("watched_s", Float),
    Column("duration_s", Float),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("row_sum", Integer),  # `EVENT_SUM`
    Column("source", Text),  # none where an older version stored it
    Column("client_id", Text),
    Column("client_number", Integer),  # of the last report of a series
    Column("change", Integer),  # `n_changed` when it was changed last
    Index("events_by_user", "user", "at"),
    Index("events_by_time", "at"),
    Index(
        "events_by_client_id",
        "client_id",
        unique=True,
        sqlite_where=text("client_id IS NOT NULL"),
    ),
    Index("events_by_change", "change", sqlite_where=text("change IS NOT NULL")),
    Index("events_by_video", "user", "video_id"),
    Index("events_hidden", "user", "video_id", sqlite_where=text("kind = 'hide'")),
    **PERMANENT,
)

# One row, written by the triggers of `AFTER_CREATION` only.
Table(
    "history_counts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("n_events", Integer, nullable=False),
    Column("n_resolved", Integer, nullable=False),
    Column("last_id", Integer, nullable=False),
    Column("n_rewritten", Integer, nullable=False, server_default="0"),
    Column("n_changed", Integer, nullable=False, server_default="0"),
)

# What was recommended, with the probability of its rank; an event is what a user then does.
Table(
    "impressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Text, nullable=False),
    Column("video_id", Integer, ForeignKey("videos.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("score", Float, nullable=False),
    Index("impressions_by_user", "user", "at"),
    **PERMANENT,
)

WATCHERS = (
    'watchers (name) AS (SELECT min("user") FROM events UNION ALL SELECT'
    ' (SELECT min("user") FROM events WHERE "user" > name) FROM watchers WHERE name IS NOT NULL)'
)
"""A recursive common table of the users with events: one step in an index for each, where DISTINCT
reads all events. Its last name is NULL."""

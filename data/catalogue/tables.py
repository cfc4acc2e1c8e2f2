"""The tables of the catalogue. A change is a new `SCHEMA_VERSION` and a step in `MIGRATIONS`."""

SCHEMA_VERSION = 3
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
}
"""Version to the statements that make the next one of it; all of them run in one transaction."""

# AUTOINCREMENT (not plain rowids): SQLite would hand the number of a deleted last row out again.
# All times are microseconds since 1970 UTC.
TABLES: tuple[str, ...] = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE roots (path TEXT NOT NULL PRIMARY KEY)",
    """CREATE TABLE videos (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        content_key TEXT NOT NULL UNIQUE,
        size_bytes BIGINT NOT NULL,
        duration_s FLOAT,
        width_px INTEGER,
        height_px INTEGER,
        fps FLOAT,
        codec TEXT,
        title TEXT NOT NULL,
        added_at BIGINT NOT NULL
    )""",
    # inode is text: file numbers use all 64 bits, SQLite has 63.
    """CREATE TABLE files (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        video_id INTEGER REFERENCES videos (id),
        size_bytes BIGINT NOT NULL,
        mtime_ns BIGINT NOT NULL,
        inode TEXT NOT NULL,
        content_key TEXT,
        state TEXT NOT NULL,
        reason TEXT,
        attempts INTEGER NOT NULL
    )""",
    "CREATE INDEX ix_files_video_id ON files (video_id)",
    "CREATE TABLE parts (name TEXT NOT NULL PRIMARY KEY, encoder_id TEXT NOT NULL,"
    " sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL)",
    # part is null where the video is not searchable.
    """CREATE TABLE embeddings (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        video_id INTEGER NOT NULL REFERENCES videos (id),
        encoder_id TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        attempts INTEGER NOT NULL,
        part TEXT REFERENCES parts (name),
        n_clips INTEGER NOT NULL,
        UNIQUE (video_id, encoder_id)
    )""",
    "CREATE INDEX embeddings_by_part ON embeddings (part)",
    "CREATE INDEX embeddings_by_encoder ON embeddings (encoder_id, state, video_id)",
    # ordinal makes a doubled clip impossible by schema, not by care.
    """CREATE TABLE clips (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        embedding_id INTEGER NOT NULL REFERENCES embeddings (id),
        ordinal INTEGER NOT NULL,
        start_s FLOAT NOT NULL,
        end_s FLOAT NOT NULL,
        UNIQUE (embedding_id, ordinal)
    )""",
    # Names that a writer may have begun to write, or has begun to remove: only these files are
    # ever deleted.
    "CREATE TABLE loose_parts (name TEXT NOT NULL PRIMARY KEY, encoder_id TEXT NOT NULL)",
    """CREATE TABLE events (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user" TEXT NOT NULL,
        video_ref TEXT NOT NULL,
        video_id INTEGER REFERENCES videos (id),
        at BIGINT NOT NULL,
        watched_s FLOAT,
        duration_s FLOAT,
        kind TEXT NOT NULL,
        fingerprint TEXT NOT NULL UNIQUE
    )""",
    'CREATE INDEX events_by_user ON events ("user", at)',
    "CREATE INDEX events_by_time ON events (at)",
    # What was recommended, with the probability of its rank; an event is what a user then does.
    """CREATE TABLE impressions (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user" TEXT NOT NULL,
        video_id INTEGER NOT NULL REFERENCES videos (id),
        at BIGINT NOT NULL,
        rank INTEGER NOT NULL,
        source TEXT NOT NULL,
        propensity FLOAT NOT NULL,
        score FLOAT NOT NULL
    )""",
    'CREATE INDEX impressions_by_user ON impressions ("user", at)',
)

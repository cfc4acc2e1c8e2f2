"""Tables of what was learned of clips: derived from heads and vectors, and made anew from them."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text

from data.catalogue.schema.people_tables import PERMANENT, metadata

# The heads whose predictions are here; what they are lies in their folders.
Table(
    "heads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("revision", Text, nullable=False),
    Column("encoder_id", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("classes", Text, nullable=False),  # JSON list
    Column("needs", Text, nullable=False),  # JSON list of columns that clips do not have
    **PERMANENT,
)

# Rows go with their clip, and with their head. A clip has at least one row of each head.
Table(
    "predictions",
    metadata,
    Column("clip_id", Integer, ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
    Column("head_id", Integer, ForeignKey("heads.id", ondelete="CASCADE"), primary_key=True),
    Column("label", Text, primary_key=True),  # empty for a number
    Column("score", Float, nullable=False),  # probability 0 to 1, or the number
    Column("chosen", Integer, nullable=False),  # 1 where the head says that it is so
    Index("predictions_by_label", "head_id", "label", "chosen", "score"),
    sqlite_with_rowid=False,
)

MAKE_LEARNED_TABLES = (
    "CREATE TABLE heads (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " revision TEXT NOT NULL, encoder_id TEXT NOT NULL, task TEXT NOT NULL, classes TEXT NOT NULL,"
    " needs TEXT NOT NULL)",
    "CREATE TABLE predictions (clip_id INTEGER NOT NULL REFERENCES clips (id) ON DELETE CASCADE,"
    " head_id INTEGER NOT NULL REFERENCES heads (id) ON DELETE CASCADE, label TEXT NOT NULL,"
    " score FLOAT NOT NULL, chosen INTEGER NOT NULL, PRIMARY KEY (clip_id, head_id, label))"
    " WITHOUT ROWID",
    "CREATE INDEX predictions_by_label ON predictions (head_id, label, chosen, score)",
)
"""What the migration of version 8 makes of them."""

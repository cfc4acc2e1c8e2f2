"""Tables of annotation: sets of labels, and what people said of stretches, one row a statement."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, Table, Text

from data.catalogue.schema.people_tables import PERMANENT, metadata

SET_COLUMNS = ("name", "task", "labels", "created_at")
"""What the checksum of a set is of."""
SET_SUM = f"row_sum({', '.join(SET_COLUMNS)})"
"""The checksum of a row of `annotation_sets`."""
ANNOTATION_COLUMNS = (
    *("set_id", "video_id", "start_s", "end_s", "kind", "labels", "who", "at", "source", "undoes"),
)
"""What the checksum of an annotation is of."""
ANNOTATION_SUM = f"row_sum({', '.join(ANNOTATION_COLUMNS)})"
"""The checksum of a row of `annotations`."""

Table(
    "annotation_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("task", Text, nullable=False),  # classes, several or number
    Column("labels", Text, nullable=False),  # JSON list: what is offered, in this order
    Column("created_at", BigInteger, nullable=False),
    Column("row_sum", Integer, nullable=False),  # `SET_SUM`
    **PERMANENT,
)

# Only added to: the newest row of a stretch that nobody took back holds. A stretch belongs to the
# content: clips come and go.
Table(
    "annotations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("set_id", Integer, ForeignKey("annotation_sets.id"), nullable=False),
    Column("video_id", Integer, ForeignKey("videos.id"), nullable=False),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("kind", Text, nullable=False),  # label, skip or undo
    Column("labels", Text, nullable=False),  # JSON list of texts; empty but for a label
    Column("who", Text, nullable=False),  # empty: somebody who was forgotten
    Column("at", BigInteger, nullable=False),  # the same for all rows of one import
    Column("source", Text, nullable=False),
    Column("undoes", Integer),  # the row that is taken back
    Column("row_sum", Integer, nullable=False),  # `ANNOTATION_SUM`
    Index("annotations_by_set", "set_id", "id"),
    **PERMANENT,
)

MAKE_ANNOTATION_TABLES = (
    "CREATE TABLE annotation_sets (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE, task TEXT NOT NULL, labels TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, row_sum INTEGER NOT NULL)",
    "CREATE TABLE annotations (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
    " set_id INTEGER NOT NULL REFERENCES annotation_sets (id),"
    " video_id INTEGER NOT NULL REFERENCES videos (id), start_s FLOAT NOT NULL,"
    " end_s FLOAT NOT NULL, kind TEXT NOT NULL, labels TEXT NOT NULL, who TEXT NOT NULL,"
    " at BIGINT NOT NULL, source TEXT NOT NULL, undoes INTEGER, row_sum INTEGER NOT NULL)",
    "CREATE INDEX annotations_by_set ON annotations (set_id, id)",
)
"""What the migration of version 9 makes of them."""

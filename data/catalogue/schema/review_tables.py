"""Tables of moderation: the rules that hold now, what they found, and who decided what."""

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
)

from data.catalogue.schema.people_tables import PERMANENT, metadata

CASE_COLUMNS = (
    *("rule", "label", "video_id", "start_s", "end_s", "score", "threshold", "policy"),
    *("found_at", "state", "appealed", "decided_by", "decided_at"),
)
"""What the checksum of a case is of; claims come and go."""
CASE_SUM = f"row_sum({', '.join(CASE_COLUMNS)})"
"""The checksum of a row of `review_cases`."""
LOG_COLUMNS = (
    *("case_id", "at", "who", "action", "why", "label", "policy", "undoes"),
    *("before_state", "before_label", "before_appealed"),
)
"""What the checksum of a row of the log is of."""
LOG_SUM = f"row_sum({', '.join(LOG_COLUMNS)})"
"""The checksum of a row of `review_log`."""

# The rules of the policy that holds. What they say lies in the sealed policy file of the home.
Table(
    "review_rules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("revision", Text, nullable=False),  # of what it finds, with what, from which score on
    Column("scanned_to", Integer, nullable=False),  # highest number of a clip that it looked at
)

# A stretch of a video that a rule found. It belongs to the content: clips come and go.
Table(
    "review_cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rule", Text, nullable=False),  # that found it
    Column("label", Text, nullable=False),  # the rule it counts for: another one once relabelled
    Column("video_id", Integer, ForeignKey("videos.id"), nullable=False),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("policy", Integer, nullable=False),  # its version
    Column("found_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("appealed", Integer, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Column("claimed_by", Text),
    Column("claimed_until", BigInteger),
    Column("revision", Integer, nullable=False),  # grows with each change
    Column("row_sum", Integer, nullable=False),  # `CASE_SUM`
    UniqueConstraint("rule", "video_id", "start_s", "end_s"),
    Index("review_cases_by_state", "state", "id"),
    Index("review_cases_by_video", "video_id"),
    **PERMANENT,
)

# Only added to; `who` alone may be emptied, when a person is forgotten.
Table(
    "review_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("review_cases.id")),  # none for what concerns the policy
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # empty: somebody who was forgotten
    Column("action", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("label", Text),
    Column("policy", Integer),
    Column("undoes", Integer),  # the row of the log that this one takes back
    Column("before_state", Text),
    Column("before_label", Text),
    Column("before_appealed", Integer),
    Column("row_sum", Integer, nullable=False),  # `LOG_SUM`
    Index("review_log_by_case", "case_id", "id"),
    **PERMANENT,
)

_FIXED = ", ".join(name for name in ("id", *LOG_COLUMNS) if name != "who")
_OLD_SUM = f"row_sum({', '.join(f'OLD.{name}' for name in LOG_COLUMNS)})"
KEEP_REVIEW_LOG = (
    "CREATE TRIGGER review_log_stays BEFORE DELETE ON review_log"
    " BEGIN SELECT RAISE(ABORT, 'the log of reviews is only added to'); END",
    # A row that a disk changed may be mended.
    f"CREATE TRIGGER review_log_is_fixed BEFORE UPDATE OF {_FIXED} ON review_log"
    f" WHEN OLD.row_sum = {_OLD_SUM}"
    " BEGIN SELECT RAISE(ABORT, 'the log of reviews is only added to'); END",
)
"""Triggers that keep the log."""

MAKE_REVIEW_TABLES = (
    "CREATE TABLE review_rules (name TEXT NOT NULL PRIMARY KEY, action TEXT NOT NULL,"
    " revision TEXT NOT NULL, scanned_to INTEGER NOT NULL)",
    "CREATE TABLE review_cases (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL,"
    " label TEXT NOT NULL, video_id INTEGER NOT NULL REFERENCES videos (id),"
    " start_s FLOAT NOT NULL, end_s FLOAT NOT NULL, score FLOAT NOT NULL,"
    " threshold FLOAT NOT NULL, policy INTEGER NOT NULL, found_at BIGINT NOT NULL,"
    " state TEXT NOT NULL, appealed INTEGER NOT NULL, decided_by TEXT, decided_at BIGINT,"
    " claimed_by TEXT, claimed_until BIGINT, revision INTEGER NOT NULL, row_sum INTEGER NOT NULL,"
    " UNIQUE (rule, video_id, start_s, end_s))",
    "CREATE INDEX review_cases_by_state ON review_cases (state, id)",
    "CREATE INDEX review_cases_by_video ON review_cases (video_id)",
    "CREATE TABLE review_log (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
    " case_id INTEGER REFERENCES review_cases (id), at BIGINT NOT NULL, who TEXT NOT NULL,"
    " action TEXT NOT NULL, why TEXT NOT NULL, label TEXT, policy INTEGER, undoes INTEGER,"
    " before_state TEXT, before_label TEXT, before_appealed INTEGER, row_sum INTEGER NOT NULL)",
    "CREATE INDEX review_log_by_case ON review_log (case_id, id)",
    *KEEP_REVIEW_LOG,
)
"""What the migration of version 9 makes of them."""

"""The catalogue: videos, files, clips and their states in one database."""

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import (
    MAX_ATTEMPTS,
    ChannelCounts,
    ClipTable,
    EmbeddingRow,
    Failure,
    FileRecord,
    LivePart,
    Part,
    Pending,
    ReadingRow,
    State,
    Unread,
    Video,
    new_part_name,
)

__all__ = [
    "MAX_ATTEMPTS",
    "Catalogue",
    "ChannelCounts",
    "ClipTable",
    "EmbeddingRow",
    "Failure",
    "FileRecord",
    "LivePart",
    "Part",
    "Pending",
    "ReadingRow",
    "State",
    "Unread",
    "Video",
    "new_part_name",
]

"""The catalogue: videos, files, clips and their states in one database."""

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import (
    MAX_ATTEMPTS,
    ClipTable,
    EmbeddingRow,
    Failure,
    FileRecord,
    Part,
    Pending,
    State,
    Video,
)

__all__ = [
    "MAX_ATTEMPTS",
    "Catalogue",
    "ClipTable",
    "EmbeddingRow",
    "Failure",
    "FileRecord",
    "Part",
    "Pending",
    "State",
    "Video",
]

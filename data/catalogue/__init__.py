"""The catalogue: videos, files, clips and their states in one database."""

from data.catalogue.catalogue import Catalogue
from data.catalogue.change_log import ChangeLog, ChangeMark
from data.catalogue.live.columns import PartsOfVideos
from data.catalogue.live.limits import VideoLimits
from data.catalogue.live.readings import LinePartFile, LiveReadings
from data.catalogue.live.shelf import SORTS, Folder, Month, Shelf, Sort, Wanted
from data.catalogue.live.videos import LiveVideos
from data.catalogue.records import (
    MAX_ATTEMPTS,
    ChannelCounts,
    ClipTable,
    EmbeddingRow,
    Failure,
    FileRecord,
    LinePart,
    Part,
    Pending,
    ReadingRow,
    State,
    Unread,
    Video,
    new_part_name,
)
from data.catalogue.tags import Tags, UsedTag

__all__ = [
    "MAX_ATTEMPTS",
    "SORTS",
    "Catalogue",
    "ChangeLog",
    "ChangeMark",
    "ChannelCounts",
    "ClipTable",
    "EmbeddingRow",
    "Failure",
    "FileRecord",
    "Folder",
    "LinePart",
    "LinePartFile",
    "LiveReadings",
    "LiveVideos",
    "Month",
    "Part",
    "PartsOfVideos",
    "Pending",
    "ReadingRow",
    "Shelf",
    "Sort",
    "State",
    "Tags",
    "Unread",
    "UsedTag",
    "Video",
    "VideoLimits",
    "Wanted",
    "new_part_name",
]

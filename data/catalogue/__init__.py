"""The catalogue: videos, files, clips and their states in one database."""

from data.catalogue.catalogue import Catalogue
from data.catalogue.change_log import ChangeLog, ChangeMark
from data.catalogue.live.columns import LiveParts
from data.catalogue.live.limits import VideoLimits
from data.catalogue.live.shelf import SORTS, Folder, Month, Shelf, Sort, Wanted
from data.catalogue.live.videos import LiveVideos
from data.catalogue.live_readings import LinePartFile, LiveReadings
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
    "LinePartFile",
    "LivePart",
    "LiveParts",
    "LiveReadings",
    "LiveVideos",
    "Month",
    "Part",
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

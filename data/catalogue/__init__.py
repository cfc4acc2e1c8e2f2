"""The catalogue: videos, files, clips and their states in one database."""

from data.catalogue.catalogue import Catalogue
from data.catalogue.change_log import ChangeLog, ChangeMark
from data.catalogue.live.columns import LiveParts
from data.catalogue.live.limits import VideoLimits
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
    "Catalogue",
    "ChangeLog",
    "ChangeMark",
    "ChannelCounts",
    "ClipTable",
    "EmbeddingRow",
    "Failure",
    "FileRecord",
    "LinePartFile",
    "LivePart",
    "LiveParts",
    "LiveReadings",
    "LiveVideos",
    "Part",
    "Pending",
    "ReadingRow",
    "State",
    "Tags",
    "Unread",
    "UsedTag",
    "Video",
    "VideoLimits",
    "new_part_name",
]

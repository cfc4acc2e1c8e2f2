"""When a video was recorded, as SQL."""

from data.catalogue.records import DOUBTFUL

_FIRST_MTIME = "(SELECT mtime_ns FROM files WHERE video_id = v.id ORDER BY id LIMIT 1)"
RECORDED = f"coalesce(v.recorded_at, nullif({_FIRST_MTIME}, {DOUBTFUL}) / 1000, v.added_at)"
"""SQL: when the video `v` was recorded, microseconds; as `Video.recorded_at`."""

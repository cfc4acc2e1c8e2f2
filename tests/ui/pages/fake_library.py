"""Films for pages, without a library."""

from datetime import UTC, datetime
from pathlib import Path

from data.catalogue import Video


def film(number: int) -> Video:
    return Video(
        id=number,
        path=Path(f"/films/film {number}.mp4"),
        title=f"Film {number}",
        duration_s=60.0 * number,
        width_px=320,
        height_px=180,
        fps=25.0,
        codec="h264",
        content_key=str(number),
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

"""Addresses of what belongs to a video, and its place without a path of the server."""

from pathlib import Path

from pydantic import BaseModel, Field

from ui.api.served import Visitor

BASE = "/api/v1"


class VideoLinks(BaseModel):
    """Where a video is seen, and where its file lies."""

    video_id: int = Field(description="Permanent number of the video.")
    title: str
    media_url: str = Field(description="The file itself, with byte ranges.")
    thumb_url: str = Field(description="A picture of it, JPEG.")
    path: str | None = Field(description="Path on the server; null for viewers.")
    gone: bool = Field(description="The file is no longer there.")


def media_url(video_id: int) -> str:
    """The file of a video."""
    return f"{BASE}/media/{video_id}"


def thumb_url(video_id: int, at_s: float = 0.0) -> str:
    """The picture of a video at a time."""
    return f"{BASE}/thumbs/{video_id}?t={at_s:.2f}"


def preview_url(video_id: int, start_s: float = 0.0, end_s: float | None = None) -> str:
    """A stretch of a video as MP4, for files that browsers cannot play; None for its end."""
    part = "" if end_s is None else f"?start={start_s:.2f}&end={end_s:.2f}"
    return f"{BASE}/previews/{video_id}{part}"


def shown_path(path: Path | str | None, visitor: Visitor) -> str | None:
    """A path of the server, for owners only."""
    return str(path) if path is not None and visitor.is_owner else None

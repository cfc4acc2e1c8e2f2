"""Videos as a list shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from data.catalogue import Video
from data.review.withheld import NotShown
from ui.api.links import media_url, preview_url, shown_path, thumb_url
from ui.api.served import Visitor
from ui.library.documents import is_gone
from ui.library.folder_names import FolderNames
from ui.library.pictured import Withheld, picture_s, withheld_of
from ui.library.playable import is_playable


class Card(BaseModel):
    """A video of a list."""

    video_id: int
    title: str
    file: str = Field(description="Name of its file.")
    folder: str | None = Field(description="Name of its folder, as `/folders` gives it.")
    duration_s: float = Field(description="0 where it is not known.")
    width_px: int
    height_px: int
    recorded_at: datetime
    added_at: datetime
    thumb_url: str
    media_url: str
    preview_url: str = Field(description="For files that browsers cannot play.")
    plays: bool = Field(description="Browsers play the file itself.")
    gone: bool = Field(description="The file is not here now.")
    withheld: Withheld = Field(
        description="What moderation keeps back: none; part: a part, so that there is no file; "
        "picture: also the picture of `thumb_url`."
    )
    path: str | None = Field(description="Path on the server; null for viewers.")


def card(video: Video, names: FolderNames, visitor: Visitor, not_shown: NotShown) -> Card:
    """A video, for whoever asks."""
    return Card(**card_fields(video, names, visitor, not_shown))


def card_fields(
    video: Video, names: FolderNames, visitor: Visitor, not_shown: NotShown
) -> dict[str, Any]:
    """The fields of `Card`."""
    return {
        "video_id": video.id,
        "title": video.title,
        "file": video.path.name,
        "folder": names.name_of(video.path.parent),
        "duration_s": video.duration_s,
        "width_px": video.width_px,
        "height_px": video.height_px,
        "recorded_at": video.recorded_at,
        "added_at": video.added_at,
        "thumb_url": thumb_url(video.id, picture_s(video)),
        "media_url": media_url(video.id),
        "preview_url": preview_url(video.id),
        "plays": is_playable(video),
        "gone": is_gone(video.path),
        "withheld": withheld_of(video, not_shown),
        "path": shown_path(video.path, visitor),
    }

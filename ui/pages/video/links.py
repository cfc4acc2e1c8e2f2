"""Addresses of what belongs to one video."""

from data.catalogue import Video
from ui.api.links import BASE, media_url


def of_video(video: Video) -> dict[str, str]:
    """Give the addresses that the player uses."""
    return {
        "media": media_url(video.id),
        "strip": f"{BASE}/strips/{video.id}",
        "stream": f"{BASE}/streams/{video.id}/index.m3u8",
        "clip": f"{BASE}/clips/{video.id}",
        "thumb": f"{BASE}/thumbs/{video.id}",
    }

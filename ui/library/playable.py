"""Which files a browser plays as they are; others are converted for it."""

from data.catalogue import Video

SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv")
CODECS = ("h264", "vp8", "vp9", "av1")


def is_playable(video: Video) -> bool:
    """Whether a browser plays the file itself."""
    return video.path.suffix.lower() in SUFFIXES and video.codec in CODECS

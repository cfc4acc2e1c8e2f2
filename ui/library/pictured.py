"""Which frame of a video stands for it on cards."""

from data.catalogue import Video


def picture_s(video: Video) -> float:
    """Its time: a third into the video, where openings are over."""
    return round(video.duration_s / 3, 2)

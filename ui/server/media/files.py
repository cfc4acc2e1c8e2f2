"""The catalogue's video files over HTTP, with byte ranges, and no other file."""

import stat
from pathlib import Path

from starlette.responses import Response

from data.catalogue import Catalogue, Video
from data.errors import ReelwiseError
from ui.api.shape.answers import FileAnswer, problem

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    # Chromium plays H.264 in Matroska as WebM, and refuses x-matroska.
    ".mkv": "video/webm",
    ".ogv": "video/ogg",
    ".avi": "video/x-msvideo",
    ".gif": "image/gif",
}


class Media:
    """The files of videos.

    A request gives a number, never a path: it must be a live video of this catalogue whose real
    file (links followed) lies under an indexed folder.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, video_id: int) -> Response:
        """The file, or the requested range of it (206); 404 for everything else."""
        path = self.path_of(video_id)
        if path is None:
            return no_such("there is no such video")
        try:
            facts = path.stat()
        except OSError:
            return no_such("the file of this video is gone")
        if not stat.S_ISREG(facts.st_mode):
            return no_such("there is no such video")
        return FileAnswer(
            path,
            media_type=MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"),
            stat_result=facts,
            headers={
                "cache-control": "private, max-age=0, must-revalidate",
                "x-content-type-options": "nosniff",
                "content-security-policy": "default-src 'none'; sandbox",
            },
        )

    def path_of(self, video_id: int) -> Path | None:
        """The real path of a video that may be served, or None."""
        found = self.found(video_id)
        return None if found is None else found[1]

    def found(self, video_id: int) -> tuple[Video, Path] | None:
        """A video that may be served, and its real path."""
        try:
            video = self._catalogue.video(video_id)
        except ReelwiseError:
            return None
        real = real_path_below(Path(video.path), self._catalogue.files.roots())
        return None if real is None else (video, real)


def no_such(error: str) -> Response:
    """404 for a video, a picture or a moment that is not there."""
    return problem(404, "unknown_video", error, "GET /api/v1/videos lists the videos")


def real_path_below(path: Path, roots: list[Path]) -> Path | None:
    """The path with links followed, if that is at or under one of the roots."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    for root in roots:
        try:
            if real.is_relative_to(root.resolve(strict=True)):
                return real
        except (OSError, RuntimeError):
            continue
    return None

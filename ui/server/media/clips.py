"""A part of a video as a file to keep, made by a supervised child and sent as a download."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response

from data.video.children.excerpting import Excerpt, Excerpts
from data.video.children.pool import StillWanted
from ui.api.shape.refusals import wrong
from ui.server.media.cache import FileCache
from ui.server.media.files import no_such
from ui.server.media.pictures import Found, cached_name
from ui.server.media.turns import Unmade
from ui.server.media.withheld import Watched

CACHE_BYTES = 2_000_000_000
LONGEST_S = 600.0
"""Longest clip that a page makes: a server is for many. The command takes any."""
EARLIER = "x-reelwise-begins-earlier-s"
"""Header: seconds by which a copy begins earlier than was asked."""
MAKING = 1
"""Raised where clips come out otherwise than before."""
SUFFIX = ".mp4"
"""Every clip is MP4, which ends with the cache's checksum in a box that players pass over."""
_HIDDEN = '\\/:*?"<>|'


class Clips:
    """The clips of videos, with their cache.

    Args:
        cache: The home's folder for what may be deleted.
        found: Finds the video of an id, where it may be served.
        excerpts: Makes the clips.
    """

    def __init__(self, cache: Path, found: Found, excerpts: Excerpts) -> None:
        self._found = found
        self._excerpts = excerpts
        self.cache = FileCache(cache / "clips", CACHE_BYTES)

    def clip(
        self,
        video_id: int,
        part: tuple[float, float],
        watched: Watched,
        *,
        is_copy: bool,
        name: str,
    ) -> Response | Unmade:
        """A part of a video as a file; what is blurred is blurred and silent in it.

        Args:
            video_id: The video.
            part: Start and end in seconds.
            watched: Who asks, and what is not shown.
            is_copy: As it is, from the key picture before the start; else exactly, encoded anew.
            name: What the file is to be called, without suffix.

        Raises:
            Refused: There is no such part, it is too long, or it is blurred and to be a copy.
        """
        start_s, end_s = part
        found = self._found(video_id)
        if found is None:
            return no_such("there is no such video")
        video, path = found
        end_s = min(end_s, video.duration_s or end_s)
        if not start_s < end_s:
            raise wrong(f"the clip ends at {end_s:g} s, before it begins", fix="start=4.9&end=7.9")
        if end_s - start_s > LONGEST_S:
            raise wrong(
                f"a clip has {LONGEST_S:.0f} s at most here, not {end_s - start_s:.0f}",
                fix="choose a shorter part, or on the server: reelwise cut VIDEO@START-END FILE",
            )
        covers = watched.blurs(video_id, start_s, end_s)
        if covers and is_copy:
            raise wrong(
                "a part of this clip is blurred, and a fast copy is as it is",
                fix="show=1 takes it as it is; without fast=1 it is blurred in the file",
            )
        excerpt = Excerpt(path, "copy" if is_copy else "exact", start_s, end_s, covers)
        facts = (MAKING, excerpt.kind, f"{start_s:.3f}", f"{end_s:.3f}", *covers)
        stored = cached_name(path, facts, SUFFIX)
        if stored is None:
            return no_such("the file of this video is gone")

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            earlier_s = self._excerpts.write(excerpt, draft, still_wanted)
            told = f"{earlier_s:.3f}\n"
            return self.cache.get(f"{stored}.txt", lambda to: bool(to.write_text(told))) is not None

        return _Clip(self.cache, stored, draw, {"content-disposition": _called(name)})


class _Clip(Unmade):
    """A clip, with the seconds by which it begins earlier."""

    def answer(self, file: Path) -> Response:
        """The file, as a download."""
        told = self.cache.find(f"{self.name}.txt")
        response = super().answer(file)
        if told is not None:
            response.headers[EARLIER] = told.read_bytes().partition(b"\n")[0].decode()
        return response


def _called(name: str) -> str:
    """A header that gives a download its name (RFC 6266)."""
    kept = "".join("_" if each in _HIDDEN or ord(each) < 32 else each for each in name)
    full = f"{kept.strip(' .') or 'clip'}{SUFFIX}"
    plain = full.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"

"""Videos converted for browsers that cannot play their files: HLS, whole and with sound.

A video is cut into pieces of some seconds, each made when a player asks for it, by a supervised
child that ends with the visitor who asked. Pieces go on seamlessly: a player fetches what it plays.
"""

from __future__ import annotations

import math
from pathlib import Path

from starlette.responses import Response

from data.catalogue import Video
from data.video.children.excerpting import Excerpt, Excerpts, Kind
from data.video.children.pool import StillWanted
from data.video.excerpts.fragments import codecs_of
from ui.server.media.cache import FileCache
from ui.server.media.files import no_such
from ui.server.media.pictures import Found, cached_name
from ui.server.media.turns import Unmade
from ui.server.media.withheld import Covers, Watched

PIECE_S = 4.0
"""Seconds of one piece: a jump waits for one, and each costs a request."""
CACHE_BYTES = 4_000_000_000
"""Some three hours of film."""
MAKING = 1
"""Raised where pieces come out otherwise than before: older ones are not used."""
BITS_PER_S = 3_000_000
"""What a playlist has to name; players of one variant do not choose by it."""
PLAYLIST = "application/vnd.apple.mpegurl"


class Streams:
    """The streams of videos, with their cache; what is withheld is black and silent in them.

    Args:
        cache: The home's folder for what may be deleted.
        found: Finds the video of an id, where it may be served.
        excerpts: Makes the pieces.
    """

    def __init__(self, cache: Path, found: Found, excerpts: Excerpts) -> None:
        self._found = found
        self._excerpts = excerpts
        self.cache = FileCache(cache / "streams", CACHE_BYTES)

    def master(self, video_id: int, watched: Watched) -> Response | Unmade:
        """`index.m3u8`: the codecs, and where the list of pieces is."""
        found = self._found(video_id)
        if found is None:
            return no_such("there is no such video")
        video, path = found
        head = _piece_name(path, "head", 0, ())
        name = cached_name(path, (MAKING, "master"), ".m3u8")
        if head is None or name is None:
            return no_such("the file of this video is gone")

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            excerpt = _excerpt(path, "head", video, 0, ())
            made = self.cache.get(head, _Maker(self._excerpts, excerpt, still_wanted))
            if made is None:
                return False
            draft.write_text(master_playlist(codecs_of(made.read_bytes())), encoding="ascii")
            return True

        return _Sealed(self.cache, name, draw, {**watched.kept, "content-type": PLAYLIST})

    def media(self, video_id: int, watched: Watched) -> Response:
        """`media.m3u8`: the pieces of a video."""
        found = self._found(video_id)
        if found is None:
            return no_such("there is no such video")
        text = media_playlist(found[0].duration_s)
        return Response(text, media_type=PLAYLIST, headers=watched.kept)

    def head(self, video_id: int, watched: Watched) -> Response | Unmade:
        """`head.mp4`: what comes before all pieces."""
        return self._piece(video_id, "head", 0, watched)

    def piece(self, video_id: int, number: int, watched: Watched) -> Response | Unmade:
        """`N.m4s`: piece N, from 0."""
        return self._piece(video_id, "piece", number, watched)

    def _piece(self, video_id: int, kind: Kind, number: int, watched: Watched) -> Response | Unmade:
        found = self._found(video_id)
        if found is None:
            return no_such("there is no such video")
        video, path = found
        if number >= n_pieces(video.duration_s):
            return no_such(f"the video ends at {video.duration_s:.1f} s")
        covers: Covers = ()
        if kind == "piece":
            covers = watched.covers(video_id, number * PIECE_S, (number + 1) * PIECE_S)
        name = _piece_name(path, kind, number, covers)
        if name is None:
            return no_such("the file of this video is gone")
        excerpt = _excerpt(path, kind, video, number, covers)

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            return _Maker(self._excerpts, excerpt, still_wanted)(draft)

        return Unmade(self.cache, name, draw, {**watched.kept, "content-type": "video/mp4"})


def _piece_name(path: Path, kind: Kind, number: int, covers: Covers) -> str | None:
    return cached_name(path, (MAKING, kind, PIECE_S, number, *covers), ".m4s")


def _excerpt(path: Path, kind: Kind, video: Video, number: int, covers: Covers) -> Excerpt:
    end_s = min((number + 1) * PIECE_S, max(video.duration_s, 0.1))
    return Excerpt(path, kind, number * PIECE_S, end_s, covers)


class _Maker:
    """Writes one part at the place that it is given."""

    def __init__(self, excerpts: Excerpts, excerpt: Excerpt, still_wanted: StillWanted) -> None:
        self._excerpts = excerpts
        self._excerpt = excerpt
        self._still_wanted = still_wanted

    def __call__(self, draft: Path) -> bool:
        self._excerpts.write(self._excerpt, draft, self._still_wanted)
        return True


class _Sealed(Unmade):
    """A text of the cache: the seal behind it is none of its lines."""

    def answer(self, file: Path) -> Response:
        """The text alone."""
        text = file.read_bytes().partition(b"\0")[0]
        return Response(text, headers=self.headers)


def n_pieces(length_s: float) -> int:
    """How many pieces a video has; at least one."""
    return max(1, math.ceil(length_s / PIECE_S - 1e-3))


def master_playlist(codecs: str) -> str:
    """A playlist of one variant (RFC 8216, 4.3.4)."""
    return (
        "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        f'#EXT-X-STREAM-INF:BANDWIDTH={BITS_PER_S},CODECS="{codecs}"\nmedia.m3u8\n'
    )


def media_playlist(length_s: float) -> str:
    """The list of the pieces of a whole video (RFC 8216, 4.3.3)."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(PIECE_S)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="head.mp4"',
    ]
    for number in range(n_pieces(length_s)):
        piece_s = min(PIECE_S, max(length_s - number * PIECE_S, 0.1))
        lines += [f"#EXTINF:{piece_s:.3f},", f"{number}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

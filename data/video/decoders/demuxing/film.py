"""Which picture stream of a file is the film."""

from __future__ import annotations

from collections.abc import Sequence

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from data.errors import UnreadableVideo
from data.video.decoders.demuxing.packets import PacketTable
from data.video.types import HELD_S

MAX_PIXELS = 7680 * 4320
"""8K: a small file may claim a size whose decoding takes gigabytes of memory."""
STILLS = (
    Disposition.attached_pic
    | Disposition.timed_thumbnails
    | Disposition.still_image
    | Disposition.dependent
    | Disposition.metadata
)
"""Marks of streams that are never the film: covers, thumbnails, what only serves another stream."""
SLIDES_HZ = 0.5
"""A stream with fewer pictures a second is thumbnails or slides where another one has more."""
SAME_LENGTH = 0.95
"""A stream this long, as a share of the longest, counts as being as long."""


def film_of(
    container: InputContainer, tables: dict[int, PacketTable], *, missing: str | None
) -> VideoStream:
    """The stream of a file that is its film.

    Args:
        container: The file.
        tables: The packets of its picture streams, by the stream's index.
        missing: Why the end of the file must be missing, if that is known.

    Raises:
        UnreadableVideo: There is none, or none that can be decoded.
    """
    streams = _candidates(container)
    if not streams:
        if container.streams.audio:
            raise UnreadableVideo("has sound but no picture")
        raise UnreadableVideo(missing or "has no picture stream")
    stream = _best(streams, tables)
    _check_size(stream)
    return stream


def goes_on_elsewhere(
    film: VideoStream, container: InputContainer, tables: dict[int, PacketTable]
) -> bool:
    """Whether other moving pictures lie wholly before or after the film in the file."""
    own = tables.get(film.index)
    others = [tables[s.index] for s in _candidates(container) if s.index in tables and s != film]
    return own is not None and any(
        _moving_s(other)[1] >= SLIDES_HZ
        and (other.places[0] > own.places[1] or other.places[1] < own.places[0])
        for other in others
    )


def _candidates(container: InputContainer) -> list[VideoStream]:
    return [stream for stream in container.streams.video if not stream.disposition & STILLS]


def _check_size(stream: VideoStream) -> None:
    if stream.codec_context is None:
        raise UnreadableVideo("its codec is unknown to FFmpeg", final=False)
    context = stream.codec_context
    if not context.width * context.height:  # what `max_pixels` leaves of a larger size
        raise UnreadableVideo("too large for 8K (7680x4320 pixels), or of unknown size")
    if context.width * context.height > MAX_PIXELS:
        raise UnreadableVideo(
            f"too large: {context.width}x{context.height} pixels, the limit is 8K (7680x4320)"
        )


def _best(streams: Sequence[VideoStream], tables: dict[int, PacketTable]) -> VideoStream:
    """The film among the streams that may be it, at least one.

    The rule: one that can be read comes before one that cannot; moving pictures before stills and
    slides; then the stream that is marked as the default; of several the longest; of these the
    one with the most pixels, so that a proxy never wins; and then the first.

    Args:
        streams: In the order of the file.
        tables: The packets of each, by the stream's index.
    """
    if len(streams) == 1:
        return streams[0]
    moving = {stream.index: _moving_s(tables.get(stream.index)) for stream in streams}
    longest_s = max((moving[s.index][0] for s in streams if _is_readable(s)), default=0.0)

    def standing(stream: VideoStream) -> tuple[bool, bool, bool, bool, int]:
        shown_s, rate_hz = moving[stream.index]
        return (
            shown_s > 0 and _is_readable(stream),
            rate_hz >= SLIDES_HZ,
            bool(stream.disposition & Disposition.default),
            shown_s >= SAME_LENGTH * longest_s,
            _pixels(stream),
        )

    return max(streams, key=standing)


def _moving_s(table: PacketTable | None) -> tuple[float, float]:
    """Seconds that a stream shows something, and pictures per second; a single one is none."""
    n_shown = int(table.is_shown.sum()) if table is not None else 0
    if table is None or not n_shown:
        return 0.0, 0.0
    shown_s = max(table.shown_s(0.0, table.end_s, longest_s=HELD_S), 1e-3)
    return shown_s, n_shown / shown_s if n_shown > 1 else 0.0


def _pixels(stream: VideoStream) -> int:
    context = stream.codec_context
    return context.width * context.height if context is not None else 0


def _is_readable(stream: VideoStream) -> bool:
    return 0 < _pixels(stream) <= MAX_PIXELS

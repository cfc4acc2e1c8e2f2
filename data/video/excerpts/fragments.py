"""Boxes of fragmented MP4 (ISO/IEC 14496-12): head and fragments apart, fragments at their time."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping


def boxes(
    content: bytes, first: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each box of one level, where its content begins, and where it ends.

    Raises:
        ValueError: A box reaches beyond the end.
    """
    at, end = first, len(content) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, at)
        inside = at + 8
        if size == 1:
            size = struct.unpack_from(">Q", content, inside)[0]
            inside += 8
        if size < inside - at or at + size > end:
            raise ValueError(f"a box {kind!r} of {size} bytes at {at} of {end}")
        yield kind, inside, at + size
        at += size


def head_of(content: bytes) -> bytes:
    """What comes before the first fragment."""
    return content[: _first_fragment(content)]


def fragment_of(content: bytes, starts: Mapping[int, int]) -> bytes:
    """The fragments, with the time at which each track begins.

    Args:
        content: A fragmented file whose times begin at 0.
        starts: For each track its first tick.
    """
    out = bytearray(content[_first_fragment(content) :])
    for kind, inside, end in list(boxes(bytes(out))):
        if kind == b"moof":
            _move(out, inside, end, starts)
    return bytes(out)


def codecs_of(head: bytes) -> str:
    """The codecs of a head, as RFC 6381 writes them: `avc1.64001f,mp4a.40.2`."""
    at = head.find(b"avcC")
    profile, compatible, level = head[at + 5 : at + 8]
    names = [f"avc1.{profile:02x}{compatible:02x}{level:02x}"]
    return ",".join([*names, "mp4a.40.2"] if b"mp4a" in head else names)


def _first_fragment(content: bytes) -> int:
    at = 0
    for kind, _, end in boxes(content):
        if kind == b"moof":
            return at
        at = end
    raise ValueError("there is no fragment")


def _move(out: bytearray, first: int, end: int, starts: Mapping[int, int]) -> None:
    """Add to the decoding time (`tfdt`) of each track of one `moof`."""
    for kind, inside, after in list(boxes(bytes(out), first, end)):
        if kind != b"traf":
            continue
        track = 0
        for name, place, _ in list(boxes(bytes(out), inside, after)):
            if name == b"tfhd":
                track = struct.unpack_from(">I", out, place + 4)[0]
            elif name == b"tfdt":
                form = ">Q" if out[place] else ">I"
                (now,) = struct.unpack_from(form, out, place + 4)
                struct.pack_into(form, out, place + 4, now + starts.get(track, 0))

"""Streams without a header: recognised by what returns in them, also from the middle of a packet.

Each rule follows the standard's syntax, so that neither text nor random bytes pass.
"""

from collections.abc import Iterator

_TS_MARK = 0x47
_TS_STEPS = (188, 192, 204)
"""Bytes from packet to packet: plain, with a time code before (M2TS), with error correction."""
_TS_PACKETS = 8
"""This many packets in a row prove a stream that does not begin with one."""
_PROFILES_H264 = frozenset((66, 77, 88, 100, 110, 122, 244, 44, 83, 86, 118, 128))
"""`profile_idc` of H.264, ITU-T H.264 annex A and G to I."""


def is_mpegts(head: bytes) -> bool:
    """A transport stream (ISO/IEC 13818-1), which may begin inside a packet."""
    for step in _TS_STEPS:
        for first in range(min(len(head), len(head) - step * _TS_PACKETS + 1)):
            if head[first] == _TS_MARK and _packets_from(head, first, step) >= _TS_PACKETS:
                return True
    return any(_is_short_ts(head, step) for step in _TS_STEPS)


def _packets_from(head: bytes, first: int, step: int) -> int:
    """Number of headers in a row: mark, no error, and a payload or an adaptation field."""
    count = 0
    for at in range(first, len(head) - 3, step):
        if head[at] != _TS_MARK or head[at + 1] & 0x80 or not head[at + 3] & 0x30:
            break
        count += 1
    return count


def _is_short_ts(head: bytes, step: int) -> bool:
    """A file of a few packets that begins with one."""
    first = 4 if step == 192 else 0
    count = _packets_from(head, first, step)
    return count >= 2 and first + count * step + step > len(head)


def is_mpegps(head: bytes) -> bool:
    """A program stream; where it begins inside a pack, two packs must follow."""
    if head[:4] == b"\0\0\x01\xba":
        return True
    packs = [at for at, code in start_codes(head) if code == 0xBA and _is_pack(head, at)]
    return len(packs) >= 2


def _is_pack(head: bytes, at: int) -> bool:
    marker = head[at + 4 : at + 5]
    length = 14 if marker and marker[0] & 0xC4 == 0x44 else 12
    if length == 14 and at + 13 < len(head):
        length += head[at + 13] & 7
    return head[at + length : at + length + 3] == b"\0\0\x01"


def is_h264(head: bytes) -> bool:
    """A raw H.264 stream: start codes, and an SPS before the first slice."""
    for at, code in _first_codes(head):
        kind = code & 0x1F
        if code & 0x80 or kind in range(1, 6) or kind > 15:
            return False
        if kind == 7:
            return head[at + 4 : at + 5] != b"" and head[at + 4] in _PROFILES_H264
    return False


def is_hevc(head: bytes) -> bool:
    """A raw H.265 stream: start codes, and a VPS or SPS before the first slice."""
    for at, code in _first_codes(head):
        kind = code >> 1
        if code & 0x80 or kind < 32:
            return False
        if kind in (32, 33):
            return head[at + 4 : at + 5] == b"\x01"
    return False


def _first_codes(head: bytes) -> Iterator[tuple[int, int]]:
    """The start codes of a stream that begins with one."""
    return start_codes(head) if head.lstrip(b"\0")[:1] == b"\x01" else iter(())


def start_codes(head: bytes) -> Iterator[tuple[int, int]]:
    """(place, code) of each 00 00 01 CODE."""
    at = head.find(b"\0\0\x01")
    while 0 <= at < len(head) - 3:
        yield at, head[at + 3]
        at = head.find(b"\0\0\x01", at + 3)

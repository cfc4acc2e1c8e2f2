"""The container format of a file, from its first bytes.

No decoder opens a file of another format: an ffconcat or HLS playlist named `.mp4` makes FFmpeg
read other files and addresses. The name of a file proves nothing and is ignored.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from data.video.types import UnreadableVideo

HEAD_BYTES = 4096
_TS_PACKET_BYTES = 188
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof")

DEMUXERS = {
    "mp4": "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska": "matroska,webm",
    "gif": "gif",
    "avi": "avi",
    "mpegts": "mpegts",
    "mpegps": "mpeg",
    "mpegvideo": "mpegvideo",
    "ogg": "ogg",
    "flv": "flv",
    "asf": "asf",
}
"""Container name to the FFmpeg demuxers that may open it (its `format_whitelist`)."""

SOUND = {b"ID3": "MP3", b"fLaC": "FLAC", b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"\xff\xf1": "AAC"}
PICTURES = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"BM": "BMP", b"II*\0": "TIFF"}


def _is_mpegts(head: bytes) -> bool:
    for first, step in ((0, _TS_PACKET_BYTES), (4, _TS_PACKET_BYTES + 4)):
        marks = head[first : first + 5 * step : step]
        if len(marks) >= 2 and set(marks) == {0x47}:
            return True
    return False


_TESTS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("mp4", lambda head: head[4:8] in _MP4_BOXES),
    ("matroska", lambda head: head[:4] == b"\x1a\x45\xdf\xa3"),
    ("gif", lambda head: head[:6] in (b"GIF87a", b"GIF89a")),
    ("avi", lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI "),
    ("ogg", lambda head: head[:4] == b"OggS"),
    ("flv", lambda head: head[:4] == b"FLV\x01"),
    ("asf", lambda head: head[:8] == b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    ("mpegps", lambda head: head[:4] == b"\0\0\x01\xba"),
    ("mpegvideo", lambda head: head[:4] == b"\0\0\x01\xb3"),
    ("mpegts", _is_mpegts),
)


def container_of(head: bytes) -> str | None:
    """Name of the container that begins with these bytes; None for any other format."""
    return next((name for name, matches in _TESTS if matches(head)), None)


def read_head(path: Path) -> bytes:
    """First bytes of a regular file.

    Raises:
        UnreadableVideo: It is missing, not a regular file, not allowed to be read, or empty.
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as error:
        raise UnreadableVideo("the file is missing", fix="check the path") from error
    except OSError as error:
        reason = f"cannot be opened: {error.strerror}"
        raise UnreadableVideo(reason, fix="check its rights") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableVideo("not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        try:
            head = file.read(HEAD_BYTES)
        except OSError as error:
            raise UnreadableVideo(f"cannot be read: {error.strerror}") from error
    if not head:
        raise UnreadableVideo("the file is empty (0 bytes)")
    return head


def sniff(path: Path) -> str:
    """Container name of a video file, a key of `DEMUXERS`.

    Raises:
        UnreadableVideo: Not one of the allowed containers; the reason says what it is instead.
    """
    head = read_head(path)
    name = container_of(head)
    if name is None:
        raise UnreadableVideo(_what_else(head))
    return name


def _what_else(head: bytes) -> str:
    for magic, kind in SOUND.items():
        if head.startswith(magic):
            return f"has sound but no picture ({kind})"
    for magic, kind in PICTURES.items():
        if head.startswith(magic):
            return f"not a video: a {kind} picture"
    if not head.strip(b"\0"):
        return "not a video: begins with nothing but zeros"
    if head.startswith((b"ffconcat", b"#EXTM3U", b"[playlist]", b"<?xml", b"<MPD")):
        return "not a video: a playlist (plain text)"
    text = head.decode("utf-8", errors="replace")
    printable = sum(c.isprintable() or c.isspace() for c in text) - text.count("\ufffd")
    if printable >= 0.95 * len(text):
        return "not a video: plain text"
    return "not a video: no known container begins like this"


def missing_end(path: Path, container: str) -> str | None:
    """Why the end of a file must be missing, as without a `moov`; None where it may be whole."""
    if container == "mp4":
        return None if b"moov" in _top_boxes(path) else "cut off: its index (moov) is missing"
    if container == "gif":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64))
            tail = file.read().rstrip(b"\0\r\n")
        return None if b";" in tail[-16:] else "cut off: the end of the GIF is missing"
    return None


def _top_boxes(path: Path) -> set[bytes]:
    names: set[bytes] = set()
    end = path.stat().st_size
    at = 0
    with path.open("rb") as file:
        for _ in range(10_000):
            file.seek(at)
            header = file.read(16)
            if len(header) < 8:
                break
            size_bytes = int.from_bytes(header[:4], "big")
            if size_bytes == 1 and len(header) == 16:
                size_bytes = int.from_bytes(header[8:], "big")
            if at + size_bytes > end:
                break
            names.add(header[4:8])
            if size_bytes < 8:  # 0: up to the end of the file
                break
            at += size_bytes
    return names

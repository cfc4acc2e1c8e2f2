"""What a file is: a video in this container, something passed over, or no video at all.

Its first bytes decide, and its name only where they cannot: raw streams without a magic number,
and damaged files. No decoder opens a file as another format than the one found here: an ffconcat
or HLS playlist named `.mp4` would make FFmpeg read other files and addresses.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.errors import UnreadableVideo
from data.video.streams import is_h264, is_hevc, is_mpegps, is_mpegts

HEAD_BYTES = 4096
"""First bytes of a file that `kind_of` wants."""

DEMUXERS = {
    "mp4": "mov",
    "matroska": "matroska",
    "gif": "gif",
    "apng": "apng",
    "avi": "avi",
    "mpegts": "mpegts",
    "mpegps": "mpeg",
    "mpegvideo": "mpegvideo",
    "mpeg4video": "m4v",
    "h264": "h264",
    "hevc": "hevc",
    "av1": "obu",
    "ivf": "ivf",
    "ogg": "ogg",
    "flv": "flv",
    "asf": "asf",
    "wtv": "wtv",
    "mxf": "mxf",
    "gxf": "gxf",
    "dv": "dv",
    "dnxhd": "dnxhd",
    "dirac": "dirac",
    "mjpeg": "mjpeg",
    "realmedia": "rm",
    "nut": "nut",
    "y4m": "yuv4mpegpipe",
}
"""Container name to the one FFmpeg demuxer that opens it."""

RAW_STREAMS = frozenset(("mpegvideo", "mpeg4video", "h264", "hevc", "av1", "dirac", "dnxhd"))
"""Containers that are a bare codec stream: FFmpeg gives their packets no times of their own."""

_VIDEOS = """
    mp4 m4v mov qt f4v 3gp 3g2 3gpp insv mkv mk3d webm gif apng avi divx amv ts mts m2ts m2t trp tp
    tod mpg mpeg mpe m1v m2v mpv vob evo mod ogv ogm flv wmv asf dvr-ms wtv mxf gxf dv dif rm rmvb
    nut y4m ivf obu h264 264 avc h265 265 hevc mjpeg mjpg m4e drc
"""
VIDEO_SUFFIXES = frozenset(f".{name}" for name in _VIDEOS.split())
"""Files with these names are videos, even where they turn out to be damaged."""

_SHARED_SUFFIXES = frozenset((".ts", ".mts", ".mod", ".avc", ".dif"))
"""Names of videos and of text as well: TypeScript, lists of modules."""

_SOUNDS = "m4a m4b mka oga ogg opus wma mp3 mp2 flac wav aac ac3 aif aiff ape dts mid"
_PICTURES = "heic heif avif jpg jpeg jpe png webp bmp tif tiff svg ico psd thm cr2 nef arw dng"
_TEXTS = "txt srt vtt ass ssa sub idx nfo csv json xml html py md yaml toml log pdf"
_OTHERS = {
    **dict.fromkeys(_SOUNDS.split(), "sound"),
    **dict.fromkeys(_PICTURES.split(), "a picture"),
    **dict.fromkeys(_TEXTS.split(), "text"),
}
OTHER_SUFFIXES = frozenset(f".{name}" for name in _OTHERS) - {".ogg"}
"""Files with these names are not opened: sound and pictures share containers with video. An `.ogg`
may be a film."""

_CAMERA_RAW = "a camera's raw recording, which needs its maker's software"
_GAME = "a video of an old game"
_PASSED_NAMES = {
    ".yuv": "raw pixels without a header: neither their size nor their rate is known",
    **dict.fromkeys((".r3d", ".braw", ".ari", ".cine", ".mlv", ".crm", ".nev"), _CAMERA_RAW),
    **dict.fromkeys((".bik", ".bk2", ".smk", ".roq", ".usm", ".xmv", ".thp", ".cpk"), _GAME),
    **dict.fromkeys((".fli", ".flc"), "an Autodesk animation"),
    **dict.fromkeys((".swf", ".fla"), "a Flash animation"),
    **dict.fromkeys(
        (".h261", ".261", ".h263", ".263", ".vc1", ".vvc", ".266"), "a raw stream of a rare codec"
    ),
    **dict.fromkeys(
        (".ty", ".tivo", ".nuv", ".pva", ".viv", ".dav", ".nsv"), "a recording of a rare kind"
    ),
    **dict.fromkeys((".iso", ".img", ".mdf", ".nrg"), "an image of a disc: copy its files out"),
    **dict.fromkeys((".m3u8", ".mpd", ".ism", ".m3u", ".pls"), "a playlist"),
}
UNFINISHED_SUFFIXES = frozenset(
    (
        *(".part", ".partial", ".crdownload", ".download", ".!qb", ".!ut", ".aria2"),
        *(".opdownload", ".filepart", ".ytdl"),
    )
)
"""Names of downloads that are still running."""
_PASSED_MAGIC = {
    **dict.fromkeys((b"BIKb", b"BIKf", b"BIKi", b"KB2", b"SMK2", b"SMK4", b"FILM\0"), _GAME),
    b"\x84\x10\xff\xff\xff\xff": _GAME,
    b"\0\x0aSMJPEG": _GAME,
    **dict.fromkeys((b"FWS", b"CWS", b"ZWS"), "a Flash animation"),
    **dict.fromkeys(
        (b"NuppelVideo", b"MythTVVideo", b"DHAV", b"NSVf"), "a recording of a rare kind"
    ),
    b"MLVI": _CAMERA_RAW,
}
CONVERT = "convert it: ffmpeg -i FILE copy.mp4"
"""What helps with most files that are passed over."""

_OTHER_MAGIC = {
    **dict.fromkeys((b"ID3", b"\xff\xfb", b"\xff\xf3"), "has sound but no picture (MP3)"),
    b"fLaC": "has sound but no picture (FLAC)",
    b"\xff\xf1": "has sound but no picture (AAC)",
    b"\x89PNG": "not a video: a PNG picture",
    b"\xff\xd8\xff": "not a video: a JPEG picture",
    b"BM": "not a video: a BMP picture",
    b"II*\0": "not a video: a TIFF picture",
    **dict.fromkeys(
        (b"ffconcat", b"#EXTM3U", b"[playlist]", b"<?xml", b"<MPD"),
        "not a video: a playlist (plain text)",
    ),
}

_MP4_FIRST = frozenset(
    b"ftyp moov mdat free skip wide pnot styp moof uuid udta junk pict PICT sidx emsg prft".split()
)
"""Boxes that an MP4 or QuickTime file may begin with."""
_MXF_HEADER = bytes.fromhex("060e2b34020501010d0102010102")
_STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"jpeg", b"crx ")


@dataclass(frozen=True)
class FileKind:
    """What one file is to a library of videos."""

    standing: Literal["video", "passed over", "other"]
    """video: it is read, or fails with a reason; passed over: moving pictures that are not read, to
    be listed with `what`; other: no video, to be counted at most."""
    container: str = ""
    """A key of `DEMUXERS`; empty for anything that is not read."""
    what: str = ""
    """What it is instead of a readable video, to be shown to people; empty where it is one or
    nothing is known."""


def _is_mp4(head: bytes) -> bool:
    """A box that may come first, of a length that no text would give, and not of a still."""
    size = head[:4]
    is_text = len(size) == 4 and all(0x20 <= byte < 0x7F for byte in size)
    if head[4:8] not in _MP4_FIRST or (is_text and head[4:8] != b"mdat"):
        return False
    return head[4:8] != b"ftyp" or head[8:12] not in _STILL_BRANDS


def _is_apng(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n") and b"acTL" in head


def _is_riff(head: bytes) -> bool:
    return head[:4] in (b"RIFF", b"ON2 ") and head[8:12] in (b"AVI ", b"AVIX", b"AMV ", b"ON2f")


def _is_ogg(head: bytes) -> bool:
    return head.startswith(b"OggS")


_TESTS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("mp4", _is_mp4),
    ("matroska", lambda head: head[:4] == b"\x1a\x45\xdf\xa3"),
    ("gif", lambda head: head[:6] in (b"GIF87a", b"GIF89a")),
    ("apng", _is_apng),
    ("avi", _is_riff),
    ("ogg", _is_ogg),
    ("flv", lambda head: head[:4] == b"FLV\x01"),
    ("asf", lambda head: head[:8] == b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    ("wtv", lambda head: head[:8] == b"\xb7\xd8\x00\x20\x37\x49\xda\x11"),
    ("ivf", lambda head: head[:4] == b"DKIF"),
    ("y4m", lambda head: head[:9] == b"YUV4MPEG2"),
    ("nut", lambda head: head[:24] == b"nut/multimedia container"),
    ("realmedia", lambda head: head[:4] == b".RMF"),
    ("mxf", lambda head: _MXF_HEADER in head),
    ("gxf", lambda head: head[:16] == bytes.fromhex("0000000001bc00000000e1e2") + head[12:16]),
    ("dv", lambda head: head[:3] == b"\x1f\x07\x00" and head[3:4] in (b"\x3f", b"\xbf")),
    ("dnxhd", lambda head: head[:5] == b"\0\0\x02\x80\x01"),
    ("dirac", lambda head: head[:4] == b"BBCD"),
    ("av1", lambda head: head[:3] == b"\x12\x00\x0a"),
    ("mpegvideo", lambda head: head[:4] == b"\0\0\x01\xb3"),
    ("mpeg4video", lambda head: head[:4] in (b"\0\0\x01\xb0", b"\0\0\x01\x00")),
    ("mpegps", is_mpegps),
    ("h264", is_h264),
    ("hevc", is_hevc),
    ("mpegts", is_mpegts),
)


def container_of(head: bytes, name: str = "") -> str | None:
    """Name of the container that begins with these bytes; None for any other format.

    Args:
        head: First `HEAD_BYTES` of the file.
        name: Name of the file: a JPEG picture called `.mjpeg` or `.mjpg` is the first of many.
    """
    if head.startswith(b"\xff\xd8\xff") and _suffix(name) in (".mjpeg", ".mjpg"):
        return "mjpeg"
    return next((container for container, matches in _TESTS if matches(head)), None)


def kind_by_name(name: str) -> FileKind | None:
    """What a file is where its name settles it; None where `kind_of` must see its first bytes.

    A file named as a video counts as one here, even where it turns out to be damaged.
    """
    suffix = _suffix(name)
    if suffix in OTHER_SUFFIXES:
        return FileKind("other", what=_OTHERS[suffix[1:]])
    if suffix in UNFINISHED_SUFFIXES:
        return FileKind("passed over", what="an unfinished download")
    if suffix in VIDEO_SUFFIXES - _SHARED_SUFFIXES:
        return FileKind("video")
    return None


def kind_of(name: str, head: bytes) -> FileKind:
    """What a file is, from its name and first bytes.

    Args:
        name: The file's name.
        head: Its first `HEAD_BYTES`, or all of a shorter file.
    """
    suffix = _suffix(name)
    certain = kind_by_name(name)
    if certain is not None and certain.standing != "video":
        return certain
    container = container_of(head, name)
    if container == "ogg" and suffix == ".ogg" and not _has_ogg_picture(head):
        return FileKind("other", what="sound")
    if container is not None:
        return FileKind("video", container)
    passed = next((what for magic, what in _PASSED_MAGIC.items() if head.startswith(magic)), "")
    passed = passed or _PASSED_NAMES.get(suffix, "")
    if passed:
        return FileKind("passed over", what=passed)
    if suffix in _SHARED_SUFFIXES and _is_text(head):
        return FileKind("other", what="text")
    return FileKind("video" if suffix in VIDEO_SUFFIXES else "other", what=_what_else(head))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  (a name, not a path)


def _has_ogg_picture(head: bytes) -> bool:
    return any(mark in head for mark in (b"\x80theora", b"\x01video", b"BBCD", b"OVP80"))


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
        raise UnreadableVideo(_what_else(head))
    return head


def sniff(path: Path) -> str:
    """Container name of a video file, a key of `DEMUXERS`.

    Raises:
        UnreadableVideo: Not one of the allowed containers; the reason says what it is instead.
    """
    head = read_head(path)
    name = container_of(head, path.name)
    if name is not None:
        return name
    kind = kind_of(path.name, head)
    if kind.standing == "passed over":
        raise UnreadableVideo(f"not read: {kind.what}", fix=CONVERT)
    raise UnreadableVideo(_what_else(head))


def _what_else(head: bytes) -> str:
    if not head:
        return "the file is empty (0 bytes)"
    for magic, what in _OTHER_MAGIC.items():
        if head.startswith(magic):
            return what
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return "not a video: a HEIF picture"
    if not head.strip(b"\0"):
        return "not a video: begins with nothing but zeros"
    if _is_text(head):
        return "not a video: plain text"
    return "not a video: no known container begins like this"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="replace")
    printable = sum(c.isprintable() or c.isspace() for c in text) - text.count("\ufffd")
    return printable >= 0.95 * len(text)


def missing_end(path: Path, container: str) -> str | None:
    """Why the end of a file must be missing, as without a `moov`, or is not read.

    None where it may be whole.
    """
    if container == "mp4":
        indexes = _top_boxes(path)[b"moov"]
        if indexes > 1:
            return "holds another video behind its end, which is not read"
        return None if indexes else "cut off: its index (moov) is missing"
    if container == "gif":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64))
            tail = file.read().rstrip(b"\0\r\n")
        return None if b";" in tail[-16:] else "cut off: the end of the GIF is missing"
    return None


def _top_boxes(path: Path) -> Counter[bytes]:
    names: Counter[bytes] = Counter()
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
            names[header[4:8]] += 1
            if size_bytes < 8:  # 0: up to the end of the file
                break
            at += size_bytes
    return names

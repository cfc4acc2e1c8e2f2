"""`reelwise cut`: a part of a video as a file of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import ReelwiseError
from data.printable import printable
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import clock

if TYPE_CHECKING:
    from data.catalogue import Video
    from indexer.search.spans import Span

CONTAINERS = (".mp4", ".m4v", ".mov", ".mkv")
"""Suffixes of files that hold H.264 with AAC."""
COPIED = (*CONTAINERS, ".webm", ".avi", ".ts")
"""Suffixes of files that a copy may go to; whether it holds the codecs shows."""


def cut(
    video: Annotated[
        str,
        typer.Argument(
            metavar="VIDEO@START-END",
            help="Path, file name or id of an indexed video, and the part: seconds, or as 1:02.5.",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The new file: .mp4, .mov or .mkv.")],
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="Copy picture and sound as they are, from the key picture before START: takes "
            "no time and loses nothing, and begins earlier.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT where it is there.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Save a part of a video as a file, with its sound; exactly, and encoded anew."""
    from data.video.clip_file import write_clip_file

    name, span = _part(video)
    _check_out(out, fast=fast, force=force)
    with Library(home) as library:
        known = library.catalogue.video(name)
    _check_span(known, span)
    end_s = min(span.end_s, known.duration_s) if known.duration_s else span.end_s
    earlier_s = write_clip_file(known.path, span.start_s, end_s, out, is_copy=fast, replaces=force)
    document = {
        "video_id": str(known.id),
        "path": str(known.path),
        "out": str(out.absolute()),
        "start_s": round(span.start_s - earlier_s, 3),
        "end_s": round(end_s, 3),
        "begins_earlier_s": round(earlier_s, 3),
        "bytes": out.stat().st_size,
    }
    return Answer(document, _told(known, span.start_s, end_s, earlier_s, out))


def _told(video: Video, start_s: float, end_s: float, earlier_s: float, out: Path) -> str:
    length_s = end_s - start_s + earlier_s
    text = (
        f"{printable(str(out))}: {length_s:.1f} s of {printable(video.path.name)}, "
        f"from {clock(start_s - earlier_s)} on"
    )
    if earlier_s >= 0.05:
        text += f"\nit begins {earlier_s:.1f} s earlier, at a key picture (without --fast: exactly)"
    return text


def _part(video: str) -> tuple[str, Span]:
    from indexer.search.spans import parse_span

    name, at, part = video.rpartition("@")
    # A number has no suffix, without which a part is no part.
    if at and re.fullmatch(r"(id:)?\d+", name):
        _, span = parse_span(f"{name}.mp4@{part}")
    else:
        name, span = parse_span(video)
    if span is None:
        raise ReelwiseError(
            f"{video!r} names no part of a video",
            fix='reelwise cut "lake.mp4@12.5-20" kite.mp4        (START-END in seconds)',
        )
    return name, span


def _check_span(video: Video, span: Span) -> None:
    if video.duration_s and span.start_s >= video.duration_s:
        raise ReelwiseError(
            f"{video.path.name} ends at {video.duration_s:.1f} s, before {span.start_s:g} s",
            fix="give a part within it",
        )


def _check_out(out: Path, *, fast: bool, force: bool) -> None:
    """Say what is wrong with the place of the new file, before anything is done."""
    allowed = COPIED if fast else CONTAINERS
    if out.suffix.lower() not in allowed:
        raise ReelwiseError(
            f"{out.name} is no name of a file that holds a clip",
            fix=f"end it with {', '.join(allowed)}",
        )
    if not out.absolute().parent.is_dir():
        raise ReelwiseError(
            f"there is no folder {out.absolute().parent}", fix="make it, or name another one"
        )
    if out.exists() and not (force and out.is_file()):
        raise ReelwiseError(
            f"{out} is there already", fix="give another name, or --force to replace the file"
        )

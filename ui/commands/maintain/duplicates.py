"""`reelwise duplicates`: videos that share a stretch, and which copy is the best."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.documents import Document, is_gone
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import columns, count, length, short_path, size, span

if TYPE_CHECKING:
    from indexer.duplicates.find import Compared
    from indexer.duplicates.listing import Group, Listed
    from ui.library.jobs.run import JobRun

SAID_EVERY_S = 10.0
"""Least time between two lines about how far a comparison is."""

GroupUnderOption = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Only groups with a file in this folder."),
]
AfreshOption = Annotated[
    bool,
    typer.Option("--afresh", help="Compare all videos again, not only those that are new."),
]


def duplicates(
    under: GroupUnderOption = None,
    afresh: AfreshOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """List videos that share a stretch: copies, parts, overlaps. Nothing is deleted.

    Of each group of copies the best comes first, with what the others take on the disk.
    """
    from indexer.copies.groups import Copies
    from indexer.duplicates.listing import listed_groups
    from indexer.search.query import indexed_folder

    with Library(home) as library:
        folder = None if under is None else indexed_folder(library.catalogue, under.absolute())
        compared = _compared(library, afresh=afresh)
        copies = Copies(compared.found.live(library.catalogue))
        groups = listed_groups(library.catalogue, copies, folder)
        n_videos = len(compared.found.compared)
    document = {
        "videos": n_videos,
        "compared_now": compared.new,
        "freed_bytes": sum(group.freed_bytes for group in groups),
        "warnings": list(compared.warnings),
        "groups": [_group_document(group) for group in groups],
    }
    return Answer(document, _text(groups), notice="\n".join(map(printable, compared.warnings)))


def _compared(library: Library, *, afresh: bool) -> Compared:
    """Compare what is to be compared, as a job; listing what is known is none."""
    from indexer.copies.stored import all_compared
    from ui.library.jobs.run import JobRun
    from ui.library.jobs.work import compared_summary

    encoder_id = library.catalogue.encoder
    if encoder_id is None or (not afresh and all_compared(library.catalogue, encoder_id)):
        return library.compare()
    with JobRun(library, "duplicates", {"afresh": afresh}) as run:
        compared = library.compare(afresh=afresh, progress=_Said(run))
        run.finished(*compared_summary(compared))
    return compared


class _Said:
    """Says now and then how far a comparison is, and tells its job."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._last_s = time.monotonic()

    def __call__(self, done: int, in_all: int) -> None:
        from data.jobs import JobProgress

        self._run.note(JobProgress("comparing videos", done, in_all))
        if time.monotonic() - self._last_s > SAID_EVERY_S:
            self._last_s = time.monotonic()
            report(f"compared {done:,} of {count(in_all, 'video')}")


def _group_document(group: Group) -> Document:
    return {
        "why_best": group.why,
        "freed_bytes": group.freed_bytes,
        "videos": [_video_document(each) for each in (group.best, *group.others)],
    }


def _video_document(each: Listed) -> Document:
    video = each.video
    return {
        "video_id": str(video.id),
        "path": str(video.path),
        "gone": is_gone(video.path),
        "title": video.title,
        "relation": str(each.relation),
        "score": each.score,
        "files": [str(path) for path in each.files],
        "size_bytes": each.size_bytes,
        "duration_s": round(video.duration_s, 3),
        "width_px": video.width_px,
        "height_px": video.height_px,
        "codec": video.codec,
        "bits_per_s": round(each.bits_per_s),
        "stretches": [
            {
                "start_s": stretch.start_s,
                "end_s": stretch.end_s,
                "best_start_s": stretch.other_start_s,
                "best_end_s": stretch.other_end_s,
                "speed": round(stretch.speed, 3),
                "likeness": stretch.likeness,
            }
            for stretch in each.stretches
        ],
    }


def _text(groups: list[Group]) -> str:
    if not groups:
        return "no two videos share a stretch"
    freed = sum(group.freed_bytes for group in groups)
    lines = [f"{count(len(groups), 'group')}; copies beside the best take {size(freed)}"]
    for group in groups:
        lines += ["", *_group_lines(group)]
    return "\n".join(lines)


def _group_lines(group: Group) -> list[str]:
    rows = [_row(each, group) for each in (group.best, *group.others)]
    lines = []
    for each, line in zip((group.best, *group.others), columns(rows, indent=""), strict=True):
        lines.append(line)
        lines += [f"        {line}" for line in _stretch_lines(each, group.best)]
        lines += [f"        the same bytes: {short_path(path)}" for path in each.files[1:]]
    return lines


def _row(each: Listed, group: Group) -> list[str]:
    video = each.video
    gone = " (the file is gone)" if is_gone(video.path) else ""
    why = f" ({group.why})" if each is group.best and group.why else ""
    return [
        str(each.relation),
        f"{video.width_px}x{video.height_px}",
        video.codec,
        length(video.duration_s),
        size(each.size_bytes),
        short_path(video.path) + gone + why,
    ]


def _stretch_lines(each: Listed, best: Listed) -> list[str]:
    """Where the stretches of a part or an overlap lie; of a copy at another speed, how fast."""
    if each.relation == "copy":
        speeds = [s.speed for s in each.stretches if abs(s.speed - 1) > 0.03]
        return [f"{speeds[0]:.2f} times as fast"] if speeds else []
    return [
        f"{span(s.start_s, s.end_s)} is {span(s.other_start_s, s.other_end_s)} of the best"
        for s in each.stretches
    ]

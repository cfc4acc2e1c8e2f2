"""`reelwise rebuild`: a new index generation from what is stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ui.library.documents import index_in_words, other_clips
from ui.library.library import Library, Rebuilt
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import (
    ClipChangeOption,
    ClipLengthOption,
    ClipOverlapOption,
    ClipsOption,
    DeviceOption,
    HomeOption,
    IndexKindOption,
    IndexRecallOption,
    JsonOption,
    WeightsOption,
)
from ui.terminal.progress import ProgressBar
from ui.terminal.text import count, length

if TYPE_CHECKING:
    from data.video.clips.rule import ClipRule


def rebuild(
    reencode: Annotated[
        bool,
        typer.Option(
            "--reencode",
            help="Decode and embed every video again, instead of using the stored vectors.",
        ),
    ] = False,
    clips: ClipsOption = None,
    clip_length: ClipLengthOption = None,
    clip_overlap: ClipOverlapOption = None,
    clip_change: ClipChangeOption = None,
    index_kind: IndexKindOption = None,
    index_recall: IndexRecallOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Build and publish a new index from the stored vectors; no video is decoded.

    The old index is searched until the new one is published. Where clips are to be cut in another
    way, they are made anew from the stored frames.
    """
    from data.video.clips.rule import ClipChange
    from indexer.store.segments.building import IndexChange
    from ui.library.jobs.run import JobRun
    from ui.library.jobs.work import rebuild_summary

    change = ClipChange(clips, clip_length, clip_overlap, clip_change)
    began = time.perf_counter()
    wish = IndexChange(index_kind, index_recall)
    with Library(home, weights=weights, device=device, clips=change, index=wish) as library:
        with ProgressBar() as bar, JobRun(library, "rebuild", {"reencode": reencode}) as run:
            rebuilt = library.rebuild(reencode=reencode, progress=run.listener(bar))
            run.finished(*rebuild_summary(rebuilt))
        rule, left = library.catalogue.clip_rule, library.catalogue.cut_otherwise()
    return _rebuilt(rebuilt, rule, left, time.perf_counter() - began)


def _rebuilt(rebuilt: Rebuilt, rule: ClipRule, left: int, took_s: float) -> Answer:
    """The new generation as an answer; `left` counts the videos that are cut by another rule."""
    generation, looked = rebuilt.generation, rebuilt.looked
    manifest = generation.manifest
    document = {
        "generation": manifest.generation,
        "encoder_id": manifest.encoder_id,
        "videos": manifest.videos,
        "clips": manifest.clips,
        "index_kind": manifest.index_kind,
        "recall_at_10": manifest.recall_at_10,
        "clip_rule": rule.text,
        "other_clips": left,
        "unreadable": len(generation.unreadable),
        "review_cases": looked.cases,
        "seconds": took_s,
    }
    text = (
        f"generation {manifest.generation}: {count(manifest.clips, 'clip')} of "
        f"{count(manifest.videos, 'video')} in {length(took_s)}; it "
        + index_in_words(manifest.index_kind, manifest.recall_at_10)
    )
    notices = []
    if generation.unreadable:
        videos = count(len(generation.unreadable), "video")
        notices.append(
            f"the stored vectors of {videos} are missing or damaged: "
            "run reelwise verify --repair, then reelwise index with the library's folders"
        )
    if left:
        notices.append(other_clips(left, rule.text))
    if looked.notice:
        notices.append(looked.notice)
    code = EXIT_SOME_FILES_FAILED if notices else EXIT_DONE
    return Answer(document, text, code, "\n".join(notices))

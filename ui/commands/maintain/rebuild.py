"""`reelwise rebuild`: a new index generation from what is stored."""

import time
from typing import Annotated

import typer

from ui.library.documents import index_in_words
from ui.library.library import Library
from ui.terminal.answer import EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, WeightsOption
from ui.terminal.text import count, length


def rebuild(
    reencode: Annotated[
        bool,
        typer.Option(
            "--reencode",
            help="Decode and embed every video again, instead of using the stored vectors.",
        ),
    ] = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Build and publish a new index from the stored vectors; no video is decoded.

    The old index is searched until the new one is published.
    """
    began = time.perf_counter()
    with Library(home, weights=weights, device=device) as library:
        generation = library.rebuild(reencode=reencode)
    took_s = time.perf_counter() - began
    manifest = generation.manifest
    document = {
        "generation": manifest.generation,
        "encoder_id": manifest.encoder_id,
        "videos": manifest.videos,
        "clips": manifest.clips,
        "index_kind": manifest.index_kind,
        "recall_at_10": manifest.recall_at_10,
        "unreadable": len(generation.unreadable),
        "seconds": took_s,
    }
    text = (
        f"generation {manifest.generation}: {count(manifest.clips, 'clip')} of "
        f"{count(manifest.videos, 'video')} in {length(took_s)}; it "
        + index_in_words(manifest.index_kind, manifest.recall_at_10)
    )
    if not generation.unreadable:
        return Answer(document, text)
    videos = count(len(generation.unreadable), "video")
    notice = (
        f"the stored vectors of {videos} are missing or damaged: "
        "run reelwise verify --repair, then reelwise index with the library's folders"
    )
    return Answer(document, text, EXIT_SOME_FILES_FAILED, notice)

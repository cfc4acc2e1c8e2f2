"""Which of a video's files a hit names: one that is there, wherever the content still lies."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.catalogue import Catalogue, Video
from data.video.found import file_title
from indexer.search.result import Hit


def called(video: Video, path: Path) -> Video:
    """The video as one of its copies is called."""
    if path == video.path:
        return video
    return replace(video, path=path, title=file_title(path) or video.title)


def with_files_that_are_there(
    hits: Sequence[Hit], catalogue: Catalogue, under: Path | None
) -> list[Hit]:
    """The hits, each with the first copy that is there where its own file is gone.

    A hit keeps its file where no copy is there, so it is shown that the file is gone.

    Args:
        hits: What was found.
        catalogue: Knows the copies.
        under: The folder that was asked for; copies elsewhere do not count. None takes all.
    """
    return [hit if hit.path.exists() else _elsewhere(hit, catalogue, under) for hit in hits]


def _elsewhere(hit: Hit, catalogue: Catalogue, under: Path | None) -> Hit:
    for path in catalogue.files.of_video(hit.video_id):
        if (under is None or path.is_relative_to(under)) and path.exists():
            return replace(hit, path=path, title=file_title(path) or hit.title)
    return hit

"""Which videos of a set the library has; what it has not is named with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from data.catalogue import Catalogue, State
from data.catalogue.naming.names import VideoNames
from data.text_sets.text_set import SetVideo
from data.video.containers import VIDEO_SUFFIXES


@dataclass(frozen=True)
class UnusedVideo:
    """A video of a set that has no stored vectors."""

    name: str
    """The video, as the set calls it."""
    reason: str
    """Why."""
    is_missing: bool = False
    """There is no file; else there is one that was not embedded."""


@dataclass(frozen=True)
class KnownVideos:
    """The videos of a set, as far as the library has them."""

    ids: tuple[int | None, ...]
    """Number of each in the library; None where it has none."""
    unused: tuple[UnusedVideo, ...]
    """Those without one."""
    unindexed: tuple[str, ...]
    """Those of them that have a file which was never indexed."""
    partial: tuple[str, ...]
    """Those that were decoded only in part."""


def known_videos(catalogue: Catalogue, videos: Sequence[SetVideo]) -> KnownVideos:
    """Look videos up by their files, and by their names where there is no file or it is not known.

    So a set that is indexed elsewhere is used as it is there.
    """
    names = catalogue.video_names()
    failures = {each.path: each for each in catalogue.embeddings.failures()}
    ids: list[int | None] = []
    unused, unindexed, partial = [], [], []
    for video in videos:
        failure = failures.get(video.path) if video.path is not None else None
        if failure is not None and failure.state == State.FAILED:
            ids.append(None)
            unused.append(UnusedVideo(video.name, failure.reason))
            continue
        found = names.find(str(video.path)) if video.path is not None else []
        if len(found) != 1:
            found = _by_name(names, video)
        ids.append(found[0] if len(found) == 1 else None)
        if len(found) == 1:
            partial += [video.name] if failure is not None else []
        elif found:
            why = f"{len(found)} videos of the library are called so"
            unused.append(UnusedVideo(video.name, why, is_missing=True))
        elif video.path is not None:
            unindexed.append(video.name)
            unused.append(UnusedVideo(video.name, "it is not indexed"))
        else:
            why = "its file is missing, or several files are called so"
            unused.append(UnusedVideo(video.name, why, is_missing=True))
    return KnownVideos(tuple(ids), tuple(unused), tuple(unindexed), tuple(partial))


def _by_name(names: VideoNames, video: SetVideo) -> list[int]:
    """Videos of the library whose file is called so, whatever its suffix."""
    for name in video.names:
        path = PurePosixPath(name)
        stem = path.stem if path.suffix.lower() in VIDEO_SUFFIXES else path.name
        # A bare stem may be digits, which would mean the number of a video of the library.
        refs = (stem + suffix for suffix in sorted(VIDEO_SUFFIXES))
        if found := sorted({each for ref in refs for each in names.find(ref)}):
            return found
    return []

"""What a library holds, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import Failure, State
from data.errors import ReelwiseError
from data.home import Home
from indexer.store.generations import open_generation


class LibraryStatus(TypedDict):
    """What `reelwise status --json` prints."""

    home: str
    """The library's folder."""
    roots: list[str]
    """Folders and files that were indexed."""
    videos: int
    """Live videos that can be found."""
    clips: int
    """Their clips."""
    files: int
    """Known files."""
    copies: int
    """Files beyond the first of each video."""
    pending: int
    """Live videos that were not tried yet."""
    failed: int
    """Videos and files that gave nothing, with the quarantined ones."""
    partial: int
    """Videos that were read in part."""
    quarantined: int
    """Videos that are not tried again by themselves."""
    encoder: str | None
    """Name of the encoder; None before anything was indexed."""
    encoder_id: str | None
    """Its id."""
    generation: int | None
    """The published index generation."""
    index_kind: str | None
    """How it searches."""
    recall_at_10: float | None
    """Share of the true ten nearest that it finds."""
    warning: str | None
    """What is wrong with the index."""
    bytes: int
    """Size of everything in the home."""
    events: int
    """Watch events."""
    users: int
    """People with a history."""


def library_status(home: Home) -> LibraryStatus:
    """Count what the library holds and how it is served; writes nothing."""
    with Catalogue(home) as catalogue:
        counts = catalogue.counts()
        failures = catalogue.failures()
        name, encoder_id = catalogue.encoder_name, catalogue.encoder
        roots = [str(root) for root in catalogue.roots()]
    try:
        generation = open_generation(home)
        warning = generation.warning if generation is not None else None
    except ReelwiseError as error:
        generation, warning = None, f"{error.problem}; {error.fix}"
    return LibraryStatus(
        home=str(home.root),
        roots=roots,
        videos=counts["videos"],
        clips=counts["clips"],
        files=counts["files"],
        copies=counts["copies"],
        pending=counts["pending"],
        failed=counts["failed"],
        partial=counts["partial"],
        quarantined=_count(failures, State.QUARANTINED),
        encoder=name,
        encoder_id=encoder_id,
        generation=generation.number if generation is not None else None,
        index_kind=generation.index_kind if generation is not None else None,
        recall_at_10=generation.recall_at_10 if generation is not None else None,
        warning=warning,
        bytes=_size_bytes(home.root),
        events=counts["events"],
        users=counts["users"],
    )


def _count(failures: list[Failure], state: State) -> int:
    return sum(failure.state == state for failure in failures)


def _size_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except OSError:
            continue  # removed meanwhile
    return total

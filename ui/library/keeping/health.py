"""How a library is, for its owner: what it holds, what was read, and what answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ui.library.documents import status_document
from ui.library.keeping.advice import Advice, advice_of

if TYPE_CHECKING:
    from ui.library.library import Library


@dataclass(frozen=True)
class Channel:
    """How far a channel is read."""

    name: str
    """`seen`, or a channel."""
    percent: int
    """Of all videos, 0 to 100."""
    lines: int
    """Lines that can be found; 0 for what is seen."""
    failed: int
    """Videos that could not be read, or only in part."""


@dataclass(frozen=True)
class Health:
    """How the library is."""

    videos: int
    """Videos that can be found."""
    clips: int
    """Their clips."""
    files: int
    """Files that are known."""
    copies: int
    """Files beyond the first of each video."""
    failed: int
    """Files that are not in the library."""
    partial: int
    """Videos that were read in part."""
    pending: int
    """Videos that are not read yet."""
    hours: float
    """Length of all videos."""
    size_bytes: int
    """Of the videos."""
    home_bytes: int
    """Of the library itself."""
    channels: list[Channel]
    """What was read."""
    model: str
    """Name of the encoder; empty where nothing is indexed."""
    model_kind: str
    """`toon`, `starter` or `clip`: which sentence tells of it."""
    index_kind: str
    """How the index searches; empty for none."""
    recall_at_10: float | None
    """Share of the ten nearest that it finds."""
    generation: int | None
    """Number of the index."""
    warning: str
    """What is wrong; empty for nothing."""
    notice: str
    """What to know of the model, without the command that would change it; empty for nothing."""
    recommender: dict[str, Any] = field(default_factory=dict)
    """As `status --json` has it."""

    @property
    def advised(self) -> list[Advice]:
        """What is wrong, and which job mends it."""
        told = (self.warning, str(self.recommender.get("warning") or ""))
        return [advice_of(line) for each in told for line in each.splitlines()]


def health_document(library: Library) -> Health:
    """How a library is now; nothing is loaded for it."""
    catalogue = library.catalogue
    status = status_document(catalogue)
    n_videos, seconds = catalogue.number_and_length_s()
    name = str(status["encoder"] or "")
    return Health(
        videos=status["videos"],
        clips=status["clips"],
        files=status["files"],
        copies=status["copies"],
        failed=status["failed"],
        partial=status["partial"],
        pending=status["pending"],
        hours=round(seconds / 3600, 2),
        size_bytes=catalogue.size_bytes(),
        home_bytes=status["bytes"],
        channels=_channels(status, n_videos),
        model=name,
        model_kind=name if name in ("toon", "starter") else "clip",
        index_kind=status["index_kind"] or "",
        recall_at_10=status["recall_at_10"],
        generation=status["generation"],
        warning=status["warning"] or "",
        notice="\n".join(
            advice_of(line).text for line in (status["encoder_notice"] or "").splitlines()
        ),
        recommender=status["recommender"],
    )


def _channels(status: dict[str, Any], n_videos: int) -> list[Channel]:
    seen = n_videos + status["pending"] + status["failed"]
    rows = [Channel("seen", _percent(n_videos, seen), 0, status["failed"] + status["partial"])]
    for each in status["channels"]:
        tried = each["done"] + each["partial"] + each["failed"]
        rows.append(
            Channel(
                str(each["channel"]),
                _percent(tried, tried + each["pending"]),
                each["lines"],
                each["failed"] + each["partial"],
            )
        )
    return rows


def _percent(part: int, whole: int) -> int:
    """Rounded down: 100 means all of them."""
    return 100 * part // whole if whole else 0

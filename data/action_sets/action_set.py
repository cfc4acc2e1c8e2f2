"""A set of labelled videos, whatever files it was read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Part(StrEnum):
    """What a video is for."""

    TRAIN = "train"
    """Heads may be fitted on it."""
    TEST = "test"
    """It is judged; nothing is fitted on it."""


@dataclass(frozen=True)
class ActionVideo:
    """One labelled video of a set."""

    name: str
    """The video, as the set calls it."""
    path: Path | None
    """Its file, absolute; None where it is missing."""
    label: str
    """Its class, as the set writes it."""
    part: Part
    """What it is for."""
    group: str
    """Videos of one group are cut from the same recording."""
    start_s: float | None = None
    """Start of the labelled stretch; None where the whole file is labelled."""
    end_s: float | None = None
    """End of it."""


@dataclass(frozen=True)
class ActionSet:
    """A whole set."""

    layout: str
    """How its files are laid out: ucf101, hmdb51, kinetics, ssv2, csv or folders."""
    protocol: str
    """Which split it is, to be named beside figures."""
    classes: tuple[str, ...]
    """All classes, in order."""
    videos: tuple[ActionVideo, ...]
    """Videos of both parts, in the order of the files."""

    def part(self, part: Part) -> list[ActionVideo]:
        """The videos of one part."""
        return [each for each in self.videos if each.part is part]


def classes_of(videos: Sequence[ActionVideo], named: Sequence[str] = ()) -> tuple[str, ...]:
    """The classes that a set names, in its order, then those that only its videos have."""
    return tuple(dict.fromkeys([*named, *sorted({each.label for each in videos})]))

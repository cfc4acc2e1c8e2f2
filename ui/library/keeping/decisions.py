"""What a person has decided about videos that share a stretch: that all of a group stay.

The rule: a decision is of contents, as what is compared is. It counts while a group has the very
videos that were decided about, and is asked anew where another one comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from indexer.copies.groups import Copies
from indexer.copies.stored import read_duplicates

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from indexer.duplicates.listing import Group

KEY = "kept_copies"
"""In the catalogue's `meta`: a list of groups, each the content keys of its videos."""
MOST = 10_000
"""Groups that are remembered; the oldest are forgotten."""


def undecided_groups(catalogue: Catalogue) -> list[Group] | None:
    """The groups of copies about which nothing is decided; None where nothing was compared.

    Raises:
        DamagedFile: What is stored is not as it was written.
    """
    from indexer.duplicates.listing import listed_groups

    found = read_duplicates(catalogue.home, catalogue.encoder or "")
    if found is None:
        return None
    groups = listed_groups(catalogue, Copies(found.live(catalogue)))
    kept = _kept(catalogue)
    return [group for group in groups if not any(_keys(group) <= each for each in kept)]


def keep(catalogue: Catalogue, video_ids: Iterable[int]) -> None:
    """Let the videos of a group stay as they are."""
    group = _contents(catalogue, video_ids)
    kept = [each for each in _kept(catalogue) if each != group]
    _store(catalogue, [*kept, group])


def keep_no_longer(catalogue: Catalogue, video_ids: Iterable[int]) -> None:
    """List them again."""
    group = _contents(catalogue, video_ids)
    _store(catalogue, [each for each in _kept(catalogue) if each != group])


def _keys(group: Group) -> frozenset[str]:
    return frozenset(each.video.content_key for each in (group.best, *group.others))


def _contents(catalogue: Catalogue, video_ids: Iterable[int]) -> frozenset[str]:
    return frozenset(video.content_key for video in catalogue.videos_by_id(video_ids).values())


def _kept(catalogue: Catalogue) -> list[frozenset[str]]:
    return [frozenset(each) for each in json.loads(catalogue.get_meta(KEY) or "[]")]


def _store(catalogue: Catalogue, kept: list[frozenset[str]]) -> None:
    text = json.dumps([sorted(each) for each in kept[-MOST:] if each])
    catalogue.set_meta({KEY: text})

"""Dropping folders and files from a library; nothing of the user's is deleted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home, require_library
from indexer.build.files.plan import is_below
from indexer.build.files.roots import absolute_paths
from indexer.build.recording.record import writing_session
from indexer.store.publishing import publish


@dataclass(frozen=True)
class Removed:
    """What was dropped with one path."""

    path: Path
    """The root, folder or file, absolute."""
    videos: int
    """Videos that left the library."""
    elsewhere: int
    """Videos that stay, since another known file holds them."""
    passed_over_by: Path | None
    """The root that passes the path over from now on; None where no root is above it."""


def remove_paths(home: Home, paths: Sequence[Path]) -> list[Removed]:
    """Drop roots, folders or files, there or gone, from a library.

    Their vectors stay: `index` takes them in again without decoding.

    Raises:
        ReelwiseError: A path is neither a root nor holds a known file; nothing was dropped.
    """
    require_library(home)
    with writing_session(home) as catalogue:
        asked = absolute_paths(paths)
        roots = catalogue.files.root_rules()
        for path, given in zip(asked, paths, strict=True):
            if path not in roots and not catalogue.files.known([path]):
                raise ReelwiseError(
                    f"nothing of the library lies below {given}", fix="reelwise roots lists them"
                )
        removed = [_remove(catalogue, path) for path in asked]
        if catalogue.encoder is not None:
            publish(home, catalogue, catalogue.encoder)
    return removed


def _remove(catalogue: Catalogue, path: Path) -> Removed:
    files = catalogue.files.known([path])
    videos = {file.video_id for file in files.values()} - {None}
    catalogue.files.remove(files)
    rules = catalogue.files.root_rules()
    catalogue.files.drop_roots([root for root in rules if is_below(root, [path])])
    above = [root for root in rules if root in path.parents]
    root = max(above, key=lambda each: len(each.parts)) if above and path.exists() else None
    if root is not None:
        excludes = tuple(dict.fromkeys((*rules[root].excludes, _pattern(path, root))))
        catalogue.files.add_roots({root: replace(rules[root], excludes=excludes)})
    left = catalogue.files.of_videos(each for each in videos if each is not None).keys()
    return Removed(path, len(videos - left), len(videos & left), root)


def take_back(home: Home, paths: Sequence[Path]) -> list[Path]:
    """Pass paths over no longer that were dropped; the next `index` takes them in again.

    Returns:
        Those that were passed over because they had been dropped.
    """
    require_library(home)
    with writing_session(home) as catalogue:
        taken = []
        for path in absolute_paths(paths):
            for root, rules in catalogue.files.root_rules().items():
                if root not in path.parents or _pattern(path, root) not in rules.excludes:
                    continue
                left = tuple(each for each in rules.excludes if each != _pattern(path, root))
                catalogue.files.add_roots({root: replace(rules, excludes=left)})
                taken.append(path)
        return taken


def _pattern(path: Path, root: Path) -> str:
    """What passes over this one path below a root, whatever letters it has."""
    return "/" + re.sub(r"([\\*?\[\]! #])", r"\\\1", path.relative_to(root).as_posix())

"""The folders and files that a user names for `index`, and what is asked for them."""

import errno
import os
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from data.video.found import RootRules
from data.video.passed_over import check_patterns


@dataclass(frozen=True)
class RuleChange:
    """What a user asks for the folders of one run, to be remembered with them."""

    excludes: tuple[str, ...] = ()
    """Patterns that are added to those asked before."""
    follow_links: bool | None = None
    """Whether links that lead out of a folder are followed; None leaves it as it is."""

    def check(self) -> None:
        """Refuse patterns that fit nothing.

        Raises:
            ReelwiseError: One of them.
        """
        check_patterns(self.excludes)

    def applied(
        self, before: Mapping[Path, RootRules], roots: Sequence[Path]
    ) -> dict[Path, RootRules]:
        """The rules of these roots after the change."""
        return {root: self._after(before.get(root, RootRules())) for root in roots}

    def _after(self, old: RootRules) -> RootRules:
        follow = old.follow_links if self.follow_links is None else self.follow_links
        return RootRules(tuple(dict.fromkeys((*old.excludes, *self.excludes))), follow)


def existing_roots(paths: Sequence[Path]) -> list[Path]:
    """Those of the paths that exist, absolute; one that is gone stops the others not.

    Raises:
        ReelwiseError: None exists. A disk that is not plugged in must not look like deleted videos.
            Or one is neither a folder nor a file: it can hold no video, and would be remembered.
    """
    if not paths:
        raise ReelwiseError("no folder was named", fix="reelwise index FOLDER")
    roots = [root for root in absolute_paths(paths) if _is_root(root)]
    if not roots:
        raise ReelwiseError(
            f"there is no file or folder {paths[0]}; nothing was changed",
            fix="check the spelling, or connect its disk; to drop what was indexed from it: "
            f"reelwise remove {shlex.quote(str(paths[0]))}",
        )
    return roots


def _is_root(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise ReelwiseError(
            f"{path} cannot be looked at: {getattr(error, 'strerror', None) or error}",
            fix="check its name and its rights: ls -ld shows them",
        ) from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise ReelwiseError(
            f"{path} is a pipe, socket or device, neither a folder nor a video file",
            fix="name folders and video files; save what comes through a pipe as a file first",
        )
    return True


def absolute_paths(paths: Sequence[Path]) -> list[Path]:
    """The paths made absolute, `~` and `..` resolved, links kept."""
    return [Path(os.path.abspath(path.expanduser())) for path in paths]  # noqa: PTH100

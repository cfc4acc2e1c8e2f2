"""A part of a video as a file that appears only when it is complete."""

from __future__ import annotations

from pathlib import Path

from data.disk_errors import known_error
from data.durable import fsync_dir, fsync_file, link_or_copy, replace_synced, temp_name
from data.errors import ReelwiseError
from data.video.children.excerpting import Excerpt, Excerpts


def write_clip_file(
    path: Path, start_s: float, end_s: float, out: Path, *, is_copy: bool, replaces: bool
) -> float:
    """Write a part of a video, in a supervised child; gives the seconds by which it begins earlier.

    Args:
        path: The video.
        start_s: Start of the part.
        end_s: Its end, not included.
        out: The new file; its suffix names the container.
        is_copy: As it is, from the key picture before the start; else exactly, encoded anew.
        replaces: Put it in the place of a file that is there.

    Raises:
        ReelwiseError: The part cannot be made, or `out` is there already.
    """
    out = out.absolute()
    draft = temp_name(out)
    excerpt = Excerpt(path, "copy" if is_copy else "exact", start_s, end_s)
    try:
        with Excerpts(1) as excerpts:
            earlier_s = excerpts.write(excerpt, draft)
        fsync_file(draft)
        if replaces:
            replace_synced(draft, out)
        else:
            _give_new_name(draft, out)
    except OSError as error:
        raise known_error(error) or error from error
    finally:
        draft.unlink(missing_ok=True)
    return earlier_s


def _give_new_name(draft: Path, out: Path) -> None:
    """Give it its name where nobody has that: what came there meanwhile stays."""
    if out.exists():
        raise ReelwiseError(f"{out} is there already", fix="give another name")
    link_or_copy(draft, out)
    fsync_dir(out.parent)

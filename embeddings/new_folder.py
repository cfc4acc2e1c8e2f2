"""The folder of a new model: refused where it holds anything else, and never left half made."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from data.durable import TEMP_PREFIX, make_dir, replace_synced, temp_name
from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE

ANOTHER = "name a new or an empty folder with --out"


def require_new(out: Path, *, unfinished: Collection[str] = ()) -> None:
    """Refuse a folder that cannot become a new model, before anything slow is begun.

    Args:
        out: The folder.
        unfinished: Names of what a stopped run of this kind leaves in it; the run goes on.

    Raises:
        ReelwiseError: It holds a model, files that are not `unfinished`, is itself a file, or
            cannot be made.
    """
    if not out.is_dir():
        _require_place(out)
        return
    if (out / CONFIG_FILE).exists():
        raise ReelwiseError(f"{out} holds a model already", fix=ANOTHER)
    others = sorted({path.name for path in out.iterdir()} - set(unfinished))
    if others:
        more = f" and {len(others) - 1:,} more" if others[1:] else ""
        raise ReelwiseError(f"{out} already exists and holds {others[0]}{more}", fix=ANOTHER)


def _require_place(out: Path) -> None:
    around = next((path for path in out.absolute().parents if path.exists()), Path("/"))
    if out.exists() or not around.is_dir():
        raise ReelwiseError(f"{out if out.exists() else around} is a file", fix=ANOTHER)
    if not os.access(around, os.W_OK | os.X_OK):
        raise ReelwiseError(f"{around} cannot be written to", fix="name another place with --out")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write a model into; it becomes `out` at the end, whole or not at all.

    Raises:
        ReelwiseError: As `require_new`.
    """
    require_new(out)
    make_dir(out.parent)
    for leftover in out.parent.iterdir():  # of a run that was killed here
        if leftover.name.startswith(TEMP_PREFIX) and leftover.name.endswith(f"-{out.name}"):
            shutil.rmtree(leftover)
    folder = temp_name(out)
    folder.mkdir()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    replace_synced(folder, out)

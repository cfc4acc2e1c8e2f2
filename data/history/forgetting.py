"""Recommender models on the disk, as far as forgetting a person reaches them.

    recommender/model-000003/arrays.safetensors, manifest.json
    recommender/CURRENT = "model-000003"

A model holds no names, but its numbers were made from what people did: when somebody is forgotten,
all models go. What they hold is known to `recommender.model.store` alone.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from data.catalogue.catalogue import Catalogue
from data.catalogue.database import put_meta
from data.catalogue.tables import meta
from data.durable import TEMP_PREFIX, crash_point, discard_dir, fsync_dir
from data.errors import ReelwiseError
from data.home import Home

_NAME = re.compile(r"model-(\d{6,})")
_FORGETTINGS = "forgettings"
_TO_REMOVE = "models_to_remove"
_EXPORT = "model_export"


@dataclass(frozen=True)
class Export:
    """A copy of a model that was put outside the home."""

    to: Path
    """The folder, when it was made."""
    at: datetime
    """When, UTC."""


def model_name(number: int) -> str:
    """Give the name of a model's folder."""
    return f"model-{number:06d}"


def model_number(name: str) -> int:
    """Give the number in a model's name."""
    return int(name.removeprefix("model-"))


def current_model(home: Home) -> str | None:
    """Give the name of the published model; None where there is none."""
    try:
        name = home.current_model.read_bytes().decode(errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return name if _NAME.fullmatch(name) else None


def model_names(home: Home) -> list[str]:
    """List the folders of whole models, oldest first."""
    if not home.recommender.is_dir():
        return []
    names = [path.name for path in home.recommender.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(names, key=model_number)


def remove_models(home: Home) -> int:
    """Remove all models, also those that somebody is still writing.

    `CURRENT` goes first: whoever looks meanwhile finds that there is none. A writer finds its
    folder gone, and `forgettings` grown.

    Returns:
        How many whole models went.
    """
    folder, names = home.recommender, model_names(home)
    if not folder.is_dir():
        return 0
    home.current_model.unlink(missing_ok=True)
    fsync_dir(folder)
    crash_point("remove_models.after_current")
    unfinished = [path for path in folder.iterdir() if path.name.startswith(TEMP_PREFIX)]
    for path in [*(folder / name for name in names), *unfinished]:
        # A living writer may tidy up at the same time.
        with suppress(FileNotFoundError):
            if path.is_dir():
                # Renamed first: nobody can put files into what is being removed.
                discard_dir(path)
            else:
                path.unlink()
    fsync_dir(folder)
    crash_point("remove_models.after_removal")
    return len(names)


def forgettings(catalogue: Catalogue) -> int:
    """Count the people who were forgotten: what was read before the count grew is not used."""
    return int(catalogue.get_meta(_FORGETTINGS) or 0)


def require_no_forgetting(connection: Connection, since: int) -> None:
    """Make sure, inside the caller's transaction, that nobody was forgotten since a count.

    Raises:
        ReelwiseError: Somebody was.
    """
    if int(_read(connection, _FORGETTINGS) or 0) != since:
        raise ReelwiseError(
            "somebody was forgotten while the model was fitted: it is thrown away",
            fix="run reelwise train recommender again",
        )


def begin_forgetting(connection: Connection) -> None:
    """Note, in the transaction that deletes events, that every model has to go."""
    put_meta(connection, _FORGETTINGS, str(int(_read(connection, _FORGETTINGS) or 0) + 1))
    put_meta(connection, _TO_REMOVE, "1")


def finish_forgetting(catalogue: Catalogue) -> int:
    """Remove the models, where that is still to be done: also what a kill left undone.

    Returns:
        How many whole models went.
    """
    if catalogue.get_meta(_TO_REMOVE) is None:
        return 0
    removed = remove_models(catalogue.home)
    catalogue.set_meta({_TO_REMOVE: None})
    return removed


def note_export(connection: Connection, to: Path) -> None:
    """Write down that a copy goes out, before it does."""
    told = {"to": str(to), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    put_meta(connection, _EXPORT, json.dumps(told))


def last_export(catalogue: Catalogue) -> Export | None:
    """Where the last copy went; None where none ever did."""
    told = catalogue.get_meta(_EXPORT)
    if told is None:
        return None
    values = json.loads(told)
    return Export(Path(values["to"]), datetime.fromisoformat(values["at"]))


def _read(connection: Connection, key: str) -> str | None:
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()

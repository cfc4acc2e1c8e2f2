"""Forgetting a user's models: every model in the home was fitted on all users' events.

    recommender/model-000003/arrays.safetensors, manifest.json
    recommender/CURRENT = "model-000003"

A model holds no names, but its numbers follow from what users did: when one is forgotten, all
models are removed. Only `recommender.model.store` knows what is in them.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from data.catalogue.database import Database, put_meta, read_meta, unscrubbed
from data.catalogue.guard.copies import renew_copies
from data.durable import TEMP_PREFIX, crash_point, discard_dir, fsync_dir
from data.errors import ReelwiseError
from data.home import Home

_NAME = re.compile(r"model-(\d{6,})")
_FORGETTINGS = "forgettings"
_TO_REMOVE = "models_to_remove"
_TO_SCRUB = "bytes_to_scrub"
_EXPORT = "model_export"


@dataclass(frozen=True)
class Export:
    """A copy of a model that was written outside the home."""

    to: Path
    """Its folder as given then."""
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
    """List the names of finished models, oldest first."""
    if not home.recommender.is_dir():
        return []
    names = [path.name for path in home.recommender.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(names, key=model_number)


def remove_models(home: Home) -> int:
    """Remove all models, also those that are still being written.

    `CURRENT` goes first: a reader meanwhile sees that there is no model. A writer sees its folder
    gone, and `forgettings` grown.

    Returns:
        How many finished models were removed.
    """
    folder, names = home.recommender, model_names(home)
    if not folder.is_dir():
        return 0
    home.current_model.unlink(missing_ok=True)
    fsync_dir(folder)
    crash_point("remove_models.after_current")
    unfinished = [path for path in folder.iterdir() if path.name.startswith(TEMP_PREFIX)]
    for path in [*(folder / name for name in names), *unfinished]:
        # A living writer may clean up at the same time.
        with suppress(FileNotFoundError):
            if path.is_dir():
                # Renamed first: a writer cannot put files into what is being removed.
                discard_dir(path)
            else:
                path.unlink()
    fsync_dir(folder)
    crash_point("remove_models.after_removal")
    return len(names)


def forgettings(catalogue: Database) -> int:
    """Count the users forgotten so far: a model fitted before the count grew must not be used."""
    return int(catalogue.get_meta(_FORGETTINGS) or 0)


def require_no_forgetting(connection: Connection, since: int) -> None:
    """Check, inside the caller's transaction, that no user was forgotten since a count.

    Raises:
        ReelwiseError: One was.
    """
    if int(read_meta(connection, _FORGETTINGS) or 0) != since:
        raise ReelwiseError(
            "a user was forgotten while the model was fitted: the model is not kept",
            fix="run reelwise train recommender again",
        )


def begin_forgetting(connection: Connection, *, models_too: bool) -> None:
    """Note, in the transaction that deletes rows, that their bytes have to go, and every model."""
    if models_too:
        count = int(read_meta(connection, _FORGETTINGS) or 0) + 1
        put_meta(connection, _FORGETTINGS, str(count))
        put_meta(connection, _TO_REMOVE, "1")
    put_meta(connection, _TO_SCRUB, "1")


def is_unfinished(catalogue: Database) -> bool:
    """Tell whether a forgetting has begun and not ended: killed, or held up by a reader."""
    return any(catalogue.get_meta(key) is not None for key in (_TO_REMOVE, _TO_SCRUB))


def finish_removal(catalogue: Database) -> int:
    """Remove the models where `begin_forgetting` asked for it, also after a kill in between.

    Returns:
        How many finished models were removed.
    """
    if catalogue.get_meta(_TO_REMOVE) is None:
        return 0
    removed = remove_models(catalogue.home)
    catalogue.set_meta({_TO_REMOVE: None})
    return removed


def finish_scrub(catalogue: Database, *, patient: bool) -> None:
    """Rewrite the catalogue where `begin_forgetting` asked for it: no deleted byte stays in it.

    Its copies, and what copies have replaced, are renewed as well.

    Args:
        catalogue: The catalogue.
        patient: Wait for processes that still read old pages.

    Raises:
        ReelwiseError: One still does; what is to be done stays noted.
    """
    if catalogue.get_meta(_TO_SCRUB) is not None:
        catalogue.scrub(patient=patient)
        try:
            renew_copies(catalogue.home)
        except OSError as error:
            raise unscrubbed(error, catalogue.home) from error
        crash_point("history.after_scrub")
        catalogue.set_meta({_TO_SCRUB: None})


def note_export(connection: Connection, to: Path) -> None:
    """Record that a copy of the model leaves the home, before it does."""
    export = {"to": str(to), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    put_meta(connection, _EXPORT, json.dumps(export))


def last_export(catalogue: Database) -> Export | None:
    """Give the last copy of a model that left the home; None where none did."""
    stored = catalogue.get_meta(_EXPORT)
    if stored is None:
        return None
    values = json.loads(stored)
    return Export(Path(values["to"]), datetime.fromisoformat(values["at"]))

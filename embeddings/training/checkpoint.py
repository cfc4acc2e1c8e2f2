"""The files of a training run: its state, from which it resumes after a kill, and its log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from data.durable import crash_point, make_dir, write_atomic
from data.errors import ReelwiseError

CHECKPOINT = "checkpoint.pt"
LOG = "log.csv"


class RunState:
    """The checkpoint and the CSV log of one run.

    Args:
        folder: Where they are; created where missing.
        identity: Everything that the run depends on, as JSON values: a checkpoint of another run is
            refused.
        read_only: For all processes of a run but the first: `save` and `write_log` do nothing.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, Any], *, read_only: bool = False
    ) -> None:
        self.folder, self._read_only = folder, read_only
        self._identity = json.dumps(identity, sort_keys=True, default=str)
        make_dir(folder)

    def load(self) -> dict[str, Any] | None:
        """The last saved state; None for a new run.

        Raises:
            ReelwiseError: It is the state of a run with other options or other data.
        """
        path = self.folder / CHECKPOINT
        if not path.is_file():
            return None
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if state["identity"] != self._identity:
            raise ReelwiseError(
                f"{self.folder} holds an unfinished run with other options or captions",
                fix=f"repeat that run's command, name another --out, or remove {self.folder}",
            )
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the state, all or nothing."""
        if self._read_only:
            return
        content = io.BytesIO()
        torch.save({**state, "identity": self._identity}, content)
        write_atomic(self.folder / CHECKPOINT, content.getvalue(), point="checkpoint")
        crash_point("checkpoint.saved")

    def write_log(self, rows: list[dict[str, Any]]) -> None:
        """Write the whole log again, so that it never holds more than the state."""
        if self._read_only:
            return
        columns = list(dict.fromkeys(key for row in rows for key in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomic(self.folder / LOG, text.getvalue().encode())

"""One segment on GPUs: whole on each of them, or in pieces on several."""

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.device import Copy, DeviceLost
from indexer.store.gpu.owner import Owner
from indexer.store.gpu.proposed import n_proposed, rescored
from indexer.store.rows.row_index import SCANNED, RowIndex


@dataclass(frozen=True, eq=False)
class Part:
    """Rows [first, stop) of a segment on one GPU."""

    owner: Owner
    """Who asks that GPU."""
    copy: Copy
    """The rows there."""
    first: int
    """First row."""
    stop: int
    """Row after the last."""
    size_bytes: int = 0
    """Memory that it was given."""


@dataclass(frozen=True, eq=False)
class Held:
    """The copies of a segment; threads may share it."""

    index: RowIndex
    """What answers on the CPU."""
    replicas: tuple[tuple[Part, ...], ...]
    """Any of them answers alone: its parts hold each row once."""

    @property
    def parts(self) -> list[Part]:
        """The parts of all replicas."""
        return [part for replica in self.replicas for part in replica]

    @property
    def alive(self) -> "Held":
        """Without the replicas of which a GPU is lost."""
        replicas = (each for each in self.replicas if not any(part.owner.is_lost for part in each))
        return Held(self.index, tuple(replicas))

    def search(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[Floats, Ids] | None:
        """As `RowIndex.search`; None for a question that the CPU answers faster, or alone can.

        Raises:
            DeviceTrouble: A GPU did not answer, or what cannot be.
        """
        n_allowed = len(self.index) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, n_allowed)
        if k <= 0 or not len(queries) or (allowed is not None and n_allowed <= SCANNED):
            return None
        asked = np.ascontiguousarray(queries, np.float32)
        proposed = self._proposed(asked, k, n_allowed, allowed)
        if proposed is None:
            return None
        scores, rows = rescored(self.index.matrix, asked, proposed, k, allowed)
        few = np.flatnonzero(rows[:, -1] < 0)
        if len(few):  # cells that hold fewer than k
            scores[few], rows[few] = self.index.search(asked[few], k, allowed=allowed)
        return scores, rows

    def _proposed(
        self, queries: Floats, wanted: int, n_allowed: int, allowed: Mask | None
    ) -> Ids | None:
        """(q, p) rows that the parts of one replica propose; None where they cannot now."""
        replica = self._replica()
        most = min(part.copy.most_k for part in replica)
        if wanted > most:
            return None
        if allowed is not None and not all(part.copy.takes_masks for part in replica):
            return None
        k = n_proposed(wanted, n_allowed, replica[0].copy.oversampling, most)
        answers = []
        for part in replica:
            mask = None if allowed is None else allowed[part.first : part.stop]
            answer = part.owner.ask(part.copy, queries, min(k, part.stop - part.first), mask)
            if answer is None:
                return None
            answers.append(answer)
        found = []
        for part, answer in zip(replica, answers, strict=True):
            rows = part.owner.rows_of(answer)
            found.append(np.where(rows < 0, -1, rows + part.first))
        return np.concatenate(found, axis=1)

    def _replica(self) -> tuple[Part, ...]:
        """That of those alive for which the fewest wait."""
        alive = self.alive.replicas
        if not alive:
            raise DeviceLost("every GPU is lost")
        return min(alive, key=lambda each: sum(part.owner.n_waiting for part in each))

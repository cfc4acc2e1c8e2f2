"""Copies of segments on GPUs: made and given up as they come and go, none of which has to be there.

A question that a GPU does not answer in time, or at all, is answered by the segment's own index on
the CPU; `warnings` says why, and the log once. When segments change, what failed is tried again.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.copy_kinds import Copied, CopyKind, kinds_for
from indexer.store.gpu.devices.device import (
    Device,
    DeviceLost,
    DeviceTrouble,
    WrongAnswer,
    first_line,
)
from indexer.store.gpu.held import Held
from indexer.store.gpu.making import cells_of, discard, make, shapes_of
from indexer.store.gpu.owner import Owner
from indexer.store.gpu.placement import Placed, Shape, place_smaller
from indexer.store.segments.segment import Segment

ROOM_SHARE = 0.9
"""Share of the free memory of a GPU that is used at most."""

WORKING_BYTES = 2 << 30
"""Left free for the work: scores of a block, FAISS's temporary memory (at most 1.5 GiB)."""

OpenGpus = Callable[[], Mapping[int, Callable[[], Device]]]
"""The GPUs that can be used, by number, and how each is opened."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CopyOptions:
    """When copies are made, and of what."""

    least_clips: int = 0
    """Smaller segments stay on the CPU."""
    after_questions: int = 0
    """Copies are made in the background once so many questions were asked; 0: at once."""
    memory_bytes: int | None = None
    """Most memory that copies take of each GPU; None for what is free."""
    is_asked_for: bool = True
    """Whether a person wants GPUs to be used: then it is said where none can be."""
    cells_from: int | None = None
    """Clips of a segment from which looking into cells is faster than comparing all; None: only
    copies that compare all are made, whatever the memory."""
    has_cuvs: bool = False
    """Whether `cuvs` can be imported, for copies as graphs."""
    kind: CopyKind | None = None
    """The only kind of copy that is made; None for what suits the clips and the memory."""


class GpuCopies:
    """Searches segments on GPUs where these hold them; threads may share it.

    Args:
        open_gpus: Tells which GPUs there are.
        options: When copies are made, and of what.
    """

    def __init__(self, open_gpus: OpenGpus, options: CopyOptions) -> None:
        self._open_gpus = open_gpus
        self.options = options
        """When copies are made, and of what."""
        self._making = threading.Lock()
        self._changing = threading.Lock()
        self._owners: dict[int, Owner] = {}
        self._wanted: dict[str, Segment] = {}
        self._held: dict[str, Held] = {}
        self._refused: dict[str, str] = {}
        self._warnings: tuple[str, ...] = ()
        self._asked = count(1)
        self._is_due = options.after_questions == 0
        self._is_closed = False
        self._background: threading.Thread | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is searched on the CPU though it should not be, and why."""
        return self._warnings

    @property
    def n_held(self) -> int:
        """Clips that GPUs hold."""
        return sum(len(each.index) for each in self._held.values())

    def use(self, segments: Iterable[Segment]) -> None:
        """Copy these segments, those in memory and small ones aside, and forget all others."""
        named = {each.name: each for each in segments if each.name is not None}
        least = max(self.options.least_clips, 1)
        with self._changing:
            self._wanted = {name: each for name, each in named.items() if len(each) >= least}
            before = self._held
            self._held = {name: each for name, each in before.items() if name in self._wanted}
        for name in before.keys() - self._held.keys():
            discard(before[name].parts)
        if self._is_due and self.options.after_questions == 0:
            self._make()
        elif self._is_due:
            self._make_in_background()

    def search(
        self, segment: Segment, queries: Floats, k: int, allowed: Mask | None
    ) -> tuple[Floats, Ids]:
        """As `RowIndex.search` of the segment's index."""
        if not self._is_due and next(self._asked) >= self.options.after_questions:
            self._is_due = True
            self._make_in_background()
        while (held := self._held.get(segment.name or "")) is not None:
            try:
                found = held.search(queries, k, allowed)
            except DeviceTrouble as trouble:
                self._give_up(segment.name or "", trouble)
                continue
            if found is None:
                break
            return found
        return segment.index.search(queries, k, allowed=allowed)

    def close(self) -> None:
        """Give all memory back."""
        self._is_closed = True
        if self._background is not None:
            self._background.join(timeout=1.0)
        with self._changing:
            self._held = {}
        for owner in self._owners.values():
            owner.close()

    def _make_in_background(self) -> None:
        if self._wanted:
            self._background = threading.Thread(target=self._make, name="gpu copies", daemon=True)
            self._background.start()

    def _make(self) -> None:
        """Copy what is wanted and not held."""
        with self._making:
            wanted = {
                name: each
                for name, each in self._wanted.items()
                if name not in self._held and name not in self._refused
            }
            if not wanted or self._is_closed:
                return
            self._warnings = tuple(self._refused.values())
            try:
                self._copy(wanted)
            except Exception as error:  # noqa: BLE001 - whatever it is, the CPU answers
                self._warn(f"copies on GPUs cannot be made ({first_line(error)})")

    def _copy(self, wanted: Mapping[str, Segment]) -> None:
        room = self._room()
        if not room:
            return
        forms = {name: forms for name, each in wanted.items() if (forms := self._forms(each))}
        placed = place_smaller(forms, room)
        for name in sorted(placed, key=lambda each: -placed[each].shape.n):
            smaller = forms[name][forms[name].index(placed[name].shape) + 1 :]
            self._hold(wanted[name], placed[name], smaller)
        too_large = sum(forms[name][0].n for name in forms if name not in placed)
        if too_large:
            self._warn(f"{too_large:,} clips do not fit into the memory of the GPUs")

    def _forms(self, segment: Segment) -> list[Shape]:
        """What may be copied of a segment, the best first."""
        options, index = self.options, segment.index
        copied = Copied(len(index), index.dim, cells_of(segment))
        kinds = kinds_for(
            copied, cells_from=options.cells_from, has_cuvs=options.has_cuvs, named=options.kind
        )
        if not kinds:
            self._warn(
                f"{len(index):,} clips in an index of the kind {index.kind} cannot be copied to "
                f"GPUs as {options.kind}"
            )
        return shapes_of(segment, kinds)

    def _room(self) -> dict[int, int]:
        """Bytes that may be used of each GPU; those that are not open are opened."""
        gpus = self._open_gpus()
        if not gpus and self.options.is_asked_for:
            self._warn("neither torch nor FAISS can use the GPUs here")
        elif not gpus:
            _log.info("torch cannot use the GPUs here")
        room: dict[int, int] = {}
        for number, open_gpu in gpus.items():
            owner = self._owners.get(number)
            if owner is None or owner.is_lost:
                owner = self._owners[number] = Owner(open_gpu)
            try:
                free = owner.do(lambda device: device.free_bytes())
            except DeviceTrouble as trouble:
                self._warn(str(trouble))
                continue
            room[number] = max(int(ROOM_SHARE * free) - WORKING_BYTES, 0)
            if self.options.memory_bytes is not None:
                left = self.options.memory_bytes - self._bytes_on(owner)
                room[number] = max(min(room[number], left), 0)
        return room

    def _bytes_on(self, owner: Owner) -> int:
        """What copies take of a GPU."""
        return sum(
            part.size_bytes
            for held in self._held.values()
            for part in held.parts
            if part.owner is owner
        )

    def _hold(self, segment: Segment, placed: Placed, smaller: Sequence[Shape]) -> None:
        """Copy a segment, and use the copies if they answer as they should."""
        name = segment.name or ""
        try:
            held = make(segment, placed, smaller, self._owners)
        except WrongAnswer as wrong:
            self._refused[name] = self._warn(str(wrong))
            return
        except DeviceTrouble as trouble:
            self._warn(str(trouble))
            return
        with self._changing:
            if name in self._wanted and not self._is_closed:
                self._held = {**self._held, name: held}
                return
        discard(held.parts)

    def _give_up(self, name: str, trouble: DeviceTrouble) -> None:
        """Ask no more what did not answer."""
        with self._changing:
            dropped = None if isinstance(trouble, DeviceLost) else self._held.get(name)
            alive = {each: known.alive for each, known in self._held.items()}
            self._held = {
                each: known
                for each, known in alive.items()
                if known.replicas and not (dropped is not None and each == name)
            }
        if dropped is not None:
            discard(dropped.parts)
        line = self._warn(str(trouble))
        if isinstance(trouble, WrongAnswer):
            self._refused[name] = line

    def _warn(self, problem: str) -> str:
        """Say once that GPUs are not used as they should be; gives the whole line."""
        line = f"{problem}; searching without"
        with self._changing:
            is_new = line not in self._warnings
            self._warnings = (*self._warnings, line) if is_new else self._warnings
        if is_new:
            _log.warning(line)
        return line

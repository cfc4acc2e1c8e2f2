"""open_clip, imported without the packages that only some of its models use.

It imports transformers and timm, and torchvision imports torch's compiler: half of what the import
costs, and no plain CLIP model uses them. What open_clip and torchvision take from them becomes a
`LateName`, which imports its package when it is used. Import open_clip from here.
"""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

IMPORTERS = {"open_clip", "torchvision"}
WRITERS = {"open_clip.coca_model"}
"""Writing captions, which needs transformers, is left out: nothing here does it."""
LATE = ("timm", "transformers", "torch._dynamo")
"""Packages that are imported at the first use."""


class LateName:
    """A function or class of a package that is imported when it is used.

    Args:
        module: Where it is.
        name: Its name there.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the function, or the class, gives."""
        return self._real()(*args, **options)

    def __getattr__(self, name: str) -> Any:
        """As of the real one."""
        return getattr(self._real(), name)

    def __instancecheck__(self, instance: object) -> bool:
        """As of the real class."""
        return isinstance(instance, self._real())

    def _real(self) -> Any:
        return getattr(importlib.import_module(self._module), self._name)


class _LateModule(ModuleType):
    """A module of which every name is late."""

    def __getattr__(self, name: str) -> LateName:
        if name.startswith("__"):
            raise AttributeError(name)
        return LateName(self.__name__, name)


@contextmanager
def late_imports() -> Iterator[None]:
    """While it is open, `IMPORTERS` get late names of `LATE`; others get the packages."""
    real = builtins.__import__

    def imported(
        name: str,
        globals: Mapping[str, object] | None = None,  # as `__import__` has it
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        importer = str((globals or {}).get("__name__", ""))
        if level == 0 and importer.partition(".")[0] in IMPORTERS and _is_late(name):
            if importer in WRITERS:
                raise ImportError(f"{importer} is imported without {name}")
            # `import a.b` binds a, `from a.b import c` takes c from b.
            return _LateModule(name if fromlist else name.partition(".")[0])
        return real(name, globals, locals, fromlist or (), level)

    builtins.__import__ = imported
    try:
        yield
    finally:
        builtins.__import__ = real


def _is_late(module: str) -> bool:
    return any(module == late or module.startswith(f"{late}.") for late in LATE)


with late_imports():
    import open_clip as open_clip  # the name that others import

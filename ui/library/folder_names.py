"""Folders by names without a path of the machine: "Videos/Holidays/2024".

The first part names an indexed folder, the rest is the way from there. Where two indexed folders
are called the same, the later ones by path get a number: "Videos (2)".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from data.errors import ReelwiseError


class NoSuchFolder(ReelwiseError):
    """No indexed folder has this name."""


class FolderNames:
    """The names of the folders of one library.

    Args:
        roots: Its indexed folders and files, absolute.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        named: dict[str, Path] = {}
        for root in sorted(roots):
            plain = root.name or str(root)
            number = 1
            while (name := plain if number == 1 else f"{plain} ({number})") in named:
                number += 1
            named[name] = root
        self._roots = named

    @property
    def roots(self) -> Mapping[str, Path]:
        """The indexed folders by name."""
        return MappingProxyType(self._roots)

    def name_of(self, path: Path) -> str | None:
        """The name of a folder or file; None where it lies below no indexed folder."""
        holding = [(name, root) for name, root in self._roots.items() if path.is_relative_to(root)]
        if not holding:
            return None
        name, root = max(holding, key=lambda each: len(each[1].parts))
        rest = path.relative_to(root)
        return name if rest == Path() else f"{name}/{rest.as_posix()}"

    def path_of(self, name: str) -> Path:
        """The folder of a name.

        Raises:
            NoSuchFolder: None is called so.
        """
        for known, root in self._roots.items():
            if name == known:
                return root
            rest = name.removeprefix(f"{known}/")
            if rest != name and ".." not in Path(rest).parts and not rest.startswith("/"):
                return root / rest
        raise NoSuchFolder(
            f"no indexed folder is called {name[:200]!r}",
            fix="reelwise roots lists the indexed folders",
        )

"""Folders as requests name them: by name for everyone, by path for owners as well."""

from __future__ import annotations

from pathlib import Path

from ui.api.served import Served, Visitor
from ui.api.shape.refusals import Refused
from ui.library.folder_names import FolderNames, NoSuchFolder


def names_of(served: Served) -> FolderNames:
    """The names of the library's folders, as they are now."""
    return FolderNames(served.library.catalogue.files.roots())


def folder_path(served: Served, visitor: Visitor, named: str) -> Path:
    """The folder that a request names.

    Raises:
        Refused: There is no such folder; or a viewer gives a path of the server.
    """
    if named.startswith("/") and visitor.is_owner:
        return Path(named).absolute()
    try:
        return names_of(served).path_of(named)
    except NoSuchFolder as error:
        raise Refused(
            404, "unknown_folder", error.problem, fix="GET /api/v1/folders lists them"
        ) from error

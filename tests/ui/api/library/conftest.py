"""A library without any film, asked through the API as an owner and as a viewer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from data.catalogue import FileRecord
from data.home import resolve_home
from tests.indexer.made import store
from ui.api.application import build_api
from ui.api.served import VISITOR, Role, Served, Visitor
from ui.library.keeping.places import Places
from ui.library.library import Library


class _As:
    """The application, asked by somebody of a role."""

    def __init__(self, app: ASGIApp, role: Role) -> None:
        self._app, self._role = app, role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, VISITOR: Visitor("anna", self._role)}, receive, send)


@dataclass(frozen=True)
class Asked:
    """A library, and who asks it."""

    library: Library
    owner: TestClient
    viewer: TestClient
    ids: dict[str, int]
    films: Path

    def get(self, path: str, status: int = 200) -> Any:
        """What an owner is answered."""
        answer = self.owner.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """The same for what changes something."""
        answer = self.owner.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """Three videos in /videos, one file that failed, and a folder that may be chosen."""
    home, films = resolve_home(tmp_path / "home"), tmp_path / "films"
    home.make()
    (films / "trips").mkdir(parents=True)
    rows = np.eye(8, dtype=np.float32)
    ids = store(home, {"a.mp4": rows[:1], "b.mp4": rows[1:3], "deep/c.mp4": rows[3:4]})
    with Library(home.root) as library:
        catalogue = library.catalogue
        from data.video.found import RootRules

        catalogue.files.add_roots({Path("/videos"): RootRules()})
        bad = FileRecord(Path("/videos/bad.mp4"), 3, 1, 9, None, reason="cut off: its end")
        catalogue.files.put([bad])
        library.places = Places([films])
        api = build_api(Served(library))
        yield Asked(
            library, TestClient(_As(api, "owner")), TestClient(_As(api, "viewer")), ids, films
        )

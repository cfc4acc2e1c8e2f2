"""The API over one library of its own, asked by whom a test wants."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.api.application import build_api
from ui.api.served import VISITOR, Served, Visitor
from ui.library.library import Library

Client = Callable[..., TestClient]


class As:
    """Middleware that says who asks, as the gate does."""

    def __init__(self, app: ASGIApp, visitor: Visitor) -> None:
        self._app, self._visitor = app, visitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, VISITOR: self._visitor}, receive, send)


@pytest.fixture(scope="session")
def library(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    own = shutil.copytree(home, tmp_path_factory.mktemp("events") / "home")
    with Library(own) as opened:
        yield opened


@pytest.fixture
def client(library: Library) -> Client:
    def asking(visitor: Visitor = Visitor(), **cookies: str) -> TestClient:  # noqa: B008
        api = build_api(Served(library))
        api.user_middleware.append(Middleware(As, visitor=visitor))
        return TestClient(api, cookies=cookies)

    return asking

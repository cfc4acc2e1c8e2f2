"""Every route that the server has, as its own description lists them, and a way to ask one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Scope

from ui.api.application import build_api
from ui.api.links import BASE
from ui.library.library import Library
from ui.server.access.doors import Doors
from ui.server.app import guards
from ui.server.edge.address import ServerAddress
from ui.server.media.frames import FrameSource
from ui.server.own_routes import ROUTERS, own_routes

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1:8501"
OWN_PAGE = {"origin": f"http://{HOST}"}
EXAMPLES: dict[str, Any] = {
    "address": {"q": "a dog"},
    "case_id": 1,
    "confirm": "ben",
    "end": 1,
    "end_s": 1,
    "event_id": 1,
    "example_id": "x-0000",
    "folder": "/nowhere",
    "into": "ben",
    "job_id": 1,
    "kind": "like",
    "name": "ben",
    "number": 1,
    "password": "not the right one",
    "pin": "1234",
    "policy": {
        "rules": [
            {
                "name": "rain",
                "owner": "ben",
                "action": "flag",
                "threshold": 0.9,
                "head": "weather",
                "label": "rain",
            }
        ]
    },
    "prefix": "do",
    "q": "a dog",
    "rule": "fights",
    "search_id": 1,
    "set_name": "animals",
    "start": 0,
    "start_s": 0,
    "tag": "evening",
    "tags": ["evening"],
    "user": "ben",
    "verb": "allow",
    "video": "1",
    "video_id": 1,
    "video_ids": [1],
    "videos": [1],
    "why": "it is a film",
}
"""A right value of every parameter that some route cannot do without."""
OF_ONE_ROUTE: dict[str, dict[str, Any]] = {
    "POST /jobs": {"kind": "train"},
    "PUT /review/policy": {"policy": EXAMPLES["policy"]},
}
"""Where a name means something else."""


@dataclass(frozen=True)
class Operation:
    """One method of one route of the API."""

    method: str
    path: str
    query: Mapping[str, bool]
    """Parameters, and whether they must be given."""
    body: Mapping[str, bool] | None
    """Fields of a JSON body, and whether they must be given; None where it takes none."""
    is_document: bool
    """It answers JSON, not a file."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, *, place: str | None = None, **given: Any) -> str:
        """The address with what must be given, and this.

        Args:
            place: Stands for what the path names.
            given: Parameters in place of the right ones.
        """
        path = re.sub(r"{(\w+)}", lambda name: place or str(EXAMPLES[name[1]]), self.path)
        needed = {
            name: self._example(name) for name, must in self.query.items() if must or name == "q"
        }
        asked = "&".join(f"{name}={percent(value)}" for name, value in {**needed, **given}.items())
        return f"{BASE}{path}?{asked}"

    def _example(self, name: str) -> Any:
        return {**EXAMPLES, **OF_ONE_ROUTE.get(str(self), {})}[name]

    def json(self, **given: Any) -> bytes:
        """The body with what must be given, and this; empty where there is none."""
        if self.body is None:
            return b""
        own = OF_ONE_ROUTE.get(str(self), {})
        needed = {n: self._example(n) for n, must in self.body.items() if must or n in own}
        return json.dumps({**needed, **given}).encode()


def percent(value: Any) -> str:
    """A value as a part of an address; half of a surrogate pair is sent as it is."""
    return quote(str(value), safe="", errors="surrogatepass")


def operations() -> Iterator[Operation]:
    """All of the API, by its own description."""
    described = build_api(None, ROUTERS).openapi()
    kinds = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            query = {
                each["name"]: each.get("required", False)
                for each in told.get("parameters", [])
                if each["in"] == "query"
            }
            content = told["responses"].get("200", {}).get("content", {})
            is_document = "application/json" in content
            yield Operation(method.upper(), path, query, _fields(told, kinds), is_document)


def _fields(told: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, bool] | None:
    content = told.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    schema = content["application/json"]["schema"]
    schema = schema.get("anyOf", [schema])[0]
    kind = kinds[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return {name: name in kind.get("required", []) for name in kind["properties"]}


OPERATIONS = list(operations())


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(json.loads(self.body)["code"])


@contextmanager
def guarded(library: Library, doors: Doors) -> Iterator[ASGIApp]:
    """All of the server but its pages, of which a process can serve one library only."""
    frames = FrameSource()
    routes = own_routes(library, frames, doors, None)
    yield Starlette(routes=routes, middleware=guards(ServerAddress(), doors, ()))
    frames.close()


class Asker:
    """Asks an application without a client that would tidy what is sent.

    Args:
        app: The application.
        headers: Sent with every request.
        address: Where the requests come from.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str], address: str) -> None:
        self._app, self._headers, self._address = app, headers, address

    async def ask(
        self,
        method: str,
        address: str,
        body: bytes | None = b"",
        headers: Mapping[str, str] | None = None,
        receive: Callable[[], Awaitable[Message]] | None = None,
    ) -> Answer:
        """One request; `receive` in place of a body that comes at once."""
        sent = {"host": HOST, "content-type": "application/json", **self._headers}
        if receive is None:
            sent["content-length"] = str(len(body or b""))
        sent |= headers or {}
        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        coming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def at_once() -> Message:
            return coming.pop() if coming else await asyncio.Future[Message]()

        await self._app(self._scope(method, address, sent), receive or at_once, send)
        start = next(each for each in messages if each["type"] == "http.response.start")
        told = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        whole = b"".join(each.get("body", b"") for each in messages)
        return Answer(start["status"], told, whole)

    def _scope(self, method: str, address: str, headers: Mapping[str, str]) -> Scope:
        path, _, query = address.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (self._address, 50000),
            "server": ("127.0.0.1", 8501),
            "state": {},
        }

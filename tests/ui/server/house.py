"""A server with an owner, anna, who has done this and that, and a viewer, ben."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response

from tests.data.review.made import find, set_policy
from tests.ui.server.every_route import OWN_PAGE, Answer, Asker, Operation, guarded
from ui.api.links import BASE
from ui.library.library import Library
from ui.server.access.doors import Doors
from ui.server.access.sessions import Sessions, session_key
from ui.server.access.users import User, Users, hashed, write_users

TOKEN = "token-of-a-program-0123456789"


@dataclass
class House:
    """A server with an owner, anna, and a viewer, ben; anna has done this and that."""

    library: Library
    doors: Doors
    loop: asyncio.Runner
    stranger: Asker
    anna: Asker
    ben: Asker

    def ask(self, who: Asker, method: str, path: str, body: Any = None) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        return self.loop.run(who.ask(method, f"{BASE}{path}", sent))

    def get(self, who: Asker, operation: Operation, **headers: str) -> Answer:
        """What a route answers, with what must be given."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"user": "anna"} if "user" in operation.query and who is self.anna else {}
        asked = who.ask("GET", operation.address(**given), b"", named)
        return self.loop.run(asked)

    def read(self, who: Asker, path: str) -> Any:
        answer = self.ask(who, "GET", path)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def of_anna(self) -> list[Any]:
        """All that is kept of her."""
        people = self.read(self.anna, "/people")["items"]
        rest = ("/history", "/recent-searches", "/saved-searches")
        found = [self.read(self.anna, path)["items"] for path in rest]
        return [[each for each in people if each["name"] == "anna"], *found]


@contextmanager
def housed(home: Path, folder: Path) -> Iterator[House]:
    """A house over a copy of a home, in a folder."""
    passwords = {"anna": "owner", "ben": "viewer"}
    known = {name: User(name, role, hashed("password")) for name, role in passwords.items()}  # type: ignore[arg-type]
    write_users(folder / "users.json", known)
    users = Users(folder / "users.json")
    sessions = Sessions(users, session_key(folder / "key"))

    def cookie(name: str) -> dict[str, str]:
        answer = Response()
        sessions.begin(answer, known[name], secure=False)
        return {"cookie": answer.headers["set-cookie"].partition(";")[0], **OWN_PAGE}

    doors = Doors(token=TOKEN, users=users, sessions=sessions)
    with (
        Library(shutil.copytree(home, folder / "home")) as library,
        guarded(library, doors) as app,
        asyncio.Runner() as loop,
    ):
        anna, ben = (Asker(app, cookie(name), "127.0.0.1") for name in ("anna", "ben"))
        made = House(library, doors, loop, Asker(app, {}, "127.0.0.1"), anna, ben)
        for kind in ("like", "view", "hide"):
            event = {"video_id": 1, "kind": kind, "client_id": f"annas-{kind}"}
            assert made.ask(anna, "POST", "/events", event).status == 200
        search = {"address": {"q": "annas secret"}}
        saved = {**search, "name": "secret"}
        assert made.ask(anna, "POST", "/saved-searches", saved).status == 200
        assert made.ask(anna, "POST", "/recent-searches", search).status == 204
        assert made.ask(anna, "PATCH", "/people", {"pin": "4711"}).status == 200
        assert made.ask(anna, "POST", "/jobs", {"kind": "train"}).status == 200
        set_policy(library.catalogue)
        library.annotating.annotations.make("animals", labels=["dog", "cat"])
        find(library.catalogue, "crowds", (1, 0.0, 1.0, 0.9))
        yield made

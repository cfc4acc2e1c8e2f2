"""Attacks on `/mcp`: the table in `docs/security.md`.

The rule: the tools for language models are one more way to ask what the API answers. Whoever may
not ask there may not ask here, a viewer gets their own, no tool reads a file or writes unless that
is allowed, and what goes wrong tells nothing of the machine.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from data.errors import ReelwiseError
from data.toons.library import ToonLibrary
from tests.ui.server.every_route import OWN_PAGE, Answer, Asker
from tests.ui.server.house import TOKEN, House
from tests.ui.server.test_every_route import DEEP, OF_OTHER_PAGES, OTHERS, TEXTS
from ui.api.served import Served
from ui.library.library import Library
from ui.server.access.doors import Doors
from ui.server.agent_routes import AgentRoutes, Agents
from ui.server.app import guards
from ui.server.edge.address import ServerAddress
from ui.server.edge.rates import MAX_BODY_BYTES

try:
    import mcp  # noqa: F401
except ImportError as missing:
    if os.environ.get("REELWISE_REQUIRE_MCP"):
        raise
    pytest.skip(f"the extra mcp is not installed: {missing.name}", allow_module_level=True)

SPEAKS = {"accept": "application/json, text/event-stream"}
CALLS: dict[str, dict[str, Any]] = {
    "search": {"query": "a red car"},
    "similar": {"like": "1"},
    "recommend": {"user": "ben"},
    "describe_video": {"video_id": 1, "question": "a red car"},
    "record_event": {"video_id": 1, "user": "ben"},
}
"""A right call of every tool."""
OPTIONAL = {
    "search": ("k", "folder"),
    "similar": ("k",),
    "recommend": ("k", "playing"),
    "describe_video": (),
    "record_event": ("kind", "watched_s", "context"),
}
"""What a call may leave out, and what it may not have."""
HOSTILE: tuple[Any, ...] = (*TEXTS[4:9], *OTHERS[1:3], *OTHERS[4:])


class Sent:
    """What one visitor sends to a server of tools.

    Args:
        house: Whose library it is.
        who: The visitor.
        write: The tools may write.
        doors: The ways in, in place of those of the house.
    """

    def __init__(
        self, house: House, who: Asker, *, write: bool = False, doors: Doors | None = None
    ) -> None:
        self._loop, self._who = house.loop, who
        self._served, self._write = Served(house.library), write
        self._doors = house.doors if doors is None else doors

    def __call__(self, *bodies: bytes, headers: dict[str, str] | None = None) -> list[Answer]:
        """The answers to bodies that are sent one after the other."""
        return self.each([("POST", body, headers or {}) for body in bodies])

    def each(self, requests: list[tuple[str, bytes, dict[str, str]]]) -> list[Answer]:
        """The answers to requests: method, body, headers."""

        async def talk() -> list[Answer]:
            agents = AgentRoutes(self._served, Agents(write=self._write))
            guarded = guards(ServerAddress(), self._doors, ())
            app = Starlette(routes=agents.routes, middleware=guarded)
            asker = Asker(app, {**SPEAKS, **self._who._headers}, self._who._address)
            async with agents.running(), asyncio.timeout(120):
                return [
                    await asker.ask(how, "/mcp", body, headers) for how, body, headers in requests
                ]

        return self._loop.run(talk())

    def call(self, *calls: tuple[str, Any]) -> list[Answer]:
        """The answers to calls of tools."""
        return self(*(body(name, given) for name, given in calls))


def body(name: str, arguments: Any) -> bytes:
    asked = {"name": name, "arguments": arguments}
    told = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    return json.dumps(told).encode()


def result(answer: Answer) -> Any:
    """What a tool gave."""
    assert answer.status == 200, answer.body
    told = json.loads(answer.body)["result"]
    assert not told.get("isError"), told
    return told["structuredContent"]


def refusal(answer: Answer) -> str:
    """Why a tool gave nothing."""
    assert answer.status in (200, 400), answer.body
    told = json.loads(answer.body)
    if "error" in told:
        return str(told["error"]["message"])
    assert told["result"]["isError"], told
    (text,) = told["result"]["content"]
    return str(text["text"])


def test_another_host_name_and_another_sites_page_get_nothing(house: House) -> None:
    everyone = Sent(house, Asker(_nothing, {}, "10.2.0.1"), doors=Doors())
    asked = body("search", CALLS["search"])
    methods = ("POST", "GET", "DELETE")
    hosts = ("evil.example", "127.0.0.1.evil.example:8501", "")
    for answer in everyone.each(
        [(how, asked, {"host": host}) for how in methods for host in hosts]
    ):
        assert (answer.status, answer.code) == (400, "host_refused")
    kinds = ("application/json", "text/plain")
    foreign = [{**page, "content-type": kind} for page in OF_OTHER_PAGES for kind in kinds]
    for answer in everyone.each([(how, asked, page) for how in methods for page in foreign]):
        assert (answer.status, answer.code) == (403, "origin_refused")
        assert "access-control-allow-origin" not in answer.headers


def test_a_stranger_a_wrong_token_and_a_silent_page_get_nothing(house: House) -> None:
    asked = body("search", CALLS["search"])
    for headers in ({}, {"authorization": "Bearer wrong"}, {"mcp-session-id": "0" * 32}):
        (answer,) = Sent(house, house.stranger)(asked, headers=headers)
        assert (answer.status, answer.code) == (401, "sign_in"), headers
    no_page = {name: told for name, told in house.ben._headers.items() if name not in OWN_PAGE}
    (answer,) = Sent(house, Asker(_nothing, no_page, "127.0.0.1"))(asked)
    assert (answer.status, answer.code) == (403, "origin_refused")


def test_a_program_with_the_token_is_an_owner(house: House) -> None:
    program = Asker(_nothing, {"authorization": f"Bearer {TOKEN}"}, "127.0.0.1")
    told, page = Sent(house, program).call(
        ("describe_video", {"video_id": 1}), ("recommend", {"user": "anna"})
    )
    assert Path(result(told)["path"]).is_absolute()
    assert result(page)["user"] == "anna"


def test_a_viewer_gets_their_own_and_nothing_of_the_machine(
    house: House, toons: ToonLibrary
) -> None:
    ben = Sent(house, house.ben, write=True)
    before = house.of_anna()
    right = [(name, CALLS[name]) for name in CALLS if name != "record_event"]
    wrong: list[tuple[str, Any]] = [
        ("similar", {"like": "999999"}),
        ("search", {"query": "a", "folder": str(toons.folder)}),
        ("search", {"query": "a", "folder": "/"}),
        ("recommend", {"user": "anna"}),
        ("record_event", {"user": "anna", "video_id": 2, "kind": "like"}),
    ]
    answers = ben.call(*right, *wrong)
    for answer in answers[: len(right)]:
        result(answer)
    for answer in answers[len(right) :]:
        assert refusal(answer)
    for answer in answers:
        for secret in (str(toons.folder), str(house.library.home.root), "annas", '"anna"', "4711"):
            assert secret.encode() not in answer.body, secret
    assert "somebody else" in refusal(answers[-1])
    assert "somebody else" in refusal(answers[-2])
    assert house.of_anna() == before


def test_what_goes_wrong_tells_a_viewer_no_place_of_the_server(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = house.library.home.root
    failed: list[Exception] = [
        ReelwiseError(f"{place}/index is damaged", fix=f"reelwise verify --home {place}"),
        OSError(5, "Input/output error", f"{place}/catalogue.db"),
    ]
    for error in failed:

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(Library, "similar", fail)
        monkeypatch.setattr(Library, "find", fail)
        for answer in Sent(house, house.ben).call(
            ("search", CALLS["search"]), ("similar", CALLS["similar"])
        ):
            assert refusal(answer)
            assert str(place).encode() not in answer.body


def test_no_tool_takes_a_file_as_its_example(house: House, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    places = (
        *("/etc/passwd", "file:///etc/passwd", "../../etc/passwd", "1/../../etc/passwd", "~"),
        *(str(tmp_path / "secret.mp4"), f"{tmp_path}/secret.mp4@0-1", "1.mp4", "1@0-1@/etc/passwd"),
        *("x-../../etc/passwd", "x-/etc/passwd@0-1", "1@/etc/passwd", "http://169.254.169.254/"),
    )
    anna = Sent(house, house.anna)
    for place, answer in zip(
        places, anna.call(*(("similar", {"like": each}) for each in places)), strict=True
    ):
        told = refusal(answer)
        assert "root:" not in told, place
        assert any(each in told for each in ("like", "example", "stretch")), told


def test_nothing_writes_unless_that_is_allowed(house: House) -> None:
    before = house.read(house.ben, "/history")
    given = {"video_id": 3, "kind": "like"}
    (answer,) = Sent(house, house.ben).call(("record_event", given))
    assert "record_event" in refusal(answer)
    assert house.read(house.ben, "/history") == before
    (answer,) = Sent(house, house.ben, write=True).call(("record_event", given))
    event = result(answer)["event"]
    assert (event["user"], event["kind"]) == ("ben", "like")
    assert house.ask(house.ben, "DELETE", f"/events/{event['id']}").status == 200


def test_no_value_of_an_argument_makes_a_fault(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    calls = [
        (name, {**CALLS[name], argument: value})
        for name in CALLS
        for argument in (*CALLS[name], *OPTIONAL[name])
        for value in HOSTILE
    ]
    answers = Sent(house, house.anna, write=True).call(*calls)
    for call, answer in zip(calls, answers, strict=True):
        assert answer.status in (200, 400), (call, answer)
        assert "html" not in answer.headers["content-type"]
        assert b"Traceback" not in answer.body
        assert b"root:" not in answer.body
    assert "Traceback" not in caplog.text
    for event in house.library.history.events("ben"):
        assert event.id is not None
        house.library.events.remove("ben", event.id)


def test_bodies_that_are_no_call_are_refused(house: House) -> None:
    one = body("search", CALLS["search"])
    bodies = (b"", b"null", b"[]", b"[" + one + b"," + one + b"]", DEEP, b"\xff\xfe", one[:-1])
    for sent, answer in zip(bodies, Sent(house, house.anna)(*bodies), strict=True):
        assert 400 <= answer.status < 500, (sent[:20], answer)
    unknown = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "file:///"}}
    (answer,) = Sent(house, house.anna)(json.dumps(unknown).encode())
    assert "error" in json.loads(answer.body)


def test_a_large_body_is_refused(house: House) -> None:
    large = body("search", {"query": "x" * (MAX_BODY_BYTES + 1)})
    (answer,) = Sent(house, house.anna)(large)
    assert (answer.status, answer.code) == (413, "too_large")
    (answer,) = Sent(house, house.anna)(large, headers={"content-length": "0"})
    assert (answer.status, answer.code) == (413, "too_large")


def test_a_session_that_nobody_began_is_worth_nothing(house: House) -> None:
    asked = body("describe_video", {"video_id": 1})
    for session in ("0" * 32, "../../x", "x" * 5000):
        answers = Sent(house, house.ben)(asked, headers={"mcp-session-id": session})
        assert result(answers[0])["path"] is None
        assert "mcp-session-id" not in answers[0].headers


def test_the_log_of_the_process_is_left_as_it_is(house: House) -> None:
    AgentRoutes(Served(house.library), Agents())
    assert logging.getLogger("mcp.server").getEffectiveLevel() >= logging.WARNING
    assert not any(type(each).__module__.startswith("rich") for each in logging.root.handlers)


async def _nothing(*_: object) -> None:
    raise AssertionError("only `Sent` asks")

"""The tools for language models, asked by the SDK's own client: in process, by HTTP, by stdio."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import ROOT, serving
from ui.api.served import Served
from ui.library.library import Library

pytestmark = pytest.mark.long(12)

try:
    from mcp import Client, StdioServerParameters

    from ui.api.agents.opening import open_mcp
except ImportError as missing:
    if os.environ.get("REELWISE_REQUIRE_MCP"):
        raise
    pytest.skip(f"the extra mcp is not installed: {missing.name}", allow_module_level=True)

READING = {"search", "similar", "recommend", "describe_video"}


def run(server: Any, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The names of the tools, and the answers to calls."""

    async def talk() -> list[Any]:
        async with Client(server) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            return [names, *[await client.call_tool(name, given) for name, given in calls]]

    return asyncio.run(talk())


def test_tools_answer_what_the_api_answers(library: Library) -> None:
    names, found, told, near, liked = run(
        open_mcp(Served(library)),
        ("search", {"query": "a red car", "k": 2}),
        ("describe_video", {"video_id": 3, "question": "a red car"}),
        ("similar", {"like": "3@0-2", "k": 2}),
        ("recommend", {"user": "nobody", "k": 2}),
    )
    assert names == READING
    hits = found.structured_content["hits"]
    assert len(hits) == 2
    direct = library.search("a red car", k=2).hits
    assert [hit["video_id"] for hit in hits] == [hit.video_id for hit in direct]
    assert told.structured_content["video_id"] == 3
    assert {"moments", "lines", "cuts_s"} <= told.structured_content.keys()
    assert 3 not in [hit["video_id"] for hit in near.structured_content["hits"]]
    assert len(liked.structured_content["items"]) == 2


def test_what_is_wrong_is_told_to_the_model(library: Library) -> None:
    _, unknown, wrong = run(
        open_mcp(Served(library)),
        ("describe_video", {"video_id": 999999}),
        ("search", {"query": "a", "k": 100000}),
    )
    assert unknown.is_error
    assert "999999" in unknown.content[0].text
    assert wrong.is_error


def test_nothing_is_written_unless_that_is_allowed(library: Library) -> None:
    names, refused = run(
        open_mcp(Served(library)), ("record_event", {"user": "robot", "video_id": 1})
    )
    assert names == READING
    assert refused.is_error
    assert library.history.events("robot") == []
    names, done = run(
        open_mcp(Served(library), write=True),
        ("record_event", {"user": "robot", "video_id": 1, "kind": "like"}),
    )
    assert names == READING | {"record_event"}
    assert done.structured_content["outcome"] == "added"
    assert [event.kind for event in library.history.events("robot")] == ["like"]


def test_the_server_gives_them_at_an_address_of_its_own(own_home: Path) -> None:
    with serving(own_home, "--refit-every", "off", "--mcp") as server:
        names, found = run(f"{server.url}/mcp", ("search", {"query": "a red car", "k": 1}))
        assert names == READING
        assert len(found.structured_content["hits"]) == 1
        status, _, _ = server.ask("/mcp", method="POST", headers={"Origin": "https://evil.example"})
        assert status == 403


def test_a_command_gives_them_by_its_streams(home: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui.cli", "mcp", "--home", str(home)],
        cwd=ROOT,
        env=dict(os.environ),
    )
    names, found = run(command, ("search", {"query": "a red car", "k": 1}))
    assert names == READING
    assert len(found.structured_content["hits"]) == 1

"""What a server starts with: a library that is there, or an empty one where it may be made."""

import asyncio
import socket
from pathlib import Path

import pytest

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home, resolve_home
from ui.server.edge.address import ServerAddress
from ui.server.edge.stopping import Stopping
from ui.server.process import Serving, _listen, _places, _require, serve_library


def test_a_library_is_made_only_where_that_is_asked_for(tmp_path: Path) -> None:
    place = resolve_home(tmp_path / "new")
    with pytest.raises(ReelwiseError, match="there is no library"):
        _require(place, may_make=False)
    assert not place.root.exists()
    _require(place, may_make=True)
    with Catalogue(place) as catalogue:
        assert catalogue.files.roots() == []
    _require(place, may_make=False)


def test_a_library_that_lost_its_catalogue_is_not_made_anew(tmp_path: Path) -> None:
    place = Home(tmp_path / "home")
    place.make()
    (place.root / "vectors" / "e1").mkdir(parents=True)
    (place.root / "writer.lock").touch()
    place.catalogue.unlink(missing_ok=True)
    with pytest.raises(ReelwiseError, match="has lost its"):
        _require(place, may_make=True)


def test_folders_to_choose_from_are_those_named_else_the_home_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _places(()).roots == (tmp_path,)
    (tmp_path / "films").mkdir()
    assert _places([tmp_path / "films"]).roots == (tmp_path / "films",)


def test_a_folder_to_choose_from_that_is_none_stops_the_start(tmp_path: Path) -> None:
    serving = Serving(browse=(tmp_path / "nowhere",), is_new=True)
    address = ServerAddress("127.0.0.1", 0, (), ())
    with pytest.raises(ReelwiseError, match="there is no folder"):
        serve_library(tmp_path / "home", address, serving, stopping=Stopping(""))
    assert not (tmp_path / "home").exists()


def test_answers_leave_at_once() -> None:
    """Else the end of each waits until the asker has confirmed its beginning: some 40 ms."""

    async def is_sent_at_once() -> bool:
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def asked(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            told.set_result(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        listener = _listen(ServerAddress("127.0.0.1", 0, (), ()))
        async with await asyncio.start_server(asked, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            return await told

    assert asyncio.run(is_sent_at_once())

"""Where a server can listen, what it says when it cannot, and what a run of a page is spared."""

import socket

import pytest

from data.errors import ReelwiseError
from ui.server.app import STREAMLIT_OPTIONS
from ui.server.edge.address import ServerAddress
from ui.server.process import _listen


def test_an_address_that_is_not_this_machines_is_not_blamed_on_the_port() -> None:
    with pytest.raises(ReelwiseError) as raised:
        _listen(ServerAddress("192.0.2.77", 8501))
    assert "192.0.2.77" in raised.value.problem
    assert "--host 127.0.0.1" in raised.value.fix
    assert "--port" not in raised.value.fix


def test_a_taken_port_is_answered_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ReelwiseError) as raised:
            _listen(ServerAddress("127.0.0.1", port))
    assert raised.value.fix == f"reelwise serve --port {port % 65535 + 1}"


def test_a_run_of_a_page_does_not_go_through_all_that_is_in_memory() -> None:
    assert STREAMLIT_OPTIONS["runner.postScriptGC"] is False

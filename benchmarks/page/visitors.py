"""A visitor of the page without a browser: it opens a session and sends files, as Streamlit's."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

if TYPE_CHECKING:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

BOUNDARY = "reelwise"


class Visitor:
    """One open page of the server at a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._origin = f"http://127.0.0.1:{port}"
        self._session = ""
        self._token = ""
        self._page: ClientConnection | None = None

    @contextmanager
    def opened(self) -> Iterator[Self]:
        """With the page open; its session ends with it."""
        self._token = self._xsrf_token()
        address = f"ws://127.0.0.1:{self._port}/_stcore/stream"
        headers = {"Cookie": f"_streamlit_xsrf={self._token}"}
        with connect(
            address,
            origin=Origin(self._origin),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers=headers,
            max_size=None,
        ) as page:
            self._session = _session_of(page)
            self._page = page
            yield self

    def load(self, query: str) -> int:
        """Run the page again for an address, to its end; gives the number of messages it took.

        Args:
            query: What stands behind the `?` of the address.
        """
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        assert self._page is not None, "with visitor.opened()"
        _ask_for(self._page, query)
        n_messages, has_begun = 0, False
        while True:
            message = _next_of(self._page)
            n_messages += 1
            has_begun |= message.HasField("new_session")
            ended = message.HasField("script_finished")
            if has_begun and ended and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return n_messages

    def upload(self, name: int, data: bytes) -> int:
        """Send a file of this name; the status of the answer, 0 for none."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
        body = f"{head}\r\n\r\n".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
        path = f"/_stcore/upload_file/{self._session}/{uuid.uuid4()}"
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Origin": self._origin,
            "Cookie": f"_streamlit_xsrf={self._token}",
            "X-Xsrftoken": self._token,
        }
        try:
            connection.request("PUT", path, body, headers)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def _xsrf_token(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request("GET", "/_stcore/health")
        cookie = connection.getresponse().getheader("set-cookie") or ""
        connection.close()
        return cookie.partition("=")[2].partition(";")[0]


def _session_of(page: ClientConnection) -> str:
    """Ask for the page, run it to its end, and give the session's id."""
    _ask_for(page, "")
    session = ""
    while True:
        message = _next_of(page)
        if message.HasField("new_session"):
            session = str(message.new_session.initialize.session_id)
        if message.HasField("script_finished") and session:
            return session


def _ask_for(page: ClientConnection, query: str) -> None:
    from streamlit.proto.BackMsg_pb2 import BackMsg

    wish = BackMsg()
    wish.rerun_script.query_string = query
    page.send(wish.SerializeToString())


def _next_of(page: ClientConnection) -> ForwardMsg:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    received = page.recv(timeout=60)
    assert isinstance(received, bytes)
    message = ForwardMsg()
    message.ParseFromString(received)
    return message

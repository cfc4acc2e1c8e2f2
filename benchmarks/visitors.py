"""A visitor of the page without a browser: it opens a session and sends files, as Streamlit's."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

BOUNDARY = "reelwise"


class Visitor:
    """One open page of the server at a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._origin = f"http://127.0.0.1:{port}"
        self._session = ""
        self._token = ""

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
            yield self

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
    """Ask for the page, and read the session's id from the first answer that has it."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    wish = BackMsg()
    wish.rerun_script.query_string = ""
    page.send(wish.SerializeToString())
    while True:
        message = ForwardMsg()
        received = page.recv(timeout=60)
        assert isinstance(received, bytes)
        message.ParseFromString(received)
        if message.HasField("new_session"):
            return str(message.new_session.initialize.session_id)

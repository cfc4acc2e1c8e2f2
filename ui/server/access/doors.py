"""The ways in: a token, a session, a proxy that has asked already. Each knows who asks, or not."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from data.errors import ReelwiseError
from data.history import person
from data.regular import open_regular
from ui.api.served import Visitor
from ui.server.access.provider import Provider
from ui.server.access.sessions import COOKIE, Sessions
from ui.server.access.users import Users

LEAST_TOKEN_CHARS = 20
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Doors:
    """The ways into one server; without any, everyone who reaches it is an owner."""

    token: str | None = None
    """Programs that send it are owners."""
    users: Users | None = None
    """Who may sign in with a password, and which role a name has."""
    sessions: Sessions | None = None
    """Who has signed in; with `users` or `provider` only."""
    provider: Provider | None = None
    """A provider of identities that asks people who they are."""
    header: str | None = None
    """Header in which a proxy names who asks; in lower case."""
    proxies: tuple[Network, ...] = field(default=())
    """Addresses whose header is believed."""

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who they are."""
        return self.token is None and not self.has_login and self.header is None

    @property
    def has_login(self) -> bool:
        """Whether people can sign in on a page."""
        return self.users is not None or self.provider is not None

    def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Who asks; None for a stranger."""
        if self.is_open:
            return Visitor()
        headers = connection.headers
        return self._by_token(headers) or self._by_session(connection) or self._by_proxy(connection)

    def is_by_cookie(self, connection: HTTPConnection) -> bool:
        """Whether a browser says by itself who asks, which pages elsewhere could make use of."""
        return not self.is_open and self._by_token(connection.headers) is None

    def _by_token(self, headers: Headers) -> Visitor | None:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if self.token is None or kind.lower() != "bearer":
            return None
        is_right = hmac.compare_digest(given.strip().encode(), self.token.encode())
        return Visitor(None, "owner") if is_right else None

    def _by_session(self, connection: HTTPConnection) -> Visitor | None:
        if self.sessions is None:
            return None
        return self.sessions.visitor_of(connection.cookies.get(COOKIE))

    def _by_proxy(self, connection: HTTPConnection) -> Visitor | None:
        if self.header is None or not self.is_proxy(connection):
            return None
        given = connection.headers.getlist(self.header)
        if len(given) != 1:  # two names are nobody's
            return None
        try:
            name = person(given[0].encode("latin-1").decode("utf-8"))
        except (ReelwiseError, UnicodeError):
            return None
        user = None if self.users is None else self.users.find(name)
        return Visitor(name, "viewer" if user is None else user.role)

    def is_proxy(self, connection: HTTPConnection) -> bool:
        """Whether the request comes from a proxy that is believed."""
        try:
            address = ipaddress.ip_address(connection.client.host if connection.client else "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.proxies)


def read_token(given: str, environment: str | None) -> str:
    """The token of `--token`: that of a file, or of the environment for "env".

    Raises:
        ReelwiseError: There is none, or it is too short to keep anybody out.
    """
    fix = "openssl rand -hex 32 > token.txt; reelwise serve --token token.txt"
    if given == "env":
        token = (environment or "").strip()
    else:
        try:
            with open_regular(Path(given).expanduser()) as file:
                token = file.read().decode("utf-8", "replace").strip()
        except OSError as error:
            problem = f"--token {given}: {(error.strerror or str(error)).lower()}"
            raise ReelwiseError(problem, fix=fix) from error
    if len(token) < LEAST_TOKEN_CHARS or not token.isascii() or not token.isprintable():
        raise ReelwiseError(
            f"a token has at least {LEAST_TOKEN_CHARS} printable ASCII characters", fix=fix
        )
    return token


def read_proxies(given: list[str]) -> tuple[Network, ...]:
    """Addresses and networks of proxies.

    Raises:
        ReelwiseError: One is none.
    """
    try:
        return tuple(ipaddress.ip_network(each, strict=False) for each in given)
    except ValueError as error:
        raise ReelwiseError(
            f"--trusted-proxy: {error}", fix="--trusted-proxy 127.0.0.1, or 10.0.0.0/24"
        ) from error

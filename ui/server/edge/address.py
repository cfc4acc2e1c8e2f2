"""Where a server listens, and by which names and from which pages it may be asked."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from data.errors import ReelwiseError

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?")


@dataclass(frozen=True)
class ServerAddress:
    """Where the server listens and by which names it may be called."""

    host: str = "127.0.0.1"
    """The address to bind."""
    port: int = 8501
    """The port to bind."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that a browser may use, besides addresses and this machine's own names."""

    cors_origins: tuple[str, ...] = ()
    """Other sites whose pages may ask the API."""

    @property
    def url(self) -> str:
        """What to open in a browser."""
        host = lan_address() if self.is_everywhere else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def is_everywhere(self) -> bool:
        """It listens on every address of this machine."""
        return self.host in ("0.0.0.0", "::", "")

    @property
    def is_local(self) -> bool:
        """Only this machine can reach it."""
        return is_loopback(self.host)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it answers to, besides addresses."""
        own = () if self.is_local else (socket.gethostname(), f"{socket.gethostname()}.local")
        bound = () if _address(self.host) else (self.host,)
        return frozenset(name.lower() for name in ("localhost", *bound, *own, *self.allowed_hosts))

    def answers_to(self, header: str) -> bool:
        """Whether a request with this Host header is for this server.

        On a loopback address only loopback addresses are its own; elsewhere any address is, since
        rebinding needs a name.
        """
        name = host_name(header)
        if name is None:
            return False
        address = _address(name)
        if address is None:
            return name in self.names
        return address.is_loopback or not self.is_local or name in self.names

    def is_own_page(self, origin: str, host_header: str) -> bool:
        """Whether an Origin is a page of this server: same host and port, or a given name.

        A proxy that speaks TLS may hand on another Host: then `--allow-host` names the page.
        """
        parts = urlsplit(origin.lower())
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return False
        given = {name.lower() for name in self.allowed_hosts}
        return parts.netloc == host_header.strip().lower() or host_name(parts.netloc) in given


def checked_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """Origins as browsers send them.

    Raises:
        ReelwiseError: One is none: with a path, without a scheme, or for everybody.
    """
    for origin in origins:
        parts = urlsplit(origin)
        whole = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != whole:
            raise ReelwiseError(
                f"--cors-origin {origin}: give scheme and name of one site",
                fix="--cors-origin https://films.example",
            )
    return tuple(origin.lower() for origin in origins)


def is_loopback(host: str) -> bool:
    """True for every spelling of this machine alone: 127.0.0.0/8, ::1, localhost."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def host_name(header: str) -> str | None:
    """The name in a Host header: "[::1]:8501" is "::1"; None where it is none."""
    match = _HOST.fullmatch(header.strip().lower())
    if match is None or int(match[2] or 0) > 65535:
        return None
    return match[1].strip("[]")


def lan_address() -> str:
    """The address by which other machines reach this one; the loopback one where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"

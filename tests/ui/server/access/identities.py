"""A small OpenID provider on this machine: discovery, authorization, tokens, keys, user info.

It follows OpenID Connect Core 1.0 and RFC 7636 as far as a code flow goes, signs with a key made
here, and lies where a test wants it to.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.ui.conftest import PATIENCE_S, free_port

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "films", "a secret of films"
_ANNA = {
    "sub": "4711",
    "email": "anna@films.example",
    "email_verified": True,
    "groups": ["family", "film-owners"],
}


@cache
def made_key(_name: str) -> RSAKey:
    """A key of this process; another name gives another one."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, {"kid": "1"})


@dataclass
class Identities:
    """The provider; what it says of the one account that it has may be changed."""

    url: str
    account: dict[str, Any] = field(default_factory=lambda: dict(_ANNA))
    """Claims of who signs in."""
    lies: dict[str, Any] = field(default_factory=dict)
    """Other claims of the ID token: `aud`, `nonce`, `exp`, ..."""
    only_by_userinfo: frozenset[str] = frozenset()
    """Claims that the ID token leaves out."""
    asks: bool = False
    """Show a page first, as a real one does."""
    key: RSAKey = field(default_factory=lambda: made_key("published"))
    signs_with: RSAKey | None = None
    """Another key than the one that it publishes."""
    lacks: str = ""
    """What the discovery document leaves out."""
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    """Authorizations by their code, and by their access token."""
    asked: list[str] = field(default_factory=list)
    """Paths of all requests."""

    def routes(self) -> list[Route]:
        pages = {
            "/.well-known/openid-configuration": self._discover,
            "/authorize": self._authorize,
            "/granted": self._grant,
            "/jwks": self._keys,
            "/userinfo": self._userinfo,
        }
        tokens = Route("/token", self._token, methods=["POST"])
        return [*(Route(path, each) for path, each in pages.items()), tokens]

    async def _discover(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        known = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        known.pop(self.lacks, None)
        return JSONResponse(known)

    async def _authorize(self, request: Request) -> Response:
        assert request.query_params["response_type"] == "code"
        assert request.query_params["client_id"] == CLIENT_ID
        assert request.query_params["code_challenge_method"] == "S256"
        on = f"/granted?{request.query_params}"
        if not self.asks:
            return RedirectResponse(on, status_code=302)
        return HTMLResponse(f"<!doctype html><title>Identities</title><a href='{on}'>Anna</a>")

    async def _grant(self, request: Request) -> Response:
        asked, code = dict(request.query_params), secrets.token_urlsafe(16)
        self.given[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=302)

    async def _token(self, request: Request) -> Response:
        told = {name: value for name, (value,) in parse_qs((await request.body()).decode()).items()}
        kind, _, proof = request.headers["authorization"].partition(" ")
        assert kind == "Basic"
        known = self.given.pop(told["code"], None)  # a code is good once
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        if (
            known is None
            or base64.b64decode(proof).decode() != f"{CLIENT_ID}:{CLIENT_SECRET}"
            or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != known["code_challenge"]
            or told["redirect_uri"] != known["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        access = secrets.token_urlsafe(16)
        self.given[access] = known
        answer = {"access_token": access, "token_type": "Bearer", "id_token": self._id_token(known)}
        return JSONResponse(answer)

    def _id_token(self, known: dict[str, str]) -> str:
        from joserfc import jwt

        now_s = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": known["nonce"],
            **{name: it for name, it in self.account.items() if name not in self.only_by_userinfo},
            **self.lies,
        }
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with or self.key)

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _userinfo(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        assert request.headers["authorization"].partition(" ")[2] in self.given
        return JSONResponse(self.account)


@contextmanager
def listening(app: ASGIApp, port: int) -> Iterator[None]:
    """Serve an application of this process on this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    end_s = time.monotonic() + PATIENCE_S
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < end_s
        time.sleep(0.005)
    yield
    server.should_exit = True
    thread.join()


@contextmanager
def providing() -> Iterator[Identities]:
    """A provider that answers, by another name than the servers of tests have: another site."""
    port = free_port()
    identities = Identities(f"http://localhost:{port}")
    with listening(Starlette(routes=identities.routes()), port):
        yield identities

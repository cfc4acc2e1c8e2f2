"""Signing in with a provider of identities: off to it, back from it, a session (OpenID Connect).

Authlib does what OpenID Connect Core 1.0 asks of the code flow: state, nonce, PKCE (RFC 7636), the
exchange of the code, the signature and the claims of the ID token.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from data.errors import ReelwiseError
from data.printable import printable
from ui.server.access.doors import Doors
from ui.server.access.gate import is_https
from ui.server.access.login import local_path
from ui.server.access.login_page import TO_PROVIDER, onward_page, sign_in_page
from ui.server.access.provider import CALLBACK, Provider
from ui.server.access.sessions import Sessions
from ui.server.edge.address import ServerAddress

if TYPE_CHECKING:
    from authlib.integrations.starlette_client import StarletteOAuth2App

COOKIE = "reelwise_sign_in"
"""Says what was sent to the provider, until it answers."""
LASTS_S = 600
"""So long may somebody take to sign in there."""
ANSWERS_S = 10.0
"""So long may the provider take to answer this server."""
_NEXT = "next"
_log = logging.getLogger("uvicorn.error")


class _OwnSession(SessionMiddleware):
    """A session that the rest of the application, which has one of its own, does not see."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__({**scope}, receive, send)


def open_client(provider: Provider) -> StarletteOAuth2App:
    """What talks to a provider.

    Raises:
        ReelwiseError: Authlib is not installed.
    """
    try:
        from authlib.integrations.starlette_client import OAuth
    except ImportError as error:
        raise ReelwiseError(
            f"--oidc needs a package that is not here: {error.name}",
            fix="pip install 'reelwise[oidc]'",
        ) from error
    import httpx2

    asked = {**provider.client_kwargs, "code_challenge_method": "S256", "timeout": ANSWERS_S}
    # Reading the certificates takes longer than asking: once is enough.
    asked["verify"] = httpx2.create_ssl_context()
    return OAuth().register(
        "provider",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=provider.server_metadata_url,
        client_kwargs=asked,
    )


def look_at_provider(provider: Provider, address: ServerAddress) -> str:
    """Read the provider's discovery document; gives what to warn of, or nothing.

    Raises:
        ReelwiseError: What answers there is no provider, it would send browsers to another server,
            or Authlib is not installed.
    """
    open_client(provider)
    import httpx2

    host = urlsplit(provider.redirect_uri).netloc
    if not address.answers_to(host):
        raise ReelwiseError(
            f"--oidc: this server does not answer to {host}, to which redirect_uri leads",
            fix=f"--allow-host {urlsplit(provider.redirect_uri).hostname}",
        )
    url, fix = provider.server_metadata_url, "correct server_metadata_url"
    try:
        answer = httpx2.get(url, timeout=ANSWERS_S / 2)
    except httpx2.HTTPError as error:
        return f"{url} does not answer ({error}): nobody can sign in with it until it does"
    try:
        known = answer.raise_for_status().json()
        missing = [each for each in _ENDPOINTS if not isinstance(known.get(each), str)]
    except (httpx2.HTTPStatusError, ValueError, AttributeError) as error:
        raise ReelwiseError(f"{url} is no OpenID provider: {error}", fix=fix) from error
    if missing:
        raise ReelwiseError(f"{url} is no OpenID provider: it names no {missing[0]}", fix=fix)
    return ""


_ENDPOINTS = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


def provider_routes(doors: Doors) -> list[BaseRoute]:
    """The way to the provider and back, for servers with one."""
    if doors.provider is None or doors.sessions is None:
        return []
    login = _ProviderLogin(doors, doors.provider, doors.sessions)
    session = Middleware(
        _OwnSession,
        secret_key=doors.sessions.key,
        session_cookie=COOKIE,
        max_age=LASTS_S,
        same_site="lax",  # it comes along when the provider sends the browser back
        https_only=doors.provider.is_https,
    )
    return [
        Route(TO_PROVIDER, login.begin, methods=["GET"], middleware=[session]),
        Route(CALLBACK, login.finish, methods=["GET"], middleware=[session]),
    ]


class _ProviderLogin:
    """Both ends of signing in."""

    def __init__(self, doors: Doors, provider: Provider, sessions: Sessions) -> None:
        self._doors = doors
        self._provider = provider
        self._sessions = sessions
        self._client = open_client(provider)

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        wanted = local_path(request.query_params.get("next", "/"))
        request.session[_NEXT] = wanted
        try:
            answer = await self._client.authorize_redirect(request, self._provider.redirect_uri)
        except _failures() as error:
            return self._refused(wanted, error, "the provider cannot be asked now", 502)
        assert isinstance(answer, Response)
        return answer

    async def finish(self, request: Request) -> Response:
        """Take what the provider answered, and begin a session."""
        wanted = local_path(str(request.session.pop(_NEXT, "/")))
        try:
            claims = await self._claims(request)
        except _failures() as error:
            return self._refused(wanted, error, "signing in did not succeed; try again", 401)
        answer = onward_page(wanted)
        try:
            name, role = self._provider.name_of(claims), self._provider.role_of(claims)
        except ReelwiseError as error:
            return self._refused(wanted, error, error.problem, 403)
        secure = is_https(request, self._doors) or self._provider.is_https
        if self._sessions.begin_account(answer, name, role, secure=secure) is None:
            told = f"{name} may not come in here: ask an owner of this library"
            return self._refused(wanted, None, told, 403)
        return answer

    async def _claims(self, request: Request) -> Mapping[str, Any]:
        """What the provider says of the account.

        Raises:
            ValueError: It says nothing, or of two accounts; and what `_failures` lists.
        """
        known = await self._client.load_server_metadata()
        wanted = {
            "iss": {"essential": True, "value": known["issuer"]},
            "aud": {"essential": True, "value": self._provider.client_id},
        }
        token = await self._client.authorize_access_token(request, claims_options=wanted)
        claims: dict[str, Any] = dict(token["userinfo"])
        needed = {self._provider.name_claim, self._provider.role_claim} - {""}
        if needed <= claims.keys() or "userinfo_endpoint" not in known:
            return claims
        more = dict(await self._client.userinfo(token=token))
        if more.get("sub") != claims["sub"]:
            raise ValueError("the provider speaks of two accounts")
        return {**more, **claims}

    def _refused(self, wanted: str, error: Exception | None, told: str, status: int) -> Response:
        why = told if error is None else f"{type(error).__name__}: {error}"
        _log.warning("signing in with %s: %s", self._provider.name, printable(why))
        return sign_in_page(
            wanted,
            told=told,
            status=status,
            provider=self._provider.name,
            has_passwords=self._doors.users is not None,
        )


def _failures() -> tuple[type[Exception], ...]:
    """What goes wrong with a provider, or with what a browser brings from it."""
    import httpx2
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    return AuthlibBaseError, JoseError, httpx2.HTTPError, ValueError, KeyError, RuntimeError

"""A provider of identities (OpenID Connect): its file, and which of its accounts may come in.

The rule: a provider says who somebody is; whether they may come in is said here, and an account
that nothing lets in stays out.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from data.errors import ReelwiseError
from data.history import person
from data.regular import open_regular
from ui.api.served import Role
from ui.server.edge.address import is_loopback

CALLBACK = "/login/callback"
"""Where the provider sends browsers back to: the path of `redirect_uri`."""
EVERYONE = "*"
SECTION = "auth"
_NEEDED = ("server_metadata_url", "client_id", "client_secret", "redirect_uri")
_TEXTS = (*_NEEDED, "name", "name_claim", "role_claim")
_LISTS = ("owners", "viewers")
_OF_STREAMLIT = ("cookie_secret", "expose_tokens")
"""Keys of Streamlit's own login that mean nothing here: sessions have the key of the home."""
_SCOPE = "openid email profile"
FIX = "docs/access.md shows the whole file"


@dataclass(frozen=True)
class Provider:
    """Who asks people who they are, and what their accounts are here."""

    server_metadata_url: str
    """Its discovery document, which ends in /.well-known/openid-configuration."""
    client_id: str
    """What it calls this server."""
    client_secret: str = field(repr=False)
    """What this server proves itself with."""
    redirect_uri: str
    """This server's address as browsers know it, with the path /login/callback."""
    name: str = "the provider"
    """What the button to sign in calls it."""
    name_claim: str = "email"
    """What of an account is the person's name in the history."""
    role_claim: str = ""
    """What of an account `owners` and `viewers` list; empty for the name."""
    owners: frozenset[str] = frozenset()
    """Values whose accounts are owners."""
    viewers: frozenset[str] = frozenset()
    """Values whose accounts are viewers; "*" for every account."""
    client_kwargs: Mapping[str, str] = field(default_factory=dict)
    """Besides: `scope`, `prompt`, as Authlib takes them."""

    @property
    def mark(self) -> str:
        """Changes with everything that decides who is who: sessions from before end."""
        said = (
            *(self.server_metadata_url, self.client_id, self.name_claim, self.role_claim),
            *(sorted(self.owners), sorted(self.viewers)),
        )
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    @property
    def lets_somebody_in(self) -> bool:
        """Whether any account may come in that the file of users does not name."""
        return bool(self.owners or self.viewers)

    @property
    def is_https(self) -> bool:
        """Whether browsers come by https."""
        return self.redirect_uri.startswith("https:")

    def name_of(self, claims: Mapping[str, Any]) -> str:
        """The person of an account, as people are called in the history.

        Raises:
            ReelwiseError: The account has no such claim, or an address that nobody verified.
        """
        given = claims.get(self.name_claim)
        if not isinstance(given, str) or not given.strip():
            raise ReelwiseError(
                f"the account has no {self.name_claim}",
                fix="name_claim names another claim, or client_kwargs.scope asks for it",
            )
        if not _is_sure(self.name_claim, claims):
            raise ReelwiseError(
                "the provider has not verified the account's email address",
                fix="verify it there; or let name_claim be what accounts cannot choose, as sub",
            )
        return person(given)

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """The role of an account; None where neither list lets it in."""
        claim = self.role_claim or self.name_claim
        given = claims.get(claim) if _is_sure(claim, claims) else None
        values = {each for each in _several(given) if isinstance(each, str)}
        if values & self.owners:
            return "owner"
        return "viewer" if EVERYONE in self.viewers or values & self.viewers else None


def _several(given: object) -> list[object]:
    return given if isinstance(given, list) else [given]


def _is_sure(claim: str, claims: Mapping[str, Any]) -> bool:
    """Whether an account cannot simply write what it likes: of addresses those verified count."""
    return claim != "email" or claims.get("email_verified") is True


def read_provider(path: Path) -> Provider:
    """The provider of a TOML file: its section [auth], as Streamlit's secrets.toml has one.

    Raises:
        ReelwiseError: It cannot be read, lacks something, or has what nobody knows.
    """
    try:
        with open_regular(path) as file:
            whole = tomllib.loads(file.read().decode())
    except OSError as error:
        raise _wrong(path, (error.strerror or str(error)).lower()) from error
    except ValueError as error:  # of TOML and of UTF-8
        raise _wrong(path, f"it is no TOML: {error}") from error
    section = whole.get(SECTION)
    if not isinstance(section, dict):
        raise _wrong(path, f"it has no section [{SECTION}]")
    return _checked(path, section)


def _checked(path: Path, section: Mapping[str, Any]) -> Provider:
    known = {*_TEXTS, *_LISTS, *_OF_STREAMLIT, "client_kwargs"}
    if odd := sorted(section.keys() - known):
        raise _wrong(path, f"{odd[0]} is no key of [{SECTION}]: {', '.join(sorted(known))}")
    if missing := [each for each in _NEEDED if not section.get(each)]:
        raise _wrong(path, f"[{SECTION}] lacks {missing[0]}")
    texts = {each: section[each] for each in _TEXTS if each in section}
    if wrong := [each for each, value in texts.items() if not isinstance(value, str)]:
        raise _wrong(path, f"{wrong[0]} is no text")
    if not is_safe(texts["server_metadata_url"]):
        raise _wrong(path, "server_metadata_url is no https address")
    back = urlsplit(texts["redirect_uri"])
    if back.scheme not in ("http", "https") or not back.netloc or back.path != CALLBACK:
        raise _wrong(path, f"redirect_uri is no address of this server with the path {CALLBACK}")
    return Provider(
        **texts,
        owners=_list(path, section, "owners"),
        viewers=_list(path, section, "viewers"),
        client_kwargs=_client_kwargs(path, section),
    )


def _list(path: Path, section: Mapping[str, Any], key: str) -> frozenset[str]:
    given = section.get(key, [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise _wrong(path, f'{key} is no list of texts: {key} = ["anna@films.example"]')
    if key == "owners" and EVERYONE in given:
        raise _wrong(path, "owners cannot be everyone: name them")
    return frozenset(given)


def _client_kwargs(path: Path, section: Mapping[str, Any]) -> dict[str, str]:
    given = section.get("client_kwargs", {})
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise _wrong(path, 'client_kwargs holds no texts: client_kwargs = { scope = "openid" }')
    given = {"scope": _SCOPE, **given}
    if "openid" not in given["scope"].split():
        raise _wrong(path, "client_kwargs.scope lacks openid")
    return given


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what an address answers: https, or this machine."""
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
    return bool(parts.netloc) and (parts.scheme == "https" or is_here)


def _wrong(path: Path, what: str) -> ReelwiseError:
    return ReelwiseError(f"--oidc {path}: {what}", fix=FIX)

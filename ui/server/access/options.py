"""Who may ask, as the options of `reelwise serve` say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from data.home import Home
from ui.server.access.doors import Doors, read_proxies, read_token
from ui.server.access.provider import Provider, read_provider
from ui.server.access.sessions import Sessions, session_key
from ui.server.access.users import Users

KEY_FILE = "sessions.key"
"""In the home: what signs the cookies of sessions."""
LOCAL_PROXY = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class AccessOptions:
    """What was asked for."""

    token: str | None = None
    """A file with the token, or "env"."""
    users: Path | None = None
    """The file of users."""
    trusted_header: str | None = None
    """The header of a proxy."""
    trusted_proxies: Sequence[str] = ()
    """Its addresses; those of this machine where none is given."""
    public: bool = False
    """Let everyone in who reaches the server."""
    oidc: Path | None = None
    """The file of a provider of identities."""

    def doors(self, home: Home, *, is_local: bool, environment: str | None) -> Doors:
        """The ways in.

        Args:
            home: Where the key of sessions is kept.
            is_local: Only this machine reaches the server.
            environment: The token of the environment.

        Raises:
            ReelwiseError: A file cannot be used, or everyone would get in unasked.
        """
        self._check()
        users = None if self.users is None else Users(self.users.expanduser())
        provider = None if self.oidc is None else read_provider(self.oidc.expanduser())
        if provider is not None and users is None and not provider.lets_somebody_in:
            raise ReelwiseError(
                f"--oidc {self.oidc}: no account may come in, for it lists none, and there is no "
                "--users",
                fix='write owners = ["anna@films.example"], or viewers = ["*"] for every account',
            )
        doors = Doors(
            token=None if self.token is None else read_token(self.token, environment),
            users=users,
            sessions=_sessions(home, users, provider),
            provider=provider,
            header=None if self.trusted_header is None else self.trusted_header.lower(),
            proxies=read_proxies(list(self.trusted_proxies or LOCAL_PROXY))
            if self.trusted_header is not None
            else (),
        )
        if doors.is_open and not is_local and not self.public:
            raise ReelwiseError(
                "other machines would see the library and what each person watched, and could "
                "change both: nobody has to sign in",
                fix="give --users FILE (reelwise users add NAME --users FILE), --oidc FILE or "
                "--token FILE; or --public, to let everyone in",
            )
        return doors

    def _check(self) -> None:
        if self.public and (self.token or self.users or self.trusted_header or self.oidc):
            raise ReelwiseError(
                "--public lets everyone in, and --token, --users, --oidc and --trusted-header do "
                "not",
                fix="leave out --public",
            )
        if self.trusted_proxies and not self.trusted_header:
            raise ReelwiseError(
                "--trusted-proxy is of no use without a header that says who asks",
                fix="--trusted-header X-Remote-User --trusted-proxy 10.0.0.2",
            )


def _sessions(home: Home, users: Users | None, provider: Provider | None) -> Sessions | None:
    if users is None and provider is None:
        return None
    mark = None if provider is None else provider.mark
    return Sessions(users, session_key(home.root / KEY_FILE), provider_mark=mark)

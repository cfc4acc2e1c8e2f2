"""Signing in with an OpenID provider that runs here: by redirects, and in a real browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from data.errors import ReelwiseError
from data.home import Home
from tests.ui.conftest import PATIENCE_S, free_port
from tests.ui.server.access.identities import (
    CLIENT_ID,
    CLIENT_SECRET,
    Identities,
    listening,
    made_key,
    providing,
)
from ui.api.links import BASE
from ui.api.served import visitor_of
from ui.library.library import Library
from ui.server.access.options import AccessOptions
from ui.server.access.provider import read_provider
from ui.server.access.provider_login import look_at_provider
from ui.server.access.sessions import COOKIE
from ui.server.access.users import User, hashed, write_users
from ui.server.app import guards
from ui.server.edge.address import ServerAddress
from ui.server.media.frames import FrameSource
from ui.server.own_routes import own_routes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ANNA = "anna@films.example"


@dataclass
class Site:
    """A served library whose people sign in with a provider."""

    url: str
    browser: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.browser.get(f"{self.url}{path}")

    def sign_in(self, wanted: str = "/") -> httpx.Response:
        """Sign in as a browser would, from a page that asks for it; gives the last answer."""
        page = self.browser.get(f"{self.url}{wanted}", headers={"accept": "text/html"})
        link = html.unescape(re.findall(r"<a href='(.*?)'", page.text)[0])
        return self.get(link)

    @property
    def session(self) -> dict[str, Any]:
        """Who the server takes this browser for."""
        return dict(self.get(f"{BASE}/session").json())


@pytest.fixture(scope="module")
def provider() -> Iterator[Identities]:
    with providing() as made:
        yield made


@pytest.fixture
def identities(provider: Identities) -> Iterator[Identities]:
    """The provider, which a test may make lie."""
    usual = dict(vars(provider), account=dict(provider.account))
    yield provider
    vars(provider).update(usual)


def config(path: Path, identities: Identities, url: str, more: str = "") -> Path:
    path.write_text(
        f"""[auth]
server_metadata_url = "{identities.url}/.well-known/openid-configuration"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
redirect_uri = "{url}/login/callback"
cookie_secret = "of Streamlit's own login"
{more}
"""
    )
    return path


@contextmanager
def served(tmp_path: Path, oidc: Path, port: int, users: Path | None) -> Iterator[str]:
    """All of the server but Streamlit; a page says who asks."""

    async def page(request: Request) -> Response:
        return HTMLResponse(f"<title>page</title>{visitor_of(request).name}")

    doors = AccessOptions(users=users, oidc=oidc).doors(
        Home(tmp_path), is_local=True, environment=None
    )
    address = ServerAddress(port=port)
    with Library(tmp_path / "home") as library:
        library.make()
        frames = FrameSource()
        routes = [*own_routes(library, frames, doors, None), Route("/", page)]
        with listening(Starlette(routes=routes, middleware=guards(address, doors, ())), port):
            yield address.url
        frames.close()


@pytest.fixture(scope="module")
def usual(provider: Identities, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose owner is Anna."""
    folder, port = tmp_path_factory.mktemp("films"), free_port()
    url = f"http://127.0.0.1:{port}"
    file = config(folder / "oidc.toml", provider, url, f'owners = ["{ANNA}"]')
    with served(folder, file, port, None) as address:
        yield address


@pytest.fixture
def browsing() -> Iterator[Callable[[str], Site]]:
    """A fresh browser for a server."""
    with ExitStack() as stack:

        def browse(url: str) -> Site:
            client = httpx.Client(follow_redirects=True, timeout=PATIENCE_S, verify=False)
            return Site(url, stack.enter_context(client))

        yield browse


@pytest.fixture
def films(usual: str, browsing: Callable[[str], Site], identities: Identities) -> Site:
    return browsing(usual)


@pytest.fixture
def serve(
    tmp_path: Path, identities: Identities, browsing: Callable[[str], Site]
) -> Iterator[Callable[..., Site]]:
    """Another server, with these lines in the provider's file, and perhaps a file of users."""
    with ExitStack() as stack:

        def serving(more: str, users: Path | None = None) -> Site:
            port = free_port()
            file = config(tmp_path / "oidc.toml", identities, f"http://127.0.0.1:{port}", more)
            return browsing(stack.enter_context(served(tmp_path, file, port, users)))

        yield serving


def test_who_signs_in_with_the_provider_is_known_to_pages_and_api(
    films: Site, identities: Identities
) -> None:
    stranger = films.get(f"{BASE}/status")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "sign_in")
    assert stranger.json()["fix"] == "sign in at /login"
    last = films.sign_in("/?q=red")
    assert last.status_code == 200
    assert "http-equiv=refresh content='0;url=/?q=red'" in last.text
    assert "samesite=strict" in last.headers["set-cookie"].lower()
    assert films.session == {"name": ANNA, "role": "owner", "signed_in": True, "open": False}
    assert films.get(f"{BASE}/jobs").status_code == 200
    assert ANNA in films.get("/").text
    own, address = {"origin": films.url}, f"{films.url}{BASE}/session"
    passwords = films.browser.post(address, json={"name": "a", "password": "b"}, headers=own)
    assert (passwords.status_code, passwords.json()["fix"]) == (409, "sign in at /login")
    assert films.browser.delete(address, headers=own).status_code == 200
    assert films.session["signed_in"] is False
    assert "/userinfo" not in identities.asked


def test_an_account_that_nothing_lets_in_stays_out(films: Site, identities: Identities) -> None:
    identities.account["email"] = "eve@evil.example"
    last = films.sign_in()
    assert last.status_code == 403
    assert "eve@evil.example may not come in here" in last.text
    assert COOKIE not in films.browser.cookies
    assert films.session["signed_in"] is False


def test_the_file_of_users_gives_roles_and_takes_them_back_at_once(
    serve: Callable[..., Site], tmp_path: Path
) -> None:
    users = tmp_path / "users.json"
    anna = User(ANNA, "owner", hashed("a password"))
    write_users(users, {ANNA: anna})
    films = serve("", users)
    assert "<form" in films.get("/login").text
    films.sign_in()
    assert films.session["role"] == "owner"
    write_users(users, {ANNA: User(ANNA, "viewer", anna.hash)})
    assert films.session["role"] == "viewer"
    write_users(users, {})
    assert films.session["signed_in"] is False


def test_claims_that_only_the_user_info_has_count_and_are_of_the_same_account(
    serve: Callable[..., Site], films: Site, identities: Identities
) -> None:
    identities.only_by_userinfo = frozenset(("email", "email_verified", "groups"))
    groups = serve('role_claim = "groups"\nowners = ["film-owners"]')
    groups.sign_in()
    assert (groups.session["name"], groups.session["role"]) == (ANNA, "owner")
    identities.lies = {"sub": "somebody else"}
    assert films.sign_in().status_code == 401


def test_an_address_that_nobody_verified_is_nobodys(films: Site, identities: Identities) -> None:
    identities.account["email_verified"] = False
    last = films.sign_in()
    assert last.status_code == 403
    assert "not verified" in last.text
    assert films.session["signed_in"] is False


@pytest.mark.parametrize(
    "lies",
    [
        {"aud": "another client"},
        {"aud": ["another client"], "azp": CLIENT_ID},
        {"iss": "http://localhost:1"},
        {"nonce": "another one"},
        {"exp": 1},
    ],
)
def test_what_another_one_was_told_is_refused(
    films: Site, identities: Identities, lies: dict[str, Any]
) -> None:
    identities.lies = lies
    assert films.sign_in().status_code == 401
    assert films.session["signed_in"] is False


def test_what_another_one_signed_is_refused(films: Site, identities: Identities) -> None:
    identities.signs_with = made_key("another")
    assert films.sign_in().status_code == 401
    assert films.session["signed_in"] is False


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    films: Site, browsing: Callable[[str], Site], identities: Identities
) -> None:
    films.browser.follow_redirects = False
    asked = films.get("/login/provider").headers["location"]
    granted = httpx.get(asked, follow_redirects=False).headers["location"]
    back = httpx.get(f"{identities.url}{granted}", follow_redirects=False).headers["location"]
    other = browsing(films.url).browser.get(back)
    assert other.status_code == 401
    assert COOKIE not in other.cookies
    assert films.browser.get(back.replace("state=", "state=x")).status_code == 401
    assert films.get("/login/callback?error=access_denied").status_code == 401
    films.get("/login/provider")
    assert films.browser.get(back).status_code == 401  # it belongs to the way before
    assert films.session["signed_in"] is False


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example"])
def test_signing_in_leads_to_no_other_site(films: Site, wanted: str) -> None:
    last = films.get(f"/login/provider?next={wanted}")
    assert "content='0;url=/'" in last.text


def test_a_provider_that_is_away_is_said(tmp_path: Path) -> None:
    away = Identities(f"http://localhost:{free_port()}")
    port = free_port()
    file = config(tmp_path / "o.toml", away, f"http://127.0.0.1:{port}", 'viewers = ["*"]')
    told = look_at_provider(read_provider(file), ServerAddress(port=port))
    assert "does not answer" in told
    with served(tmp_path, file, port, None) as url, httpx.Client(base_url=url) as client:
        answer = client.get("/login/provider")
    assert answer.status_code == 502
    assert "cannot be asked now" in answer.text


def test_what_is_no_provider_and_a_way_back_to_elsewhere_are_refused(
    tmp_path: Path, identities: Identities
) -> None:
    file = config(tmp_path / "o.toml", identities, "http://127.0.0.1:8501", 'viewers = ["*"]')
    assert look_at_provider(read_provider(file), ServerAddress()) == ""
    identities.lacks = "jwks_uri"
    with pytest.raises(ReelwiseError, match="it names no jwks_uri"):
        look_at_provider(read_provider(file), ServerAddress())
    file.write_text(file.read_text().replace("openid-configuration", "nothing"))
    with pytest.raises(ReelwiseError, match="is no OpenID provider"):
        look_at_provider(read_provider(file), ServerAddress())
    file = config(tmp_path / "o.toml", identities, "http://films.lan:8501", 'viewers = ["*"]')
    with pytest.raises(ReelwiseError) as raised:
        look_at_provider(read_provider(file), ServerAddress())
    assert raised.value.fix == "--allow-host films.lan"
    at_films = ServerAddress(allowed_hosts=("films.lan",))
    identities.lacks = ""
    assert look_at_provider(read_provider(file), at_films) == ""


@pytest.mark.browser
def test_a_browser_comes_back_from_another_site_and_is_signed_in(
    films: Site, identities: Identities, browser: Browser
) -> None:
    """The session's cookie is `SameSite=Strict`, and the page after the way back has it."""
    identities.asks = True
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(f"{films.url}/?q=red")
    page.get_by_role("link", name="Sign in with the provider").click()
    page.get_by_role("link", name="Anna").click()
    page.wait_for_url(f"{films.url}/?q=red")
    assert ANNA in page.content()
    (cookie,) = [each for each in context.cookies() if each["name"] == COOKIE]
    assert (cookie["sameSite"], cookie["httpOnly"]) == ("Strict", True)
    context.close()

"""The pages of signing in, without scripts: to choose a way, to be told, to go on."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse

LOGIN = "/login"
TO_PROVIDER = "/login/provider"
"""Leads on to the provider of identities; there where one is configured."""
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;"
    "margin:0;color:#16211f;background:#fff}form,main{width:min(20rem,90vw);display:grid;gap:12px}"
    "h1{font-size:1.4rem;margin:0 0 8px}label{display:grid;gap:4px}input{font:inherit;padding:10px;"
    "border:1px solid #7c8b88;border-radius:10px;background:#f1f5f4;color:inherit}button,a{font:"
    "inherit;font-weight:600;padding:11px;border:0;border-radius:10px;background:#0f766e;"
    "color:#fff;text-align:center;text-decoration:none}p{color:#b42318;margin:0;overflow-wrap:"
    "anywhere}@media(prefers-color-scheme:dark){body{color:#e6eeec;background:#0f1514}input"
    "{background:#1a2322;border-color:#6f827e}button,a{background:#2dd4bf;color:#0f1514}p{color:"
    "#ff9b90}}"
)


def sign_in_page(
    wanted: str,
    *,
    told: str = "",
    status: int = 200,
    provider: str | None = None,
    has_passwords: bool = True,
) -> HTMLResponse:
    """The page to sign in at.

    Args:
        wanted: Where to go on to, an address of this server.
        told: What went wrong.
        status: Of the answer.
        provider: What the provider of identities is called; None without one.
        has_passwords: Whether anybody has a password.
    """
    said = f"<p role=alert>{escape(told)}</p>" if told else ""
    button = ""
    if provider is not None:
        address = escape(f"{TO_PROVIDER}?next={quote(wanted, safe='')}")
        button = f"<a href='{address}'>Sign in with {escape(provider)}</a>"
    focus = "" if button else " autofocus"
    form = (
        f"<form method=post action={LOGIN}>"
        f"<label>Name<input name=name autocomplete=username required{focus}>"
        "</label><label>Password<input name=password type=password autocomplete=current-password "
        f"required></label><input type=hidden name=next value='{escape(wanted)}'>"
        "<button>Sign in</button></form>"
    )
    inside = f"<h1>reelwise</h1>{said}{button}{form if has_passwords else ''}"
    return _page("Sign in - reelwise", inside, status)


def onward_page(wanted: str) -> HTMLResponse:
    """Leads on by itself, as a page of this server.

    After a redirect from another site a browser would keep a `SameSite=Strict` cookie back.
    """
    address = escape(wanted)
    return _page(
        "reelwise",
        f"<h1>reelwise</h1><a href='{address}'>Go on</a>",
        head=f"<meta http-equiv=refresh content='0;url={address}'>",
    )


def _page(title: str, inside: str, status: int = 200, head: str = "") -> HTMLResponse:
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"{head}<style>{_STYLE}</style><main>{inside}</main>",
        status_code=status,
        headers={"cache-control": "no-store"},
    )

"""Every route that writes is an owner's, unless it is on the list of what viewers may do."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from ui.api.application import API_ROUTERS
from ui.api.whose import only_owners
from ui.server.own_routes import ROUTERS

VIEWERS_WRITE = {
    # Their own history, searches and way of being shown: `whose` refuses anybody else's.
    *("/events", "/events/{event_id}", "/events/{event_id}/restore", "/people", "/people/pin"),
    *("/recommend", "/recent-searches", "/saved-searches", "/saved-searches/{search_id}"),
    # An example of a day, which nobody else finds; signing in and out.
    *("/examples", "/search", "/session"),
}
OWNERS_ALONE = {("POST", "/people"), ("POST", "/jobs"), ("POST", "/tags"), ("GET", "/failures")}


def all_calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from all_calls(each)


def test_what_writes_is_an_owners_or_ones_own() -> None:
    routes = [route for router in (*API_ROUTERS, *ROUTERS) for route in router.routes]
    written, owned = set(), set()
    for route in routes:
        assert isinstance(route, APIRoute)
        is_owned = only_owners in all_calls(route.dependant)
        for method in route.methods or ():
            if is_owned:
                owned.add((method, route.path))
            elif method not in ("GET", "HEAD"):
                written.add(route.path)
    assert written == VIEWERS_WRITE
    assert owned >= OWNERS_ALONE

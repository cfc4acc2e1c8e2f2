"""The routes as a page and as a table, made from the OpenAPI document; no script, no other host."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#16211f;background:#fff}h1{font-size:1.7rem}h2{margin-top:2.5rem;font-size:1.2rem}"
    "h3{font:600 1rem ui-monospace,monospace;margin:1.6rem 0 .2rem}code{font-size:.92em}"
    "table{border-collapse:collapse;width:100%}td{border-top:1px solid #d5dedb;padding:.25rem"
    " .8rem .25rem 0;vertical-align:top}td:first-child{white-space:nowrap}p{margin:.2rem 0}"
    "a{color:#0f766e}@media(prefers-color-scheme:dark){body{color:#e6eeec;background:#0f1514}"
    "td{border-color:#33413e}a{color:#2dd4bf}}"
)
Document = dict[str, Any]


class Described(NamedTuple):
    """One route."""

    method: str
    path: str
    tag: str
    operation: Document


def routes_of(document: Document) -> Iterator[Described]:
    """The routes of an OpenAPI document, in its order."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield Described(method.upper(), path, operation.get("tags", [""])[0], operation)


def parameters_of(operation: Document) -> list[Document]:
    """The parameters in the address of a route, its path aside."""
    return [each for each in operation.get("parameters", []) if each["in"] == "query"]


def docs_page(document: Document) -> str:
    """The page of a document: whole HTML."""
    base = document["servers"][0]["url"]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{document['info']['title']} API"
        "</title><meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<style>{_STYLE}</style><h1>{document['info']['title']} API "
        f"{escape(document['info']['version'])}</h1><p>All routes are below <code>{escape(base)}"
        "</code>; <a href=openapi.json>openapi.json</a> is the same for programs. Errors have "
        "<code>error</code>, <code>fix</code> and <code>code</code>.</p>"
    ]
    tag = None
    for route in sorted(routes_of(document), key=lambda each: each.tag):
        if route.tag != tag:
            tag = route.tag
            parts.append(f"<h2>{escape(tag)}</h2>")
        parts.append(_section(base, route))
    return "".join(parts)


def _section(base: str, route: Described) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code>{' *' if each.get('required') else ''}"
        f"<td>{escape(kind_of(each['schema']))}<td>{escape(each.get('description', ''))}"
        for each in parameters_of(route.operation)
    )
    told = escape(str(route.operation.get("description", "")))
    table = f"<table>{rows}</table>" if rows else ""
    return f"<h3>{route.method} {escape(base + route.path)}</h3><p>{told}</p>{table}"


def kind_of(schema: Document) -> str:
    """The kind of a parameter, with its default: "integer, 1 to 200, 10"."""
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    first = options[0] if options else schema
    kind = str(first.get("type", "text"))
    if kind == "array":
        kind = f"{first['items'].get('type', 'text')}, repeatable"
    limits = f", {first['minimum']:g} to {first['maximum']:g}" if "maximum" in first else ""
    default = schema.get("default")
    return f"{kind}{limits}" + (f", {default}" if default not in (None, [], False) else "")


def route_table(document: Document) -> list[str]:
    """The routes as lines of Markdown, as `docs/api.md` has them."""
    lines = ["| route | parameters | what it does |", "|---|---|---|"]
    for route in sorted(routes_of(document), key=lambda each: each.tag):
        names = ", ".join(f"`{each['name']}`" for each in parameters_of(route.operation))
        told = route.operation.get("summary", "")
        lines.append(f"| `{route.method} {route.path}` | {names} | {told} |")
    return lines

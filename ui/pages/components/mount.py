"""Our own components of Streamlit: plain ES modules in `ui/pages/web`, no build step.

Streamlit finds a component's files by the manifest of an installed package; a module of one of
several packages has none, so they are registered here, once for each runtime.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from ui.pages.components.files import PACKAGE, WEB

NAMES = (
    *("frame", "search", "player", "library", "shelves", "who", "people", "history", "review"),
    "annotate",
)
"""The components: `NAME.js` in that folder, with `NAME.css`, which takes page.css in."""


def site_style() -> str:
    """The style of the whole site, as HTML: colours, and what Streamlit's own frame looks like."""
    return f"<style>{(WEB / 'site.css').read_text(encoding='utf-8')}</style>"


def mount(
    name: str,
    data: Mapping[str, Any],
    *,
    key: str | None = None,
    reports: Mapping[str, Callable[[], None]] | None = None,
) -> Any:
    """Draw a component.

    Args:
        name: One of `NAMES`.
        data: What it draws: JSON only, so equal data is not sent again.
        key: Which one it is, where a page has several; its name by default. The element lives as
            long as its key is drawn.
        reports: What to run when it reports a state or a trigger, by name.

    Returns:
        Streamlit's result: each state and trigger as an attribute.
    """
    register_components()
    renderer = st.components.v2.component(
        f"{PACKAGE}.{name}", js=f"{name}.js", css=f"{name}.css", isolate_styles=True
    )
    callbacks: dict[str, Any] = {f"on_{each}_change": run for each, run in (reports or {}).items()}
    # In a list: in a mapping Streamlit looks for tables, with pandas, half a second of importing.
    return renderer(key=key or name, data=[json.loads(json.dumps(data))], **callbacks)


def register_components() -> None:
    """Let Streamlit serve the files of our components; done again it changes nothing."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(f"{PACKAGE}.{NAMES[-1]}") is None:
        components = [ComponentConfig(each, WEB.name) for each in NAMES]
        manager.register_from_manifest(ComponentManifest(PACKAGE, "0", components), WEB.parent)

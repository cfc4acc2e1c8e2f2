"""`reelwise demo`: the whole of reelwise on a library that it draws itself."""

from __future__ import annotations

from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption


def demo(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Make the toon library, index it, search it, recommend from it, and show it all."""
    from ui.demonstration import demonstrate

    return demonstrate(home)

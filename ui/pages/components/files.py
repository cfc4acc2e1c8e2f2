"""The scripts and styles of our components, and the name under which browsers may keep them.

The name changes with any of the files, so what a browser has under it is never old.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

WEB = Path(__file__).resolve().parents[1] / "web"
"""Scripts and styles of all components."""


def digest_of(folder: Path) -> str:
    """A short name of all files of a folder, by what they are called and what they hold."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()[:12]


PACKAGE = f"reelwise-{digest_of(WEB)}"
"""What Streamlit takes for the package of our components: a part of each file's address."""
KEPT_UNDER = f"/_stcore/bidi-components/{PACKAGE}."
"""What addresses of our files begin with."""
_IMPORT = re.compile(r'^import .* from "(\.[^"]+)";$', re.MULTILINE)
_FIRST = {"": "search", "video": "player", "for-you": "shelves"}
"""The component of a page, where it is not called like it."""


@cache
def early_links(page: str) -> str:
    """Links in the head of a page to the files of its components, for the browser to load early.

    Streamlit asks for them when its own scripts have run, one level of imports after the other.

    Args:
        page: Of `PAGES`, or "" for the first one.
    """
    names = ("frame", _FIRST.get(page, page))
    scripts = [script for name in names for script in _scripts(name)]
    styles = [
        f"{KEPT_UNDER}{name}/{each}" for name in names for each in (f"{name}.css", "page.css")
    ]
    return "".join(
        [f'<link rel="modulepreload" href="{each}">' for each in scripts]
        + [f'<link rel="prefetch" as="style" href="{each}">' for each in styles]
    )


def _scripts(name: str) -> list[str]:
    """Addresses of a component's script and of all that it imports."""
    found, waiting = dict[Path, None](), [WEB / f"{name}.js"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            text = path.read_text(encoding="utf-8")
            waiting += [(path.parent / each).resolve() for each in _IMPORT.findall(text)]
    return [f"{KEPT_UNDER}{name}/{path.relative_to(WEB).as_posix()}" for path in found]

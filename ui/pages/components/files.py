"""The scripts and styles of our components, and the name under which browsers may keep them.

The name changes with any of the files, so what a browser has under it is never old.
"""

import hashlib
from pathlib import Path

WEB = Path(__file__).parents[1] / "web"
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

"""How the files of cartoons are named, and known again. Imports nothing heavy."""

import re
from pathlib import Path

_TOON = re.compile(r"toon-\d{4,}\.mp4")


def toon_name(number: int) -> str:
    """File name of the cartoon of this number, from 1."""
    return f"toon-{number:04d}.mp4"


def is_toon(path: Path) -> bool:
    """Whether a file is called as the cartoons that we draw."""
    return _TOON.fullmatch(path.name) is not None

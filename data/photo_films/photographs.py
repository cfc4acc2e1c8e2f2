"""Photographs that scikit-image and scikit-learn carry in their packages."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from data.errors import ReelwiseError
from data.video.types import Pixels

_FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


def photograph_file(name: str) -> Path:
    """Where a photograph lies: `skimage/coffee.png`, `sklearn/china.jpg`; neither is imported.

    Raises:
        ReelwiseError: The package is not installed, or has no such photograph.
    """
    package, _, file = name.partition("/")
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / _FOLDERS[package] / file if folders else None
    if path is None or not path.is_file():
        carrier = _DISTRIBUTIONS[package]
        raise ReelwiseError(
            f"the photograph {file} is not here: {carrier} carries it",
            fix=f"pip install 'reelwise[offline]'      (or only that: pip install {carrier})",
        )
    return path


def photograph(name: str) -> Pixels:
    """RGB picture (h, w, 3) uint8 of this name; any size.

    Raises:
        ReelwiseError: As `photograph_file`.
    """
    with Image.open(photograph_file(name)) as opened:
        return np.asarray(opened.convert("RGB"))

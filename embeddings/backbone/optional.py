"""Libraries of the extra `compress`, imported when they are first needed."""

from __future__ import annotations

import importlib
from typing import Any

from data.errors import ReelwiseError


def require(module: str) -> Any:
    """Import a module of an optional library.

    Raises:
        ReelwiseError: The library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ReelwiseError(
            f"{module.partition('.')[0]} is not installed ({error})",
            fix="pip install 'reelwise[compress]'",
        ) from error

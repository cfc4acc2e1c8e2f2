"""Forgetting a person wherever something is known of them: history, models, heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.history import Forgotten
    from ui.library.opened import OpenedLibrary


@dataclass(frozen=True)
class ForgottenEverywhere:
    """What was removed, and what should be made anew."""

    history: Forgotten | None
    """What the history held; None where nothing was known there."""
    heads: list[str]
    """Heads that were fitted on rows of the person: they are marked as to be fitted again."""


def forget_everywhere(library: OpenedLibrary, person: str) -> ForgottenEverywhere:
    """Delete a person from history and models, and mark the heads that learned from their rows.

    Raises:
        ReelwiseError: Nobody is called so, or see `History.forget`.
    """
    heads = _forget_in_heads(library, person)
    try:
        return ForgottenEverywhere(library.history.forget(person), heads)
    except ReelwiseError:
        if heads and library.history.unknown(person) is not None:
            return ForgottenEverywhere(None, heads)
        raise


def _forget_in_heads(library: OpenedLibrary, person: str) -> list[str]:
    home = library.catalogue.home
    if not home.heads.is_dir():
        return []
    from indexer.heads.stored import forget_person

    return forget_person(home, person)

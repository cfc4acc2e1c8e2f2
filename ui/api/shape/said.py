"""Reasons as the API gives them in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from ui.library.keeping.reasons import Said


class SaidOf(BaseModel):
    """A reason in parts, for who says it in another language."""

    name: str = Field(description="`decoded`, `playlist`, ...; of labels `unknown_video`, ...")
    values: dict[str, float | str] = Field(description="Seconds as numbers, texts as they are.")


def said_parts(said: Said | None) -> SaidOf | None:
    """A reason in parts; None where it has none."""
    return None if said is None else SaidOf(name=said.name, values=said.values)

"""Lists: every one has `items`; one that goes on has `next` as well."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item")


class Items(BaseModel, Generic[Item]):
    """A whole list."""

    items: list[Item]


class Part(Items[Item], Generic[Item]):
    """A part of a list."""

    next: str | None = Field(description="`cursor` of the next part; null after the last.")

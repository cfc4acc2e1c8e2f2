"""Models of a home, and the pages that they answer with."""

from __future__ import annotations

from data.catalogue.catalogue import Catalogue
from data.home import Home
from recommender.answer.recommender import Recommender
from recommender.choosing.train import Basis, read_basis
from recommender.model.store import open_model


def basis_of(home: Home) -> Basis:
    with Catalogue(home) as catalogue:
        return read_basis(catalogue)


def page(recommender: Recommender, user: str, k: int = 40) -> dict[str, float]:
    return {item.title: item.score for item in recommender.recommend(user, k).items}


def open_model_of(home: Home):  # type: ignore[no-untyped-def]
    with Catalogue(home) as catalogue:
        return open_model(home, catalogue)

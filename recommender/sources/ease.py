"""EASE: item-item weights in closed form, or shrunk cosines where there is too much to invert."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.sources.closed_form import inverse, precision
from recommender.sources.item_links import Arrays, DenseLinks, ItemLinks, Rows, SparseLinks
from recommender.sources.sparse_links import shrunk_cosine

RIDGE = 100.0
"""Ridge. Not the largest that pays: a small household has little data to outweigh it."""
DENSE_LIMIT = 3_000
"""Most people or items, whichever are fewer, that are inverted: some seconds and 600 MB."""
TUNED_DENSE_LIMIT = 12_000
"""The same where fitting may take minutes: some 4 GB."""

_NOISE = 1e-10


def fit_ease(
    liked: sparse.csr_array,
    *,
    ridge: float = RIDGE,
    content: NDArray[np.float32] | None = None,
    dense_limit: int = DENSE_LIMIT,
) -> ItemLinks:
    """Fit EASE (Steck 2019, "Embarrassingly shallow autoencoders", eq. 8).

    With few people the same matrix follows from a people x people inverse, so a household's large
    library takes milliseconds. With too many of both the links are shrunk cosines.

    Args:
        liked: (people, items) confidence from 0 to 1.
        ridge: Penalty on every link.
        content: (items, d) content vectors as d further people: items alike get links, also new
            ones without an event (Jeunen et al. 2020, "Closed-form models for collaborative
            filtering with side-information"). Longer vectors count more.
        dense_limit: Most people or items, whichever are fewer, that are inverted.
    """
    known = np.bincount(liked.indices, minlength=liked.shape[1]) > 0
    if not known.any():
        return SparseLinks(sparse.csr_array((liked.shape[1], liked.shape[1])))
    n_rows = liked.shape[0]
    if content is not None:
        known |= np.any(content != 0.0, axis=1)
        n_rows += content.shape[1]
    watched = np.flatnonzero(known)
    if len(watched) <= min(n_rows, dense_limit):
        return _by_items(liked, watched, ridge, content)
    if n_rows <= dense_limit:
        if content is not None:
            liked = sparse.vstack([liked, sparse.csr_array(content.T)], format="csr")
        return _ByPeople(liked, ridge)
    return SparseLinks(shrunk_cosine(liked))


def _by_items(
    liked: sparse.csr_array,
    watched: NDArray[np.int64],
    ridge: float,
    content: NDArray[np.float32] | None,
) -> DenseLinks:
    """Closed form by an items x items inverse, over the items with an event or a vector."""
    x = liked.tocsc()[:, watched]
    # Single precision takes half the time and memory; with very many people the products outgrow
    # the ridge, and `precision` asks for double.
    products = x.T @ x
    shown = np.zeros((len(watched), 0), np.float32) if content is None else content[watched]
    dtype = precision(products, ridge, more=float((shown * shown).sum()))
    gram = products.astype(dtype).toarray()
    gram += shown @ shown.T
    gram[np.diag_indices_from(gram)] += dtype(ridge)
    weights = inverse(gram)
    weights /= -np.diag(weights).copy()[None, :]
    np.fill_diagonal(weights, 0.0)
    return DenseLinks(liked.shape[1], watched, np.ascontiguousarray(weights, dtype=np.float32))


class _ByPeople(ItemLinks):
    """The same matrix by a people x people inverse (Woodbury): P = (I - X' (rI + XX')^-1 X) / r."""

    def __init__(self, liked: sparse.csr_array, ridge: float) -> None:
        self._x = liked
        self._xt = liked.T.tocsr()
        self._ridge = ridge
        gram = (liked @ liked.T).toarray()
        gram[np.diag_indices_from(gram)] += ridge
        self._inverse = inverse(gram)
        # diag(X' M X) without the items x items product: columns of M X dotted with those of X.
        spread = self._xt @ self._inverse
        self._diagonal = 1.0 - np.asarray(self._xt.multiply(spread).sum(axis=1)).ravel()

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        # Off the diagonal -P_ji = (X' M X)_ji / r; an item's link to itself is zero by definition.
        x = self._x if rows is None else self._x[:, rows]
        given = history.multiply((1.0 - self._diagonal)[None, :]).tocsr()
        given = given if rows is None else given[:, rows]
        diagonal = self._diagonal if rows is None else self._diagonal[rows]
        through = ((history @ self._xt).toarray() @ self._inverse) @ x
        return np.asarray((through - given.toarray()) / diagonal, dtype=np.float32)

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        # Few people know an item: only their rows of the inverse, which is symmetric, are read.
        column = (self._xt[[target]] @ self._inverse).ravel()
        found = (self._xt[rows] @ column) / self._diagonal[target]
        return np.asarray(np.where(rows == target, 0.0, found))

    def to_arrays(self) -> Arrays:
        return self._spanned

    @cached_property
    def _spanned(self) -> Arrays:
        """The same links in a basis without people: X' M X = GG', with G = X'U / sqrt(s^2 + r).

        X = U s V' has a row for each person, which may not be kept; G has none. Directions that
        are rounding noise beside the largest are left out.
        """
        squares, turned = np.linalg.eigh((self._x @ self._xt).toarray())
        kept = squares > _NOISE * squares[-1]
        vectors = self._xt @ (turned[:, kept] / np.sqrt(squares[kept] + self._ridge))
        length = (vectors * vectors).sum(axis=1)
        return {"vectors": vectors.astype(np.float32), "length": length.astype(np.float32)}

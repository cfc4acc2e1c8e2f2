"""Content: similarity to liked items, by vectors mapped so that co-watched items are near."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from recommender.events.histories import Histories
from recommender.sources.base import Source
from recommender.sources.item_links import Arrays, Rows

CONTENT_HALF_LIFE = 10.0
"""Later items at which a liked one counts half. Not tuned: a shorter one is better alone,
but in the blend it repeats recent EASE."""
MAP_RIDGE = 0.5
"""Added to the covariance of the vectors, in parts of its mean eigenvalue."""
MAP_POWER = 0.35
"""Power of the generalised eigenvalues: 0 keeps all directions alike, 1 the most shared ones."""
MOST_LIKES = 30.0
"""A person counts as at most this many liked items, however many there are."""
MOST_PEOPLE = 20_000
"""Maximum number of people that the map is computed from."""
HELD_OUT_ITEMS, MOST_HELD_OUT = 0.1, 500
"""Part of the items that judges the map: it is there for new ones; and their maximum number."""
FEWEST_ITEMS = 60
"""With fewer liked items no map is computed."""
LEAST_GAIN = 0.05
"""Part of the NDCG of unmapped vectors that the map must gain with 95 % confidence."""
_ASKED = 2_000
_SEED = 77
_BLOCK_BYTES = 64_000_000


@dataclass(frozen=True, eq=False)
class Content(Source):
    """Scores items by the root of the mean of max(cosine, 0)^2 to the liked items: from 0 to 1.

    Squared, since otherwise everything faintly similar adds up; the root keeps a smaller part of
    the history from being drowned in a blend.
    """

    vectors: NDArray[np.float32]
    """(n, k) unit rows; zero rows where no vector is known."""
    mapping: NDArray[np.float32] | None = None
    """(d, k) the map that made them of content vectors; None if they are content vectors."""
    half_life_places: float = CONTENT_HALF_LIFE
    """Later items at which a liked one counts half."""

    @classmethod
    def of(
        cls,
        content: NDArray[np.float32],
        mapping: NDArray[np.float32] | None = None,
        half_life_places: float = CONTENT_HALF_LIFE,
    ) -> Self:
        """The source over content vectors (n, d), unit rows or zeros.

        Raises:
            ValueError: The vectors have another width than the map.
        """
        if mapping is None:
            return cls(content, None, half_life_places)
        if len(mapping) != content.shape[1]:
            raise ValueError(f"vectors must be {len(mapping)}-d, got {content.shape[1]}-d")
        mapped = content @ mapping
        length = np.linalg.norm(mapped, axis=1, keepdims=True)
        mapped /= np.maximum(length, np.float32(1e-9))
        return cls(np.asarray(mapped, np.float32), mapping, half_life_places)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)); 0 for items without vectors and for empty histories."""
        liked = histories.matrix(self.half_life_places)
        total = np.maximum(np.asarray(liked.sum(axis=1)), np.float32(1e-30))
        # Only the liked columns: scipy's own choice of columns takes longer than the products.
        used, place = np.unique(liked.indices, return_inverse=True)
        cells = (liked.data, place, liked.indptr)
        columns = sparse.csr_array(cells, shape=(len(histories), len(used)))
        vectors = self.vectors if rows is None else self.vectors[rows]
        scores = np.zeros((len(histories), len(vectors)), np.float32)
        width = max(1, _BLOCK_BYTES // (4 * max(len(vectors), 1)))
        for start in range(0, len(used), width):
            block = slice(start, start + width)
            scores += columns[:, block] @ _squared(self.vectors[used[block]] @ vectors.T)
        return np.asarray(np.sqrt(scores / total[:, None]))

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) the share of each liked item of one person in the score of `row`."""
        weights = history.matrix(self.half_life_places).data.astype(np.float64)
        parts = weights * _squared(self.vectors[history.item] @ self.vectors[row])
        return np.asarray(parts / max(float(np.sqrt(parts.sum() * weights.sum())), 1e-30))

    def to_arrays(self) -> Arrays:
        """The map, without the vectors of the items."""
        none = np.zeros((self.vectors.shape[1], 0), np.float32)
        mapping = none if self.mapping is None else self.mapping
        return {"mapping": mapping, "half_life_places": np.asarray([self.half_life_places])}

    @classmethod
    def from_arrays(cls, arrays: Arrays, content: NDArray[np.float32]) -> Self:
        """The source that `to_arrays` was called on, over other content vectors; see `of`."""
        mapping = np.asarray(arrays["mapping"], np.float32)
        half_life = float(arrays["half_life_places"][0])
        return cls.of(content, mapping if mapping.size else None, half_life)


def _squared(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.square(np.maximum(cosines, np.float32(0.0)))


def fit_content(histories: Histories, content: NDArray[np.float32]) -> Content:
    """Map content vectors so that items which the same people like are near each other.

    A part of the items is held out first: unless a map fitted without them predicts who likes them
    better than unmapped vectors do, by `LEAST_GAIN`, the vectors stay as they are: (n, d) unit
    rows, zeros where no vector is known.
    """
    unmapped = Content(content)
    rng = np.random.default_rng(_SEED)
    has_vector = np.asarray(content.any(axis=1))
    liked = np.unique(histories.item[has_vector[histories.item]])
    if len(liked) < FEWEST_ITEMS:
        return unmapped
    held = rng.permutation(liked)[: int(min(HELD_OUT_ITEMS * len(liked), MOST_HELD_OUT))]
    kept = np.arange(histories.n_items)
    kept[held] = -1
    known = histories.renumbered(kept, histories.n_items)
    mapping = _co_liked_map(_some(known, MOST_PEOPLE, rng), content)
    wanted = histories.matrix()[:, held] > 0
    able = np.flatnonzero((known.lengths > 0) & (np.diff(wanted.indptr) > 0))
    if mapping is None or not len(able):
        return unmapped
    people = np.sort(rng.permutation(able)[:_ASKED])
    mapped = Content.of(content, mapping)
    before, after = (
        _ndcg(one, known.of(people), held, wanted[people]) for one in (unmapped, mapped)
    )
    gain = after - before
    # The lower end of its 95 % interval.
    surely = gain.mean() - 1.96 * gain.std() / np.sqrt(len(gain))
    if surely <= LEAST_GAIN * before.mean():
        return unmapped
    whole = _co_liked_map(_some(histories, MOST_PEOPLE, rng), content)
    return Content.of(content, whole)


def _some(histories: Histories, most: int, rng: np.random.Generator) -> Histories:
    people = np.flatnonzero(histories.lengths > 1)
    return histories.of(np.sort(rng.permutation(people)[:most]))


def _co_liked_map(histories: Histories, content: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """(d, k) the directions in which items of one history agree, by how much they do.

    Generalised eigenvectors of the covariance of pairs that one person likes against that of single
    items: in the mapped space the inner product tells how much likelier a pair is than chance.
    """
    liked = histories.matrix()
    squares = liked.multiply(liked).astype(np.float64)
    total = np.asarray(liked.sum(axis=1, dtype=np.float64)).ravel()
    pairs = np.maximum(total**2 - np.asarray(squares.sum(axis=1)).ravel(), 1e-9)
    weight = np.minimum(histories.lengths, MOST_LIKES) / pairs
    alone = np.asarray(squares.multiply(weight[:, None]).sum(axis=0)).ravel()
    share = np.asarray(liked.multiply((weight * total)[:, None]).sum(axis=0)).ravel() - alone
    if share.sum() <= 0:
        return None
    together = _gram(liked @ content, weight) - _gram(content, alone)
    share, together = share / share.sum(), together / share.sum()
    mean = share @ content
    single = _gram(content, share) - np.outer(mean, mean)
    ridge = MAP_RIDGE * max(np.trace(single), 1e-12) / len(single)
    values, axes = linalg.eigh(
        together - np.outer(mean, mean), single + ridge * np.eye(len(single))
    )
    used = values > 1e-9
    if not used.any():
        return None
    return np.asarray(axes[:, used] * values[used] ** MAP_POWER, np.float32)


def _gram(rows: NDArray[np.float32], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, k) sum of the outer products of some rows; in float32: twice as fast."""
    return ((rows * weight.astype(np.float32)[:, None]).T @ rows).astype(np.float64)


def _ndcg(
    source: Content, histories: Histories, items: NDArray[np.int64], wanted: sparse.csr_array
) -> NDArray[np.float64]:
    """(b,) mean of 1 / log2(1 + rank) of each wanted item among `items`; ties take the middle."""
    scores = source.scores(histories, items)
    person, place = wanted.nonzero()
    right = scores[person, place][:, None]
    above, tied = (scores[person] > right).sum(axis=1), (scores[person] == right).sum(axis=1)
    gains = 1.0 / np.log2(2.0 + above + (tied - 1) / 2.0)
    return np.bincount(person, gains, minlength=len(histories)) / np.bincount(
        person, minlength=len(histories)
    )

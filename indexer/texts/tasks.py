"""The tasks of a set, each measured with every way of scoring videos."""

from collections.abc import Callable, Sequence

import numpy as np

from data.arrays import Floats
from data.text_sets.didemo import N_SEGMENTS
from data.text_sets.text_set import Caption, Choice, Moment, ReversedPair, TextSet
from indexer.texts.moments import candidates, moment_figures, prior_order, random_orders
from indexer.texts.retrieval import Scores, both_ranks, rank_figures, share
from indexer.texts.vectors import PARTS, SetVectors

_TEXTS_AT_ONCE = 256

Figures = dict[str, float]


class Tasks:
    """Measures task by task on the same vectors.

    Args:
        texts: The set.
        vectors: Those of its videos.
        encode: Gives vectors of texts.
        count_missing: Whether what asks for a video without vectors counts as not found.
    """

    def __init__(
        self,
        texts: TextSet,
        vectors: SetVectors,
        encode: Callable[[Sequence[str]], Floats],
        *,
        count_missing: bool,
    ) -> None:
        self._texts = texts
        self._vectors = vectors
        self._encode_some = encode
        self._count_missing = count_missing
        self._ways: dict[str, Scores] = {"": vectors.best_clips, "_by_mean": vectors.whole}

    def all_figures(self) -> dict[str, Figures]:
        """The figures of every task that the set has; one without a usable video is left out."""
        figures: dict[str, Figures] = {}
        for name, captions in self._texts.retrievals.items():
            if not name or self._count_missing or self._has_backward():
                figures |= self._retrieval(f"{name}_" if name else "", captions)
        if self._texts.choices:
            figures |= self._choices()
        if self._texts.pairs:
            figures |= self._pairs()
        if self._texts.moments:
            figures |= self._moments()
        return figures

    def _has_backward(self) -> bool:
        return any(self._row(each.backward) >= 0 for each in self._texts.pairs)

    def _row(self, place: int) -> int:
        return int(self._vectors.rows[place])

    def _encode(self, texts: Sequence[str]) -> Floats:
        """(n, d) unit rows; equal texts are encoded once."""
        distinct = list(dict.fromkeys(texts))
        rows = [
            np.asarray(self._encode_some(distinct[at : at + _TEXTS_AT_ONCE]), np.float32)
            for at in range(0, len(distinct), _TEXTS_AT_ONCE)
        ]
        every = np.concatenate(rows)
        every /= np.maximum(np.linalg.norm(every, axis=1, keepdims=True), 1e-12)
        place = {text: at for at, text in enumerate(distinct)}
        return np.asarray(every[[place[text] for text in texts]], np.float32)

    def _missed(self, asked: int, judged: int) -> int:
        return asked - judged if self._count_missing else 0

    def _retrieval(self, prefix: str, captions: Sequence[Caption]) -> dict[str, Figures]:
        used = [each for each in captions if self._row(each.video) >= 0]
        if not used:
            return {}
        inside = self._ranked(prefix)
        owners = np.searchsorted(inside, [self._row(each.video) for each in used])
        encoded = self._encode([each.text for each in used])
        asked = len({each.video for each in captions})
        missed_texts = self._missed(len(captions), len(used))
        missed_videos = self._missed(asked, len(np.unique(owners)))
        figures = {}
        for way, scores in self._ways.items():
            of_texts, of_videos = both_ranks(encoded, owners, _among(scores, inside), len(inside))
            figures[f"{prefix}text_to_video{way}"] = rank_figures(
                of_texts, missed_texts, len(inside) + missed_videos
            )
            figures[f"{prefix}video_to_text{way}"] = rank_figures(
                of_videos, missed_videos, len(used) + missed_texts
            )
        return figures

    def _ranked(self, prefix: str) -> list[int]:
        """Rows of the videos that are ranked: reversed ones only in the task that has them."""
        backward = set() if prefix else {each.backward for each in self._texts.pairs}
        return [row for row, at in enumerate(self._vectors.places.tolist()) if at not in backward]

    def _choices(self) -> dict[str, Figures]:
        asked = self._texts.choices
        used = [each for each in asked if self._row(each.video) >= 0]
        judged = asked if self._count_missing else used
        if not used:
            return {}
        encoded = self._encode([text for each in used for text in each.texts])
        kinds = sorted({each.kind for each in judged} - {""})
        figures = {}
        for way, scores in self._ways.items():
            right, at = {}, 0
            for each in used:
                rows = encoded[at : at + len(each.texts)]
                at += len(each.texts)
                of_video = scores(rows)[:, self._row(each.video)]
                right[id(each)] = bool((of_video >= of_video[each.right]).sum() == 1)
            figures[f"choice{way}"] = {
                "accuracy": _right(judged, right),
                "chance": float(np.mean([1 / len(each.texts) for each in judged])),
                **{
                    f"accuracy_{k}": _right([e for e in judged if e.kind == k], right)
                    for k in kinds
                },
                "n": len(judged),
            }
        return figures

    def _pairs(self) -> dict[str, Figures]:
        """Whether a text is nearer to its video than to the reversed one, and the other way round.

        A video without its reversed one is asked only for its text.
        """
        pairs = self._texts.pairs
        said = [text for each in pairs for text in (each.forward_text, each.backward_text)]
        encoded = self._encode(said).reshape(len(pairs), 2, -1)
        figures = {}
        for way, scores in self._ways.items():
            right: dict[str, list[bool]] = {}
            for pair, both in zip(pairs, encoded, strict=True):
                for name, is_right in self._of_pair(pair, scores(both)):
                    right.setdefault(name, []).append(is_right)
            if not right:
                return {}
            figures[f"binary{way}"] = {
                **{
                    n: share(each, self._missed(len(pairs), len(each))) for n, each in right.items()
                },
                "chance": 0.5,
                "n": max(len(e) + self._missed(len(pairs), len(e)) for e in right.values()),
            }
        return figures

    def _of_pair(self, pair: ReversedPair, table: Floats) -> list[tuple[str, bool]]:
        """What is right of one pair, by the (2, v) scores of its texts; equal ones are wrong."""
        found = []
        rows = self._row(pair.forward), self._row(pair.backward)
        for text, before in enumerate(("", "reversed_")):
            own, other = rows[text], rows[1 - text]
            if own >= 0 and other >= 0:
                nearer = bool(table[text, own] > table[text, other])
                found.append((f"{before}text_to_video", nearer))
            if own >= 0:
                nearer = bool(table[text, own] > table[1 - text, own])
                found.append((f"{before}video_to_text", nearer))
        return found

    def _moments(self) -> dict[str, Figures]:
        asked = self._texts.moments
        used = [each for each in asked if self._row(each.video) >= 0]
        judged = asked if self._count_missing else used
        if not used:
            return {}
        encoded = self._encode([each.text for each in used])
        found = [
            (each, np.argsort(-(self._part_vectors(each) @ text), kind="stable")[None])
            for each, text in zip(used, encoded, strict=True)
        ]
        known = self._texts.known_moments
        sizes = range(1, N_SEGMENTS + 1)
        baselines = {
            "moments_prior" if known else "moments_centre": [prior_order(n, known) for n in sizes],
            "moments_random": [random_orders(n) for n in sizes],
        }
        figures = {"moments": moment_figures(found, self._missed(len(asked), len(used)))}
        for name, orders in baselines.items():
            figures[name] = moment_figures([(e, orders[e.n_segments - 1]) for e in judged], 0)
        return figures

    def _part_vectors(self, moment: Moment) -> Floats:
        """(n, d) vectors of the candidates of a moment."""
        at = [PARTS.index(each) for each in candidates(moment.n_segments)]
        return self._vectors.parts[self._row(moment.video)][at]


def _among(scores: Scores, rows: Sequence[int]) -> Scores:
    return lambda texts: scores(texts)[:, rows]


def _right(choices: Sequence[Choice], right: dict[int, bool]) -> float:
    return share([right.get(id(each), False) for each in choices], 0)

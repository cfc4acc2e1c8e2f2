"""Learning the map of an adapter, and judging whether it is worth anything."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.intervals import interval
from recommender.sources.adapter import HALF_LIFE_PLACES, POWER, Adapter, adapted
from recommender.sources.adapter_pairs import CoWatches, co_watches, drawn

HELD_OUT = 0.1
"""Part of the videos that training never sees: what the map is for is new videos."""
FEWEST, MOST_HELD = 60, 500
"""With fewer liked videos nothing is learned; no more than so many are held out."""
WORTH = 0.05
"""Part of the NDCG of raw vectors that a map must surely gain.

What was sure, 2026-11-21: toons 13 % and more; MovieLens with vectors of genres 0.4 to 4 %, and
there it ranked new films no better (.055 for .059).
"""
_ROUND, _QUESTIONS = 50_000, 4_096
_PATIENCE = 3
_SEED = 77


@dataclass(frozen=True)
class AdapterSettings:
    """How an adapter is learned, and how it scores."""

    half_life_places: float = HALF_LIFE_PLACES
    """Later items at which a liked one counts half in scores."""
    power: int = POWER
    """Power of the cosines in scores."""
    log_q: float = 0.25
    """Part of the logQ correction (Yi et al. 2019): 1 learns what is watched after a video, fame
    and all; 0 what is watched more often than its fame says.

    At 0, 0.25, 0.5, 1, 2026-11-21, NDCG@20 on toons: alone .168, .184, .193, .191; new videos
    .424, .417, .407, .382; beside co-watching, which knows fame already, .217, .218, .215, .211.
    With six likes a person alone .040, .043, .046, .047; new .281, .283, .288, .281; beside .057,
    .059, .058, .059.
    """
    rate: float = 1e-3
    """Learning rate."""
    batch: int = 256
    """Pairs of a step; each is the negative of all others."""
    decay: float = 0.01
    """Weight decay towards the identity."""
    temperature: float = 0.1
    """To start from; it is learned."""
    rounds: int = 30
    """Most rounds of `_ROUND` pairs; 0 learns nothing."""


DEFAULTS = AdapterSettings()


def fit_adapter(
    histories: Histories,
    vectors: VideoTable,
    *,
    settings: AdapterSettings = DEFAULTS,
    seed: int = 0,
    device: str = "cpu",
) -> Adapter:
    """Learn a linear map, from the identity, that brings together what is watched together.

    On two worlds of 1,000 toons and 2,000 people that no setting was chosen on, three seeds,
    2026-11-21, NDCG@20 raw and adapted: all .094 and .174, new videos among themselves .352 and
    .474; on 6,710 toons with six likes a person .017 and .042, new .150 and .298, in 8 s of one
    core. Linear since a residual perceptron learned the known videos by heart: .065 for .053, but
    new ones .230 for .288.

    In-batch softmax with logQ correction (Yi et al. 2019, "Sampling-bias-corrected neural modeling
    for large corpus item recommendations", eq. 3 to 5) on pairs of videos liked by the same person,
    nearer in time more. A tenth of the videos is kept out of all pairs, in two halves: the first
    tells when to stop; unless the second says with 95 % certainty that the map foretells what was
    watched together with a new video by `WORTH` better than raw vectors do, nothing is adapted.

    Returns:
        The adapter. `told` has NDCG over the judged half for `raw` and `adapted` vectors, `surely`
        the lower end of the interval of their difference, `rounds` and `temperature`; it is empty
        where there is too little to learn from.
    """
    rng = np.random.default_rng([seed, _SEED])
    plain = replace(
        Adapter.raw(vectors),
        half_life_places=settings.half_life_places,
        power=settings.power,
    )
    pairs = co_watches(histories, rng)
    pairs = pairs.where(vectors.known[pairs.one] & vectors.known[pairs.other])
    met = np.unique(np.concatenate([pairs.one, pairs.other]))
    if len(met) < FEWEST or not settings.rounds:
        return plain
    group = _groups(met, histories.n_items, rng)
    stop, judge = (_Exam(pairs.both_ways(), group, number, rng) for number in (1, 2))
    kept = pairs.where((group[pairs.one] == 0) & (group[pairs.other] == 0))
    if not (len(kept) and len(stop) and len(judge)):
        return plain
    training = _Training(plain.content, kept, settings, rng, device)
    step, rounds = _best_step(training, stop, plain.content, settings.rounds)
    raw = judge.ndcg(plain.content)
    ours = judge.ndcg(adapted(plain.content, step))
    surely = interval(judge.questions.person, ours - raw)[0]
    told = {"raw": float(raw.mean()), "adapted": float(ours.mean()), "surely": surely}
    told |= {"rounds": float(rounds), "temperature": training.temperature}
    return replace(plain, step=step if surely > WORTH * told["raw"] else plain.step, told=told)


def _groups(met: NDArray[np.int64], n_items: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(n_items,) 0 to learn from, 1 to stop by, 2 to judge by."""
    half = int(min(HELD_OUT * len(met), MOST_HELD)) // 2
    held = rng.permutation(met)[: 2 * half]
    group = np.zeros(n_items, np.int64)
    group[held[:half]], group[held[half:]] = 1, 2
    return group


class _Exam:
    """Which of the videos of one group was watched with a video that is known?"""

    def __init__(
        self, pairs: CoWatches, group: NDArray[np.int64], number: int, rng: np.random.Generator
    ) -> None:
        asked = pairs.where((group[pairs.one] == 0) & (group[pairs.other] == number))
        self.questions = (
            asked.where(drawn(np.cumsum(asked.weight), _QUESTIONS, rng)) if len(asked) else asked
        )
        self._candidates = np.flatnonzero(group == number)

    def __len__(self) -> int:
        return len(self.questions)

    def ndcg(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(q,) 1 / log2(1 + rank) of the right one among the group; ties take the middle."""
        scores = vectors[self.questions.one] @ vectors[self._candidates].T
        place = np.searchsorted(self._candidates, self.questions.other)
        right = np.take_along_axis(scores, place[:, None], axis=1)
        above, tied = (scores > right).sum(axis=1), (scores == right).sum(axis=1)
        return np.asarray(1.0 / np.log2(2.0 + above + (tied - 1) / 2.0))


def _best_step(
    training: _Training, exam: _Exam, content: NDArray[np.float32], most: int
) -> tuple[NDArray[np.float32], int]:
    """The map after the round that was best in the exam, and the rounds that were run."""
    best, found, worse, rounds = float(exam.ndcg(content).mean()), training.step, 0, 0
    while rounds < most and worse < _PATIENCE:
        training.round()
        rounds += 1
        value = float(exam.ndcg(adapted(content, training.step)).mean())
        worse += 1
        if value > best:
            best, found, worse = value, training.step, 0
    return found, rounds


class _Training:
    """The map while it is learned; every draw comes from one generator, none is global."""

    def __init__(
        self,
        content: NDArray[np.float32],
        pairs: CoWatches,
        settings: AdapterSettings,
        rng: np.random.Generator,
        device: str,
    ) -> None:
        self._rng, self._batch, self._device = rng, settings.batch, device
        self._content = torch.as_tensor(content, device=device)
        self._pairs = pairs.both_ways()
        self._cumulated = np.cumsum(self._pairs.weight)
        # Both ways, so that how often an item is drawn is the same on either side.
        often = np.bincount(self._pairs.other, self._pairs.weight, minlength=len(content))
        log_q = settings.log_q * np.log(np.maximum(often / often.sum(), 1e-12))
        self._log_q = torch.as_tensor(log_q, dtype=torch.float32, device=device)
        width = content.shape[1]
        self._step = torch.zeros((width, width), device=device, requires_grad=True)
        warmth = torch.tensor(-np.log(settings.temperature), dtype=torch.float32, device=device)
        self._warmth = warmth.requires_grad_()
        groups = [
            {"params": [self._step], "weight_decay": settings.decay},
            {"params": [self._warmth], "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.rate)

    @property
    def step(self) -> NDArray[np.float32]:
        """(d, d) a copy of the map as it is."""
        return np.array(self._step.detach().cpu().numpy())

    @property
    def temperature(self) -> float:
        """Of the softmax, as it is."""
        return float(torch.exp(-self._warmth.detach()))

    def round(self) -> None:
        """Steps over pairs drawn by weight, as many as there are or `_ROUND`."""
        n_steps = max(min(len(self._pairs), _ROUND) // self._batch, 10)
        places = drawn(self._cumulated, n_steps * self._batch, self._rng)
        for which in places.reshape(n_steps, self._batch):
            given, wanted = self._pairs.one[which], self._pairs.other[which]
            loss = self._loss(self._rows(given), self._rows(wanted))
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()

    def _rows(self, rows: NDArray[np.int64]) -> torch.Tensor:
        return torch.as_tensor(rows, device=self._device)

    def _loss(self, given: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        logits = self._moved(given) @ self._moved(wanted).T * torch.exp(self._warmth)
        logits = logits - self._log_q[wanted][None, :]
        # Neither the wanted item again nor the given one itself is a wrong answer.
        wrong = (wanted[None, :] != wanted[:, None]) & (wanted[None, :] != given[:, None])
        wrong.fill_diagonal_(True)
        logits = logits.masked_fill(~wrong, -1e9)
        return functional.cross_entropy(logits, torch.arange(len(given), device=self._device))

    def _moved(self, rows: torch.Tensor) -> torch.Tensor:
        content = self._content[rows]
        return functional.normalize(content + content @ self._step, dim=1)

"""From files to the document: protocols, leaks, chance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.errors import ReelwiseError
from recommender.choosing.ranking import Scores
from recommender.evaluation import run
from recommender.evaluation.baselines import BASELINES, popularity_baseline
from recommender.evaluation.comparison import INTERVAL_METRICS, interval
from recommender.evaluation.run import EVALUATED, Files, evaluate_recommend
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable

pytestmark = pytest.mark.long(10)

DAY_S = 86_400.0
QUICK = ("popularity", "item-knn", "ease")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BASELINES", {name: BASELINES[name] for name in QUICK})


def tastes(
    seed: int = 0, *, n_people: int = 150, n_items: int = 60, each: int = 14
) -> pd.DataFrame:
    """People of three tastes over three parts of the items, some items more popular than others."""
    rng = np.random.default_rng(seed)
    fame = np.tile(1.0 / np.arange(1, n_items // 3 + 1), 3)
    rows = []
    for person in range(n_people):
        part = np.arange(n_items) // (n_items // 3) == person % 3
        chance = fame * np.where(part, 1.0, 0.1)
        liked = rng.choice(n_items, each, replace=False, p=chance / chance.sum())
        times = np.sort(rng.random(each)) * 60 * DAY_S
        rows += [(f"u{person}", f"v{i}", at) for i, at in zip(liked, times, strict=True)]
    return pd.DataFrame(rows, columns=["user", "video", "at"])


def write(folder: Path, **tables: pd.DataFrame) -> Files:
    paths = {}
    for name, table in tables.items():
        paths[name] = folder / f"{name}.csv"
        table.to_csv(paths[name], index=False)
    return Files(**paths)


def parts(table: pd.DataFrame, seed: int = 1) -> dict[str, pd.DataFrame]:
    draw = np.random.default_rng(seed).random(len(table))
    cut = {"train": draw < 0.7, "validation": (draw >= 0.7) & (draw < 0.8), "test": draw >= 0.8}
    return {name: table[which].drop(columns="at") for name, which in cut.items()}


def test_the_document_is_as_the_contract_says(tmp_path: Path) -> None:
    told = evaluate_recommend(write(tmp_path, **parts(tastes())))
    assert (told["protocol"], told["steps"], told["by_time"]) == ("given", 1, False)
    names = {"recall_at_10", "recall_at_20", "ndcg_at_10", "ndcg_at_20", "mrr", "median_rank", "n"}
    for one in (told, *told["baselines"].values()):
        assert names | {"seconds", "coverage_at_10", "novelty_at_10"} <= set(one)
        for name in INTERVAL_METRICS:
            low, high = one["intervals"][name]
            assert low < one[name] < high
    assert list(told["baselines"]) == [*QUICK, f"{EVALUATED} without popularity"]
    assert (
        sum(one["n"] for name, one in told["slices"].items() if name != "new videos") == told["n"]
    )
    for name, gains in told["differences"].items():
        mean, low, high = gains["ndcg_at_10"]
        assert mean == pytest.approx(told["ndcg_at_10"] - told["baselines"][name]["ndcg_at_10"])
        assert low <= mean <= high


def test_taste_is_found_and_shuffled_labels_fall_to_popularity(tmp_path: Path) -> None:
    whole = tastes()
    real = evaluate_recommend(write(tmp_path, **parts(whole)))["baselines"]
    assert real["ease"]["ndcg_at_10"] > 1.3 * real["popularity"]["ndcg_at_10"]
    rng = np.random.default_rng(9)
    shuffled = whole.assign(video=rng.permutation(whole["video"])).drop_duplicates(
        ["user", "video"]
    )
    told = evaluate_recommend(write(tmp_path, **parts(shuffled)))
    popular = told["baselines"]["popularity"]["ndcg_at_10"]
    low, high = told["baselines"]["popularity"]["intervals"]["ndcg_at_10"]
    for name in ("item-knn", "ease"):
        assert told["baselines"][name]["ndcg_at_10"] < popular + (high - low)
    assert told["ndcg_at_10"] < popular + (high - low)


def test_without_a_validation_file_a_part_of_train_is_held_out(tmp_path: Path) -> None:
    cut = parts(tastes())
    told = evaluate_recommend(write(tmp_path, train=cut["train"], test=cut["test"]))
    assert told["baselines"]["ease"]["ndcg_at_10"] > told["baselines"]["popularity"]["ndcg_at_10"]


def test_validation_is_fitted_on_only_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = parts(tastes())
    files = write(tmp_path, **cut)
    fitted = watched(monkeypatch)
    assert evaluate_recommend(files)["fitted_on"] == "train"
    assert evaluate_recommend(files, refit=True)["fitted_on"] == "train+validation"
    sizes = [len(train) for train in fitted]
    assert sizes == [len(cut["train"]), len(cut["train"]) + len(cut["validation"])]


def test_last_out_asks_everybody_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tastes()
    titles: list[Sequence[str]] = []
    fitted = watched(monkeypatch, titles=titles)
    told = evaluate_recommend(write(tmp_path, train=whole), "last-out")
    assert told["n"] == 150
    assert told["recall_at_10"] == told["hit_rate_at_10"]
    asked = whole.sort_values("at").groupby("user").tail(1)
    assert {(u, v) for u, v in zip(asked["user"], asked["video"], strict=True)}.isdisjoint(
        seen(fitted[0], titles[0])
    )


def test_rolling_never_fits_on_the_future(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tastes()
    train, test = whole[whole["at"] < 40 * DAY_S], whole[whole["at"] >= 40 * DAY_S]
    fitted = watched(monkeypatch)
    told = evaluate_recommend(write(tmp_path, train=train, test=test), "rolling", step_days=5.0)
    assert told["steps"] == len(fitted) == 4
    starts = float(test["at"].min()) + 5.0 * DAY_S * np.arange(4)
    assert [train.at_s.max() < start for train, start in zip(fitted, starts, strict=True)] == [
        True
    ] * 4
    assert [len(one) for one in fitted] == [int((whole["at"] < start).sum()) for start in starts]


def test_changing_the_future_does_not_change_what_was_foretold(tmp_path: Path) -> None:
    whole = tastes()
    train, test = whole[whole["at"] < 40 * DAY_S], whole[whole["at"] >= 40 * DAY_S]
    near = test[test["at"] < test["at"].min() + 5.0 * DAY_S]
    rng = np.random.default_rng(0)
    far = test[~test.index.isin(near.index)]
    other = pd.concat([near, far.assign(video=rng.permutation(far["video"]))])
    first = []
    for later in (test, other):
        scored: list[np.ndarray[Any, Any]] = []
        with pytest.MonkeyPatch.context() as patch:
            watched(patch, scored)
            evaluate_recommend(write(tmp_path, train=train, test=later), "rolling", step_days=5.0)
        first.append(scored[0])
    assert first[0].tolist() == first[1].tolist()


@pytest.mark.parametrize("protocol", ["given", "rolling"])
def test_what_cannot_be_asked_is_a_known_error(tmp_path: Path, protocol: Any) -> None:
    untimed = tastes().drop(columns="at")
    fix = {"given": "needs a test file", "rolling": "needs the time"}[protocol]
    with pytest.raises(ReelwiseError, match=fix):
        evaluate_recommend(write(tmp_path, train=untimed), protocol)
    with pytest.raises(ReelwiseError, match="nothing to predict"):
        evaluate_recommend(write(tmp_path, train=untimed, test=untimed), "given")


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(60):
        # Eight questions of a person are alike: counted one by one, intervals are too short.
        person = np.repeat(np.arange(80), 8)
        values = np.repeat(rng.normal(0.5, 1.0, 80), 8)
        low, high = interval(person, values, draws=200)
        covered += low < 0.5 < high
    assert 50 <= covered <= 60


def watched(
    monkeypatch: pytest.MonkeyPatch,
    scored: list[np.ndarray[Any, Any]] | None = None,
    titles: list[Sequence[str]] | None = None,
) -> list[EventLog]:
    """What the tested recommender is fitted on, and (people alike) what it scores first."""
    fitted: list[EventLog] = []

    def fit(train: EventLog, videos: VideoTable) -> Scores:
        fitted.append(train)
        found = popularity_baseline(train, videos)
        if titles is not None:
            titles.append(videos.titles)
        if scored is not None:
            scored.append(found(np.array([0])))
        return found

    monkeypatch.setattr(run, "tune", lambda cases, videos, note: (fit, popularity_baseline))
    return fitted


def seen(train: EventLog, titles: Sequence[str]) -> set[tuple[str, str]]:
    users = list(train.users)
    return {(users[user], titles[item]) for user, item in zip(train.user, train.item, strict=True)}

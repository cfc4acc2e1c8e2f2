import csv
import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from data.errors import ReelwiseError
from embeddings.temporal.config import HEAD_KINDS, HeadKind
from embeddings.temporal.head import clip_vectors
from embeddings.training.attack import Attack
from embeddings.training.head.batches import pad
from embeddings.training.head.evaluation import beats, evaluate_head
from embeddings.training.head.fit import FittedHead, Setting, fit_head
from embeddings.training.head.objective import Objective
from embeddings.training.loop import rate_schedule
from tests.embeddings.training.head import lives as module_of_lives
from tests.embeddings.training.made_clips import OPTIONS, SMALL, made_data

pytestmark = pytest.mark.long(38)

ROOT = Path(__file__).resolve().parents[4]
TRAIN, VALIDATION, UNSEEN = (made_data(n, seed=seed) for seed, n in ((1, 150), (2, 60), (3, 120)))


def fit(**changes: Any) -> FittedHead:
    return fit_head(TRAIN, VALIDATION, replace(OPTIONS, **changes))


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_a_head_learns_which_way_time_runs_and_mean_pooling_cannot(kind: HeadKind) -> None:
    fitted = fit(config=replace(SMALL, kind=kind))
    head, mean = evaluate_head(fitted.head, UNSEEN), evaluate_head(None, UNSEEN)
    assert mean.figures.order_accuracy == 0.5
    assert (head.figures.order_accuracy or 0) > 0.95
    assert head.figures.recall_at_1 >= mean.figures.recall_at_1
    assert beats(head, mean, UNSEEN)
    assert not beats(mean, head, UNSEEN)
    assert not beats(mean, mean, UNSEEN)


def test_siglip_learns_it_as_well() -> None:
    fitted = fit(objective=Objective(loss="siglip"), steps=120)
    assert (fitted.head_figures.order_accuracy or 0) > 0.9


def test_captions_by_chance_teach_nothing_that_would_be_served() -> None:
    lies = made_data(150, seed=4, truthful=False)
    fitted = fit_head(lies, made_data(60, seed=5, truthful=False), OPTIONS)
    assert not beats(evaluate_head(fitted.head, UNSEEN), evaluate_head(None, UNSEEN), UNSEEN)


def test_captions_without_time_are_judged_by_rank_alone() -> None:
    timeless = made_data(100, seed=6, timed=False)
    fitted = fit_head(timeless, made_data(40, seed=7, timed=False), replace(OPTIONS, steps=20))
    assert fitted.head_figures.order_accuracy is None
    assert fitted.head_figures.order_pairs == 0
    assert fitted.head_figures.score == fitted.head_figures.mrr


def test_where_nothing_helps_the_untrained_head_is_kept() -> None:
    fitted = fit(learning_rate=0.0, validate_every=5, patience=3)
    assert fitted.run.best_step == 0
    assert fitted.run.steps == 15  # three looks without a better score
    assert not any(fitted.head.fuse.weight.flatten())
    assert fitted.head_figures == fitted.mean_figures


def test_the_same_seed_gives_the_same_head_and_another_seed_another() -> None:
    first, again, other = (fit(steps=20, seed=seed) for seed in (0, 0, 1))
    for name, weight in first.head.state_dict().items():
        assert torch.equal(weight, again.head.state_dict()[name])
    assert not torch.equal(first.head.frame.weight, other.head.frame.weight)
    assert first.run.losses != other.run.losses


def test_a_heavy_weight_on_mean_pooling_keeps_the_head_near_it() -> None:
    clips = pad([UNSEEN.clips.clip(clip) for clip in range(40)])

    def distance(keep: float) -> float:
        head = fit(objective=Objective(keep=keep), steps=40).head
        with torch.inference_mode():
            return float(
                1 - (clip_vectors(*clips, head) * clip_vectors(*clips, None)).sum(1).mean()
            )

    assert distance(100.0) < distance(0.0) / 2


@pytest.mark.parametrize("attack", [Attack(0.3, norm="l2"), Attack(0.05, 3, random_start=True)])
def test_adversarial_training_runs_and_a_judged_attack_hurts(attack: Attack) -> None:
    fitted = fit(objective=Objective(attack=attack), steps=40)
    calm = evaluate_head(fitted.head, UNSEEN).figures
    hurt = evaluate_head(fitted.head, UNSEEN, attack=replace(attack, random_start=False)).figures
    assert (calm.order_accuracy or 0) > 0.8
    assert hurt.mrr < calm.mrr


def test_a_run_without_its_folder_leaves_no_file_and_one_with_it_a_log(tmp_path: Path) -> None:
    said: list[str] = []
    setting = Setting(folder=tmp_path / "run", report=said.append)
    fitted = fit_head(TRAIN, VALIDATION, replace(OPTIONS, steps=40), setting=setting)
    with (tmp_path / "run" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["20", "40"]
    assert float(rows[-1]["validation_recall_at_1"]) > 0
    assert any("step 40/40" in line and "order" in line for line in said)
    again = fit_head(TRAIN, VALIDATION, replace(OPTIONS, steps=40), setting=setting)
    assert again.run.losses == []  # a finished run has nothing left to do
    assert again.head_figures == fitted.head_figures


def test_the_state_of_another_run_is_refused(tmp_path: Path) -> None:
    setting = Setting(folder=tmp_path)
    fit_head(TRAIN, VALIDATION, replace(OPTIONS, steps=2), setting=setting)
    with pytest.raises(ReelwiseError, match="other options or captions"):
        fit_head(TRAIN, VALIDATION, replace(OPTIONS, steps=3), setting=setting)
    with pytest.raises(ReelwiseError, match="other options or captions"):
        fit_head(UNSEEN, VALIDATION, replace(OPTIONS, steps=2), setting=setting)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """What the processes of `lives.py` left in a folder, and how those of one run ended."""
    folder = tmp_path_factory.mktemp("lives")
    command = [sys.executable, "-m", module_of_lives.__name__, str(folder)]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return folder, json.loads(told.stdout)


def test_a_run_that_is_killed_goes_on_to_the_very_same_head(lives: tuple[Path, list[int]]) -> None:
    folder, exit_codes = lives
    assert exit_codes == [-signal.SIGKILL, 0]
    killed = torch.load(folder / "out.pt")
    whole = fit_head(TRAIN, VALIDATION, module_of_lives.KILLED)
    assert len(killed["losses"]) == 14  # steps 17 to 30: the 17th state never got its name
    assert whole.run.losses[16:] == killed["losses"]
    for name, weight in whole.head.state_dict().items():
        assert torch.equal(weight, killed["head"][name]), name


def test_two_processes_see_the_loss_of_one_with_the_whole_batch(
    lives: tuple[Path, list[int]],
) -> None:
    world, losses = torch.load(lives[0] / "two.pt")
    alone = fit(steps=8).run.losses
    assert world == 2
    assert losses[0] == pytest.approx(alone[0], abs=1e-5)
    assert losses == pytest.approx(alone, abs=2e-3)  # sums in another order drift apart slowly
    assert alone[-1] < alone[0] - 0.05


def test_the_learning_rate_warms_up_and_comes_down_to_nothing() -> None:
    rates = [rate_schedule(step, 200) for step in range(200)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert max(rates) == 1.0
    assert rates[-1] < 1e-3


def test_options_are_plain_values_that_a_card_can_hold() -> None:
    assert asdict(OPTIONS)["objective"]["loss"] == "infonce"

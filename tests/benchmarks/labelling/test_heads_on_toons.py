"""Worlds in which heads are measured: labels follow their rules, and figures have their shape."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.labelling.heads_on_toons import actions, clicks, comments, moderation, risk, sales
from benchmarks.labelling.heads_on_toons.actions import SCENES, some_each
from benchmarks.labelling.heads_on_toons.lab import split_by_video
from benchmarks.labelling.heads_on_toons.versus import Versus, against, counted
from data.toons.scenes import is_held_out
from tests.fakes import ColourEncoder


def test_every_motion_is_as_often_and_was_never_trained_on() -> None:
    films = actions.films_of(("left", "grow"), 4, seed=1)
    rows = actions.rows_of(films)
    assert len(rows) == SCENES * len(films) == 8
    assert sorted(row.label for row in rows) == ["grow"] * 4 + ["left"] * 4
    assert all(scene.held_out for film in films for scene in film.scenes)
    assert [row.label for row in some_each(rows, 1)].count("left") == 1
    assert films == actions.films_of(("left", "grow"), 4, seed=1)


def test_only_the_whole_combination_is_banned() -> None:
    films, labels = moderation.action_films(60, seed=2)
    shown = [film.scenes[0].actors[0].facts for film in films]
    assert [facts == moderation.ACTION for facts in shown] == [each == "banned" for each in labels]
    near = [sum(a == b for a, b in zip(facts, moderation.ACTION, strict=True)) for facts in shown]
    assert near.count(2) > 10
    assert near.count(3) > 3


def test_only_one_above_the_other_is_banned_and_not_upside_down() -> None:
    films, labels = moderation.above_films(60, seed=3)
    upside_down = 0
    for film, label in zip(films, labels, strict=True):
        upper, lower = film.scenes[0].actors
        assert upper.start[1] < lower.start[1]
        pair = ((upper.kind, upper.colour), (lower.kind, lower.colour))
        assert (pair == moderation.ABOVE) == (label == "banned")
        upside_down += pair == moderation.ABOVE[::-1]
    assert upside_down > 3


def test_clicks_depend_on_the_place_and_on_the_person_and_no_advert_comes_back() -> None:
    films = clicks.make_films(60, seed=4)
    rows = clicks.make_impressions(films, clicks.Size(60, 40, 50), seed=5)
    assert len({(row.video, row.values["person"]) for row in rows}) == len(rows) == 2000
    rate = {
        place: np.mean([row.label == "yes" for row in rows if row.values["place"] == place])
        for place in "15"
    }
    assert rate["1"] > rate["5"] + 0.1
    train, test = split_by_video(rows, 0.7)
    assert {row.video for row in train}.isdisjoint(row.video for row in test)
    assert len({row.video for row in train}) == 42


def test_the_same_words_are_praise_or_not_by_what_is_seen() -> None:
    films = comments.make_films(40, seed=6)
    rows = comments.make_comments(films, seed=7)
    nice = {film.name: film.scenes[0].actors[0].kind in comments.NICE for film in films}
    assert len({(row.video, row.values["comment"]) for row in rows}) == len(rows) == 160
    for row in rows:
        text = row.values["comment"]
        if text in comments.IRONIC:
            assert (row.label == "positive") == nice[row.video]
        else:
            assert text in comments.PLAIN[row.label]
    assert sum(row.values["comment"] in comments.IRONIC for row in rows) == 80


def test_dangers_are_rare_and_a_place_stays_as_it_is() -> None:
    films = risk.make_films(risk.Size(2, 2, 0.1), seed=8)
    rows = risk.rows_of(films)
    assert [row.label for row in rows].count("danger") == 6
    assert len(rows) == 60
    for film in films:
        assert len({(scene.place, scene.seed) for scene in film.scenes}) == 1
        assert any(not scene.actors for scene in film.scenes)


def test_alerts_are_counted_once_where_they_touch() -> None:
    wanted = np.array([False, True, False, False, True, False, False, False, False, False])
    scores = np.array([0.0, 1.0, 0.6, 0.7, 0.5, 0.1, 0.9, 0.0, 0.5, 0.4])
    hours = len(wanted) * risk.STEP_S / 3600
    assert risk.alerts_an_hour(wanted, scores) == pytest.approx(3 / hours)
    assert risk.alerts_an_hour(wanted, wanted.astype(float)) == 0


def test_sales_follow_the_film_of_the_day_before() -> None:
    films, counts = sales.make_films(100, seed=9)
    assert [len(film.scenes[0].actors) for film in films] == counts
    assert set(counts) == set(range(1, sales.MOST + 1))
    sold = sales.make_sales(counts, seed=10)
    assert np.corrcoef(sold[1:], counts[:-1])[0, 1] > 0.8
    row = sales.rows_of(films, sold)[0]
    assert (row.video, row.values["time"], row.label) == (films[6].name, "7", f"{sold[7]:.2f}")
    assert row.values["yesterday"] == f"{sold[6]:.2f}"
    assert row.values["week_ago"] == f"{sold[0]:.2f}"


def test_films_are_of_combinations_that_were_never_trained_on() -> None:
    (many, _), adverts = moderation.action_films(20, seed=1), clicks.make_films(20, seed=1)
    for film in [*many, *adverts]:
        for scene in film.scenes:
            assert is_held_out(*scene.actors[0].facts, scene.place)


def test_a_tie_is_not_beaten() -> None:
    found = [*against("a", 0.5, {"b": 0.5, "c": 0.4}), Versus("d", 1.0, "e", 2.0, lower=True)]
    assert counted(found) == {"beaten": 2, "of": 3, "not_beaten": ["a: 0.500, b 0.500"]}


def test_a_world_gives_figures_of_ours_and_of_each_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sales.DAYS, "small", 20)
    figures, compared = sales.run("small", ColourEncoder())
    assert {each.baseline for each in compared} == {"persistence", "seasonal_naive", "mean"}
    assert all(each.lower and each.theirs > 0 for each in compared)
    assert (figures["days_taught"], figures["days_judged"]) == (8, 5)
    assert figures["mae"] == round(compared[0].ours, 2) > 0

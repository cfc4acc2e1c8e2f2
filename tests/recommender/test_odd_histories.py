"""A thousand odd rows of history: each is accounted for, and nobody else's answer breaks."""

from __future__ import annotations

import csv
import io
import math
import random
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import EVENT_COLUMNS, History, ImportReport
from data.home import Home
from recommender.service import LibraryRecommender
from tests.recommender.watched_library import indexed_home, watch

N_ROWS = 1_000
# fmt: off
USERS = [
    "odd", "Zo\xeb", "Zoe\u0308", " odd ", "", "\u200b", "o\x00dd", "o\x1b[2Jdd", '"odd', 'o"dd',
    "o,d;d", "x" * 2_000, "nan", "\U0001f600", "-", "=1+1",
]
VIDEOS = [
    "cat0.mp4", "CAT1.MP4", "/films/car1.mp4", "C:\\films\\sea2.mp4", "file:///films/sky%33.mp4",
    "sky4", "id:7", "", " ", "none.mp4", "ca\x00t", '"', "title:sea5", "../..", "x" * 20_000,
]
TIMES = [
    "", "nan", "0001-01-01", "0001-01-01T00:00:00+14:00", "0001-01-02",
    "9999-12-31T23:59:59-14:00", "1582-10-10", "1969-07-20T20:17:40Z", "2024-02-29T24:00:00+05:45",
    "2024-05-01 10:00:00 UTC", "20240501", "20240231", "2024-W18-3", "0", "-1", "1714557600",
    "1714557600000", "1714557600000000", "1714557600000000000", "1e300", "2099-01-01",
    "30828-09-14", "2024-05-01T10:00:00.1234567Z", "2038-01-19T03:14:08Z", "05/01/2024 10:00",
    "now",
]
SECONDS = [
    "", "0", "1e-320", "3.5", "4,5", "1e308", "1e309", "inf", "-inf", "NaN", "-1", "0:43:26",
    "43:26", "\u0663", "long", "1_0",
]
KINDS = [
    "", "view", "LIKE", "dislike ", "hate", "like\x00",
]
# fmt: on


def odd_line(chance: random.Random, separator: str) -> str:
    values = [chance.choice(one) for one in (USERS, VIDEOS, TIMES, SECONDS, SECONDS, KINDS)]
    if not any(value.strip() for value in values):
        values[0] = "odd"
    if chance.random() < 0.1:
        # Written by hand: quotes that nobody closed, rows that are too short or too long.
        values = values[: chance.randrange(1, 6)] + ["more"] * chance.choice((0, 0, 3))
        values[0] = values[0].strip() or "odd"
        return separator.join([chance.choice(('"', "")) + value for value in values])
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="").writerow(values)
    return written.getvalue()


def import_odd(home: Home, seed: int, separator: str, encoding: str) -> ImportReport:
    chance = random.Random(seed)
    lines = [separator.join(EVENT_COLUMNS)]
    lines += [odd_line(chance, separator) for _ in range(N_ROWS)]
    file = home.root.parent / "odd"
    file.write_bytes("\n".join(lines).encode(encoding))
    with Catalogue(home) as catalogue:
        return History(catalogue).import_file(file)


def answer(recommender: LibraryRecommender, user: str) -> list[tuple[int, float]]:
    return [(item.video_id, item.score) for item in recommender.recommend(user, 5).items]


@pytest.mark.parametrize(
    ("seed", "separator", "encoding"),
    [(1, ",", "utf-8"), (2, ";", "utf-8-sig"), (3, "\t", "utf-16")],
)
def test_odd_rows_are_accounted_for_and_spoil_no_answer(
    tmp_path: Path, seed: int, separator: str, encoding: str
) -> None:
    home = indexed_home(tmp_path / "home")
    watch(home, 12)
    report = import_odd(home, seed, separator, encoding)
    assert report.rows == N_ROWS
    assert report.added + report.duplicates + len(report.bad_rows) == N_ROWS
    assert len({line for line, _ in report.bad_rows}) == len(report.bad_rows)
    assert report.added > 20
    again = import_odd(home, seed, separator, encoding)
    assert (again.added, again.bad_rows) == (0, report.bad_rows)
    with Catalogue(home) as catalogue, LibraryRecommender(home) as recommender:
        history = History(catalogue)
        for user in (*history.users(), "somebody new"):
            scores = [score for _, score in answer(recommender, user)]
            assert scores
            assert all(math.isfinite(score) for score in scores)
        file = tmp_path / "export.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, EVENT_COLUMNS)
            table.writeheader()
            table.writerows(event.as_row() for event in history.events())
        exported = history.import_file(file)
        assert (exported.added, exported.bad_rows) == (0, [])
        for user in history.users():
            history.forget(user)
        assert history.events() == []


def test_refused_rows_and_rows_of_other_videos_change_no_answer(tmp_path: Path) -> None:
    home = indexed_home(tmp_path / "home")
    watch(home, 12)
    with LibraryRecommender(home) as recommender:
        before = [answer(recommender, f"person-0-{n}") for n in range(12)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.VIDEOS", ["none.mp4", "", "ca\0t", "title:none", "../.."])
        assert import_odd(home, 4, ",", "utf-8").unresolved > 20
    with LibraryRecommender(home) as recommender:
        assert [answer(recommender, f"person-0-{n}") for n in range(12)] == before

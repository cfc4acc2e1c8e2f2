import signal
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.trust.kills import Kill, Reported, Tally, WriterHost, audit, run
from data.catalogue.catalogue import Catalogue
from indexer.store.generations import open_generation
from indexer.verify import verify_library
from tests.fakes import COLOUR_WORDS, ColourEncoder
from tests.indexer.made import paint
from tests.indexer.stored import ENCODER, file_of, new_home, published


def test_fifty_random_kills_lose_nothing_and_double_nothing() -> None:
    found = run(kills=50, seed=11)
    assert found["kills"] == 50, "the killing did not happen"
    assert found["reported"] > 50
    wrong = {
        name: found[name]
        for name in ("lost", "doubled", "checksum_errors", "unpublished", "errors")
    }
    assert wrong == dict.fromkeys(wrong, 0)


def test_a_writer_that_reports_too_early_is_caught() -> None:
    assert run(kills=12, seed=3, mutant="report_early")["lost"] > 0


def test_the_audit_sees_what_is_missing_doubled_or_back_again(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    published(home, ["a", "b"], ["c"])
    good = Tally()
    audit(home, Reported(videos={"a", "b", "c"}, published=1), good)
    assert (good.lost, good.doubled, good.checksum_errors, good.unpublished) == (0, 0, 0, 0)
    bad = Tally()
    told = Reported(videos={"a", "never stored"}, users={"nobody"}, removed={"b"}, published=2)
    audit(home, told, bad)
    assert (bad.lost, bad.unpublished) == (3, 1)
    with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
        # The vectors of b under the content of c: as if two videos had got the same ids.
        connection.exec_driver_sql("UPDATE videos SET content_key = 'x' WHERE content_key = 'b'")
    swapped = Tally()
    audit(home, Reported(videos={"a", "x"}), swapped)
    assert swapped.lost == 1
    assert file_of("a").name == "a.mp4"
    (home.vectors(ENCODER) / "stray.parquet").write_bytes(b"x")
    stray = Tally()
    audit(home, Reported(), stray)
    assert stray.checksum_errors == 1


PIPELINE_KILLS = 10
LATEST_VIDEO = 4
LEFT_AT_LEAST = 14
"""Videos that a life finds to do: ten more than it may report before its kill is due, and each
takes `SLOWLY_S` on any machine."""


def test_killing_the_real_pipeline_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folder, home = tmp_path / "videos", new_home(tmp_path)
    unpainted = product(COLOUR_WORDS, COLOUR_WORDS, (1.0, 1.5))
    job = {"home": str(home.root), "videos": str(folder)}
    rng, told, codes, left = np.random.default_rng(5), set(), [], []
    names: set[str] = set()
    stored: list[str] = []
    with WriterHost("tests.indexer.build.kill_pipeline_child") as warm:
        for _ in range(PIPELINE_KILLS):
            while len(names) - len(stored) < LEFT_AT_LEAST:
                one, two, seconds = next(unpainted)
                path = folder / f"{one}-{two}-{seconds}.mp4"
                names.add(paint(path, (one, 1), (two, seconds)).name)
            videos = int(rng.integers(0, LATEST_VIDEO + 1))
            kill = Kill(rng.uniform(0, 0.12 if videos else 0.3), videos)
            for _, word, value in warm.run_writer(job, kill):
                told |= {value} if word == "video" else set()
                codes += [value] if word == "died" else []
            with Catalogue(home) as catalogue:
                stored = [video.path.name for video in catalogue.videos(ColourEncoder().id)]
            assert told <= set(stored)
            assert len(stored) == len(set(stored))
            assert verify_library(home).problems == []
            left.append(len(names) - len(stored))
        heard = [(word, value) for _, word, value in warm.run_writer(job)]
    assert codes.count(-signal.SIGKILL) >= PIPELINE_KILLS - 2, codes
    assert len(set(left)) > 2, "the kills fell too early or too late to find videos half done"
    assert told, "nothing was ever done between two kills"
    # The last run does exactly what was left, and everything is there once.
    assert ("whole", len(names) - len(stored)) in heard
    with Catalogue(home) as catalogue:
        ids = catalogue.clip_table(ColourEncoder().id).ids.tolist()
        assert {v.path.name for v in catalogue.videos(ColourEncoder().id)} == names
    generation = open_generation(home)
    assert generation is not None
    assert generation.manifest.clips == len(ids)
    assert verify_library(home).problems == []
    assert generation.warning is None

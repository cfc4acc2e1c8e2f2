from pathlib import Path

from benchmarks.kills import READY_LIMIT_S, Tally, Told, audit, run
from data.catalogue import Catalogue
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
    assert found["slowest_ready_s"] < READY_LIMIT_S


def test_a_writer_that_reports_too_early_is_caught() -> None:
    assert run(kills=12, seed=3, mutant="report_early")["lost"] > 0


def test_the_audit_sees_what_is_missing_doubled_or_back_again(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    published(home, ["a", "b"], ["c"])
    good = Tally()
    audit(home, Told(videos={"a", "b", "c"}, published=1), good)
    assert (good.lost, good.doubled, good.checksum_errors, good.unpublished) == (0, 0, 0, 0)
    bad = Tally()
    told = Told(videos={"a", "never stored"}, users={"nobody"}, removed={"b"}, published=2)
    audit(home, told, bad)
    assert (bad.lost, bad.unpublished) == (3, 1)
    with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
        # The vectors of b under the content of c: as if two videos had got the same ids.
        connection.exec_driver_sql("UPDATE videos SET content_key = 'x' WHERE content_key = 'b'")
    swapped = Tally()
    audit(home, Told(videos={"a", "x"}), swapped)
    assert swapped.lost == 1
    assert file_of("a").name == "a.mp4"
    (home.vectors(ENCODER) / "stray.parquet").write_bytes(b"x")
    stray = Tally()
    audit(home, Told(), stray)
    assert stray.checksum_errors == 1

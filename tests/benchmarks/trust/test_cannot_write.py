from pathlib import Path

from benchmarks.trust import cannot_write
from data.catalogue.catalogue import Catalogue
from data.history.history import History
from data.home import Home


def test_without_the_right_to_write_asking_works_and_writing_is_refused(tmp_path: Path) -> None:
    """As root, too: the process gives up its power over permissions."""
    home = tmp_path / "home"
    with Catalogue(Home(home)) as catalogue:
        History(catalogue).add("ann", "a.mp4")
    commands = [["history", "export"], ["status"], ["history", "forget", "ann"]]
    (usual,) = cannot_write._ask(home, commands[:1])
    with cannot_write.STATES["no right to write"](home, tmp_path / "place") as place:
        before = (place / "catalogue.db").read_bytes()
        asked, status, refused = cannot_write._ask(place, commands, weak=True)
        assert (place / "catalogue.db").read_bytes() == before
    assert cannot_write._facts(asked) == cannot_write._facts(usual)
    assert "ann" in asked["stdout"]
    assert (status["code"], refused["code"]) == (0, 1)
    assert "permission denied" in refused["stderr"]
    assert not cannot_write._is_fault(refused)

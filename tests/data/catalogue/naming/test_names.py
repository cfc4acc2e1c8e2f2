import unicodedata
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.naming.names import VideoNames
from data.catalogue.records import FileRecord
from data.catalogue.videos import _LIKELY_NAMES, names_like

NFC = unicodedata.normalize("NFC", "/films/Müller été.mp4")
NFD = unicodedata.normalize("NFD", NFC)


def names(*paths: str) -> VideoNames:
    return VideoNames(enumerate(paths, start=1))


@pytest.mark.parametrize(("stored", "typed"), [(NFC, NFD), (NFD, NFC)])
def test_names_meet_whatever_their_unicode_form(
    catalogue: Catalogue, stored: str, typed: str
) -> None:
    catalogue.files.put([FileRecord(Path(stored), 1, 1, 1, "k")])
    for ref in (typed, Path(typed).name, Path(typed).stem, f"films/{Path(typed).name}"):
        assert VideoNames([(1, stored)]).find(ref) == [1]
        assert catalogue.video(ref).id == 1


@pytest.mark.parametrize(
    "ref",
    [
        r"C:\Users\me\Videos\v1.mp4",
        r"\\nas\share\v1.mp4",
        "file:///home/me/films/v1.mp4",
        "/mnt/other/place/v1.mp4",
        "v%31.mp4",
        "V1.MP4",
        "v1",
    ],
)
def test_a_path_of_another_machine_means_the_one_video_of_its_last_part(
    catalogue: Catalogue, ref: str
) -> None:
    assert names("/l/v1.mp4", "/l/v2.mp4").only(ref) == 1
    assert names("/l/v1.mp4", "/m/v1.mp4").only(ref) is None
    assert names("/l/v1.mkv").only(ref) == (1 if ref == "v1" else None)
    catalogue.files.put([FileRecord(Path("/l/v1.mp4"), 1, 1, 1, "k")])
    assert names_like(catalogue, ref).only(ref) == 1


def test_a_file_of_this_machine_that_is_not_indexed_means_no_other_video(tmp_path: Path) -> None:
    (tmp_path / "v1.mp4").touch()
    assert names("/l/v1.mp4").only(str(tmp_path / "v1.mp4")) is None


def test_a_title_is_matched_by_its_words() -> None:
    known = VideoNames([(1, "/l/the_show - season 1 (pilot).mkv"), (2, "/l/x.mp4")], {2: "Arrival"})
    assert known.only("title:The Show: Season 1: Pilot") == 1
    assert known.only("title:ARRIVAL") == 2
    assert names("/l/Arrival (2016).mkv").only("title:Arrival") == 1
    assert names("/l/Arrival (2016).mkv", "/l/Arrival.mkv").only("title:Arrival") == 2
    assert known.only("title:") is None


def test_one_name_is_looked_up_by_index(catalogue: Catalogue) -> None:
    values = {"path": "/l/a", "id": 1, "key": "a"}
    with catalogue.reading() as connection:
        steps = [
            row[3]
            for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {_LIKELY_NAMES.text}", values
            )
        ]
    assert not [step for step in steps if step.startswith("SCAN")]

"""A model that cannot be trusted is refused, and the quick one answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from data import sealed
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.forgetting import current_model
from data.home import Home
from recommender.choosing.train import train_recommender
from recommender.model.manifest import is_of_another_version, read_model_manifest
from recommender.model.status import model_status
from recommender.model.store import ARRAYS_FILE, QUICK, require_undamaged
from recommender.service import LibraryRecommender
from tests.recommender.model.trained import open_model_of
from tests.recommender.people import around, axes
from tests.recommender.watched_library import add_videos


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def from_another_home(home: Home, folder: Path) -> None:
    folder.rename(home.recommender / "model-000007")
    home.current_model.write_text("model-000007\n")


def of_a_later_version(home: Home, folder: Path) -> None:
    manifest = read_model_manifest(folder)
    names = ["crystal ball", *manifest.settings["weights"]["names"][1:]]
    weights = manifest.settings["weights"] | {"names": names}
    newer = replace(manifest, settings=manifest.settings | {"weights": weights})
    (folder / "manifest.json").write_bytes(sealed.seal(asdict(newer)))


def of_another_format(home: Home, folder: Path) -> None:
    older = replace(read_model_manifest(folder), format=1)
    (folder / "manifest.json").write_bytes(sealed.seal(asdict(older)))


def without_a_source(home: Home, folder: Path) -> None:
    less = replace(read_model_manifest(folder), sources=[])
    (folder / "manifest.json").write_bytes(sealed.seal(asdict(less)))


def encoded_anew(home: Home, folder: Path) -> None:
    with Catalogue(home) as catalogue:
        names = [video.title for video in catalogue.videos()]
    add_videos(home, names, around(axes(4), 10, seed=2), "themes-2")


SPOILED: dict[str, Callable[[Home, Path], object]] = {
    "a flipped byte": lambda home, folder: edit(
        folder / ARRAYS_FILE, lambda found: found[:-9] + bytes([found[-9] ^ 1]) + found[-8:]
    ),
    "cut": lambda home, folder: os.truncate(folder / ARRAYS_FILE, 100),
    "missing": lambda home, folder: (folder / ARRAYS_FILE).unlink(),
    "no manifest": lambda home, folder: (folder / "manifest.json").unlink(),
    "manifest": lambda home, folder: edit(
        folder / "manifest.json", lambda found: found.replace(b'"videos": 40', b'"videos": 41')
    ),
    "no folder": lambda home, folder: home.current_model.write_text("model-000003\n"),
    "no name": lambda home, folder: home.current_model.write_text("m\x6fdel-00000\n"),
    "of another home": from_another_home,
    "a later version": of_a_later_version,
    "an earlier format": of_another_format,
    "a source too few": without_a_source,
    "another encoder": encoded_anew,
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_cannot_be_trusted_is_refused_and_the_quick_model_answers(
    home: Home, how: str
) -> None:
    train_recommender(home)
    SPOILED[how](home, home.recommender / "model-000001")
    with LibraryRecommender(home) as opened:
        assert len(opened.recommend("person-0-1", 3).items) == 3
        assert opened.model.name == QUICK
        assert opened.model.trouble is not None
        assert "cannot be used" in opened.model.trouble.problem
        assert "reelwise train recommender" in opened.model.trouble.fix
        train_recommender(home)
        opened.recommend("person-0-1")
        assert opened.model.trouble is None
        assert opened.model.name == current_model(home)


@pytest.mark.parametrize("how", list(SPOILED)[:7])
def test_damage_of_the_model_is_found_without_answering(home: Home, how: str) -> None:
    train_recommender(home)
    require_undamaged(home)
    SPOILED[how](home, home.recommender / "model-000001")
    with pytest.raises(ReelwiseError, match="cannot be used"):
        require_undamaged(home)
    with Catalogue(home) as catalogue:
        assert model_status(catalogue).trouble is not None


def test_a_model_of_another_version_is_no_damage(home: Home) -> None:
    train_recommender(home)
    of_another_format(home, home.recommender / "model-000001")
    assert is_of_another_version(home.recommender / "model-000001")
    require_undamaged(home)


def test_nothing_is_parsed_before_its_checksum_is_right(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_recommender(home)
    SPOILED["a flipped byte"](home, home.recommender / "model-000001")
    monkeypatch.setattr("recommender.model.store.map_arrays", lambda path: pytest.fail("parsed"))
    with pytest.raises(ReelwiseError, match="wrong checksum"):
        open_model_of(home)

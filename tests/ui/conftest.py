"""A small toon library, indexed once by the real command, and the real server over it."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from benchmarks.page import served
from benchmarks.page.served import PATIENCE_S as PATIENCE_S
from benchmarks.page.served import ROOT as ROOT
from benchmarks.page.served import Server as Server
from benchmarks.page.served import free_port as free_port
from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.toons.library import ToonLibrary, write_library
from data.video.write import write_video
from ui.cli import run
from ui.library import readers
from ui.library.asking import running

N_VIDEOS = 12
ENCODER = os.environ.get("REELWISE_TEST_ENCODER", "toon")
REAL_READERS = readers.line_readers
"""What `no_models_for_words` below puts aside; for tests of videos that speak."""


def ask(
    capsys: pytest.CaptureFixture[str], *args: str, home: Path, code: int = 0
) -> dict[str, Any]:
    """The JSON document of a command."""
    capsys.readouterr()
    assert run([*args, "--home", str(home), "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


class Printed(NamedTuple):
    """What a command prints."""

    out: str
    err: str


def tell(capsys: pytest.CaptureFixture[str], *args: str, home: Path, code: int = 0) -> Printed:
    """What a person sees of a command."""
    capsys.readouterr()
    assert run([*args, "--home", str(home)]) == code
    return Printed(*capsys.readouterr())


@contextmanager
def shared_folder(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder of all processes of this test run, for one at a time, and whether it is filled."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    filled = folder.with_suffix(".filled")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if filled.exists():
            yield folder, True
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder, False
        filled.touch()


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Server]:
    """The real server in its own process, ready to answer; never a second one of the same home."""
    with (home / running.LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AssertionError("a test serves a home that is served: take a copy") from None
    with served.serving(home, *options) as server:
        yield server


@pytest.fixture(scope="session")
def toons(tmp_path_factory: pytest.TempPathFactory) -> ToonLibrary:
    """Twelve cartoons with queries, captions and six people's events; tests must not change it."""
    with shared_folder(tmp_path_factory, "toons") as (folder, filled):
        if not filled:
            made = write_library(folder / "toons", N_VIDEOS, seed=11, people=6)
            (folder / "library.pickle").write_bytes(pickle.dumps(made))
        library: ToonLibrary = pickle.loads((folder / "library.pickle").read_bytes())
        return library


@pytest.fixture(scope="session")
def home(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the indexed cartoons with their events; tests must not change it."""
    home = tmp_path_factory.mktemp("home")
    with shared_folder(tmp_path_factory, "home") as (made, filled):
        if not filled:
            to = ["--home", str(made)]
            assert run(["index", str(toons.folder), "--encoder", ENCODER, *to]) == 0
            assert run(["history", "import", str(toons.events_file), *to]) == 0
        return shutil.copytree(made, home, dirs_exist_ok=True)


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A copy of that home, which a test may change and serve."""
    return copy_of(home, tmp_path / "home")


def copy_of(home: Path, to: Path) -> Path:
    """A copy of a home that is perhaps served just now."""
    return shutil.copytree(home, to, ignore=shutil.ignore_patterns(running.FILE))


def empty_library(folder: Path) -> None:
    """Make a library without videos."""
    Catalogue(Home(folder)).close()


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Server]:
    """The one server of that home: one that a test starts has an `own_home`."""
    with serving(home, "--refit-every", "off") as server:
        yield server
        announced = json.loads((home / running.FILE).read_bytes())
        assert announced["port"] == server.port


LARGE_BYTES = 400_000_000


@dataclass(frozen=True)
class Odd:
    """A served library of unusual files; `ids` by file name."""

    server: Server
    home: Path
    folder: Path
    ids: dict[str, int]


@pytest.fixture(scope="session")
def odd(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    """Frames that darken as MP4 and GIF, a video of 400 MB, one to replace, one to spoil."""
    folder = tmp_path_factory.mktemp("odd")
    home = tmp_path_factory.mktemp("odd-home")
    frames = [np.full((90, 160, 3), 240 - 40 * (at // 10), np.uint8) for at in range(50)]
    write_video(folder / "grey.mp4", frames, fps=10, crf=10)
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(
        folder / "grey.gif", save_all=True, append_images=pictures[1:], duration=100, loop=0
    )
    shutil.copy(toons.folder / "toon-0001.mp4", folder / "replaced.mp4")
    shutil.copy(toons.folder / "toon-0004.mp4", folder / "spoilt.mp4")
    shutil.copy(toons.folder / "toon-0002.mp4", folder / "large.mp4")
    _grow(folder / "large.mp4", LARGE_BYTES)
    assert run(["index", str(folder), "--encoder", ENCODER, "--home", str(home)]) == 0
    with Catalogue(Home(home)) as catalogue:
        ids = {video.path.name: video.id for video in catalogue.videos()}
    with serving(home, "--refit-every", "off") as server:
        yield Odd(server, home, folder, ids)


def _grow(path: Path, size_bytes: int) -> None:
    """Make an MP4 this large, on paper: one `free` box at its end that nothing needs to read."""
    now = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(now)
        file.write(struct.pack(">I4sQ", 1, b"free", size_bytes - now))
        file.truncate(size_bytes)


@pytest.fixture(scope="session", autouse=True)
def no_models_for_words() -> Iterator[None]:
    """The toons are silent and without text: models that hear and read are tested by themselves."""

    @contextmanager
    def none(*_: object) -> Iterator[readers.Readers]:
        yield readers.Readers()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "line_readers", none)
        patch.setattr(readers, "open_meaning", lambda name, known_folder: readers.Meaning())
        yield

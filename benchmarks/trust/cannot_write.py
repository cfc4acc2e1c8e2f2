"""A library that cannot be written: what is asked is answered, what is to be written says why not.

The same toon library lies on a read-only disk, in a home without the right to write, on a disk
without inodes, and on one that is full (0 and 300 kB left). Each question must give the document
that it gives where the home can be written; each command that writes must end with a known error or
do its work. Mounts need root on Linux; states that cannot be made here are named in `not_tried`.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.toons.library import ToonLibrary, write_library

VIDEOS = {"small": 8, "full": 40}
SEED = 11
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600
_DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER = 1, 2, 3
_CAPABILITY_VERSION = 0x20080522

Command = list[str]
Answers = list[dict[str, Any]]


def questions(toons: ToonLibrary) -> list[Command]:
    """What asks and writes nothing."""
    first = str(toons.folder / "toon-0001.mp4")
    return [
        ["status", "--failed"],
        ["verify"],
        ["search", "a red car drives to the left"],
        ["search", "--like", f"{first}@0-2"],
        ["similar", "toon-0002.mp4"],
        ["recommend", "anna"],
        ["history", "export"],
        ["history", "impressions"],
        ["roots"],
    ]


def writes(toons: ToonLibrary) -> list[Command]:
    """What has to write."""
    return [
        ["recommend", "anna", "--log"],
        ["history", "add", "anna", "toon-0003.mp4", "--like"],
        ["history", "import", str(toons.events_file)],
        ["train", "recommender"],
        ["rebuild"],
        ["index", str(toons.folder)],
        ["verify", "--repair"],
        ["history", "forget", "anna"],
        ["remove", str(toons.folder / "toon-0004.mp4")],
    ]


def run(size: str) -> dict[str, Any]:
    """Count questions, those answered as usual, refused writes, and faults, in all states."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        toons = write_library(folder / "toons", VIDEOS[size], seed=SEED, people=4)
        home = folder / "home"
        made = [["index", str(toons.folder), "--encoder", "toon"]]
        made += [["history", "import", str(toons.events_file)]]
        _ask(home, [*made, ["history", "add", "anna", "toon-0001.mp4"]])
        usual = _ask(home, questions(toons))
        figures: dict[str, Any] = {"questions": len(usual), "wrong": [], "not_tried": {}}
        counts = dict.fromkeys(("states", "answered", "said", "done", "faults"), 0)
        for state, make in STATES.items():
            try:
                with make(home, folder / "place") as place:
                    found = _in_state(place, toons, usual, state == "no right to write")
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                figures["not_tried"][state] = str(error)
                continue
            counts["states"] += 1
            for key, value in found.items():
                if isinstance(value, int):
                    counts[key] += value
                else:
                    figures["wrong"] += [f"{state}: {each}" for each in value]
    return counts | figures


def _in_state(
    home: Path, toons: ToonLibrary, usual: Answers, weak: bool
) -> dict[str, int | list[str]]:
    asked = _ask(home, questions(toons), weak=weak)
    same = [_facts(now) == _facts(before) for now, before in zip(asked, usual, strict=True)]
    wrong = [
        f"{' '.join(now['command'])}: {now['stderr'] or 'another answer'}"
        for now, good in zip(asked, same, strict=True)
        if not good
    ]
    told = _ask(home, writes(toons), weak=weak)
    faults = [each for each in told if _is_fault(each)]
    wrong += [f"{' '.join(each['command'])}: {each['stderr'][-300:]}" for each in faults]
    said = [each for each in told if each["code"] in (1, 3) and each not in faults]
    done = len(told) - len(said) - len(faults)
    return {
        "answered": sum(same),
        "said": len(said),
        "done": done,
        "faults": len(faults),
        "wrong": wrong,
    }


def _is_fault(answer: dict[str, Any]) -> bool:
    return "Traceback" in answer["stderr"] or answer["code"] not in (0, 1, 3)


def _facts(answer: dict[str, Any]) -> object:
    """What must be equal: names, numbers, order; no times, scores (they age), sizes and places."""
    document = json.loads(answer["stdout"] or "null")
    return answer["code"], _without_floats(document)


def _without_floats(value: object) -> object:
    if isinstance(value, dict):
        left_out = ("bytes", "home", "took_ms", "recommender")
        return {key: _without_floats(each) for key, each in value.items() if key not in left_out}
    if isinstance(value, list):
        return [_without_floats(each) for each in value]
    return None if isinstance(value, float) else value


def _ask(home: Path, commands: list[Command], *, weak: bool = False) -> Answers:
    """Run commands in one process of its own; `weak` takes root's power over permissions."""
    job = json.dumps({"home": str(home), "commands": commands, "weak": weak})
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.trust.cannot_write", job],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    answers: Answers = json.loads(ran.stdout.splitlines()[-1])
    return answers


@contextmanager
def _read_only(home: Path, place: Path) -> Iterator[Path]:
    shutil.copytree(home, place)
    with _mounted(place, "--bind", str(place)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        yield place
    shutil.rmtree(place)


@contextmanager
def _no_right(home: Path, place: Path) -> Iterator[Path]:
    shutil.copytree(home, place)
    for path in (place, *place.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        yield place
    finally:
        for path in (place, *place.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(place)


@contextmanager
def _no_inodes(home: Path, place: Path) -> Iterator[Path]:
    files = sum(1 for _ in home.rglob("*"))
    with _small_disk(home, place, f"size=64m,nr_inodes={files + 20}") as library:
        with contextlib.suppress(OSError):
            for number in range(1000):
                (place / f"file-{number}").touch()
        yield library


def _full(left_bytes: int) -> Callable[[Path, Path], contextlib.AbstractContextManager[Path]]:
    @contextmanager
    def full(home: Path, place: Path) -> Iterator[Path]:
        with _small_disk(home, place, "size=32m") as library:
            (place / "filler").write_bytes(bytes(shutil.disk_usage(place).free - left_bytes))
            yield library

    return full


@contextmanager
def _small_disk(home: Path, place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    with _mounted(place, "-t", "tmpfs", "-o", options, "tmpfs"):
        yield Path(shutil.copytree(home, place / "home"))
    place.rmdir()


@contextmanager
def _mounted(place: Path, *options: str) -> Iterator[None]:
    try:
        subprocess.run(["mount", *options, str(place)], check=True, capture_output=True)
    except (subprocess.CalledProcessError, FileNotFoundError):
        shutil.rmtree(place)
        raise
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


STATES: dict[str, Callable[[Path, Path], contextlib.AbstractContextManager[Path]]] = {
    "read-only disk": _read_only,
    "no right to write": _no_right,
    "no inodes": _no_inodes,
    "full disk": _full(0),
    "300 kB left": _full(300_000),
}


def _answer(job: dict[str, Any]) -> Answers:
    from ui.cli import run as run_command

    if job["weak"] and os.geteuid() == 0:
        _give_up_root_powers()
    answers = []
    for command in job["commands"]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_command([*command, "--home", job["home"], "--json"])
        answers.append(
            {"command": command, "code": code, "stdout": out.getvalue(), "stderr": err.getvalue()}
        )
    return answers


def _give_up_root_powers() -> None:
    """Let permissions hold for root, too: capabilities(7), for this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits
    if libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    sets[0] &= ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH | 1 << _FOWNER) & 0xFFFFFFFF
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    print(json.dumps(_answer(json.loads(sys.argv[1]))))

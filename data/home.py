"""The folder that holds one library's state, and the lock of its one writer."""

import difflib
import fcntl
import os
import re
import shlex
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import platformdirs

from data.disk_errors import known_error
from data.durable import TEMP_PREFIX, close_to_others, make_dir
from data.errors import ReelwiseError
from data.regular import open_regular

HOME_VARIABLE = "REELWISE_HOME"
_FOLDERS = {
    *("vectors", "lines", "sentences", "index", "duplicates", "recommender", "cache", "copies"),
    *("jobs", "models", "moderation"),
    *("toons", "photo_films"),  # made by `reelwise demo`
}
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,150}")


class Home:
    """The paths of one library's state below its absolute `root`; creating it touches no disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalogue = root / "catalogue.db"
        """The SQLite file: videos, files, clips, watch events."""
        self.catalogue_mark = root / "catalogue.mark"
        """How far the catalogue has come, see `data.catalogue.guard.mark`."""
        self.copies = root / "copies"
        """The folder of copies of the catalogue."""
        self.all_vectors = root / "vectors"
        """The folder with one folder per encoder."""
        self.all_lines = root / "lines"
        """The folder with one folder per engine that reads lines."""
        self.all_sentences = root / "sentences"
        """The folder with one folder per sentence encoder."""
        self.index = root / "index"
        """The folder of the index generations."""
        self.current = self.index / "CURRENT"
        """The file that names the published generation."""
        self.all_duplicates = root / "duplicates"
        """The folder with one file per encoder of which videos share a stretch."""
        self.recommender = root / "recommender"
        """The folder of the recommender's models."""
        self.current_model = self.recommender / "CURRENT"
        """The file that names the published model."""
        self.heads = root / "models" / "heads"
        """The folder with one folder per head."""
        self.moderation = root / "moderation"
        """The folder of the policies of moderation."""
        self.cache = root / "cache"
        """Thumbnails and previews: may be deleted at any time."""
        self.jobs = root / "jobs"
        """The folder of the locks of running jobs."""
        self.toons = root / "toons"
        """Videos, queries and events that `reelwise demo` made."""
        self.photo_films = root / "photo_films"
        """The home of a second library that `reelwise demo` made, of films from photographs."""
        self.lock_file = root / "writer.lock"
        """The file whose flock is held by the one writer."""

    def require_place(self) -> None:
        """Check that the folder is there or can be made, and make nothing.

        Raises:
            ReelwiseError: It cannot.
        """
        if self.root.is_dir():
            return
        problem = None
        around = next((path for path in self.root.parents if path.exists()), Path("/"))
        if self.root.exists() or not around.is_dir():
            problem = f"{self.root if self.root.exists() else around} is a file"
        elif not os.access(around, os.W_OK | os.X_OK):
            problem = f"{around} cannot be written to"
        if problem is not None:
            raise ReelwiseError(
                f"the home folder {self.root} cannot be made: {problem}",
                fix="name another folder with --home DIR",
            )

    def make(self) -> None:
        """Make the folder where it is missing.

        Raises:
            ReelwiseError: It cannot be made, or its name belongs to a file.
        """
        try:
            make_dir(self.root, private=True)
        except OSError as error:
            problem = f"the home folder {self.root} cannot be made"
            known = known_error(error)
            raise ReelwiseError(
                f"{problem}: {known.problem if known else error}",
                fix="name another folder with --home DIR",
            ) from error

    def make_catalogue(self) -> None:
        """Make folder and catalogue, an empty file, where they are missing.

        Raises:
            ReelwiseError: They cannot be made.
        """
        try:
            if not self.catalogue.exists():
                self.make()
                self.catalogue.touch()
                self.catalogue.chmod(0o600)
        except OSError as error:
            raise known_error(error) or error from error

    def close_to_others(self) -> bool:
        """Let only the owner read what the library holds; folders of others beside it stay.

        Returns:
            False where it belongs to another user.
        """
        try:
            entries = list(self.root.iterdir())
            ours = [path for path in entries if _is_part_of_home(path.name)]
            if len(ours) == len(entries):
                self.root.chmod(0o700)
            for path in ours:
                with suppress(FileNotFoundError):  # a log or an unfinished file that went away
                    close_to_others(path)
        except PermissionError:
            return False
        return True

    def vectors(self, encoder_id: str) -> Path:
        """The folder of one encoder's vector parts.

        Raises:
            ValueError: The id is not safe as a folder name; so for the next three.
        """
        return _folder_of(self.all_vectors, "encoder", encoder_id)

    def sentences(self, model_id: str) -> Path:
        """The folder of one sentence encoder's vectors."""
        return _folder_of(self.all_sentences, "model", model_id)

    def lines(self, engine_id: str) -> Path:
        """The folder of one engine's line parts."""
        return _folder_of(self.all_lines, "engine", engine_id)

    def head(self, name: str) -> Path:
        """The folder of one head.

        Raises:
            ValueError: The name is not safe as a folder name.
        """
        return _folder_of(self.heads, "head", name)

    def duplicates(self, encoder_id: str) -> Path:
        """The file of which videos share a stretch, by one encoder's vectors."""
        folder = _folder_of(self.all_duplicates, "encoder", encoder_id)
        return folder.with_name(f"{encoder_id}.json")


def _folder_of(parent: Path, kind: str, name: str) -> Path:
    if not _SAFE_ID.fullmatch(name):
        raise ValueError(f"{kind} id must match {_SAFE_ID.pattern}, got {name!r}")
    return parent / name


def _is_part_of_home(name: str) -> bool:
    return (
        name in _FOLDERS
        or name.startswith(("catalogue.", "server.", TEMP_PREFIX))
        or name.endswith(".lock")
    )


def resolve_home(path: Path | None) -> Home:
    """Give the library's folder by its name; no disk is touched.

    Args:
        path: As the user gave it; None takes `REELWISE_HOME`, then the platform's data folder.
    """
    return Home((path.expanduser() if path else _usual_root()).absolute())


def require_library(home: Home) -> None:
    """Check that there is a library: asking never makes one.

    Raises:
        ReelwiseError: There is none, or its folder cannot be looked into.
    """
    try:
        facts = home.catalogue.stat()
        if facts.st_size == 0 and is_home(home.root):
            raise FileNotFoundError  # cut to nothing: it held what lies beside it
        if not stat.S_ISREG(facts.st_mode):
            raise ReelwiseError(
                f"{home.catalogue} is no file", fix="name another folder with --home DIR"
            )
    except (FileNotFoundError, NotADirectoryError):
        raise _no_library(home.root) from None
    except OSError as error:
        raise known_error(error) or error from error


def nothing_indexed(home: Home) -> ReelwiseError:
    """Make the error for a library without any video."""
    return ReelwiseError(
        f"nothing is indexed in {home.root}",
        fix="reelwise index FOLDER        (or: reelwise demo)",
    )


def _no_library(root: Path) -> ReelwiseError:
    if is_home(root):
        return ReelwiseError(
            f"the library in {root} has lost its catalogue.db",
            fix="run reelwise verify --repair: it brings back a copy, or makes an empty catalogue",
        )
    named = shlex.quote(str(root))
    near = next((home for home in _likely_homes(root) if home != root and is_home(home)), None)
    fix = f"reelwise index FOLDER --home {named}"
    if near is not None:
        fix = f"did you mean --home {shlex.quote(str(near))} ?   (a new one: {fix})"
    return ReelwiseError(f"there is no library in {root}", fix=fix)


def _likely_homes(root: Path) -> Iterator[Path]:
    """Folders that may be meant: one with a similar name, one around it, the usual one."""
    with suppress(OSError):
        beside = {path.name: path for path in root.parent.iterdir() if is_home(path)}
        for name in difflib.get_close_matches(root.name, beside, n=1):
            yield beside[name]
    yield from root.parents
    yield _usual_root().absolute()
    yield platformdirs.user_data_path("reelwise")


def _usual_root() -> Path:
    named = os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser() if named else platformdirs.user_data_path("reelwise")


def is_home(folder: Path) -> bool:
    """True for the folder of any library, also one that another reelwise is writing.

    It holds the catalogue (an SQLite file) beside one more thing that only a home has, or two of
    these where the catalogue is lost or damaged.
    """
    others = [name for name in ("writer.lock", "vectors", "index") if _exists(folder / name)]
    if not others:
        return False
    with suppress(OSError), open_regular(folder / "catalogue.db") as file:
        if file.read(16) == b"SQLite format 3\0":
            return True
    return "writer.lock" in others and len(others) >= 2


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a path too long, a folder that may not be looked into
        return False


def is_made_in_home(folder: Path) -> bool:
    """True for a folder that reelwise itself made in a library's home, as its cache of previews.

    It holds no video of the user, also where the home is a folder of videos.
    """
    return folder.name in _FOLDERS and is_home(folder.parent)


_held: dict[Path, int] = {}


def holds_lock(home: Home) -> bool:
    """Say whether this process holds the writer lock of that home."""
    return _held.get(home.lock_file) == os.getpid()


class LibraryBusy(ReelwiseError):
    """Somebody else has the right to change this library."""


class WriterLock:
    """The right to change vectors, index and library rows of one home; use as a context manager.

    It is an flock: the kernel frees it the moment the process is gone, however it died, so a lock
    left behind by a dead writer cannot exist. Neither reading nor adding watch events needs it. The
    folder of the home is made where it is missing.
    """

    doing = "the library {home} is being written"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.file = home.lock_file
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock at once.

        Raises:
            LibraryBusy: Another process, or another lock object of this one, holds it.
        """
        self.home.make()
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 1000, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise LibraryBusy(
                f"{self.doing.format(home=self.home.root)} by {holder or 'another process'}",
                fix="wait until it has finished, or stop that process, then run this again",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _about_this_process().encode(), 0)
        self._descriptor = descriptor
        _held[self.file] = os.getpid()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        if self._descriptor is None:
            return
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = None
        _held.pop(self.file, None)


class TrainingLock(WriterLock):
    """The right to fit and publish the recommender's model; indexing may run at the same time."""

    doing = "the recommender of {home} is being trained"

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        make_dir(home.recommender, private=True)
        self.file = home.recommender / "training.lock"


class HeadsLock(WriterLock):
    """The right to write and remove heads; indexing may run at the same time."""

    doing = "the heads of {home} are being changed"

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        make_dir(home.heads, private=True)
        self.file = home.heads / "heads.lock"


def _about_this_process() -> str:
    started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    command = Path(sys.argv[0] or "python").name
    return f"process {os.getpid()} ({command} on {socket.gethostname()}, since {started})\n"

"""Files and embeddings for a catalogue, without any file or vector."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import EmbeddingRow, FileRecord, Part
from data.home import Home
from data.video.types import DecodeState, Ending, VideoInfo

ROOT = Path(__file__).resolve().parents[2]
LIB = Path("/library")
INFO = VideoInfo("h264", 64, 48, 25.0, 8.0)


def file_record(
    path: str, key: str | None, *, reason: str | None = None, title: str | None = None
) -> FileRecord:
    return FileRecord(LIB / path, 10, 1, 1, key, reason=reason, title=title)


def catalogue_bytes(home: Home) -> bytes:
    """All bytes of the database's files."""
    files = [home.root / f"catalogue.db{end}" for end in ("", "-wal", "-shm")]
    return b"".join(file.read_bytes() for file in files if file.exists())


def embed(
    catalogue: Catalogue,
    part: str,
    *video_ids: int,
    encoder: str = "e1",
    state: DecodeState = "done",
    n_clips: int = 2,
) -> list[int]:
    first = catalogue.embeddings.reserve(encoder, part, n_clips * len(video_ids))
    rows = [
        EmbeddingRow(
            video_id,
            Ending(state, "" if state == "done" else "cut off", info=INFO),
            tuple(range(first + n * n_clips, first + (n + 1) * n_clips)),
            tuple((float(i), i + 2.0) for i in range(n_clips)),
        )
        for n, video_id in enumerate(video_ids)
    ]
    catalogue.embeddings.commit_part(encoder, Part(part, "0" * 64, 1, frozenset(video_ids)), rows)
    return [clip_id for row in rows for clip_id in row.clip_ids]


def die_at(home: Home, point: str, code: str) -> None:
    """Run statements on the opened `catalogue` of a home in a process that a crash point kills."""
    begin = (
        "import sys; from pathlib import Path; from data.catalogue.catalogue import Catalogue;"
        "from data.durable import arm_crash; from data.home import Home;"
        "catalogue = Catalogue(Home(Path(sys.argv[1]))); arm_crash(sys.argv[2])\n"
    )
    command = [sys.executable, "-c", begin + code, str(home.root), point]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL

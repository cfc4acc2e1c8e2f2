"""A small indexed library whose people have watched a lot of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.history.history import History
from data.home import Home, resolve_home
from indexer.build.recording.record import record_embedded, writing_session
from indexer.store.vectors import VectorStore
from tests.indexer.made import embedded
from tests.recommender.people import DAY, around, axes

ENCODER = "themes-1"
THEMES = ("cat", "car", "sea", "sky")
EACH = 10


def add_videos(home: Home, names: list[str], vectors: np.ndarray, encoder: str = ENCODER) -> None:
    """Index videos whose vectors are given, as the indexer would."""
    records = [
        FileRecord(Path("/films") / f"{n}.mp4", 1, 1, i, f"key-{n}", title=n)
        for i, n in enumerate(names)
    ]
    with writing_session(home) as catalogue:
        ids = catalogue.files.put(records)
        results = []
        for record, vector in zip(records, vectors, strict=True):
            video_id = ids[record.path]
            assert video_id is not None
            results.append(embedded(video_id, vector[None, :], clip_s=5.0))
        record_embedded(catalogue, VectorStore(home, encoder), results)
        catalogue.set_encoder(encoder, "themes")


def indexed_home(folder: Path) -> Home:
    """Four themes of ten videos each."""
    home = resolve_home(folder)
    names = [f"{theme}{i}" for theme in THEMES for i in range(EACH)]
    add_videos(home, names, around(axes(len(THEMES)), EACH))
    return home


def watch(home: Home, n_people: int, *, each: int = 6, seed: int = 0, days: float = 60.0) -> None:
    """Everybody likes two themes and watches videos of these, over two months."""
    rng = np.random.default_rng(seed)
    with Catalogue(home) as catalogue:
        rows = []
        for person in range(n_people):
            liked = rng.choice(len(THEMES), 2, replace=False)
            for at in np.sort(rng.uniform(0, days, each)):
                theme = THEMES[int(rng.choice(liked))]
                video, when = f"{theme}{rng.integers(EACH)}", DAY + timedelta(days=float(at))
                rows.append(f"person-{seed}-{person},/films/{video}.mp4,{when.isoformat()},view")
        file = home.root.parent / "events.csv"
        file.write_text("user,video,at,kind\n" + "\n".join(rows) + "\n")
        History(catalogue).import_file(file)


def bytes_below(folder: Path) -> bytes:
    """Everything in all files below a folder."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())

"""Check the stored sentence vectors against their checksums; remove what is damaged."""

from collections.abc import Iterator
from pathlib import Path

from data.home import Home
from indexer.store.meaning.sentence_store import SentenceStore
from indexer.verify_lines import Report

_REMOVE = "run reelwise verify --repair: it removes them; their texts are encoded again when needed"


def check_meaning(home: Home, report: Report) -> list[Path]:
    """Read every part of every sentence encoder; gives those that are damaged."""
    broken = []
    for folder in _folders(home):
        store = SentenceStore(home, folder.name)
        for path in store.parts():
            report.count("sentence_parts")
            problem = store.problem(path)
            # A writer may have joined it with others, rightly, during the check.
            if problem is not None and path.exists():
                report.add(problem, path, _REMOVE)
                broken.append(path)
    return broken


def _folders(home: Home) -> Iterator[Path]:
    if home.all_sentences.is_dir():
        yield from filter(Path.is_dir, sorted(home.all_sentences.iterdir()))

"""The second part of `reelwise demo`: what is seen, said and written in films of photographs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from data.home import Home
from ui.commands.everyday.index import index_answer
from ui.commands.everyday.search import marked
from ui.library.documents import Document, search_document
from ui.library.library import Library
from ui.terminal.progress import ProgressBar
from ui.terminal.text import clock, length, span

if TYPE_CHECKING:
    from data.photo_films.library import Wanted
    from indexer.build.report import IndexReport
    from indexer.search.result import Hit, SearchResult

ENCODER = "starter"
MIN_OVERLAP = 0.5
"""What is seen or written is found when the hit has this IoU with its interval at least."""
NEAR_S = 1.0
"""What is said is found when the hit begins this near to its first word."""
ASKED = {"picture": "seen", "speech": "said", "subtitle": "said", "screen": "written"}

Show = Callable[[str], None]


def photo_demo(home: Home, show: Show) -> Document:
    """Films of photographs in a library of their own: made, indexed, searched and shown.

    Where their photographs or the encoder are not installed, the document is only `left_out`.
    """
    missing = _missing()
    if missing is not None:
        show(f"6. Films of photographs are left out: {missing.problem}")
        show(f"   {missing.fix}")
        return {"left_out": missing.problem}
    films = home.photo_films / "films"
    with Library(home.photo_films) as library:
        library.make()
        document: Document = {"made": _make(films, show)}
        report = _index(library, films, show)
        document["index"] = dict(index_answer(report).document)
        document["searches"] = _search(library, films, show, deaf=bool(report.words_notice))
    return document


def _missing() -> ReelwiseError | None:
    """What is not installed of all that this part needs."""
    from data.photo_films.films import FILMS
    from data.photo_films.library import check_photographs
    from embeddings.starter.files import StarterFiles

    try:
        StarterFiles().check()
        check_photographs(FILMS)
    except ReelwiseError as error:
        return error
    return None


def _make(films: Path, show: Show) -> Document:
    from data.photo_films.films import FILMS
    from data.photo_films.library import QUERIES, read_wanted, write_films

    began = time.perf_counter()
    new = not (films / QUERIES).is_file()
    wanted = write_films(films, FILMS) if new else read_wanted(films)
    took_s = time.perf_counter() - began
    how = f"made in {length(took_s)}" if new else "made before"
    voice = any(each.channel == "speech" for each in wanted)
    narrated, signs = sum(bool(f.spoken) for f in FILMS), sum(bool(f.sign) for f in FILMS)
    said = "narrated" if voice else "with subtitles (espeak-ng, which speaks, was not installed)"
    show(f"6. {len(FILMS)} films of photographs, {narrated} {said}, {signs} with a sign: {how}.")
    return {"folder": str(films), "videos": len(FILMS), "drawn": new, "voice": voice}


def _index(library: Library, films: Path, show: Show) -> IndexReport:
    with ProgressBar() as bar:
        report = library.index([films], encoder=ENCODER, progress=bar)
    show(f"7. Indexed with the encoder {ENCODER}, in a library of their own:")
    answer = index_answer(report)
    for line in [*answer.text.splitlines(), *report.words_notice.splitlines()]:
        show(f"   {line}")
    return report


def _search(library: Library, films: Path, show: Show, *, deaf: bool) -> list[Document]:
    from data.photo_films.library import read_wanted

    show("8. Three searches by text, for what is seen, said and written:")
    documents = []
    for wanted in read_wanted(films):
        if deaf and wanted.channel == "speech":
            continue
        result = library.search(wanted.query, k=1)
        right = bool(result.hits) and _is_right(result.hits[0], wanted)
        about = ASKED[wanted.channel]
        _show_result(f'{about}: "{wanted.query}"', result, show, right=right)
        document = search_document({"text": wanted.query}, result)
        documents.append(document | {"about": about, "right": right})
    return documents


def _show_result(title: str, result: SearchResult, show: Show, *, right: bool) -> None:
    show(f"   {title}   ({result.took_ms:.0f} ms)")
    verdict = "   <- right" if right else "   <- wrong"
    for hit in result.hits:
        interval = span(hit.start_s, hit.end_s)
        found = _found_by(hit)
        show(f"     {hit.rank}. {hit.relevance:.2f}  {hit.path.name}  {interval}  {found}{verdict}")


def _found_by(hit: Hit) -> str:
    """The channel that is most certain of a hit, with its line and when it begins."""
    best = max(hit.matched, key=lambda match: match.relevance)
    if not best.text:
        return "in the picture"
    return f"{best.channel} at {clock(best.start_s)}: {marked(best)}"


def _is_right(hit: Hit, wanted: Wanted) -> bool:
    from indexer.search.moments import iou

    if hit.path.name != wanted.video or wanted.channel not in {m.channel for m in hit.matched}:
        return False
    if ASKED[wanted.channel] == "said":
        return abs(hit.start_s - wanted.start_s) <= NEAR_S
    interval = (wanted.start_s, wanted.end_s)
    return iou(interval, (hit.start_s, hit.end_s)) >= MIN_OVERLAP

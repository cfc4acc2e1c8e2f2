"""`reelwise demo`: the main job of reelwise from end to end, on videos that it makes itself."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from data.errors import ReelwiseError
from data.home import Home
from data.interval_table import TableRow, read_table
from data.printable import printable_lines
from ui.commands.everyday.index import index_answer
from ui.commands.everyday.photo_demo import photo_demo
from ui.library.documents import Document, reason_in_words, recommend_document, search_document
from ui.library.library import Library
from ui.library.readers import WordOptions
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import ProgressBar
from ui.terminal.text import count, length, short_path, span

if TYPE_CHECKING:
    from indexer.search.result import Hit, SearchResult
    from recommender.answer.items import Item

N_VIDEOS = 200
N_PEOPLE = 40
SEED = 7
ENCODER = "toon"
MIN_OVERLAP = 0.5
"""A hit is right when it is in the right video and its interval has this IoU at least."""
DIRECTION_WORDS = (" left", " right")
ORDER_WORDS = (" then ", " before ", " after ")


def demo(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Draw 200 cartoons, index them, search them and recommend from them, showing each step.

    Then make films of photographs and find what is seen, said and written in them.
    """
    began = time.perf_counter()
    with Library(home, words=WordOptions(speech="off", screen_text="off")) as library:
        library.make()
        _refuse_another_encoder(library)
        document: Document = {"home": str(library.home.root)}
        document["made"] = _make_toons(library.home)
        document["index"] = _index(library)
        document["searches"] = _search(library)
        document["evaluation"] = _evaluate(library)
        document["example"] = _search_by_example(library)
        document["recommendations"] = _recommend(library)
        document["photo_films"] = photo_demo(library.home, _show)
        document["seconds"] = round(time.perf_counter() - began, 1)
        document["right"] = _all_right(document)
        _show_end(library.home, document["seconds"], photo_films="made" in document["photo_films"])
    return Answer(document, "")


def _toon_rows(home: Home, text: Literal["query", "caption"]) -> list[TableRow]:
    """Queries or captions of the cartoons: a text, and the interval of a video it describes."""
    file = home.toons / ("queries.csv" if text == "query" else "captions.csv")
    columns = [text, "video", "start_s", "end_s"]
    return read_table(file, columns, header=",".join(columns)).rows


def _caption(scenes: list[TableRow], video: str, start_s: float = 0.0, end_s: float = 1.0) -> str:
    """Caption of the scene that fills most of an interval; "" for an unknown video."""
    of_video = [scene for scene in scenes if scene["video"] == video]
    best = max(of_video, key=lambda scene: _overlap(scene, start_s, end_s), default=None)
    return best["caption"] if best else ""


def _overlap(row: TableRow, start_s: float, end_s: float) -> float:
    """Intersection over union of a row's interval and another, 0 to 1."""
    from indexer.search.moments import iou

    return iou(row.interval(), (start_s, end_s))


def _refuse_another_encoder(library: Library) -> None:
    """The demo must not move a user's own library to the toon encoder."""
    name = library.catalogue.encoder_name
    if name not in (None, ENCODER):
        raise ReelwiseError(
            f"the library {library.home.root} was embedded with {name}, not with {ENCODER}",
            fix="reelwise demo --home FOLDER      (a new folder)",
        )


def _show(line: str = "") -> None:
    """Write a line at once; it goes to stderr when stdout is kept for one document."""
    sys.stdout.write(printable_lines(line) + "\n")
    sys.stdout.flush()


def _make_toons(home: Home) -> Document:
    from data.toons.library import write_library

    began = time.perf_counter()
    marker = home.toons / "queries.csv"
    drawn = not marker.is_file()
    if drawn:
        _show(f"Drawing {N_VIDEOS} cartoons into {short_path(home.toons)} ...")
        write_library(home.toons, N_VIDEOS, seed=SEED, people=N_PEOPLE)
    took_s = time.perf_counter() - began
    how = f"drawn in {length(took_s)}" if drawn else "drawn before"
    _show(f"1. {N_VIDEOS} cartoons with captions, queries and watch histories: {how}.")
    return {"folder": str(home.toons), "videos": N_VIDEOS, "drawn": drawn, "seconds": took_s}


def _index(library: Library) -> dict[str, object]:
    with ProgressBar() as bar:
        report = library.index([library.home.toons], encoder=ENCODER, progress=bar)
    answer = index_answer(report)
    imported = library.history.import_file(library.home.toons / "events.csv")
    _show("2. Indexed with the embedded encoder:")
    for line in answer.text.splitlines():
        _show(f"   {line}")
    events = count(imported.added, "watch event")
    _show(f"   {events} imported, {imported.duplicates:,} known already")
    return dict(answer.document)


def _search(library: Library) -> list[Document]:
    _show("3. Three searches by text:")
    captions = _toon_rows(library.home, "caption")
    documents = []
    for about, query in _chosen_queries(_toon_rows(library.home, "query")):
        result = library.search(query["query"], k=3)
        right = bool(result.hits) and _is_right(result.hits[0], query)
        _show_hits(f'{about}: "{query["query"]}"', result, captions, right=right)
        document = search_document({"text": query["query"]}, result)
        documents.append(document | {"about": about, "right": right})
    return documents


def _show_hits(title: str, result: SearchResult, captions: list[TableRow], *, right: bool) -> None:
    _show(f"   {title}   ({result.took_ms:.0f} ms)")
    for hit in result.hits:
        verdict = ""
        if hit.rank == 1:
            verdict = "   <- right" if right else "   <- wrong"
        name = hit.path.name
        shows = _caption(captions, name, hit.start_s, hit.end_s)
        interval = span(hit.start_s, hit.end_s)
        _show(f"     {hit.rank}. {hit.relevance:.2f}  {name}  {interval}  {shows}{verdict}")


def _chosen_queries(queries: list[TableRow]) -> list[tuple[str, TableRow]]:
    """One query that turns on direction, one on order, and one more."""
    ordered = [each for each in queries if any(word in each["query"] for word in ORDER_WORDS)]
    plain = [each for each in queries if each not in ordered]
    directed = [each for each in plain if any(word in each["query"] for word in DIRECTION_WORDS)]
    other = [each for each in plain if each not in directed]
    kinds = (("direction", directed), ("order", ordered), ("what and where", other))
    return [(about, some[0]) for about, some in kinds if some]


def _is_right(hit: Hit, query: TableRow) -> bool:
    return (
        hit.path.name == query["video"] and _overlap(query, hit.start_s, hit.end_s) >= MIN_OVERLAP
    )


def _evaluate(library: Library) -> Document:
    from indexer.search.evaluate import evaluate_search

    metrics = evaluate_search(library.searcher, library.home.toons / "queries.csv")
    _show(
        f"   all {metrics['n']} queries of the library: the right video comes first for "
        f"{metrics['recall_at_1']:.1%}, with the right interval for "
        f"{metrics['moment_recall_at_1']:.1%}   ({metrics['ms_per_query']:.0f} ms each)"
    )
    return dict(metrics)


def _search_by_example(library: Library) -> Document:
    from data.video.transcode import Change, transcode

    query = _toon_rows(library.home, "query")[-1]
    video, (start_s, end_s) = query["video"], query.interval()
    _show("4. A search by example: a part of a video, cut out, made smaller and compressed hard:")
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "example.mp4"
        change = Change(start_s=start_s, end_s=end_s, scale=0.5, crf=35)
        transcode(library.home.toons / video, example, change)
        result = library.search(like=example, k=3)
    right = bool(result.hits) and result.hits[0].path.name == video
    title = f"from {video} {span(start_s, end_s)}"
    _show_hits(title, result, _toon_rows(library.home, "caption"), right=right)
    return search_document({"like": f"{video} @ half size"}, result) | {"right": right}


def _recommend(library: Library) -> list[Document]:
    _show("5. Recommendations for two users:")
    captions = _toon_rows(library.home, "caption")
    documents = []
    for user in library.history.users()[:2]:
        result = library.recommend(user, k=4)
        _show(f"   {user}   ({result.took_ms:.0f} ms)")
        for item in result.items:
            name = item.path.name if item.path else item.title
            _show(f"     {item.rank}. {name}  {_caption(captions, name)}")
            _show(f"        {reason_in_words(item)}{_cause(library, item, captions)}")
        documents.append(recommend_document(result))
    return documents


def _cause(library: Library, item: Item, captions: list[TableRow]) -> str:
    """The caption of the video that an item is recommended because of."""
    if item.because is None:
        return ""
    video = library.catalogue.video(item.because.video_id)
    return f" ({_caption(captions, video.path.name)})"


def _all_right(document: Document) -> bool:
    searches = [*document["searches"], document["example"]]
    searches += document["photo_films"].get("searches", [])
    recommended = all(each["items"] for each in document["recommendations"])
    return all(each["right"] for each in searches) and recommended


def _show_end(home: Home, seconds: float, *, photo_films: bool) -> None:
    root = shlex.quote(str(home.root))
    _show(f"Done in {length(seconds)}. Now look at it:")
    _show(f"   reelwise serve --home {root}       then open http://127.0.0.1:8501")
    _show(f'   reelwise search "a red car drives to the left" --home {root}')
    if photo_films:
        films = shlex.quote(str(home.photo_films))
        _show(f'   reelwise search "a cup of coffee" --home {films}')
    _show(f"   reelwise evaluate search --queries {root}/toons/queries.csv --home {root}")

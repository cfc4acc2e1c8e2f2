"""The main job of reelwise from end to end, on cartoons that it draws itself."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.commands.everyday.index import index_answer
from ui.documents import reason_in_words, recommend_document, search_document
from ui.library import Library
from ui.terminal.answer import Answer, Document
from ui.terminal.progress import ProgressBar
from ui.terminal.text import count, length, short_path, span
from ui.toon_tables import Captions, Described, read_queries

if TYPE_CHECKING:
    from data.home import Home

N_VIDEOS = 200
N_PEOPLE = 40
SEED = 7
ENCODER = "toon"
LEAST_OVERLAP = 0.5
"""A hit is right when it is the right video and shares this much of the time (IoU)."""
DIRECTION_WORDS = (" left", " right")
ORDER_WORDS = (" then ", " before ", " after ")


def demonstrate(home: Path | None) -> Answer:
    """Make the toon library, index it, search it and recommend from it, telling each step."""
    began = time.perf_counter()
    with Library(home) as library:
        _refuse_another_encoder(library)
        document: Document = {"home": str(library.home.root)}
        document["made"] = _make_toons(library.home)
        document["index"] = _index(library)
        document["searches"] = _search(library)
        document["evaluation"] = _evaluate(library)
        document["example"] = _search_by_example(library)
        document["recommendations"] = _recommend(library)
        document["seconds"] = round(time.perf_counter() - began, 1)
        document["right"] = _all_right(document)
        _tell_end(library.home, document)
    return Answer(document, "")


def _refuse_another_encoder(library: Library) -> None:
    """Trying the demo must not move somebody's own library to the toon encoder."""
    name = library.catalogue.encoder_name
    if name not in (None, ENCODER):
        raise ReelwiseError(
            f"the library {library.home.root} was embedded with {name}, not with {ENCODER}",
            fix="reelwise demo --home FOLDER      (a new folder)",
        )


def tell(line: str = "") -> None:
    """A line for the person who watches; it goes to stderr when stdout is kept for one document."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _make_toons(home: Home) -> Document:
    from data.toons import write_library

    began = time.perf_counter()
    marker = home.toons / "queries.csv"
    made = not marker.is_file()
    if made:
        tell(f"Drawing {N_VIDEOS} cartoons into {short_path(home.toons)} ...")
        write_library(home.toons, N_VIDEOS, seed=SEED, people=N_PEOPLE)
    took_s = time.perf_counter() - began
    how = f"drawn in {length(took_s)}" if made else "there already"
    tell(f"1. {N_VIDEOS} cartoons with captions, queries and watch histories: {how}.")
    return {"folder": str(home.toons), "videos": N_VIDEOS, "drawn": made, "seconds": took_s}


def _index(library: Library) -> Document:
    from embeddings.encoder import load_encoder
    from indexer.build.pipeline import index_library

    encoder = load_encoder(ENCODER)
    with ProgressBar() as bar:
        report = index_library(library.home, [library.home.toons], encoder, progress=bar)
    answer = index_answer(report, encoder.name)
    imported = library.history.import_file(library.home.toons / "events.csv")
    tell("2. Indexed with the embedded encoder:")
    for line in answer.text.splitlines():
        tell(f"   {line}")
    events = count(imported.added, "watch event")
    tell(f"   {events} imported, {imported.duplicates:,} known already")
    return answer.document


def _search(library: Library) -> list[Document]:
    from indexer.search.query import Query

    tell("3. Three searches by words:")
    searcher, captions = library.searcher, Captions(library.home.toons)
    told = []
    for about, query in _chosen_queries(library.home.toons):
        result = searcher.search(Query(text=query.text), k=3)
        document = search_document({"text": query.text}, result)
        document["about"], document["right"] = about, _is_right(document, query)
        _tell_search(f'{about}: "{query.text}"', document, captions)
        told.append(document)
    return told


def _tell_search(title: str, document: Document, captions: Captions) -> None:
    tell(f"   {title}   ({document['took_ms']:.0f} ms)")
    for hit in document["hits"]:
        mark = ""
        if hit["rank"] == 1:
            mark = "   <- right" if document["right"] else "   <- wrong"
        stretch = span(hit["start_s"], hit["end_s"])
        name = Path(hit["path"]).name
        shows = captions.of(name, hit["start_s"], hit["end_s"])
        tell(f"     {hit['rank']}. {hit['relevance']:.2f}  {name}  {stretch}  {shows}{mark}")


def _chosen_queries(folder: Path) -> list[tuple[str, Described]]:
    """One query that turns on direction, one on order, and one more."""
    queries = read_queries(folder)
    ordered = [each for each in queries if any(word in each.text for word in ORDER_WORDS)]
    plain = [each for each in queries if each not in ordered]
    directed = [each for each in plain if any(word in each.text for word in DIRECTION_WORDS)]
    other = [each for each in plain if each not in directed]
    kinds = (("direction", directed), ("order", ordered), ("what and where", other))
    return [(about, some[0]) for about, some in kinds if some]


def _is_right(document: Document, query: Described) -> bool:
    if not document["hits"]:
        return False
    hit = document["hits"][0]
    found = query.overlap(hit["start_s"], hit["end_s"])
    return Path(hit["path"]).name == query.video and found >= LEAST_OVERLAP


def _evaluate(library: Library) -> Document:
    from indexer.search.evaluate import evaluate_search

    metrics = evaluate_search(library.searcher, library.home.toons / "queries.csv")
    tell(
        f"   all {metrics['n']} queries of the library: the right video comes first for "
        f"{metrics['recall_at_1']:.1%}, with the right stretch for "
        f"{metrics['moment_recall_at_1']:.1%}   ({metrics['ms_per_query']:.0f} ms each)"
    )
    return dict(metrics)


def _search_by_example(library: Library) -> Document:
    from data.video.write import transcode
    from indexer.search.query import Query

    query = read_queries(library.home.toons)[-1]
    tell("4. A search by example, a stretch of a video cut out, made smaller and compressed hard:")
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "example.mp4"
        transcode(
            library.home.toons / query.video,
            example,
            start_s=query.start_s,
            end_s=query.end_s,
            scale=0.5,
            crf=35,
        )
        result = library.searcher.search(Query(like=example), k=3)
    document = search_document({"like": f"{query.video} @ half size"}, result)
    document["right"] = bool(document["hits"]) and (
        Path(document["hits"][0]["path"]).name == query.video
    )
    about = f"from {query.video} {span(query.start_s, query.end_s)}"
    _tell_search(about, document, Captions(library.home.toons))
    return document


def _recommend(library: Library) -> list[Document]:
    tell("5. Recommendations for two people:")
    recommender, captions = library.recommender, Captions(library.home.toons)
    told = []
    for person in library.history.users()[:2]:
        document = recommend_document(person, recommender.recommend(person, 4))
        tell(f"   {person}   ({document['took_ms']:.0f} ms)")
        for item in document["items"]:
            name = Path(item["path"]).name
            tell(f"     {item['rank']}. {name}  {captions.of(name)}")
            tell(f"        {reason_in_words(item)}{_shown(library, item, captions)}")
        told.append(document)
    return told


def _shown(library: Library, item: Document, captions: Captions) -> str:
    """What the video shows that an item is recommended because of."""
    if item["because"] is None:
        return ""
    cause = library.catalogue.video(int(item["because"]["video_id"]))
    return f" ({captions.of(cause.path.name)})"


def _all_right(document: Document) -> bool:
    searches = [*document["searches"], document["example"]]
    recommended = all(each["items"] for each in document["recommendations"])
    return all(each["right"] for each in searches) and recommended


def _tell_end(home: Home, document: Document) -> None:
    root = shlex.quote(str(home.root))
    tell(f"Done in {length(document['seconds'])}. Now look at it:")
    tell(f"   reelwise serve --home {root}       then open http://127.0.0.1:8501")
    tell(f'   reelwise search "a red car drives to the left" --home {root}')
    tell(f"   reelwise evaluate search --queries {root}/toons/queries.csv --home {root}")

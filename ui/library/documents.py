"""JSON documents shared by command line and web API, as `docs/cli.md` and `docs/api.md` give them.

They are made at the edge: commands and pages print from the results themselves.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from indexer.search.result import Hit, Match, SearchResult, Step, VideoCopy
    from indexer.store.gpu.copies import GpuCopies
    from indexer.store.manifest import Manifest
    from indexer.store.meaning.status import MeaningState
    from recommender.answer.items import Item, Recommendations
    from recommender.model.store import LoadedModel

Document = dict[str, Any]

NOTHING_MATCHES = "nothing here matches well"


def not_understood(result: SearchResult) -> str:
    """A line with the words of a query that its encoder has never seen; may be empty."""
    words = ", ".join(f'"{word}"' for word in result.not_understood)
    return f"not understood by {result.encoder}: {words}" if words else ""


def search_notices(result: SearchResult) -> list[str]:
    """What a person must know beside the hits: what is wrong, and words that mean nothing here."""
    return [*result.warnings, *filter(None, [not_understood(result)])]


def search_document(query: Document, result: SearchResult) -> Document:
    """The document of `search --json`, `similar --json`, the API."""
    return {
        "query": query,
        "encoder": result.encoder,
        "generation": result.generation,
        "took_ms": round(result.took_ms, 2),
        "confident": result.confident,
        "not_understood": list(result.not_understood),
        "warnings": list(result.warnings),
        "hits": [_hit(hit) for hit in result.hits],
    }


def _hit(hit: Hit) -> Document:
    return {
        "rank": hit.rank,
        "video_id": str(hit.video_id),
        "path": str(hit.path),
        "gone": is_gone(hit.path),
        "title": hit.title,
        "start_s": round(hit.start_s, 3),
        "end_s": round(hit.end_s, 3),
        "score": hit.score,
        "relevance": hit.relevance,
        "why": hit.why,
        "matched": [_match(match) for match in hit.matched],
        "copies": {"count": len(hit.copies), "videos": [_copy(copy) for copy in hit.copies]},
        **({"steps": [_step(step) for step in hit.steps]} if hit.steps else {}),
    }


def _copy(copy: VideoCopy) -> Document:
    return {"video_id": str(copy.video_id), "path": str(copy.path)}


def and_copies(hit: Hit) -> str:
    """How many copies a hit stands for: "and 3 copies"; empty for none."""
    n = len(hit.copies)
    return "" if not n else f"and {n} {'copy' if n == 1 else 'copies'}"


def _step(step: Step) -> Document:
    return {
        "text": step.text,
        "start_s": round(step.start_s, 3),
        "end_s": round(step.end_s, 3),
        "relevance": step.relevance,
    }


def _match(match: Match) -> Document:
    return {
        "channel": str(match.channel),
        "text": match.text,
        "start_s": round(match.start_s, 3),
        "end_s": round(match.end_s, 3),
        "relevance": match.relevance,
        "marks": [list(mark) for mark in match.marks],
        "by_meaning": match.by_meaning,
    }


def is_gone(path: Path | None) -> bool:
    """Whether a video's file is no longer there: deleted since, or on a disk that is away."""
    return path is not None and not path.exists()


def recommend_document(result: Recommendations, model: LoadedModel | None = None) -> Document:
    """The document of `recommend --json` and the API."""
    return {
        **({} if model is None else {"model": model.name, "warning": model_warning(model.trouble)}),
        "user": result.user,
        "took_ms": round(result.took_ms, 2),
        "not_logged": result.not_logged,
        "items": [_item(item, explored=result.explore > 0) for item in result.items],
    }


def _item(item: Item, *, explored: bool) -> Document:
    because = item.because
    return {
        "rank": item.rank,
        "video_id": str(item.video_id),
        "path": None if item.path is None else str(item.path),
        "gone": is_gone(item.path),
        "title": item.title,
        "score": item.score,
        "source": item.source,
        "because": because and {"video_id": str(because.video_id), "title": because.title},
        **({"propensity": item.propensity} if explored else {}),
    }


def status_document(catalogue: Catalogue, *, with_failures: bool = False) -> Document:
    """The document of `status --json` and `/api/v1/status`; no index or encoder is loaded.

    Args:
        catalogue: The catalogue of the library.
        with_failures: Add `failures`: the files that could not be indexed, or only in part.
    """
    document: Document = {
        "home": str(catalogue.home.root),
        **catalogue.counts(),
        "encoder": catalogue.encoder_name,
        "encoder_id": catalogue.encoder,
        "encoder_notice": _encoder_notice(catalogue),
        "clip_rule": catalogue.clip_rule.text,
        "clips_cut": catalogue.clip_rule.in_words,
        "other_clips": catalogue.cut_otherwise(),
        **_generation(catalogue),
        "bytes": _size_bytes_below(catalogue.home.root),
        "roots": [str(root) for root in catalogue.files.roots()],
        "channels": [asdict(each) for each in catalogue.readings.counts()],
        "tags": _tags(catalogue),
        "heads": _heads(catalogue),
        "cases_waiting": _cases_waiting(catalogue),
        "recommender": model_document(catalogue),
    }
    if with_failures:
        failures = catalogue.embeddings.failures(catalogue.encoder)
        failures += catalogue.readings.failures()
        document["failures"] = [asdict(each) | {"path": str(each.path)} for each in failures]
    return document


def _tags(catalogue: Catalogue) -> Document | None:
    """The words with which clips are tagged; None where they are not."""
    from data.labels.vocabulary import TAGS

    head = catalogue.predictions.heads().get(TAGS)
    if head is None:
        return None
    return {"words": len(head.classes), "stale": head.encoder_id != catalogue.encoder}


def _heads(catalogue: Catalogue) -> list[Document]:
    """What the library has learned, but for tags; stale: of vectors of another encoder."""
    from data.labels.vocabulary import TAGS

    return [
        {"name": name, "stale": head.encoder_id != catalogue.encoder}
        for name, head in catalogue.predictions.heads().items()
        if name != TAGS
    ]


def _cases_waiting(catalogue: Catalogue) -> int:
    """How many cases of moderation somebody has to decide about."""
    from data.review.cases import Cases

    return Cases(catalogue).counts()["waiting"]


def gpu_document(copies: GpuCopies | None) -> Document:
    """`gpu` of `status`: GPUs of the machine, and what of the index they hold for this process."""
    from embeddings.backbone.computing.early_checks import count_gpus
    from indexer.store.gpu.opening import cuvs_version

    return {
        "gpus": count_gpus(),
        "cuvs": cuvs_version(),
        "clips": 0 if copies is None else copies.n_held,
        "warnings": [] if copies is None else list(copies.warnings),
    }


def other_clips(left: int, rule: str) -> str:
    """What to do about videos that still have clips of another rule than the library's; or nothing.

    Args:
        left: Their number.
        rule: `ClipRule.text` of the library's.
    """
    from data.video.clips.rule import ClipRule

    if not left:
        return ""
    told = f"{left:,} {'video has' if left == 1 else 'videos have'} other clips than the library "
    told += "makes now: reelwise rebuild"
    if not ClipRule.read(rule).needs_keyframes:
        return told
    return f"{told}; those that an older version indexed need --reencode: it stored no key frames"


def _encoder_notice(catalogue: Catalogue) -> str | None:
    """What to know of the encoder: its head is not used, or it does not know such videos."""
    from embeddings.opening.choice import encoder_notice
    from embeddings.temporal.record import unserved_notice

    name, encoder_id = catalogue.encoder_name, catalogue.encoder
    if name is None or encoder_id is None:
        return None
    try:
        unserved = unserved_notice(name)
    except ReelwiseError as error:
        unserved = error.problem
    notices = filter(None, [unserved, encoder_notice(catalogue, name, encoder_id)])
    return "\n".join(notices) or None


def _generation(catalogue: Catalogue) -> Document:
    """The index that a search uses now; in `warning` what is wrong with it or the catalogue."""
    from indexer.copies.stored import duplicates_warning
    from indexer.store.generations import REBUILD, usable_generation
    from indexer.store.parts import lines_warning, parts_warning
    from indexer.store.published import lost_index

    parts = parts_warning(catalogue, catalogue.encoder) if catalogue.encoder else None
    lost = lost_index(catalogue)
    try:
        manifest, warning = usable_generation(catalogue.home)
        if lost is not None:
            warning = f"{lost}; searching the stored vectors; {REBUILD}"
    except ReelwiseError as error:
        manifest, warning = None, f"{error.problem}; searching the stored vectors; {error.fix}"
    state = _meaning(catalogue, manifest)
    copies = duplicates_warning(catalogue)
    said = [warning, catalogue.warning, copies, parts, lines_warning(catalogue), state.warning]
    return {
        "meaning": asdict(state),
        "generation": manifest and manifest.generation,
        "index_kind": manifest and manifest.index_kind,
        "recall_at_10": manifest and manifest.recall_at_10,
        "segments": [] if manifest is None else _segments(catalogue, manifest),
        "warning": "; ".join(filter(None, said)) or None,
    }


def _segments(catalogue: Catalogue, manifest: Manifest) -> list[Document]:
    """Of what the index consists, and what of it is in memory; without damaged segments."""
    from indexer.store.segments.segment import memory_of, read_facts

    documents = []
    for use in manifest.segments:
        with suppress(ReelwiseError):
            facts = read_facts(catalogue.home, use.name)
            memory_bytes, mapped_bytes = memory_of(facts)
            documents.append(
                {
                    "name": facts.name,
                    "clips": facts.clips,
                    "dead_videos": len(use.dead),
                    "index_kind": facts.index_kind,
                    "parameters": facts.parameters,
                    "recall_at_10": facts.recall_at_10,
                    "memory_bytes": memory_bytes,
                    "mapped_bytes": mapped_bytes,
                }
            )
    return documents


def _meaning(catalogue: Catalogue, manifest: Manifest | None) -> MeaningState:
    """How far the lines are encoded of which the index in use knows what they mean."""
    from indexer.store.meaning.meaning_index import published_meanings
    from indexer.store.meaning.status import meaning_state

    return meaning_state(
        catalogue, published_meanings(catalogue, manifest, catalogue.sentence_model)
    )


def index_in_words(kind: str, recall_at_10: float) -> str:
    """How an index searches: every clip, or the likely ones and what that costs."""
    if kind == "flat_fp16":
        return "compares every clip"
    return f"compares the likely clips and finds {recall_at_10:.1%} of the ten nearest"


def _size_bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; a file that vanishes meanwhile counts as 0."""
    total, waiting = 0, [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
    return total


def model_document(catalogue: Catalogue) -> Document:
    """Which recommender model is used, what it was fitted on and how, and what is new since."""
    from recommender.model.model import settings_from_json
    from recommender.model.status import model_status

    status = model_status(catalogue)
    manifest = status.manifest
    document = {
        "model": status.name if manifest and status.name else "quick",
        "fitted_at": manifest.made_at if manifest else None,
        "events": manifest.kept.events if manifest else 0,
        "people": manifest.kept.people if manifest else 0,
        "videos": manifest.videos if manifest else 0,
        "events_since": status.events_since,
        "stale": status.stale,
        "training_due": status.due,
        "warning": model_warning(status.trouble),
    }
    if manifest is None:
        return document
    weights, kept = settings_from_json(manifest.settings).weights, manifest.kept
    return document | {
        "settings_from": manifest.settings_from,
        "why": manifest.why,
        "figures": manifest.figures,
        "took_s": manifest.took_s,
        "settings": manifest.settings["of_sources"],
        "weights": {name: weights.rounded(name) for name in weights.used},
        "kept": {"until": kept.until, "what": kept.what, "sources": kept.sources},
        "bytes": sum(file.size_bytes for file in manifest.files.values()),
    }


def model_warning(trouble: ReelwiseError | None) -> str | None:
    """Why the saved model is not used; None where nothing is wrong."""
    if trouble is None:
        return None
    return (
        f"{trouble.problem}; a model with default settings answers "
        "(reelwise train recommender makes a new one)"
    )


def reason_in_words(item: Item) -> str:
    """Why an item is recommended, as one sentence."""
    title = None if item.because is None else item.because.title
    sentence = reasons().get(
        item.source, item.source if title is None else f"{item.source}: {{title}}"
    )
    if "{title}" not in sentence:
        return sentence
    return item.source if title is None else sentence.replace("{title}", title)


def reasons() -> dict[str, str]:
    """For each source of an item the sentence that a person reads; {title} is the cause."""
    from recommender.answer.items import REST
    from recommender.answer.playing import PLAYING
    from recommender.sources.registry import SOURCES

    return {
        **{kind.name: kind.reason for kind in SOURCES},
        PLAYING: "goes with {title}, which is playing",
        REST: "nothing speaks for it or against it",
    }

"""`reelwise status`: what is in the library and what is not."""

from typing import Annotated

import typer

from data.printable import printable
from ui.library.documents import (
    Document,
    gpu_document,
    index_in_words,
    other_clips,
    status_document,
)
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count, short_path, size


def status(
    failed: Annotated[
        bool,
        typer.Option("--failed", help="List the files that failed or are partial, with reasons."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Show counts, encoder, index kind and recall, the recommender's model, and failures."""
    with Library(home) as library:
        document = status_document(library.catalogue, with_failures=failed)
        document["gpu"] = gpu_document(library.copies)
    warnings = [document["warning"], document["recommender"]["warning"]]
    warnings.append(other_clips(document["other_clips"], document["clip_rule"]))
    warnings.append(document["encoder_notice"])
    notice = "\n".join(one for one in warnings if one)
    return Answer(document, "\n".join(_lines(document)), notice=notice)


def _lines(status: Document) -> list[str]:
    lines = [f"library     {printable(status['home'])}"]
    if status["encoder"] is None:
        return [*lines, "            nothing is indexed yet: reelwise index FOLDER"]
    lines += [
        f"videos      {status['videos']:,}, {count(status['clips'], 'clip')}",
        f"encoder     {status['encoder']} ({status['encoder_id']})",
    ]
    lines.append(f"clips       cut {status['clips_cut']}")
    if status["generation"] is not None:
        lines.append(
            f"index       generation {status['generation']}, "
            + index_in_words(status["index_kind"], status["recall_at_10"])
            + f"; {_memory_in_words(status['segments'])}"
        )
        lines.append(f"            {_gpu_line(status['gpu'])}")
    lines += _words(status["channels"])
    lines += _meaning(status["meaning"])
    if status["tags"] is not None:
        told = "of another encoder: reelwise tag" if status["tags"]["stale"] else "see tags list"
        lines.append(f"tags        {count(status['tags']['words'], 'word')}, {told}")
    if status["heads"]:
        stale = ", ".join(each["name"] for each in status["heads"] if each["stale"])
        told = f", of another encoder: {stale}" if stale else ", see heads"
        lines.append(f"learned     {count(len(status['heads']), 'head')}{told}")
    if status["cases_waiting"]:
        lines.append(f"review      {count(status['cases_waiting'], 'case')} to decide: review next")
    troubled = bool(status["failed"] or status["partial"])
    lines += [
        f"recommends  {_model_line(status['recommender'])}",
        f"on disk     {size(status['bytes'])}",
        f"problems    {status['failed']:,} failed, {status['partial']:,} read only in part"
        + ("   (status --failed)" if "failures" not in status else "")
        if troubled
        else f"problems    {'none' if status['warning'] is None else 'see the warning'}",
    ]
    for each in status.get("failures", ()):
        lines += [
            f"  {each['state']:<11} {short_path(each['path'])}",
            f"              {printable(each['reason'])}",
        ]
    return lines


def _memory_in_words(segments: list[Document]) -> str:
    """How much memory an index takes, and how much of it is mapped from the disk."""
    held = size(sum(each["memory_bytes"] for each in segments))
    mapped = sum(each["mapped_bytes"] for each in segments)
    return f"{held} in memory" + (f", {size(mapped)} mapped from the disk" if mapped else "")


def _gpu_line(gpu: Document) -> str:
    cuvs = "" if gpu["cuvs"] is None else f"; cuvs {gpu['cuvs']}"
    if not gpu["gpus"]:
        return "searched on the CPU; there is no GPU here" + (f" for{cuvs[1:]}" if cuvs else "")
    return f"{count(gpu['gpus'], 'GPU')} here may hold copies of it, see --device{cuvs}"


def _words(channels: list[Document]) -> list[str]:
    """What can be searched beside the picture, and what is still to be read."""
    lines: list[str] = []
    for each in channels:
        numbers = [(each["pending"], "to be read"), (each["failed"], "failed")]
        numbers.append((each["partial"], "read only in part"))
        rest = "".join(f", {number:,} {what}" for number, what in numbers if number)
        n_read = each["done"] + each["partial"]
        told = f"{count(each['lines'], 'line')} of {count(n_read, 'video')}{rest}"
        lines.append(f"{'words' if not lines else '':<10}  {each['channel']}: {told}")
    return lines


def _meaning(meaning: Document) -> list[str]:
    """How many of the lines can be found by what they mean."""
    if meaning["off"] is not None and meaning["lines"] + meaning["pending"]:
        return [f"            meaning: off; {meaning['off']}"]
    if meaning["model"] is None:
        return []
    rest = f", {meaning['pending']:,} to be encoded" if meaning["pending"] else ""
    return [f"            meaning: {count(meaning['lines'], 'line')}{rest}"]


def _model_line(model: Document) -> str:
    since = count(model["events_since"], "event")
    if model["fitted_at"] is None:
        return (
            f"default settings, fitted in memory, {since} in the history   "
            "(reelwise train recommender chooses settings and keeps them)"
        )
    chosen = model["settings_from"] == "history"
    settings = "settings chosen on the history" if chosen else "default settings"
    name = f"{model['model']}, {settings}, of {model['fitted_at']}"
    stale = "   (stale: reelwise train recommender)" if model["stale"] else ""
    return f"{name}, on {count(model['events'], 'event')}, {since} since{stale}"

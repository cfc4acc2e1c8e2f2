"""What each kind of job does with its arguments.

index       paths, retry_failed (false), excludes (none), encoder: its name, or "default" for that
            of new libraries; none for the library's own
reindex     videos: ids; they are read again, also where nothing failed
rebuild     reencode (false)
train       nothing: the recommender
duplicates  afresh (false)
verify      deep (false), repair (false): without it only looks
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import ReelwiseError
from data.home import WriterLock
from data.jobs import JobKind, JobProgress
from ui.library.jobs.estimate import note_speed
from ui.library.jobs.run import JobRun

if TYPE_CHECKING:
    from indexer.build.report import IndexReport
    from indexer.duplicates.find import Compared
    from recommender.model.manifest import ModelManifest
    from ui.library.documents import Document
    from ui.library.library import Library, Rebuilt

Arguments = Mapping[str, Any]
Outcome = tuple[str, dict[str, Any]]
"""One line for a person, and the document."""


def do_work(library: Library, kind: JobKind, arguments: Arguments, run: JobRun) -> None:
    """Do what a job asks for, in this process.

    Raises:
        ReelwiseError: As the methods of `Library`. KeyboardInterrupt: It was asked to stop.
    """
    run.finished(*WORK[kind](library, arguments, run))


def index_summary(library: Library, report: IndexReport, run: JobRun) -> Outcome:
    """What came out of a run of `index`: "7 found, 5 added, 2 failed", and its counts.

    Its speed is remembered for the next estimate.
    """
    note_speed(library.catalogue, run.indexed_bytes, report.wall_s)
    added = report.indexed + report.resumed
    found = added + report.unchanged + report.moved + report.failed + report.partial
    words = [f"{found:,} found", f"{added:,} added"]
    words += [f"{report.partial:,} read only in part"] if report.partial else []
    words += [f"{report.removed:,} removed"] if report.removed else []
    words += [f"{report.failed:,} failed"] if report.failed else []
    counts = {
        one.name: value
        for one in fields(report)
        if isinstance(value := getattr(report, one.name), int | float | str)
    }
    return ", ".join(words), counts


def _index(library: Library, arguments: Arguments, run: JobRun) -> Outcome:
    from embeddings.opening.choice import default_encoder
    from indexer.build.files.roots import RuleChange

    encoder = arguments.get("encoder")
    report = library.index(
        [Path(path) for path in arguments["paths"]],
        encoder=default_encoder() if encoder == "default" else encoder,
        retry_failed=bool(arguments.get("retry_failed")),
        rules=RuleChange(tuple(arguments.get("excludes", ()))),
        progress=run.listener(),
    )
    return index_summary(library, report, run)


def _reindex(library: Library, arguments: Arguments, run: JobRun) -> Outcome:
    files, videos = library.catalogue.files, arguments.get("videos", [])
    paths = [path for some in files.of_videos(videos).values() for path in some[:1]]
    paths += [Path(path) for path in arguments.get("paths", [])]
    encoder_id, roots = library.catalogue.encoder, set(files.roots())
    if not paths:
        raise ReelwiseError(
            "these videos are not in the library any more", fix="reelwise index FOLDER"
        )
    if encoder_id is not None and videos:
        with WriterLock(library.home):
            library.catalogue.embeddings.forget(encoder_id, videos)
    try:
        report = library.index(paths, retry_failed=True, progress=run.listener())
    finally:
        # Single files are no folders of the library.
        files.drop_roots(set(paths) - roots)
    return index_summary(library, report, run)


def _rebuild(library: Library, arguments: Arguments, run: JobRun) -> Outcome:
    reencode = bool(arguments.get("reencode"))
    return rebuild_summary(library.rebuild(reencode=reencode, progress=run.listener()))


def rebuild_summary(rebuilt: Rebuilt) -> Outcome:
    """What came out of a rebuild."""
    made = rebuilt.generation.manifest
    told = f"generation {made.generation}: {made.clips:,} clips of {made.videos:,} videos"
    told = "\n".join(filter(None, (told, rebuilt.looked.notice)))
    return told, {"generation": made.generation, "clips": made.clips, "videos": made.videos}


def _train(library: Library, _: Arguments, run: JobRun) -> Outcome:
    from recommender.choosing.train import train_recommender

    manifest = train_recommender(
        library.home, note=lambda line: run.note(JobProgress("training", message=line))
    )
    return training_summary(manifest)


def training_summary(manifest: ModelManifest) -> Outcome:
    """What came out of a training of the recommender."""
    kept = manifest.kept
    told = f"fitted on {kept.events:,} events of {kept.people:,} people"
    counts = {"events": kept.events, "people": kept.people}
    return told, {"model": manifest.model, "took_s": manifest.took_s, **counts}


def _duplicates(library: Library, arguments: Arguments, run: JobRun) -> Outcome:
    def told(done: int, in_all: int) -> None:
        run.note(JobProgress("comparing videos", done, in_all))

    compared = library.compare(afresh=bool(arguments.get("afresh")), progress=told)
    return compared_summary(compared)


def compared_summary(compared: Compared) -> Outcome:
    """What came out of comparing videos."""
    words = f"{compared.new:,} compared, {compared.sharing:,} share a stretch with another"
    return words, {"new": compared.new, "sharing": compared.sharing}


def _verify(library: Library, arguments: Arguments, run: JobRun) -> Outcome:
    from ui.library.keeping.checking import AGREE, check_all, found_document

    def told(what: str, done: int, in_all: int) -> None:
        run.note(JobProgress(f"checking {what.replace('_', ' ')}", done, in_all))

    deep, repair = bool(arguments.get("deep")), bool(arguments.get("repair"))
    report = check_all(library.home, deep=deep, repair=repair, progress=told)
    document = found_document(report)
    if report.problems:
        return _found(document)
    mended = f"{len(report.repaired):,} repaired; " if report.repaired else ""
    return mended + AGREE, document


def _found(document: Document) -> Outcome:
    first, n = document["problems"][0], len(document["problems"])
    told = f"{n:,} problems; the first: " if n > 1 else "1 problem: "
    return f"{told}{first['what']} ({first['path']}); {first['fix']}", document


WORK: Mapping[JobKind, Callable[[Library, Arguments, JobRun], Outcome]] = {
    "index": _index,
    "reindex": _reindex,
    "rebuild": _rebuild,
    "train": _train,
    "duplicates": _duplicates,
    "verify": _verify,
}
"""What is done, by kind of job."""

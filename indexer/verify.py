"""Check catalogue, vectors and index against each other and against their checksums; repair."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data.catalogue import Catalogue, FileRecord, Part
from data.catalogue.guard.copies import damaged_copies
from data.catalogue.guard.mark import mark_in
from data.catalogue.soundness.checks import (
    claimed_clips,
    encoder_ids,
    miscounted,
    row_problems,
    structure_problems,
)
from data.catalogue.soundness.mending import mend_rows
from data.disk_errors import BRING_BACK
from data.errors import DamagedFile, ReelwiseError
from data.home import Home, require_library
from data.video.content import content_hash, content_key, sampled_key
from indexer.build.recording.record import writing_session
from indexer.copies.stored import check_duplicates
from indexer.duplicates.stored_looks import check_looks
from indexer.repair import mend_catalogue
from indexer.review.sealed import check_policies
from indexer.store.generations import check_generation, drop_damaged, read_generation
from indexer.store.parts import stray_parts
from indexer.store.published import generation_names, lost_index, never_published, read_current
from indexer.store.publishing import publish
from indexer.store.vectors import DamagedPart, VectorStore
from indexer.verify_heads import check_heads
from indexer.verify_index import index_problems
from indexer.verify_lines import check_lines
from indexer.verify_meaning import check_meaning

Progress = Callable[[str, int, int], None]
_EMBED_AGAIN = "run reelwise verify --repair, then reelwise index with the library's folders"
_REBUILD = "run reelwise verify --repair (or reelwise rebuild)"
_READ_AGAIN = "run reelwise verify --deep --repair, then reelwise index with the library's folders"
_OTHER_BYTES = "the video file holds other bytes than were indexed, under the same time stamp"
_ACCEPT = "run reelwise index with the library's folders, or accept it: reelwise verify --repair"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    what: str
    """What is wrong, one line."""
    path: Path
    """The file or folder concerned."""
    fix: str
    """What to do about it."""


@dataclass
class VerifyReport:
    """What was checked, and what is wrong."""

    problems: list[Problem] = field(default_factory=list)
    """What is wrong; after a repair, what is still wrong."""
    notes: list[str] = field(default_factory=list)
    """What is no problem and good to know, one line each."""
    repaired: list[str] = field(default_factory=list)
    """What a repair did, one line each."""
    checked: dict[str, int] = field(default_factory=dict)
    """Numbers of checked `videos`, `parts`, `generations` and, with `deep`, `files`."""
    broken: dict[str, set[int]] = field(default_factory=dict)
    """By encoder id, the videos whose vectors cannot be used."""
    doubtful: list[Path] = field(default_factory=list)
    """Video files that changed and kept their time stamps."""
    unread: dict[str, set[int]] = field(default_factory=dict)
    """By engine id, the videos whose lines cannot be used."""
    damaged_sentences: list[Path] = field(default_factory=list)
    """Parts of sentence vectors that cannot be used."""
    damaged_duplicates: list[Path] = field(default_factory=list)
    """Lists of duplicates that cannot be used."""
    heads_anew: set[str] = field(default_factory=set)
    """Heads whose predictions have to be made anew."""
    heads_behind: bool = False
    """Predictions are missing, wrong, or of heads that are gone."""
    rows_broken: bool = False
    """Some rows of the catalogue are not as they were written."""
    index_broken: bool = False
    """The current generation, or an older one, is damaged."""
    progress: Progress | None = None
    """Is told what was counted."""

    def add(self, what: str, path: Path, fix: str) -> None:
        """Add one problem."""
        self.problems.append(Problem(what, path, fix))

    def note(self, what: str) -> None:
        """Add what is no problem and good to know."""
        self.notes.append(what)

    def count(self, what: str, of: int = 0) -> None:
        """Count one more checked thing, of so many; 0 where that is not known."""
        self.checked[what] = self.checked.get(what, 0) + 1
        if self.progress is not None:
            self.progress(what, self.checked[what], of)


def verify_library(
    home: Home, *, deep: bool = False, repair: bool = False, progress: Progress | None = None
) -> VerifyReport:
    """Check a library; with `repair`, mend what can be mended without the videos.

    Every vector part and every file of every generation is hashed; the clips of the catalogue are
    compared with those of the parts one by one.

    Args:
        home: The library. Without `repair` it is only read.
        deep: Also compare a sample of the index with the stored vectors, and read every video file
            again: all of its bytes must still be those that were indexed.
        repair: Videos without usable vectors are marked to be embedded again, damaged generations
            are dropped and a new one is built from the good vectors. A damaged or missing catalogue
            gives way to its newest copy and is kept beside it. With `deep`, files that changed
            unseen are left to the next scan to read. No sound row or vector is touched.
        progress: Is told each checked thing: what it is, how many there were, of how many.

    Raises:
        ReelwiseError: The catalogue cannot be opened; for `repair`, another process is writing.
    """
    if not repair:
        require_library(home)
        try:
            with Catalogue(home) as catalogue:
                return _check(home, catalogue, VerifyReport(progress=progress), deep=deep)
        except DamagedFile as error:
            report = VerifyReport()
            report.add(error.problem, home.catalogue, error.fix)
            return report
    repaired = mend_catalogue(home)
    with writing_session(home) as catalogue:
        before = _check(home, catalogue, VerifyReport(progress=progress), deep=deep)
        repaired += _repair(home, catalogue, before)
        if not repaired:
            return before
        after = _check(home, catalogue, VerifyReport(progress=progress), deep=deep)
        after.repaired = repaired
        return after


def _check(home: Home, catalogue: Catalogue, report: VerifyReport, *, deep: bool) -> VerifyReport:
    for line in structure_problems(catalogue, deep=deep):
        report.add(line, home.catalogue, BRING_BACK)
    if report.problems:
        # What a damaged database says about other files means nothing.
        return report
    _check_catalogue(home, catalogue, report)
    for video_id, encoder_id in miscounted(catalogue).items():
        report.broken.setdefault(encoder_id, set()).add(video_id)
        report.add(f"video {video_id} has a wrong number of clips", home.catalogue, _EMBED_AGAIN)
    for encoder_id in encoder_ids(catalogue):
        _check_vectors(catalogue, VectorStore(home, encoder_id), report)
    report.unread = check_lines(home, catalogue, report)
    report.damaged_sentences = check_meaning(home, report)
    _check_duplicates(home, report)
    _check_strays(home, catalogue, report)
    _check_index(home, catalogue, report, deep=deep)
    report.heads_anew, report.heads_behind = check_heads(home, catalogue, report, deep=deep)
    check_policies(catalogue, report)
    if deep:
        _check_files(catalogue, report)
    return report


def _check_catalogue(home: Home, catalogue: Catalogue, report: VerifyReport) -> None:
    for line in row_problems(catalogue):
        report.rows_broken = True
        report.add(line, home.catalogue, "run reelwise verify --repair")
    if home.catalogue_mark.exists() and mark_in(home.catalogue_mark) is None:
        what = "the mark of how far the catalogue has come is not as it was written"
        report.rows_broken = True
        report.add(what, home.catalogue_mark, "run reelwise verify --repair")
    for copy in damaged_copies(home):
        what = "this copy of the catalogue is not as it was written"
        report.add(what, copy, "run reelwise verify --repair: it removes the copy")
    if catalogue.loss is not None:
        report.add(catalogue.loss, home.catalogue, _ACCEPT)


def _check_vectors(catalogue: Catalogue, store: VectorStore, report: VerifyReport) -> None:
    owners: dict[int, int] = {}
    parts = catalogue.embeddings.parts(store.encoder_id, live=False)
    # What no video uses any more the next writer removes.
    used = [part for part in parts if part.video_ids]
    for part in used:
        report.count("parts", of=len(used))
        problem = _part_problem(catalogue, store, part, owners, report)
        if problem is None or not _still_listed(catalogue, store, part):
            continue
        report.add(problem, store.path(part.name), _EMBED_AGAIN)


def _part_problem(
    catalogue: Catalogue,
    store: VectorStore,
    part: Part,
    owners: dict[int, int],
    report: VerifyReport,
) -> str | None:
    broken = report.broken.setdefault(store.encoder_id, set())
    claims = claimed_clips(catalogue, part.name)
    try:
        held = store.read_clip_ids(part.name, part.sha256)
    except ReelwiseError as error:
        broken.update(claims)
        return error.problem
    wrong = set()
    for video_id, ids in claims.items():
        report.count("videos")
        doubled = any(owners.setdefault(clip_id, video_id) != video_id for clip_id in ids)
        if doubled or held.get(video_id) != ids:
            wrong.add(video_id)
    broken.update(wrong)
    return f"vectors of {len(wrong)} videos are not those of the catalogue" if wrong else None


def _still_listed(catalogue: Catalogue, store: VectorStore, part: Part) -> bool:
    # A writer may have removed it, rightly, during the check.
    now = catalogue.embeddings.parts(store.encoder_id, live=False)
    return part.name in {each.name for each in now}


def _check_duplicates(home: Home, report: VerifyReport) -> None:
    files = sorted(home.all_duplicates.iterdir()) if home.all_duplicates.is_dir() else []
    checks = {".json": check_duplicates, ".looks": check_looks}
    for path in files:
        if path.suffix not in checks:
            continue
        report.count("duplicates")
        problem = checks[path.suffix](path)
        if problem is not None:
            report.damaged_duplicates.append(path)
            report.add(problem, path, "run reelwise duplicates: it compares the videos anew")


def _check_strays(home: Home, catalogue: Catalogue, report: VerifyReport) -> None:
    """Report part files that the catalogue does not know: they may be the rest of another one."""
    folders = sorted(home.all_vectors.iterdir()) if home.all_vectors.is_dir() else []
    for folder in filter(Path.is_dir, folders):
        store = VectorStore(home, folder.name)
        for name in stray_parts(catalogue, store):
            report.add(
                "the catalogue does not know this vector part",
                folder / name,
                _what_to_do(catalogue, store, name),
            )


def _what_to_do(catalogue: Catalogue, store: VectorStore, name: str) -> str:
    try:
        videos = [pair[0].content_key for pair in store.read_stray(name) if pair]
    except DamagedPart:
        videos = []
    if not videos:
        return "move it out of the home folder, or bring back the catalogue it belongs to"
    known = catalogue.files.known_contents(videos)
    stored = catalogue.embeddings.part_of(store.encoder_id, known.values())
    return (
        f"run reelwise index with the library's folders: {len(videos) - len(stored)} videos that "
        "the library lacks are taken in without decoding; if these are gone, delete the file"
    )


def _check_index(home: Home, catalogue: Catalogue, report: VerifyReport, *, deep: bool) -> None:
    current, names = read_current(home), generation_names(home)
    lost = lost_index(catalogue)
    if lost is not None:
        report.index_broken = True
        report.add(lost, home.index, _REBUILD)
    if never_published(home):
        return
    if current is None or current not in names:
        report.index_broken = True
        report.add("CURRENT names no generation", home.current, _REBUILD)
    for name in names:
        report.count("generations", of=len(names))
        try:
            check_generation(home, name, anew=True)
            generation = read_generation(home, name)
        except ReelwiseError as error:
            if (home.index / name).exists():
                report.index_broken = True
                report.add(error.problem, home.index / name, _REBUILD)
            continue
        for problem in index_problems(catalogue, generation, deep=deep) if name == current else ():
            report.index_broken = True
            report.add(problem, generation.folder, _REBUILD)


def _check_files(catalogue: Catalogue, report: VerifyReport) -> None:
    files = [each for each in catalogue.files.known().values() if each.content_key is not None]
    for file in files:
        report.count("files", of=len(files))
        problem = _file_problem(file)
        if problem == _OTHER_BYTES:
            report.doubtful.append(file.path)
            report.add(problem, file.path, _READ_AGAIN)
        elif problem:
            report.add(problem, file.path, "run reelwise index with the library's folders")


def _file_problem(file: FileRecord) -> str | None:
    try:
        now = file.path.stat()
        if (now.st_size, now.st_mtime_ns) != (file.size_bytes, file.mtime_ns):
            return "the video file was changed after it was indexed"
        if content_key(file.path) != sampled_key(file.content_key or ""):
            return _OTHER_BYTES
        if file.content_hash and content_hash(file.path) != file.content_hash:
            return _OTHER_BYTES
    except OSError as error:
        return f"the video file cannot be read: {error.strerror}"
    return None


def _repair(home: Home, catalogue: Catalogue, report: VerifyReport) -> list[str]:
    done = mend_rows(catalogue) if report.rows_broken else []
    for copy in damaged_copies(home):
        copy.unlink()
        done.append(f"removed a damaged copy of the catalogue: {copy.name}")
    done += _forget_broken(catalogue, report)
    if report.doubtful:
        catalogue.files.doubt(report.doubtful)
        done.append(f"{len(report.doubtful)} files will be read again by the next reelwise index")
    done += _remove_derived(report)
    done += _predict_anew(catalogue, report)
    lost = catalogue.accept_loss()
    if lost:
        done.append(f"accepted that the catalogue lacks {lost:,} changes")
    unusable = (*report.broken.values(), *report.unread.values())
    if not report.index_broken and not any(unusable):
        return done
    for name in drop_damaged(home):
        done.append(f"dropped the damaged index generation {name}")
    if catalogue.encoder is not None:
        generation = publish(home, catalogue, catalogue.encoder, whole=True)
        n_clips = generation.manifest.clips
        noun = "clip" if n_clips == 1 else "clips"
        done.append(f"published {generation.name} with {n_clips} {noun}")
    return done


def _predict_anew(catalogue: Catalogue, report: VerifyReport) -> Iterator[str]:
    """Make predictions again that are missing or wrong."""
    if not report.heads_behind:
        return
    from indexer.heads.predicting import bring_up_to_date

    for name in report.heads_anew:
        catalogue.predictions.drop(name)
    predicted = bring_up_to_date(catalogue)
    n = sum(predicted.clips.values())
    yield f"{len(predicted.clips)} heads predicted of clips anew, {n:,} in all"


def _remove_derived(report: VerifyReport) -> Iterator[str]:
    """Remove damaged files that are made again from others."""
    for path in report.damaged_sentences:
        path.unlink(missing_ok=True)
        yield f"removed damaged sentence vectors: {path.name}"
    for path in report.damaged_duplicates:
        path.unlink(missing_ok=True)
        yield f"removed a damaged list of duplicates: {path.name}"


def _forget_broken(catalogue: Catalogue, report: VerifyReport) -> Iterator[str]:
    for encoder_id, videos in report.broken.items():
        if videos:
            catalogue.embeddings.forget(encoder_id, sorted(videos))
            yield f"{len(videos)} videos will be embedded again by the next reelwise index"
    for engine_id, videos in report.unread.items():
        if videos:
            catalogue.readings.forget(engine_id, sorted(videos))
            yield f"the words of {len(videos)} videos will be read again by the next reelwise index"

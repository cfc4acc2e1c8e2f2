"""Pairs of videos that share a stretch, among changed copies and others that only look alike.

Cartoons and real clips, where there are any, each with changed copies (re-encoded in another size
or codec, cropped, mirrored, bordered, with a logo, grey, faster, all at once), cuts of the middle,
compilations, and two halves that show the same place at other times. Others that are none: cartoons
of the same places with the opposite motion or other actors, the first ten seconds backwards. Apart
from these, takes of 1.6 s of the same sources (`..._takes`), with changed copies of each. A pair
is a duplicate when both show two seconds of the same source, or most of the shorter. Perceptual
hashing (`imagehash.phash` of the same frames) is compared on the same pairs, with its usual
thresholds and with the best of all combinations. `growth` is the processor time of comparing
synthetic libraries.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.duplicates.changed_videos import (
    WHOLE,
    Made,
    backwards,
    changed_copies,
    compiled,
    is_pair,
    small_original,
    toons,
)
from benchmarks.duplicates.comparing_many import growth
from benchmarks.duplicates.frame_hashes import by_hashes, precision_recall
from benchmarks.duplicates.short_takes import short_takes
from benchmarks.made.videos import real_videos
from data.catalogue import Catalogue
from data.home import resolve_home
from data.video.decoders.opening import open_video
from embeddings.opening.choice import load_encoder
from indexer.build.pipeline import index_library
from indexer.copies.groups import live_copies
from indexer.copies.stored import Pair, Relation
from indexer.duplicates.find import compare_videos

KINDS = (*WHOLE, "cut", "cut_small")
N_TOONS = {"small": 12, "full": 40}
N_REAL = {"small": 6, "full": 100}
KINDS_EACH = {"small": 4, "full": len(KINDS)}
"""Changes of each video; where these are not all, each video has others."""
CLIPS = {"small": (1000, 10_000), "full": (1000, 10_000, 100_000)}
SHORTEST_S = 1.0


def run(size: str) -> dict[str, Any]:
    """Write, index, compare."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        drawn = _drawn(here / "toons", size)
        figures |= _measured("toons", drawn, ("toon",), here)
        filmed = _filmed(here / "real", size)
        if filmed:
            figures |= _measured("real", filmed, ("starter",), here)
        for name, made, encoder in (("toons", drawn, "toon"), ("real", filmed, "starter")):
            originals = [each.path for each in made if each.kind == "original"]
            takes = list(short_takes(originals, here / f"{name}_takes"))
            if takes:
                figures |= _measured(f"{name}_takes", takes, (encoder,), here)
        figures["growth"] = growth(here / "many", CLIPS[size])
    return figures


def _kinds(number: int, size: str) -> list[str]:
    """The changes of one video: in turn others."""
    n = KINDS_EACH[size]
    return [KINDS[(number * n + each) % len(KINDS)] for each in range(n)]


def _drawn(folder: Path, size: str) -> list[Made]:
    made: list[Made] = []
    originals: list[Path] = []
    (folder / "copies").mkdir(parents=True)
    for number, (path, others) in enumerate(toons(folder, N_TOONS[size], seed=5)):
        originals.append(path)
        made += others
        made += changed_copies(path, folder / "copies", _kinds(number, size))
    return [*made, *compiled(originals, folder / "copies")]


def _filmed(folder: Path, size: str) -> list[Made]:
    made: list[Made] = []
    originals: list[Path] = []
    (folder / "copies").mkdir(parents=True)
    chosen = [path for path in real_videos() if _length_s(path) >= SHORTEST_S]
    step = max(1, len(chosen) // N_REAL[size])
    for number, source in enumerate(chosen[::step][: N_REAL[size]]):
        original = small_original(source, folder)
        originals.append(original)
        made += changed_copies(original, folder / "copies", _kinds(number, size))
        if number % 3 == 0:
            made.append(backwards(original, folder / "copies"))
    return [*made, *compiled(originals, folder / "copies")]


def _length_s(path: Path) -> float:
    with open_video(path) as opened:
        return opened.info.duration_s


def _measured(
    name: str, made: Sequence[Made], encoders: Sequence[str], here: Path
) -> dict[str, Any]:
    judged = []
    for one, other in combinations(range(len(made)), 2):
        answer = is_pair(made[one], made[other])
        if answer is not None:
            judged.append((one, other, answer))
    figures: dict[str, Any] = {f"{name}_videos": len(made), f"{name}_judged": len(judged)}
    figures[f"{name}_pairs"] = sum(is_true for _, _, is_true in judged)
    hashed = by_hashes([each.path for each in made], judged)
    found = hashed.pop("found")
    hashed["recall_by_kind"] = _by_kind(made, judged, found)
    figures[f"{name}_phash"] = hashed
    for encoder in encoders:
        figures[f"{name}_{encoder}"] = _compared(made, judged, encoder, here / f"{name}-{encoder}")
    return figures


def _compared(
    made: Sequence[Made], judged: Sequence[tuple[int, int, bool]], encoder: str, folder: Path
) -> dict[str, Any]:
    """Index and compare with one encoder."""
    home = resolve_home(folder)
    index_library(home, [each.path for each in made], load_encoder(encoder))
    with Catalogue(home) as catalogue:
        began_s = time.process_time()
        compare_videos(home, catalogue)
        cpu_s = time.process_time() - began_s
        copies = live_copies(catalogue, catalogue.encoder or "")
        numbers = {each.path.resolve(): number for number, each in enumerate(made)}
        known = catalogue.videos_by_id({i for pair in copies.pairs for i in (pair.one, pair.other)})
        number_of = {video_id: numbers[video.path.resolve()] for video_id, video in known.items()}
    pairs: dict[tuple[int, int], Pair] = {}
    for pair in copies.pairs:
        one, other = sorted((number_of[pair.one], number_of[pair.other]))
        pairs[one, other] = pair
    grouped = [[number_of[each] for each in group] for group in copies.groups]
    wrong = [
        (one, other) for one, other, is_true in judged if not is_true and (one, other) in pairs
    ]
    figures = precision_recall([j[:2] in pairs for j in judged], [j[2] for j in judged])
    return {
        **figures,
        "recall_by_kind": _by_kind(made, judged, set(pairs)),
        "wrong_by_kind": _wrong_kinds(made, wrong),
        "copies_said_copies": _share_of_copies(made, pairs),
        "groups": len(grouped),
        "groups_of_several_sources": sum(_is_mixed(made, group) for group in grouped),
        "cpu_s": round(cpu_s, 1),
        "cpu_ms_per_video": round(1000 * cpu_s / len(made), 1),
    }


def _by_kind(
    made: Sequence[Made], judged: Sequence[tuple[int, int, bool]], found: set[tuple[int, int]]
) -> dict[str, float]:
    """Recall of pairs of an original and each kind of change."""
    right: dict[str, list[bool]] = {}
    for one, other, is_true in judged:
        kinds = {made[one].kind, made[other].kind}
        if is_true and "original" in kinds and len(kinds) == 2:
            (kind,) = kinds - {"original"}
            right.setdefault(kind, []).append((one, other) in found)
    return {kind: round(sum(each) / len(each), 3) for kind, each in sorted(right.items())}


def _wrong_kinds(made: Sequence[Made], wrong: Sequence[tuple[int, int]]) -> dict[str, int]:
    """How many wrong pairs there are of each two kinds."""
    counts: dict[str, int] = {}
    for pair in wrong:
        kinds = "+".join(sorted(made[each].kind for each in pair))
        counts[kinds] = counts.get(kinds, 0) + 1
    return counts


def _share_of_copies(made: Sequence[Made], pairs: dict[tuple[int, int], Pair]) -> float:
    """Of found pairs of an original and a whole changed copy, how many are called copies."""
    called = [
        pair.relation is Relation.COPY
        for ends, pair in pairs.items()
        if {made[each].kind for each in ends} <= {"original", *WHOLE}
        and made[ends[0]].shows == made[ends[1]].shows
    ]
    return round(sum(called) / max(1, len(called)), 3)


def _is_mixed(made: Sequence[Made], group: Sequence[int]) -> bool:
    """Whether some two of a group share no source."""
    sources = [{stretch.source for stretch in made[each].shows} for each in group]
    return any(not a & b for a, b in combinations(sources, 2))

"""`reelwise doctor`: what this machine can do, tried out rather than read from versions."""

import importlib.metadata
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from data.cores import cores
from data.disk_errors import known_error
from data.errors import ReelwiseError
from data.home import Home, resolve_home
from ui.terminal.answer import EXIT_DONE, EXIT_KNOWN_ERROR, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, size

MIN_FREE_BYTES = 1_000_000_000
"""Below this a library of a few thousand videos may not fit."""


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Check GPU, FAISS, decoders, weights and disk of this machine.

    The exit code is 1 where something that `index` needs is missing.
    """
    findings = examine(resolve_home(home))
    ok = all(each.ok for each in findings)
    rows = columns(
        [["ok" if each.ok else "--", each.name, each.found] for each in findings], indent=""
    )
    lines = []
    for row, each in zip(rows, findings, strict=True):
        lines += [row, f"      fix: {each.fix}"] if each.fix else [row]
    document = {"ok": ok, "checks": [asdict(each) for each in findings]}
    return Answer(document, "\n".join(lines), EXIT_DONE if ok else EXIT_KNOWN_ERROR)


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    name: str
    """What was checked."""
    ok: bool
    """Whether reelwise can work with it; a missing GPU is no fault."""
    found: str
    """The outcome in words."""
    fix: str = ""
    """What to do where it is not ok."""


def examine(home: Home) -> list[Finding]:
    """Check the machine, from processor to weights; a check that breaks is a finding too.

    Each check returns what it found in words, or raises a ReelwiseError where it is not ok.
    """
    from data.video.decoders.decoding import DECODERS

    checks: dict[str, Callable[[], str]] = {
        "machine": _machine,
        "gpu": _gpu,
        "cuvs": _cuvs,
        "faiss": _faiss,
        **{f"decoder {name}": partial(_decoder, name) for name in DECODERS},
        "weights": partial(_weights, home),
        "words": _words,
        "meaning": partial(_meaning, home),
        "speech": _speech,
        "screen text": _screen_text,
        "home": partial(_home, home),
        "disk": partial(_disk, home),
    }
    return [_tried(name, check) for name, check in checks.items()]


def _tried(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, found=check())
    except ReelwiseError as error:
        return Finding(name, ok=False, found=error.problem, fix=error.fix)
    except Exception as error:  # noqa: BLE001 - the doctor reports what breaks, whatever it is
        problem = f"{type(error).__name__}: {error}"
        return Finding(name, ok=False, found=problem, fix="reinstall reelwise")


def _machine() -> str:
    import psutil

    memory = size(psutil.virtual_memory().total)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{system}, {cores()} cores, {memory} memory"


def _gpu() -> str:
    """Search a few vectors on each."""
    from indexer.store.gpu.opening import tried_gpus

    try:
        found = tried_gpus()
    except ReelwiseError as error:  # nothing needs a GPU
        return f"{error.problem}; the CPU does without ({error.fix})"
    if not found:
        return f"none; {_version('torch')} and the index run on the CPU"
    return "; ".join(found)


def _cuvs() -> str:
    """Build a graph of a few vectors on a GPU, where there are one and cuvs."""
    from embeddings.backbone.computing.early_checks import count_gpus
    from indexer.store.gpu.opening import cuvs_version, tried_graph

    version = cuvs_version()
    if version is None:
        return "not installed; it is for graphs on GPUs alone (pip install 'reelwise[gpu]')"
    if not count_gpus():
        return f"{version}, not used: there is no GPU"
    try:
        return f"{version}, builds graphs on {tried_graph()}"
    except ReelwiseError as error:  # nothing needs a graph
        return f"{version}, not used: {error.problem}"


def _faiss() -> str:
    """Build a small index and search it."""
    import numpy as np

    from indexer.store.rows.half_matrix import HalfMatrix
    from indexer.store.rows.kinds import FlatRows

    rows = np.random.default_rng(0).standard_normal((64, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    _, nearest = FlatRows.build(HalfMatrix.of(rows)).search(rows[:5], 1)
    if nearest.ravel().tolist() != [0, 1, 2, 3, 4]:
        raise ReelwiseError("gives wrong neighbours", fix="pip install -U faiss-cpu")
    return _version("faiss-gpu", "faiss-cpu")


def _version(*packages: str) -> str:
    for package in packages:
        try:
            return f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return "version unknown"


def _decoder(name: str) -> str:
    """Write a second of video and read it back with this decoder, in a supervised child."""
    import numpy as np

    from data.video.children.pool import decode_one
    from data.video.types import DecodeRequest, FrameSpec
    from data.video.write import write_video

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.mp4"
        write_video(path, [np.full((64, 64, 3), 8 * at, np.uint8) for at in range(25)], fps=25)
        request = DecodeRequest(path, FrameSpec(32, 32), fps=5.0, decoder=name)
        pixels, _, ending = decode_one(request)
    if ending.state != "done" or len(pixels) == 0:
        raise ReelwiseError(ending.reason or "no frame", fix=f"pip install -U {name}")
    return _version("av" if name == "pyav" else name)


def _weights(home: Home) -> str:
    """The encoder that `index` would use: the library's own, else the default."""
    from data.catalogue import Catalogue
    from embeddings.backbone.names import download_size, parse_name
    from embeddings.opening.choice import check_weights, choose_encoder, default_encoder, files_of
    from embeddings.opening.identity import recall_identity

    name, weights = None, None
    if home.catalogue.is_file():
        with Catalogue(home) as catalogue:
            name, weights = choose_encoder(catalogue, None, None)
    name = name or default_encoder(weights)
    if check_weights(name, weights):
        known = recall_identity(home, files_of(name, weights))
        why = known.needs_model if known else ""
        slow = f"; a question with a picture loads the whole model: {why}" if why else ""
        return f"{name} is here{slow}"
    size = download_size(parse_name(name).model)
    return f"{name} will be downloaded ({size or 'size unknown'})"


def _words() -> str:
    """Index two lines and find one."""
    from data.lines import Channel, Line
    from indexer.search.query import ALL_CHANNELS
    from indexer.search.words.rarity import ask
    from indexer.search.words.word_index import WordIndex
    from indexer.search.words.words import find_words
    from indexer.store.lines import ReadLines
    from indexer.store.text.full_text import FullText

    lines = [Line(Channel.SPEECH, 0.0, 1.0, text, "en") for text in ("red kites", "blue boats")]
    index = FullText.in_memory([ReadLines(1, 1, lines)])
    words = WordIndex((index,), index.readings)
    found = find_words(ask("a boat", words), words, channels=ALL_CHANNELS)
    if [each.line for each in found] != lines[1:]:
        raise ReelwiseError("finds wrong lines", fix="pip install -U tantivy")
    return f"tantivy {importlib.metadata.version('tantivy')}"


def _meaning(home: Home) -> str:
    """Encode three sentences: two that mean the same are nearer than two that share words."""
    from data.catalogue import Catalogue
    from embeddings.words.sentences import open_sentences

    folder = None
    if home.catalogue.is_file():
        with Catalogue(home) as catalogue:
            folder = catalogue.sentence_folder
    sentences = open_sentences(folder)
    asked, meant, other = sentences.encode(
        ["a child is sleeping", "the baby takes a nap", "a child is rich"]
    )
    if not asked @ meant > asked @ other:
        raise ReelwiseError(
            "the sentence encoder does not know what sentences mean",
            fix="reelwise index FOLDER --sentences minilm",
        )
    return f"{sentences.id} is here"


def _speech() -> str:
    """The model that `index` would transcribe with, its files compared with their checksums."""
    from embeddings.words.speech.models import find_model

    model = find_model()
    model.check()
    return f"{model.name} is here"


def _screen_text() -> str:
    """Open the networks that `index` would read the picture with."""
    from embeddings.words.screen.networks.weights import DETECTION, RECOGNITION, open_network

    for weights in (DETECTION, RECOGNITION):
        open_network(weights)
    return f"rapidocr {importlib.metadata.version('rapidocr')}"


def _home(home: Home) -> str:
    """Write a byte where the home is, or where `index` would make it."""
    folder = _nearest_folder(home.root)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"written")
    except OSError as error:
        raise known_error(error, home.root) or error from error
    return f"{home.root} can be written" if folder == home.root else f"{home.root} can be made"


def _nearest_folder(path: Path) -> Path:
    """The path, or the first folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _disk(home: Home) -> str:
    free_bytes = shutil.disk_usage(_nearest_folder(home.root)).free
    free = f"{size(free_bytes)} free"
    if free_bytes < MIN_FREE_BYTES:
        raise ReelwiseError(free, fix="free some disk, or name a home on another disk: --home DIR")
    return free

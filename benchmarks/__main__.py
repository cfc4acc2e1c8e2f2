"""`python -m benchmarks` lists them; `python -m benchmarks NAME --json` runs one."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time

from benchmarks.machine import describe_machine
from data.errors import ReelwiseError

BENCHMARKS = {
    "page": {
        "flood": "searches while a server is flooded with connections, garbage and uploads",
        "household": "a week of four people on page and API, with kills: lost, doubled, seen",
        "page": "first paint, search to picture, Back in Chromium; fifty visitors at once",
        "page_memory": "memory, descriptors, threads of the server over an hour (small: 2 minutes)",
    },
    "search": {
        "cold_search": "processor time of a question in a new process, and of `index` with no work",
        "example_search": "a cut, re-encoded, distorted part of a video as a query for its source",
        "explain": "maps of what spoke beside any place, the centre and occlusion: pointing, cost",
        "fusion": "queries of each kind by each channel alone and by all together",
        "real_words": "sentences among real videos by `starter`, and what each part gives",
        "search_latency": "one warm search of 10,000 clips (full: 100,000), beside the index alone",
        "then": "one scene and then another, among videos with the same scenes in every order",
    },
    "scale": {
        "full_text": "words among 100,000 (full: 1,000,000) lines: latency, scripts, growth, kills",
        "gpu": "a million vectors on a GPU: questions in batches, kinds of copy, training",
        "one_more": "one new video among thousands and among a million clips: found, published",
        "open_large": "opening up to ten million clips and the first search: seconds, memory",
        "rebuild_1m": "making an index of a million clips, beside FAISS's own train and add",
        "search_1m": "a million clustered vectors by each kind of index, beside FAISS by hand",
        "swap_under_load": "fifty threads search while generations are published: errors, p99",
    },
    "indexing": {
        "clips": "each way of cutting videos into clips: recall, and the cost of cutting anew",
        "decoders": "PyAV against decord: speed, memory, frames of a damaged file",
        "index_speed": "indexing against the time of decoding and encoding alone",
        "many_files": "peak memory with few and with many files, and the time of a rerun",
    },
    "words": {
        "screen": "lines burnt into real frames: found, invented, and the cost of reading them",
        "spoken": "spoken words: found at their second, invented in silence, speed per core",
    },
    "duplicates": {
        "duplicates": "changed copies among look-alikes: precision and recall of pairs, growth",
    },
    "encoders": {
        "compression": "int8, bf16, pruned and distilled encoders against fp32: speed and recall",
        "heads": "temporal heads of every kind against mean pooling: recall, order and cost",
        "order": "a clip against the same clip backwards, by its caption",
        "robustness": "recall under pixel changes made against the encoder; adversarial training",
        "toon_search": "text queries for scenes and moments of combinations never trained",
    },
    "labelling": {
        "annotate": "labels proposed against random order, wrong labels found, time of a refit",
        "heads_on_toons": "heads on made-up worlds, actions to sales, against simple baselines",
        "tags": "automatic tags of real videos beside the most frequent; search before and after",
    },
    "recommending": {
        "recommend_latency": "time of fits and of one answer, up to a million videos",
        "recommend_toons": "the blend against each source alone, on simulated users",
    },
    "trust": {
        "cannot_write": "read-only, without rights, inodes or space: what is answered and said",
        "damage": "bytes of a library flipped or zeroed: what is answered, said and found",
        "kills": "SIGKILL at random instants: what is lost or doubled",
        "promises_much": "small files that promise much: each ends in seconds with a state",
    },
}
"""What can be run, by the folder that it lies in, and what each measures."""


def main() -> None:
    """Run one benchmark; its figures are the last line printed, as one JSON object."""
    folders = {name: folder for folder, names in BENCHMARKS.items() for name in names}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(folders))
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    options = parser.parse_args()
    if options.name is None:
        for name, folder in sorted(folders.items()):
            print(f"{name:18} {BENCHMARKS[folder][name]}")
        return
    began_s = time.perf_counter()
    try:
        module = f"benchmarks.{folders[options.name]}.{options.name}"
        figures = importlib.import_module(module).run(options.size)
    except ReelwiseError as error:
        sys.exit(f"error: {error.problem}\n  fix: {error.fix}")
    figures = {
        "benchmark": options.name,
        "size": options.size,
        **figures,
        "seconds": round(time.perf_counter() - began_s, 1),
        "machine": describe_machine(),
    }
    if not options.json:
        for name, value in figures.items():
            print(f"{name:28} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

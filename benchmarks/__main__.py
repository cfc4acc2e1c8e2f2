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
    "annotate": "labels proposed against random order, wrong labels found, time of a refit",
    "cold_search": "processor time of a question in a new process, and of `index` with no work",
    "cannot_write": "read-only, without rights, inodes or space: what is answered, what is said",
    "clips": "each way of cutting videos into clips: recall, and the cost of cutting anew",
    "compression": "int8, bf16, pruned and distilled encoders against fp32: speed and recall",
    "damage": "bytes of a library flipped or zeroed: what is answered, said and found",
    "decoders": "PyAV against decord: speed, memory, frames of a damaged file",
    "duplicates": "changed copies among look-alikes: precision and recall of pairs, and its growth",
    "example_search": "a cut, re-encoded, distorted part of a video as a query for its source",
    "explain": "maps of what spoke beside any place, the centre and occlusion: pointing, cost",
    "flood": "searches while a server is flooded with connections, garbage and uploads",
    "full_text": "words among 100,000 (full: 1,000,000) lines: latency, scripts, growth, kills",
    "fusion": "queries of each kind by each channel alone and by all together",
    "gpu": "a million vectors on a GPU: questions in batches, kinds of copy, training",
    "heads_on_toons": "heads on made-up worlds, actions to sales, against simple baselines",
    "heads": "temporal heads of every kind against mean pooling: recall, order and cost",
    "household": "a week of four people on page and API, the server killed: lost, doubled, seen",
    "index_speed": "indexing against the time of decoding and encoding alone",
    "kills": "SIGKILL at random instants: what is lost or doubled",
    "many_files": "peak memory with few and with many files, and the time of a rerun",
    "one_more": "one new video among thousands and among a million clips: found, published",
    "open_large": "opening up to ten million clips and the first search: seconds, memory",
    "order": "a clip against the same clip backwards, by its caption",
    "page": "first paint, search to picture, Back in Chromium; fifty visitors at once",
    "page_memory": "memory, descriptors, threads of the server over an hour (small: 2 minutes)",
    "promises_much": "small files that promise much: each ends in seconds with a state",
    "real_words": "sentences among real videos by `starter`, and what each part gives",
    "rebuild_1m": "making an index of a million clips, beside FAISS's own train and add",
    "recommend_latency": "time of fits and of one answer, up to a million videos",
    "recommend_toons": "the blend against each source alone, on simulated users",
    "robustness": "recall under pixel changes made against the encoder; adversarial training",
    "screen": "lines burnt into real frames: found, invented, and the cost of reading them",
    "search_1m": "a million clustered vectors by each kind of index, beside FAISS by hand",
    "search_latency": "one warm search of 10,000 clips (full: 100,000), beside the index alone",
    "spoken": "spoken words: found at their second, invented in silence, times real time per core",
    "swap_under_load": "fifty threads search while generations are published: errors, p99",
    "tags": "automatic tags of real videos beside the most frequent ones; search before and after",
    "then": "one scene and then another, among videos with the same scenes in every order",
    "toon_search": "text queries for scenes and moments of combinations that were never trained",
}


def main() -> None:
    """Run one benchmark; its figures are the last line printed, as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS))
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    options = parser.parse_args()
    if options.name is None:
        for name, what in BENCHMARKS.items():
            print(f"{name:18} {what}")
        return
    began_s = time.perf_counter()
    try:
        figures = importlib.import_module(f"benchmarks.{options.name}").run(options.size)
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

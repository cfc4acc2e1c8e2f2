"""`python -m benchmarks` lists them; `python -m benchmarks NAME --json` runs one."""

from __future__ import annotations

import argparse
import importlib
import json
import time

from benchmarks.machine import describe_machine

BENCHMARKS = {
    "compression": "int8, bf16, pruned, distilled, exported: speed and recall against fp32",
    "decoders": "PyAV against decord: speed, memory, damage",
    "example_search": "a cut, re-encoded, distorted part of a video finds its source",
    "heads": "temporal heads of every kind against mean pooling, and what they cost",
    "index_speed": "indexing against its limit: decoding and encoding alone, over the cores",
    "many_files": "peak memory with few and with many files, and a rerun",
    "kills": "SIGKILL at random instants: what is lost or doubled",
    "order": "a clip against the same clip backwards, by its caption",
    "recommend_latency": "fits beside numpy and implicit; one answer, up to a million videos",
    "recommend_toons": "the blend against each source alone, on simulated people",
    "robustness": "recall when pixels are changed against the encoder; adversarial training",
    "toon_search": "words to scenes and moments that were never trained",
}


def main() -> None:
    """Run one benchmark; its figures are the last line printed, as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS))
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    options = parser.parse_args()
    if options.name is None:
        for name, what in BENCHMARKS.items():
            print(f"{name:16} {what}")
        return
    began_s = time.perf_counter()
    figures = importlib.import_module(f"benchmarks.{options.name}").run(options.size)
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

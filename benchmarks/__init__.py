"""Benchmarks with one contract: `python -m benchmarks NAME --json`."""

"""Libraries and films that several benchmarks measure with; nothing is measured here."""

"""What a server counts of its own work, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metering:
    """The figures of one server; threads may share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "reelwise_requests",
            "Requests to the API that were answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._took = Histogram(
            "reelwise_request_seconds",
            "Time to the answer of the API.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._library = Gauge(
            "reelwise_library", "What the library holds.", ("what",), registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count one request, by the template of its route: never by what it asked."""
        self._requests.labels(method, route, str(status)).inc()
        self._took.labels(route).observe(took_s)

    def text(self, library: dict[str, int]) -> bytes:
        """All figures, with those of the library as they are now."""
        for what, number in library.items():
            self._library.labels(what).set(number)
        return generate_latest(self.registry)

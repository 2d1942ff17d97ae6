"""How the program fares while it runs: when each of its parts last worked, and what is counted for Prometheus.

It hears names, kinds and numbers only, never what anybody wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
_MOMENTS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 5.0)


class Span(Protocol):
    """A stretch of work that is being traced."""

    def set_attribute(self, key: str, value: str | int) -> object: ...
    def update_name(self, name: str) -> object: ...


Spanning = Callable[[str], AbstractContextManager[Span | None]]


def untraced(_: str) -> AbstractContextManager[None]:
    """Nobody collects traces."""
    return nullcontext()


@dataclass(slots=True)
class Fare:
    """How a part fares. `good` and `at` are when it last worked and last failed, `since` when it began to fail (unix
    seconds, None for never); `row` counts the failures since it last worked, `trouble` is the last one, in a sentence."""

    good: float | None = None
    at: float | None = None
    since: float | None = None
    row: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The open reviews of a desk that are in one state, and when the oldest came in (unix seconds)."""

    desk: str
    state: str
    count: int
    oldest: float


class Watch:
    """Hears what happens, and says how things stand. It belongs to the event loop's thread."""

    def __init__(self, clock: Callable[[], float], spanning: Spanning = untraced) -> None:
        """`clock` in unix seconds; `spanning` opens a span of this name."""
        self.began = clock()
        self._clock = clock
        self._spanning = spanning
        self._fares: dict[tuple[str, str], Fare] = {}
        registry = self._registry = CollectorRegistry()
        name = "countersign"
        self._events = Counter(
            f"{name}_events", "Messages, edits and deletions that came in", ("channel", "receipt"), registry=registry
        )
        self._drafts = Counter(f"{name}_drafts", "What came of drafting", ("desk", "outcome"), registry=registry)
        self._clicks = Counter(f"{name}_clicks", "Decisions people asked for", ("verb", "outcome"), registry=registry)
        self._posts = Counter(
            f"{name}_posts", "What came of posting", ("channel", "kind", "outcome"), registry=registry
        )
        self._answers = Histogram(
            f"{name}_model_seconds",
            "How long the model took, with its further attempts",
            ("model", "outcome"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            f"{name}_tokens", "Tokens, as the model counted them", ("model", "way"), registry=registry
        )
        self._requests = Histogram(
            f"{name}_http_seconds",
            "How long a request took",
            ("method", "route", "status"),
            buckets=_MOMENTS,
            registry=registry,
        )
        self._lag = Histogram(
            f"{name}_loop_lag_seconds", "How late the event loop woke up", buckets=_MOMENTS, registry=registry
        )
        self._reviews = Gauge(f"{name}_reviews", "Open reviews", ("desk", "state"), registry=registry)
        self._oldest = Gauge(
            f"{name}_queue_age_seconds", "How long the oldest open review has waited", ("desk",), registry=registry
        )
        self._rows = Gauge(
            f"{name}_failures_in_a_row", "Failures since it last worked", ("kind", "name"), registry=registry
        )

    # --- what is heard

    def went(self, kind: str, name: str, trouble: str = "") -> None:
        """A part did its work, or failed with `trouble`."""
        now, fare = self._clock(), self._fares.setdefault((kind, name), Fare())
        if not trouble:
            fare.good, fare.row, fare.since = now, 0, None
            return
        fare.at, fare.trouble = now, trouble
        fare.since = now if fare.since is None else fare.since
        fare.row += 1

    def came_in(self, channel: str, receipt: str) -> None:
        """Something came in by this channel."""
        self.went("in", channel)
        self._events.labels(channel, receipt).inc()

    def drafted(self, desk: str, outcome: str) -> None:
        """A draft was made, or was not."""
        self._drafts.labels(desk, outcome).inc()

    def clicked(self, verb: str, *, done: bool) -> None:
        """Somebody decided, or tried to."""
        self._clicks.labels(verb, "done" if done else "refused").inc()

    def posted(self, channel: str, kind: str, outcome: str, trouble: str | None = "") -> None:
        """A card or a reply was posted, or was not; without a `trouble` it says nothing about the channel."""
        if trouble is not None:
            self.went("out", channel, trouble)
        self._posts.labels(channel, kind, outcome).inc()

    def answered(self, model: str, outcome: str, seconds: float, tokens: tuple[int, int]) -> None:
        """A model was asked. `tokens` are those sent and those received."""
        self._answers.labels(model, outcome).observe(seconds)
        for way, count in zip(("sent", "received"), tokens, strict=True):
            self._tokens.labels(model, way).inc(count)

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the route's template, never the address."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """The event loop woke up so late."""
        self._lag.observe(seconds)

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[Span | None]:
        """A stretch of work, with what may be told of it."""
        with self._spanning(name) as span:
            if span is not None:
                for key, value in attributes.items():
                    span.set_attribute(f"countersign.{key}", value)
            yield span

    # --- how things stand

    def fare(self, kind: str, name: str) -> Fare:
        """How this part fares; one that was never heard of has done nothing yet."""
        return self._fares.get((kind, name), Fare())

    def named(self, kind: str) -> list[str]:
        """The parts of this kind that were heard of."""
        return sorted(name for known, name in self._fares if known == kind)

    def figures(self, waiting: Iterable[Waiting]) -> bytes:
        """Everything in Prometheus' text format, with the reviews that wait."""
        now = self._clock()
        for gauge in (self._reviews, self._oldest, self._rows):
            gauge.clear()
        oldest: dict[str, float] = {}
        for one in waiting:
            self._reviews.labels(one.desk, one.state).set(one.count)
            oldest[one.desk] = min(one.oldest, oldest.get(one.desk, one.oldest))
        for desk, at in oldest.items():
            self._oldest.labels(desk).set(max(0.0, now - at))
        for (kind, name), fare in self._fares.items():
            self._rows.labels(kind, name).set(fare.row)
        return generate_latest(self._registry)

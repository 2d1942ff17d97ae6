"""Traces for an OpenTelemetry collector, without anybody's words. The only file that imports OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span, SpanKind, Status, StatusCode

# How long a collector may take (seconds); a program that stops waits for it once.
_PATIENCE = 3


class NoExporter(Exception):
    """OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra that sends traces is not installed. Install it with
    pip install 'countersign[otel]', or remove the variable."""

    def __init__(self) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()))


class Traces:
    """Spans on their way to a collector."""

    def __init__(self, endpoint: str, version: str) -> None:
        """`endpoint` is the collector's address, as in http://127.0.0.1:4318. Raises `NoExporter`."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise NoExporter from None
        named = Resource.create({"service.name": "countersign", "service.version": version})
        self._provider = TracerProvider(resource=named, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_PATIENCE)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("countersign", version)

    @contextmanager
    def span(self, name: str) -> Iterator[Span]:
        """A span. Of an error it tells the kind only: what it says may be what a customer wrote."""
        kind = SpanKind.SERVER if name.isupper() else SpanKind.INTERNAL
        with self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR))
                span.set_attribute("error.type", type(error).__qualname__)
                raise

    def close(self) -> None:
        """Send what is left. It blocks."""
        self._provider.shutdown()


def opened(endpoint: str, version: str) -> Traces | None:
    """Where traces go, when there is somewhere. Raises `NoExporter`."""
    return Traces(endpoint, version) if endpoint else None

"""Exports the events of a run as OpenTelemetry spans and metrics. Imported only if enabled.

Names follow the semantic conventions for generative AI. No text of a prompt, an answer or an error
is exported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry import context, metrics, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from distilabel._core.events import (
    Event,
    RequestFailed,
    RequestRetried,
    RequestSent,
    ResponseReceived,
    RowsProcessed,
    RunFinished,
    RunStarted,
    StepLoaded,
)
from distilabel.pipeline.observers.background import Moment
from distilabel.steps.base import _Step

_SCOPE: Final = "distilabel"
# A run makes thousands of spans at once: the default of 2,048 would drop most of them.
_QUEUE: Final = 65_536
_EXPORT_MILLISECONDS: Final = 5_000
_TOKENS: Final = tuple(4**n for n in range(14))
_SECONDS: Final = tuple(0.01 * 2**n for n in range(14))


@contextmanager
def own_providers(steps: Mapping[str, _Step], outer: Any) -> Iterator[SpanObserver]:
    """Exports spans and metrics to `OTEL_EXPORTER_OTLP_ENDPOINT`, by OTLP over HTTP.

    Args:
        steps: Steps of the run, by name.
        outer: Context that the run was started in.
    """
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create()
    if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": _SCOPE}))
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    size = int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE", _QUEUE))
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=size))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    try:
        yield SpanObserver(steps, tracers, meters, outer)
    finally:
        tracers.shutdown()
        meters.shutdown(timeout_millis=_EXPORT_MILLISECONDS)


@contextmanager
def given_providers(steps: Mapping[str, _Step], outer: Any) -> Iterator[SpanObserver]:
    """Exports spans and metrics with the providers that the program has set, and keeps them open.

    Args:
        steps: Steps of the run, by name.
        outer: Context that the run was started in.
    """
    yield SpanObserver(steps, trace.get_tracer_provider(), metrics.get_meter_provider(), outer)


class SpanObserver:
    """Converts events to spans and metrics.

    Args:
        steps: Steps of the run, by name.
        tracers: Provider of the tracer.
        meters: Provider of the meter.
        outer: Context that the run was started in.
    """

    def __init__(
        self,
        steps: Mapping[str, _Step],
        tracers: trace.TracerProvider,
        meters: metrics.MeterProvider,
        outer: context.Context,
    ) -> None:
        self._models = steps
        self._outer = outer
        self._tracer = tracers.get_tracer(_SCOPE)
        meter = meters.get_meter(_SCOPE)
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Tokens of requests and responses.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._seconds = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "Time from a request to its response, including retries.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._run: Span | None = None
        self._steps: dict[str, Span] = {}
        self._inner: dict[str, context.Context] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._attributes: dict[str, dict[str, Any]] = {}
        self._open: dict[int, tuple[Span, float]] = {}

    def take(self, moments: list[Moment], lost: int) -> None:
        """Starts and ends spans; dropped events are ignored."""
        for moment, event in moments:
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event, moment)

    # -- the run and its steps --------------------------------------------------------------

    def _started(self, event: RunStarted, moment: float) -> None:
        self._run = self._tracer.start_span(
            f"run {event.pipeline}",
            self._outer,
            attributes={"distilabel.pipeline.name": event.pipeline},
            start_time=_nanoseconds(moment),
        )
        inner = trace.set_span_in_context(self._run, self._outer)
        for name, kind in event.steps.items():
            span = self._tracer.start_span(
                f"step {name}",
                inner,
                attributes={"distilabel.step.name": name, "distilabel.step.class": kind},
                start_time=_nanoseconds(moment),
            )
            self._steps[name] = span
            self._inner[name] = trace.set_span_in_context(span, inner)
            self._counts[name] = {}

    def _loaded(self, event: StepLoaded, moment: float) -> None:
        self._steps[event.step].add_event("loaded", timestamp=_nanoseconds(moment))

    def _done(self, event: RowsProcessed, moment: float) -> None:
        counts = self._counts[event.step]
        for name in ("taken", "given", "dropped", "created", "failed"):
            counts[name] = counts.get(name, 0) + getattr(event, name)

    def _finished(self, event: RunFinished, moment: float) -> None:
        end = _nanoseconds(moment)
        for span, _ in self._open.values():
            # Canceled with the run.
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", "cancelled")
            span.end(end)
        for name, span in self._steps.items():
            for what, count in self._counts[name].items():
                span.set_attribute(f"distilabel.rows.{what}", count)
            span.end(end)
        if self._run is not None:
            self._run.set_attribute("distilabel.interrupted", event.interrupted)
            if event.error:
                self._run.set_status(Status(StatusCode.ERROR))
            self._run.end(end)

    # -- requests ---------------------------------------------------------------------------

    def _sent(self, event: RequestSent, moment: float) -> None:
        if event.request in self._open:
            return
        span = self._tracer.start_span(
            f"chat {event.model}",
            self._inner[event.step],
            kind=SpanKind.CLIENT,
            attributes=self._model_attributes(event.step, event.model),
            start_time=_nanoseconds(moment),
        )
        self._open[event.request] = span, moment

    def _retried(self, event: RequestRetried, moment: float) -> None:
        if event.request in self._open:
            span, _ = self._open[event.request]
            span.add_event("asked again", {"error.type": event.kind}, _nanoseconds(moment))

    def _received(self, event: ResponseReceived, moment: float) -> None:
        if event.reused or event.request not in self._open:
            return
        span, sent = self._open.pop(event.request)
        attributes = self._model_attributes(event.step, event.model)
        span.set_attribute("gen_ai.usage.input_tokens", event.input_tokens)
        span.set_attribute("gen_ai.usage.output_tokens", event.output_tokens)
        span.end(_nanoseconds(moment))
        self._seconds.record(moment - sent, attributes)
        for kind, count in (("input", event.input_tokens), ("output", event.output_tokens)):
            if count:
                self._tokens.record(count, {**attributes, "gen_ai.token.type": kind})

    def _failed(self, event: RequestFailed, moment: float) -> None:
        if event.request not in self._open:
            return
        span, sent = self._open.pop(event.request)
        kind = event.kind or "_OTHER"
        span.set_attribute("error.type", kind)
        span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(moment))
        attributes = {**self._model_attributes(event.step, event.model), "error.type": kind}
        self._seconds.record(moment - sent, attributes)

    def _model_attributes(self, step: str, model: str) -> dict[str, Any]:
        known = self._attributes.get(step)
        if known is None:
            llm = getattr(self._models.get(step), "llm", None)
            known = self._attributes[step] = {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": _provider(llm),
                "gen_ai.request.model": model,
                **_server(getattr(llm, "base_url", None) or getattr(llm, "_address", None)),
            }
        return known


_HANDLERS: Final[dict[type[Event], Any]] = {
    RunStarted: SpanObserver._started,
    StepLoaded: SpanObserver._loaded,
    RowsProcessed: SpanObserver._done,
    RequestSent: SpanObserver._sent,
    ResponseReceived: SpanObserver._received,
    RequestRetried: SpanObserver._retried,
    RequestFailed: SpanObserver._failed,
    RunFinished: SpanObserver._finished,
}


def _nanoseconds(moment: float) -> int:
    return int(moment * 1e9)


def _provider(llm: Any) -> str:
    given: str = getattr(llm, "_telemetry_provider", "")
    return given or type(llm).__name__.removesuffix("LLM").lower() or "_OTHER"


def _server(url: Any) -> dict[str, Any]:
    if not isinstance(url, str):
        return {}
    parts = urlsplit(url)
    if not parts.hostname:
        return {}
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return {"server.address": parts.hostname, **({"server.port": port} if port else {})}

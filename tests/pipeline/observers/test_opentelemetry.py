"""Protects telemetry: spans and metrics follow the conventions and contain no text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from distilabel._core.sync_bridge import run_sync
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import TextGeneration
from rooms import Ask, Echo, Numbers, rows_of, script

KEY = "sk-rehearsal-0123456789"


class Collector(ThreadingHTTPServer):
    """Takes what is sent by OTLP over HTTP, as protocol buffers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.raw: list[bytes] = []
        self.traces: list[ExportTraceServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def points(self, name: str) -> list[Any]:
        """The last points of a histogram."""
        return [
            point
            for resource in self.metrics[-1].resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.histogram.data_points
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.raw.append(body)
        if self.path == "/v1/traces":
            self.server.traces.append(ExportTraceServiceRequest.FromString(body))
        else:
            assert self.path == "/v1/metrics"
            self.server.metrics.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        yield server
        server.shutdown()
        thread.join()


def attributes(of: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in of.attributes}


def test_run_step_and_question_are_spans_and_tokens_and_seconds_metrics(
    collector: Collector, tmp_path: Path
) -> None:
    server = running(Settings(api_key=KEY, models=("m",)))
    url = run_sync(server.__aenter__())
    try:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            TextGeneration(
                name="write", llm=OpenAILLM(model="m", base_url=f"{url}/v1", api_key=KEY)
            )
        distiset = pipeline.run(dataset=[{"instruction": f"Whisper {n}"} for n in range(7)])
        assert len(rows_of(distiset)) == 7
    finally:
        run_sync(server.__aexit__(None, None, None))

    spans = {span.span_id: span for span in collector.spans}
    (run,) = [span for span in spans.values() if span.name == "run p"]
    assert run.parent_span_id == b""
    (step,) = [span for span in spans.values() if span.name == "step write"]
    assert step.parent_span_id == run.span_id
    assert attributes(step)["distilabel.rows.given"] == 7
    questions = [span for span in spans.values() if span.name == "chat m"]
    assert len(questions) == 7
    for span in questions:
        assert span.parent_span_id == step.span_id
        assert span.kind == span.SPAN_KIND_CLIENT
        assert run.start_time_unix_nano <= span.start_time_unix_nano < span.end_time_unix_nano
        assert span.end_time_unix_nano <= run.end_time_unix_nano
        told = attributes(span)
        assert told.pop("gen_ai.usage.input_tokens") > 0
        assert told.pop("gen_ai.usage.output_tokens") > 0
        assert told == {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "m",
            "server.address": "127.0.0.1",
            "server.port": int(url.rpartition(":")[2]),
        }
    tallied = distiset.report.steps["write"]
    tokens = {
        attributes(p)["gen_ai.token.type"]: p.sum
        for p in collector.points("gen_ai.client.token.usage")
    }
    assert tokens == {"input": tallied.input_tokens, "output": tallied.output_tokens}
    (seconds,) = collector.points("gen_ai.client.operation.duration")
    assert seconds.count == 7
    (resource,) = {
        attributes(each.resource)["service.name"]
        for request in collector.traces
        for each in request.resource_spans
    }
    assert resource == "distilabel"
    for body in collector.raw:
        assert b"Whisper" not in body
        assert KEY.encode() not in body


def test_a_question_without_an_answer_is_an_error_of_its_kind(
    collector: Collector, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Ask(name="ask", llm=Echo(fails_on=["1"]))
    pipeline.run()
    (failed,) = [s for s in collector.spans if s.status.code == s.status.STATUS_CODE_ERROR]
    assert failed.name == "chat echo"
    assert attributes(failed)["error.type"] == "ValueError"
    assert failed.status.message == ""
    assert attributes(failed)["gen_ai.provider.name"] == "echo"
    kinds = [
        attributes(p).get("error.type")
        for p in collector.points("gen_ai.client.operation.duration")
    ]
    assert sorted(kinds, key=str) == [None, "ValueError"]
    assert b"cannot answer" not in b"".join(collector.raw)
    # Every span is ended once.
    assert "ended span" not in caplog.text


def test_more_questions_than_the_usual_queue_holds_all_arrive(
    collector: Collector, tmp_path: Path
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=5000) >> Ask(name="ask", llm=Echo())
    pipeline.run()
    assert sum(span.name == "chat echo" for span in collector.spans) == 5000


def test_a_missing_collector_costs_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Ask(name="ask", llm=Echo())
    distiset = pipeline.run()
    assert len(rows_of(distiset)) == 3
    assert distiset.report.balanced


OFF = """
    import sys
    from distilabel.pipeline import Pipeline
    from distilabel.models import SimulatedLLM
    from distilabel.steps.tasks import TextGeneration

    with Pipeline(name="p", cache_dir="cache") as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM())
"""


def test_nothing_is_imported_unless_it_is_enabled(tmp_path: Path) -> None:
    text = """
    pipeline.run(dataset=[{"instruction": "a"}])
    print([name for name in sys.modules if name.startswith("opentelemetry")])
    """
    out, err = script(OFF + text, tmp_path).communicate(timeout=60)
    assert out.strip() == "[]", err


def test_providers_of_the_program_are_used_and_its_span_is_the_parent(tmp_path: Path) -> None:
    text = """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    with trace.get_tracer("mine").start_as_current_span("mine") as mine:
        pipeline.run(dataset=[{"instruction": "a"}])
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert spans["run p"].parent.span_id == mine.get_span_context().span_id
    print(sorted(spans))
    """
    out, err = script(OFF + text, tmp_path).communicate(timeout=60)
    names = "['chat simulated', 'mine', 'run p', 'step load_data_from_dicts_0', 'step write']"
    assert out.strip() == names, err


def test_enabled_but_not_installed_is_a_warning(tmp_path: Path) -> None:
    text = """
    import os
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    sys.modules["opentelemetry"] = None
    print(len(pipeline.run(dataset=[{"instruction": "a"}])["default"]["train"]))
    """
    out, err = script(OFF + text, tmp_path).communicate(timeout=60)
    assert out.strip() == "1", err
    assert "pip install 'distilabel[otel]'" in err

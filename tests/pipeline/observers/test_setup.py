"""Protects which observers a run has: the event file always, OpenTelemetry only if enabled."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distilabel._core.events import RunStopping
from distilabel.pipeline.observers.setup import observers
from distilabel.pipeline.workspace.run_directory import RunDirectory


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    directory = RunDirectory(tmp_path, tmp_path / "run")
    directory.execution.mkdir()
    return directory


@pytest.fixture
def plan() -> Any:
    return SimpleNamespace(steps={})


def test_events_are_in_the_file_when_the_run_ends(directory: RunDirectory, plan: Any) -> None:
    with observers(directory, plan) as [listener]:
        listener(RunStopping("why"))
    [line] = directory.events.read_text().splitlines()
    assert json.loads(line)["event"] == "RunStopping"


def test_the_standard_switch_disables_telemetry(
    directory: RunDirectory, plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "TRUE")
    with observers(directory, plan) as listeners:
        assert len(listeners) == 1


def test_an_endpoint_enables_telemetry(
    directory: RunDirectory, plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
    with observers(directory, plan) as listeners:
        assert len(listeners) == 2

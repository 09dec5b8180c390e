"""A small pipeline to draw, without a network."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("drawing uses the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def pipeline() -> Pipeline:
    with Pipeline("drawn") as pipeline:
        load = LoadDataFromDicts(name="load", data=[{"prompt": "a", "source": "b"}])
        # `end` is a keyword of Mermaid.
        ends = TextGeneration(
            name="end", llm=SimulatedLLM(), input_mappings={"instruction": "prompt"}
        )
        keep = KeepColumns(name="keep", columns=["prompt", "generation"])
        load >> ends >> keep
    return pipeline

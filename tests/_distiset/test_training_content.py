"""Protects the draft for the EU's summary: it names models and sources, and is called a draft."""

from __future__ import annotations

from datasets import Dataset

from distilabel._distiset.training_content import training_content
from distilabel.distiset import Distiset


def test_models_and_sources_are_named() -> None:
    distiset = Distiset(default=Dataset.from_list([{"a": 1}] * 1200))
    steps = {
        "load": {"models": [], "dataset": "me/source"},
        "write": {"models": [{"name": "m|x", "class": "LLM"}]},
    }
    distiset._run_facts = {
        "pipeline": "p",
        "description": "Some *answers*.",
        "started": "2026-01-02T03:04:05",
        "steps": steps,
    }
    text = training_content(distiset)
    assert "**Draft, not a summary.**" in text
    assert "| `m\\|x` | `write` | to be completed |" in text
    assert "- me/source" in text
    assert "1,200 rows, made on 2026-01-02" in text
    assert "Modality: text" in text
    assert "None is recorded." in training_content(Distiset(default=distiset["default"]))

"""Protects `InstructionResponsePipeline`: it runs with its defaults; creating it sends nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.models import InferenceEndpointsLLM, SimulatedLLM
from distilabel.pipeline import InstructionResponsePipeline
from distilabel.pipeline.templates.instruction import MODEL
from rooms import rows_of


@pytest.mark.parametrize(
    ("turns", "columns"),
    [(1, {"instruction", "response", "model_name"}), (2, {"conversation", "model_name"})],
)
def test_it_makes_rows(
    turns: int, columns: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", str(tmp_path))
    llm = SimulatedLLM(magpie_pre_query_template="llama3")
    made = InstructionResponsePipeline(llm=llm, n_turns=turns, num_rows=7)
    assert (made.llm, made.pipeline.name) == (llm, "sft")
    rows = rows_of(made.run(use_cache=False))
    assert len(rows) == 7
    assert columns <= set(rows[0]) <= {*columns, "distilabel_metadata"}


def test_the_default_model() -> None:
    llm: Any = InstructionResponsePipeline(hf_token="hf_secret").llm
    assert isinstance(llm, InferenceEndpointsLLM)
    assert (llm.model_id, llm.tokenizer_id) == (MODEL, MODEL)
    assert llm.use_magpie_template
    assert str(llm.magpie_pre_query_template).endswith(
        "<|start_header_id|>user<|end_header_id|>\n\n"
    )
    arguments: Any = llm.generation_kwargs
    assert arguments["stop_sequences"] == [
        "<|eot_id|>",
        "<|start_header_id|>",
        "assistant",
        " \n\n",
    ]
    assert (arguments["temperature"], arguments["max_new_tokens"]) == (0.9, 2048)
    assert llm.api_key is not None
    assert "hf_secret" not in str(InstructionResponsePipeline(hf_token="hf_secret").pipeline.dump())


def test_importing_it_costs_nothing() -> None:
    program = (
        "import sys, distilabel.pipeline.templates.instruction\n"
        "assert not {'datasets', 'transformers', 'huggingface_hub'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")

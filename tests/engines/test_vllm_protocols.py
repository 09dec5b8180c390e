"""A real vLLM server, asked by every protocol that it has and that distilabel speaks.

Run by `make test-engines`. Skipped without vLLM in this environment or `DISTILABEL_VLLM_PYTHON`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from pydantic import BaseModel, Field

from distilabel.models import AnthropicLLM, ClientvLLM, OpenAILLM, vLLM
from distilabel.models.servers.local_host import python_of
from distilabel.models.servers.spec import VLLM

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is None and not os.environ.get("DISTILABEL_VLLM_PYTHON"),
    reason="vLLM is not installed: pip install vllm, or set DISTILABEL_VLLM_PYTHON",
)

HELLO: Any = [{"role": "user", "content": "Hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Rome", "Oslo"]}},
    "required": ["city"],
    "additionalProperties": False,
}
# Without `strict`, the arguments are any JSON.
FUNCTION = {"name": "weather", "parameters": SCHEMA, "strict": True}
TOOLS = [{"type": "function", "function": FUNCTION}]


class Score(BaseModel):
    score: int = Field(ge=1, le=5)


@pytest.fixture(scope="module")
def adapter(vllm_model: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a LoRA adapter of the model."""
    folder = tmp_path_factory.mktemp("adapter")
    script = Path(__file__).with_name("tiny_adapter.py")
    subprocess.run([python_of(VLLM), str(script), str(folder)], check=True, cwd=folder)
    return str(folder)


@pytest.fixture(scope="module")
def llm(vllm_model: str, adapter: str) -> Iterator[vLLM]:
    options = {
        "enforce_eager": True,
        "max_model_len": 1024,
        "max_num_seqs": 8,
        "enable_auto_tool_choice": True,
        "tool_call_parser": "hermes",
        # Random weights would write nothing but white space between the parts of JSON.
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        "enable_lora": True,
        "max_lora_rank": 8,
        "lora_modules": [f"adapted={adapter}"],
    }
    llm = vLLM(model=vllm_model, dtype="float32", extra_kwargs=options)
    llm.load()
    yield llm
    llm.unload()


def loaded(llm: vLLM, cls: Any = OpenAILLM, **fields: Any) -> Any:
    """A model of another class on the same server."""
    address = llm._servers.replicas[0].address
    assert address is not None
    url = address.url if cls is AnthropicLLM else f"{address.url}/v1"
    other = cls(**{"model": llm.model, "base_url": url, "api_key": address.key, **fields})
    other.load()
    return other


def test_chat_completions_and_completions(llm: vLLM) -> None:
    openai = loaded(llm)
    chat, text = openai.generate(
        [HELLO, "Once"], num_generations=2, max_new_tokens=4, logprobs=True, top_logprobs=2
    )
    for output in (chat, text):
        assert len(output["generations"]) == 2
        assert [len(positions) for positions in output["logprobs"]] == [4, 4]
        assert output["statistics"]["output_tokens"] == [8]


def test_every_structure_through_chat_completions(llm: vLLM) -> None:
    structures: Any = [
        {"schema": Score},
        {"format": "regex", "schema": "[0-9]{3}-[ab]"},
        {"format": "choice", "schema": ["yes", "no"]},
        {"format": "grammar", "schema": 'root ::= "left" | "right"'},
    ]
    outputs = loaded(llm).generate([(HELLO, each) for each in structures], max_new_tokens=300)
    score, pattern, choice, grammar = (output["generations"][0] for output in outputs)
    assert 1 <= json.loads(score)["score"] <= 5
    assert (len(pattern), pattern[3]) == (5, "-")
    assert choice in ("yes", "no")
    assert grammar in ("left", "right")


def test_responses(llm: vLLM) -> None:
    responses = loaded(llm, api="responses", structured_output={"schema": Score})
    (output,) = responses.generate([HELLO], num_generations=2, max_new_tokens=300)
    assert all(1 <= json.loads(text)["score"] <= 5 for text in output["generations"])
    assert len(output["statistics"]["input_tokens"]) == 2
    # Random weights may end an answer by themselves, but not every time.
    cut = loaded(llm, api="responses").generate([HELLO] * 4, max_new_tokens=3)
    statistics = [each["statistics"] for each in cut]
    assert ["length"] in [each.get("finish_reason") for each in statistics]
    assert all(1 <= each["output_tokens"][0] <= 3 for each in statistics)


def test_messages_of_anthropic(llm: vLLM) -> None:
    (output,) = loaded(llm, AnthropicLLM).generate([HELLO], max_tokens=24)
    assert output["generations"][0]
    assert output["statistics"]["output_tokens"] == [24]
    assert output["statistics"]["finish_reason"] == ["length"]


@pytest.mark.parametrize("how", ["chat", "responses", "messages", "client", "managed"])
def test_tools_are_called_in_several_rounds(llm: vLLM, how: str) -> None:
    asked: Any = llm
    if how in ("client", "messages"):
        asked = loaded(llm, ClientvLLM if how == "client" else AnthropicLLM)
    elif how != "managed":
        asked = loaded(llm, api=how)
    limit = "max_tokens" if how == "messages" else "max_new_tokens"
    arguments: Any = {"tools": TOOLS, limit: 200}
    choice = {"type": "function", "function": {"name": "weather"}}
    (output,) = asked.generate([HELLO], tool_choice=choice, **arguments)
    ((call, *_),) = output["tool_calls"]
    assert call["function"]["name"] == "weather"
    validate(json.loads(call["function"]["arguments"]), SCHEMA)
    called: Any = {"role": "assistant", "content": None, "tool_calls": [call]}
    result: Any = {"role": "tool", "tool_call_id": call["id"], "content": "Rain."}
    (output,) = asked.generate([[*HELLO, called, result]], tool_choice="none", **arguments)
    assert output["generations"][0]
    assert "tool_calls" not in output


def test_an_adapter_answers_under_its_own_name(llm: vLLM) -> None:
    greedy: Any = {"temperature": 0.0, "max_new_tokens": 8}
    (base,) = llm.generate([HELLO], **greedy)
    (adapted,) = llm.generate([HELLO], extra_sampling_params={"model": "adapted"}, **greedy)
    (same,) = loaded(llm, model="adapted").generate([HELLO], **greedy)
    assert adapted["generations"] != base["generations"]
    assert adapted["generations"] == same["generations"]


def test_a_client_with_a_tokenizer_of_its_own_asks_the_same(llm: vLLM) -> None:
    pytest.importorskip("transformers")
    here = loaded(llm, ClientvLLM, tokenizer=llm.model)
    there = loaded(llm, ClientvLLM)
    prompts = [each.generate([HELLO], max_new_tokens=1)[0]["statistics"] for each in (here, there)]
    assert prompts[0]["input_tokens"] == prompts[1]["input_tokens"]

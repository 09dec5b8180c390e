"""`vLLM` and `vLLMEmbeddings` on the real engine, with a tiny model; on CPU if there is no GPU.

Run by `make test-engines`. Skipped without vLLM in this environment or `DISTILABEL_VLLM_PYTHON`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models import ClientvLLM, vLLM, vLLMEmbeddings

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is None and not os.environ.get("DISTILABEL_VLLM_PYTHON"),
    reason="vLLM is not installed: pip install vllm, or set DISTILABEL_VLLM_PYTHON",
)

HELLO: Any = [{"role": "user", "content": "Hello"}]
OPTIONS = {"enforce_eager": True, "max_model_len": 512, "max_num_seqs": 8}


@pytest.fixture(scope="module")
def llm(vllm_model: str) -> Iterator[vLLM]:
    llm = vLLM(model=vllm_model, dtype="float32", extra_kwargs=OPTIONS)
    llm.load()
    yield llm
    llm.unload()


class Score(BaseModel):
    score: int = Field(ge=1, le=5)


def test_it_answers_with_usage_and_probabilities(llm: vLLM) -> None:
    (output,) = llm.generate([HELLO], num_generations=2, max_new_tokens=6, logprobs=2)
    assert len(output["generations"]) == 2
    assert output["statistics"]["output_tokens"] == [12]
    assert len(output["logprobs"][0]) == 6
    assert len(output["logprobs"][0][0]) == 2


def test_answers_follow_the_structure_of_their_question(llm: vLLM) -> None:
    structures: Any = [
        {"schema": Score},
        {"format": "regex", "schema": "[0-9]{3}-[ab]"},
        {"format": "choice", "schema": ["yes", "no"]},
        {"format": "grammar", "schema": 'root ::= "left" | "right"'},
    ]
    outputs = llm.generate([(HELLO, each) for each in structures], max_new_tokens=300)
    score, pattern, choice, grammar = (str(output["generations"][0]) for output in outputs)
    assert 1 <= json.loads(score)["score"] <= 5
    assert re.fullmatch("[0-9]{3}-[ab]", pattern)
    assert choice in ("yes", "no")
    assert grammar in ("left", "right")


def test_text_is_echoed_and_a_seed_repeats_an_answer(llm: vLLM) -> None:
    seeded: Any = {"extra_sampling_params": {"seed": 7}, "max_new_tokens": 6}
    one, two = llm.generate(["Once"], **seeded), llm.generate(["Once"], **seeded)
    assert one[0]["generations"] == two[0]["generations"]
    (echoed,) = llm.generate([HELLO], echo=True, max_new_tokens=2)
    assert "Hello<|im_end|>\n<|im_start|>assistant\n" in str(echoed["generations"][0])


def test_a_prompt_of_magpie_ends_where_the_user_begins(vllm_model: str, llm: vLLM) -> None:
    magpie = vLLM(
        model=vllm_model,
        dtype="float32",
        extra_kwargs=OPTIONS,
        use_magpie_template=True,
        magpie_pre_query_template="qwen2",
    )
    # It is served by the same server.
    magpie.load()
    assert magpie.prepare_input([]) == "<|im_start|>user\n"
    system: Any = [{"role": "system", "content": "Be kind."}]
    rendered = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n"
    assert magpie.prepare_input(system) == rendered
    assert magpie.generate([[], system], max_new_tokens=3)[1]["generations"][0] is not None
    magpie.unload()


def test_a_prompt_that_is_too_long_fails_alone(llm: vLLM) -> None:
    with pytest.raises(AnswerError, match="context length"):
        llm.generate([[{"role": "user", "content": "x " * 3000}]])


def test_a_client_asks_the_same_server(llm: vLLM) -> None:
    address = llm._servers.replicas[0].address
    assert address is not None
    client = ClientvLLM(base_url=address.url, api_key=address.key)
    client.load()
    assert client.model_name == llm.model
    assert len(client.generate([HELLO], num_generations=2)[0]["generations"]) == 2


def test_texts_become_vectors(vllm_model: str) -> None:
    embeddings = vLLMEmbeddings(
        model=vllm_model, dtype="float32", extra_kwargs={"max_model_len": 512, "convert": "embed"}
    )
    embeddings.load()
    vectors = embeddings.encode([f"text {number}" for number in range(100)])
    assert len(vectors) == 100
    assert {len(vector) for vector in vectors} == {128}
    embeddings.unload()


def test_what_cannot_start_says_why(vllm_model: str) -> None:
    with pytest.raises(DistilabelUserError, match="it does not know an argument: --bananas"):
        vLLM(model=vllm_model, extra_kwargs={"bananas": 3}).load()
    with pytest.raises(DistilabelUserError, match=r"was not found|is not on this machine"):
        vLLM(model="no-such-owner/no-such-model").load()

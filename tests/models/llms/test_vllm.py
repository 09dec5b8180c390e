"""`vLLM` on a stand-in for its server: what it starts and what it asks. And `ClientvLLM`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import ClientvLLM, vLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import StepResources
from distilabel.steps.tasks import TextGeneration
from engine_doubles import FakeEngine, fake_engine

HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    with fake_engine(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def llm(engine: FakeEngine) -> Iterator[vLLM]:
    llm = vLLM(model="m")
    llm.load()
    yield llm
    llm.unload()


def bodies(outputs: Any) -> list[Any]:
    """The requests, which the stand-in repeats."""
    return [json.loads(output["generations"][0])["body"] for output in outputs]


def test_the_fields_are_arguments_of_the_server(engine: FakeEngine) -> None:
    llm = vLLM(
        model="a/m",
        dtype="float16",
        trust_remote_code=True,
        quantization="awq",
        revision="r",
        tokenizer="t",
        tokenizer_mode="slow",
        tokenizer_revision="tr",
        chat_template="{{ messages[0]['content'] }}",
        seed=7,
        extra_kwargs={"max_model_len": 99, "dtype": "float32"},
    )
    llm.load()
    text = " ".join(engine.starts[0]["arguments"])
    for words in (
        "serve a/m --served-model-name a/m --dtype float32 --trust-remote-code --quantization awq",
        "--revision r --tokenizer t --tokenizer-mode slow --tokenizer-revision tr --seed 7",
        "--max-model-len 99",
        ".chat-template",
    ):
        assert words in text
    llm.unload()
    assert not engine.running


def test_all_generation_arguments_are_sent(llm: vLLM) -> None:
    (body,) = bodies(
        llm.generate(
            [HELLO],
            num_generations=2,
            max_new_tokens=9,
            presence_penalty=0.1,
            frequency_penalty=0.2,
            repetition_penalty=1.3,
            temperature=0.4,
            top_p=0.5,
            top_k=6,
            min_p=0.07,
            logprobs=3,
            stop=["x"],
            stop_token_ids=[8],
            include_stop_str_in_output=True,
            skip_special_tokens=False,
            extra_sampling_params={"seed": 1, "model": "lora"},
        )
    )
    assert body == {
        "model": "lora",
        "messages": HELLO,
        "n": 2,
        "max_tokens": 9,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "repetition_penalty": 1.3,
        "temperature": 0.4,
        "top_p": 0.5,
        "top_k": 6,
        "min_p": 0.07,
        "logprobs": True,
        "top_logprobs": 3,
        "stop": ["x"],
        "stop_token_ids": [8],
        "include_stop_str_in_output": True,
        "skip_special_tokens": False,
        "seed": 1,
    }


def test_tools_are_sent_with_conversations_only(llm: vLLM) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    given: Any = {"tools": tools, "tool_choice": "required"}
    chat, text = bodies(llm.generate([HELLO, "Once"], **given))
    assert (chat["tools"], chat["tool_choice"]) == (tools, "required")
    assert not {"tools", "tool_choice"} & text.keys()
    (body,) = bodies(llm.generate([HELLO], tool_choice="required"))
    assert "tool_choice" not in body


class Person(BaseModel):
    name: str


def test_each_question_has_its_own_structure(llm: vLLM) -> None:
    structures: Any = [
        {"schema": Person},
        {"format": "regex", "schema": "[0-9]+"},
        {"format": "choice", "schema": ["a", "b"]},
        {"format": "grammar", "schema": "root ::= 'a'"},
        None,
    ]
    sent = [
        body.get("structured_outputs")
        for body in bodies(llm.generate([(HELLO, s) for s in structures]))
    ]
    assert sent[0]["json"]["properties"]["name"]["type"] == "string"
    assert sent[1:] == [
        {"regex": "[0-9]+"},
        {"choice": ["a", "b"]},
        {"grammar": "root ::= 'a'"},
        None,
    ]


def test_an_invalid_structure_is_an_error_before_a_server_starts(engine: FakeEngine) -> None:
    with pytest.raises(DistilabelUserError, match="schema"):
        vLLM(model="m", structured_output={"format": "json"}).load()
    assert not engine.starts


def test_text_is_completed_as_it_is(llm: vLLM) -> None:
    (body,) = bodies(llm.generate(["Once"], echo=True, logprobs=1))
    assert (body["prompt"], body["echo"], body["logprobs"]) == ("Once", True, 1)


def test_magpie_ends_the_prompt_where_a_user_begins(engine: FakeEngine) -> None:
    llm = vLLM(model="m", use_magpie_template=True, magpie_pre_query_template="<user>")
    llm.load()
    system: Any = [{"role": "system", "content": "Be kind."}]
    prompts = [bytes(body["prompt"]).decode() for body in bodies(llm.generate([[], system, HELLO]))]
    assert prompts == ["<user>", "Be kind.<user>", "Hello"]
    assert llm.prepare_input(system) == "Be kind.<user>"
    llm.unload()


def test_a_model_without_a_chat_template_continues_the_text_of_the_user(llm: vLLM) -> None:
    asked: Any = [{"role": "user", "content": "template"}]
    assert [body["prompt"] for body in bodies(llm.generate([asked]))] == ["template"]


def test_functions_cannot_be_sent(engine: FakeEngine) -> None:
    llm = vLLM(model="m", generation_kwargs={"logits_processors": [lambda ids, logits: logits]})
    with pytest.raises(DistilabelUserError, match="logits_processors"):
        llm.load()


def test_hidden_states_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="Use TransformersLLM"):
        vLLM(model="m").get_last_hidden_states([])


def test_a_question_before_load_says_so() -> None:
    with pytest.raises(Exception, match=r"Call `load\(\)` first"):
        vLLM(model="m").generate([HELLO])


def test_what_changes_the_speed_changes_no_stored_answer() -> None:
    base = vLLM(model="m")
    fast = vLLM(
        model="m",
        cuda_devices=[1],
        extra_kwargs={"tensor_parallel_size": 2, "gpu_memory_utilization": 0.5},
    )
    assert fast._identity() == base._identity()
    assert vLLM(model="m", quantization="awq")._identity() != base._identity()
    assert vLLM(model="m", extra_kwargs={"max_model_len": 9})._identity() != base._identity()


def test_a_step_has_one_server_per_replica_and_the_next_run_needs_no_answer(
    engine: FakeEngine, tmp_path: Path
) -> None:
    def run() -> list[str]:
        with Pipeline(name="replicas", cache_dir=tmp_path / "runs") as pipeline:
            TextGeneration(llm=vLLM(model="m"), resources=StepResources(replicas=2))
        distiset = pipeline.run(dataset=[{"instruction": f"q{i}"} for i in range(20)])
        return list(distiset["default"]["train"]["generation"])

    first = run()
    assert len(engine.starts) == 2
    assert {json.loads(text)["pid"] for text in first} == {start["pid"] for start in engine.starts}
    assert not engine.running
    # The ports and keys differ, the answers do not: all are reused.
    assert run() == first


def test_a_crash_costs_no_row(engine: FakeEngine, tmp_path: Path) -> None:
    with Pipeline(name="crash", cache_dir=tmp_path / "runs") as pipeline:
        TextGeneration(llm=vLLM(model="m"))
    questions = [{"instruction": "crash" if i == 5 else f"q{i}"} for i in range(10)]
    distiset = pipeline.run(dataset=questions)
    assert None not in distiset["default"]["train"]["generation"]
    assert len(engine.starts) == 2


def test_an_engine_that_cannot_start_stops_the_run(engine: FakeEngine, tmp_path: Path) -> None:
    with Pipeline(name="failing", cache_dir=tmp_path / "runs") as pipeline:
        TextGeneration(llm=vLLM(model="oom"), name="asking")
    with pytest.raises(RuntimeError, match="'asking' could not be loaded: vLLM: there is not"):
        pipeline.run(dataset=[{"instruction": "q"}])


# -- a server that runs already ---------------------------------------------------------------


@pytest.fixture
def client(llm: vLLM) -> ClientvLLM:
    address = llm._servers.replicas[0].address
    assert address is not None
    return ClientvLLM(base_url=address.url, api_key=address.key)


def test_the_client_asks_for_the_first_model_of_the_server(client: ClientvLLM) -> None:
    assert client.model_name == ""
    client.load()
    assert client.model_name == "m"
    (body,) = bodies(client.generate([HELLO], num_generations=2))
    assert (body["model"], body["messages"], body["n"]) == ("m", HELLO, 2)


def test_the_client_completes_a_prompt_of_magpie(client: ClientvLLM) -> None:
    magpie = ClientvLLM(
        base_url=client.base_url,
        api_key=client.api_key,
        use_magpie_template=True,
        magpie_pre_query_template="<user>",
    )
    magpie.load()
    (body,) = bodies(magpie.generate([[]], logit_bias={"3": 1}))
    assert body["prompt"] == "<user>"
    assert body["add_special_tokens"] is False
    assert body["logit_bias"] == {"3": 1}


def test_the_client_needs_a_server() -> None:
    with pytest.raises(EndpointError, match="Check that the server is running"):
        ClientvLLM(base_url="http://127.0.0.1:9").load()


def test_a_wrong_key_of_the_client_stops_it(client: ClientvLLM) -> None:
    with pytest.raises((AnswerError, EndpointError)):
        ClientvLLM(base_url=client.base_url, api_key="wrong-key").load()

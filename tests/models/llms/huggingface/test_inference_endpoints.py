"""Protects `InferenceEndpointsLLM`, over real HTTP to servers of this machine."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from pydantic import BaseModel, ValidationError

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import InferenceEndpointsLLM
from distilabel.models.base_clients import inference_endpoints as base_client
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
TEXT = {"generated_text": "continued", "details": {"generated_tokens": 4}}


class Form(BaseModel):
    """The form of an answer."""

    n: int


class Tokenizer:
    """Renders as chat templates do; a token is a letter."""

    def apply_chat_template(
        self, conversation: Any, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        assert tokenize is False
        text = "".join(f"<{turn['role']}>{turn['content']}" for turn in conversation)
        return text + ("<assistant>" if add_generation_prompt else "")

    def encode(self, text: str, add_special_tokens: bool) -> list[int]:
        assert add_special_tokens is False
        return [ord(letter) for letter in text]


@pytest.fixture
def tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace(from_pretrained=lambda name, token: Tokenizer())
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(AutoTokenizer=made))


def loaded(**fields: Any) -> InferenceEndpointsLLM:
    llm = InferenceEndpointsLLM(**{"api_key": "hf_k", **fields})
    llm.load()
    return llm


# -- where the model is -------------------------------------------------------------------------


def test_one_of_the_three_places_has_to_be_given() -> None:
    with pytest.raises(ValidationError, match="model_id"):
        InferenceEndpointsLLM()
    with pytest.raises(ValidationError, match="both are set"):
        InferenceEndpointsLLM(model_id="a/b", endpoint_name="e")


def test_an_address_next_to_another_place_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    InferenceEndpointsLLM(model_id="a/b", base_url="http://x")
    assert "is ignored" in caplog.text
    caplog.clear()
    InferenceEndpointsLLM(base_url="http://x")
    assert not caplog.text


def test_the_name_is_the_clearest_that_is_known() -> None:
    names = [
        InferenceEndpointsLLM(**fields).model_name
        for fields in (
            {"model_id": "a/b", "model_display_name": "shown"},
            {"model_id": "a/b"},
            {"endpoint_name": "e"},
            {"base_url": "http://x"},
        )
    ]
    assert names == ["shown", "a/b", "e", "http://x"]


def test_a_missing_token_names_argument_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    llm = InferenceEndpointsLLM(model_id="a/b")
    with pytest.raises(ValueError, match=r"`api_key`.*HF_TOKEN"):
        llm.load()


@pytest.mark.parametrize("source", ["field", "environment", "login"])
async def test_the_token_is_found_and_kept_secret(
    monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    token = f"hf_from_{source}"
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: token)
    if source == "environment":
        monkeypatch.setenv("HF_TOKEN", token)
    async with serving(said("fine")) as server:
        fields = {"api_key": token} if source == "field" else {}
        llm = InferenceEndpointsLLM(base_url=server.url, **fields)
        llm.load()
        await llm.agenerate(CHAT)
    assert server.headers["Authorization"] == f"Bearer {token}"
    assert token not in f"{llm!r} {llm.dump()} {llm._identity()} {llm._endpoint_id()}"


async def test_a_model_of_the_hub_is_asked_for_at_the_router(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(said("fine"), models=("owner/name", "owner/other")) as server:
        monkeypatch.setattr(base_client, "HF_ROUTER", f"{server.url}/v1")
        llm = loaded(model_id="owner/name:provider")
        await llm._preflight()
        output = await llm.agenerate(CHAT, seed=3)
    assert server.paths == ["/v1/models", "/v1/chat/completions"]
    assert server.bodies[1] == {
        "model": "owner/name:provider",
        "messages": CHAT,
        "max_tokens": 128,
        "temperature": 1.0,
        "seed": 3,
    }
    assert output == {
        "generations": ["fine"],
        "statistics": {"input_tokens": [3], "output_tokens": [5]},
    }


async def test_a_model_the_router_does_not_know_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Settings(models=("owner/name",))) as url:
        monkeypatch.setattr(base_client, "HF_ROUTER", f"{url}/v1")
        with pytest.raises(EndpointError, match="did you mean 'owner/name'"):
            await loaded(model_id="owner/nam")._preflight()


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_an_address_works_with_and_without_v1(tmp_path: Path, ending: str) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text(
        json.dumps({"instruction": "Explain tides.", "outputs": {"named": "The moon."}})
    )
    async with running(Settings(replay=answers, models=("named",))) as url:
        llm = loaded(base_url=url + ending)
        await llm._preflight()
        output = await llm.agenerate(CHAT)
    assert output["generations"] == ["The moon."]


@pytest.mark.parametrize(
    ("models", "name"), [(("only",), "only"), (("a", "b"), "tgi"), ((), "tgi")]
)
@pytest.mark.parametrize("checked", [True, False])
async def test_a_server_of_one_model_is_asked_for_it_by_name(
    models: tuple[str, ...], name: str, checked: bool
) -> None:
    async with serving(said("fine"), models=models) as server:
        llm = loaded(base_url=server.url)
        if checked:
            await llm._preflight()
        await llm.agenerate(CHAT)
        await llm.agenerate(CHAT)
    assert [body["model"] for body in server.bodies if body] == [name, name]
    assert server.paths.count("/v1/models") == 1


async def test_a_server_that_is_down_is_found_before_the_first_request() -> None:
    with pytest.raises(EndpointError, match="base_url"):
        await loaded(base_url="http://127.0.0.1:9")._preflight()


class Endpoint:
    """An Inference Endpoint as the Hub's client shows it."""

    repository = "owner/served"

    def __init__(self, status: str, url: str | None) -> None:
        self.status = status
        self.url = url
        self.did: list[Any] = []

    def resume(self) -> None:
        self.did.append("resume")

    def wait(self, timeout: int) -> None:
        self.did.append(timeout)
        self.status = "running"


@pytest.mark.parametrize(
    ("status", "did"),
    [
        ("running", []),
        ("paused", ["resume", 300]),
        ("scaledToZero", ["resume", 300]),
        ("initializing", [300]),
    ],
)
async def test_an_endpoint_is_found_woken_and_asked(
    monkeypatch: pytest.MonkeyPatch, status: str, did: list[Any]
) -> None:
    async with serving(said("fine")) as server:
        endpoint = Endpoint(status, server.url)
        asked: list[Any] = []

        def found(name: str, *, namespace: str | None, token: str) -> Endpoint:
            asked.append((name, namespace, token))
            return endpoint

        monkeypatch.setattr(huggingface_hub, "get_inference_endpoint", found)
        llm = loaded(endpoint_name="e", endpoint_namespace="n")
        await llm.agenerate(CHAT)
    assert asked == [("e", "n", "hf_k")]
    assert endpoint.did == did
    assert llm.model_name == "owner/served"
    assert server.seen[-1][0] == "/v1/chat/completions"
    assert server.bodies[-1]["model"] == "owner/served"


def test_an_endpoint_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import InferenceEndpointTimeoutError

    class Asleep(Endpoint):
        def wait(self, timeout: int) -> None:
            raise InferenceEndpointTimeoutError("late")

    monkeypatch.setattr(
        huggingface_hub, "get_inference_endpoint", lambda name, **_: Asleep("paused", None)
    )
    with pytest.raises(EndpointError, match="within 300 s"):
        loaded(endpoint_name="e")


# -- what is asked ------------------------------------------------------------------------------


async def test_all_arguments_of_a_conversation_are_sent_and_no_others() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    async with serving(said("fine")) as server:
        await loaded(base_url=server.url).agenerate(
            CHAT,
            max_new_tokens=7,
            frequency_penalty=0.1,
            logit_bias=[0.5],
            logprobs=True,
            presence_penalty=0.2,
            seed=3,
            stop_sequences=["a"],
            temperature=0.3,
            tool_choice="auto",
            tool_prompt="tools:",
            tools=tools,
            top_logprobs=2,
            top_n_tokens=5,
            top_p=0.4,
            do_sample=True,
            repetition_penalty=1.1,
            return_full_text=True,
            top_k=9,
            typical_p=0.8,
            watermark=True,
        )
    assert server.bodies[-1] == {
        "model": "m",
        "messages": CHAT,
        "max_tokens": 7,
        "frequency_penalty": 0.1,
        "logit_bias": [0.5],
        "logprobs": True,
        "presence_penalty": 0.2,
        "seed": 3,
        "stop": ["a"],
        "temperature": 0.3,
        "tool_choice": "auto",
        "tool_prompt": "tools:",
        "tools": tools,
        "top_logprobs": 2,
        "top_p": 0.4,
    }


async def test_all_arguments_of_a_text_are_sent_and_no_others() -> None:
    async with serving(TEXT) as server:
        output = await loaded(base_url=server.url).agenerate(
            "Once",
            max_new_tokens=7,
            frequency_penalty=0.1,
            logit_bias=[0.5],
            logprobs=True,
            presence_penalty=0.2,
            seed=3,
            stop_sequences=["a"],
            temperature=0.3,
            top_n_tokens=5,
            top_p=0.4,
            do_sample=True,
            repetition_penalty=1.1,
            return_full_text=True,
            top_k=9,
            typical_p=0.8,
            watermark=True,
        )
    assert server.seen == [
        (
            "/generate",
            {
                "inputs": "Once",
                "parameters": {
                    "max_new_tokens": 7,
                    "frequency_penalty": 0.1,
                    "seed": 3,
                    "stop": ["a"],
                    "temperature": 0.3,
                    "top_n_tokens": 5,
                    "top_p": 0.4,
                    "do_sample": True,
                    "repetition_penalty": 1.1,
                    "return_full_text": True,
                    "top_k": 9,
                    "typical_p": 0.8,
                    "watermark": True,
                    "details": True,
                },
            },
        )
    ]
    assert output["statistics"] == {"input_tokens": [0], "output_tokens": [4]}


async def test_text_to_the_router_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving({"choices": [{"text": "more"}]}) as server:
        monkeypatch.setattr(base_client, "HF_ROUTER", f"{server.url}/v1")
        output = await loaded(model_id="owner/name").agenerate("Once", seed=1, top_k=3)
    assert output["generations"] == ["more"]
    assert server.paths == ["/v1/completions"]
    assert server.bodies[0]["prompt"] == "Once"
    assert "top_k" not in server.bodies[0]


async def test_without_a_seed_no_two_requests_are_equal() -> None:
    async with serving(said("fine")) as server:
        output = await loaded(base_url=server.url).agenerate(CHAT, num_generations=3)
    seeds = [body["seed"] for body in server.bodies if body]
    assert len(set(seeds)) == 3
    assert output["generations"] == ["fine"] * 3


async def test_the_first_four_stop_sequences_are_kept_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(said("fine")) as server:
        llm = loaded(base_url=server.url)
        with caplog.at_level(logging.WARNING):
            for _ in range(2):
                await llm.agenerate(CHAT, stop_sequences=list("abcdef"))
    assert server.bodies[-1]["stop"] == ["a", "b", "c", "d"]
    assert caplog.text.count("at most 4") == 1


async def test_a_conversation_is_rendered_by_the_tokenizer(tokenizer: None) -> None:
    async with serving(TEXT) as server:
        llm = loaded(base_url=server.url, tokenizer_id="owner/name")
        output = await llm.agenerate(CHAT)
    prompt = "<user>Explain tides.<assistant>"
    assert server.paths == ["/generate"]
    assert server.bodies[0]["inputs"] == prompt
    assert output["statistics"] == {"input_tokens": [len(prompt)], "output_tokens": [4]}


def test_magpie_has_the_user_begin(tokenizer: None) -> None:
    llm = loaded(
        base_url="http://x",
        tokenizer_id="owner/name",
        use_magpie_template=True,
        magpie_pre_query_template="<user>",
    )
    system: Any = [{"role": "system", "content": "S"}]
    assert llm.prepare_input([]) == "<user>"
    assert llm.prepare_input(system) == "<system>S<user>"
    assert llm.prepare_input(system + CHAT) == "<system>S<user>Explain tides.<assistant>"


def test_magpie_needs_a_tokenizer_and_a_template() -> None:
    with pytest.raises(ValidationError, match="tokenizer_id"):
        InferenceEndpointsLLM(
            model_id="a/b", use_magpie_template=True, magpie_pre_query_template="qwen2"
        )
    with pytest.raises(ValidationError, match="magpie_pre_query_template"):
        InferenceEndpointsLLM(model_id="a/b", tokenizer_id="a/b", use_magpie_template=True)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"distilabel\[hf-transformers\]"):
        loaded(base_url="http://x", tokenizer_id="a/b")


# -- structures ---------------------------------------------------------------------------------


async def test_a_structure_goes_into_the_grammar_of_a_text(tokenizer: None) -> None:
    structure = {"format": "json", "schema": Form}
    async with serving(TEXT) as server:
        llm = loaded(base_url=server.url, tokenizer_id="a/b", structured_output=structure)
        await llm.agenerate(CHAT)
        await llm.agenerate((CHAT, {"format": "regex", "schema": "a+"}))
    grammars = [body["parameters"]["grammar"] for body in server.bodies]
    assert grammars == [
        {"type": "json", "value": Form.model_json_schema()},
        {"type": "regex", "value": "a+"},
    ]


async def test_a_structure_goes_into_the_response_format_of_a_conversation() -> None:
    async with running(Settings()) as url:
        llm = loaded(base_url=url, structured_output={"format": "json", "schema": Form})
        text = (await llm.agenerate(CHAT))["generations"][0]
    assert isinstance(Form.model_validate_json(text or "").n, int)


async def test_at_the_router_a_structure_needs_no_tokenizer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    async with serving(said("aa")) as server:
        monkeypatch.setattr(base_client, "HF_ROUTER", f"{server.url}/v1")
        llm = loaded(model_id="a/b", structured_output={"format": "regex", "schema": "a+"})
        assert llm.tokenizer_id == "a/b"
        await llm.agenerate(CHAT)
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies[0]["response_format"] == {"type": "regex", "value": "a+"}


def test_a_structure_without_its_keys_is_told_on_loading() -> None:
    with pytest.raises(DistilabelUserError, match="grammar"):
        loaded(base_url="http://x", structured_output={"format": "grammar", "schema": "a"})
    with pytest.raises(DistilabelUserError, match="schema"):
        loaded(base_url="http://x", structured_output={"format": "json"})


# -- what comes back ----------------------------------------------------------------------------


async def test_errors_raise() -> None:
    async with serving(reply({"error": "too long", "error_type": "validation"}, 422)) as server:
        llm = loaded(base_url=server.url)
        for input in (CHAT, "text"):
            with pytest.raises(AnswerError, match="too long"):
                await llm.agenerate(input)


async def test_the_simulated_endpoint_continues_text() -> None:
    async with running(Settings()) as url:
        llm = loaded(base_url=f"{url}/v1")
        outputs = [await llm.agenerate("Once", max_new_tokens=5, seed=seed) for seed in (1, 1, 2)]
    assert outputs[0] == outputs[1] != outputs[2]
    assert outputs[0]["statistics"]["output_tokens"] == [5]


def test_models_that_answer_otherwise_are_told_apart() -> None:
    identities = [
        InferenceEndpointsLLM(**fields)._identity()
        for fields in (
            {"model_id": "a/b"},
            {"model_id": "a/b", "tokenizer_id": "a/b"},
            {"endpoint_name": "e", "endpoint_namespace": "n"},
            {"endpoint_name": "e"},
            {"base_url": "http://x"},
        )
    ]
    assert len({json.dumps(identity) for identity in identities}) == 5
    first = InferenceEndpointsLLM(base_url="http://x/", api_key="hf_1")
    other = InferenceEndpointsLLM(base_url="http://x", api_key="hf_2")
    assert first._identity() == other._identity()
    assert first._endpoint_id() != other._endpoint_id()


# -- with the real package ----------------------------------------------------------------------


async def test_a_real_tokenizer_renders_and_counts(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    words = ["[UNK]", "user", "assistant", "Explain", "tides", ".", ":"]
    model = tokenizers.models.WordLevel(
        {word: number for number, word in enumerate(words)}, unk_token="[UNK]"
    )
    raw = tokenizers.Tokenizer(model)
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="[UNK]")
    fast.chat_template = (
        "{% for m in messages %}{{ m['role'] }} : {{ m['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant :{% endif %}"
    )
    fast.save_pretrained(tmp_path)
    async with serving(TEXT) as server:
        llm = loaded(base_url=server.url, tokenizer_id=str(tmp_path))
        output = await llm.agenerate(CHAT)
    assert server.bodies[0]["inputs"] == "user : Explain tides.\nassistant :"
    assert output["statistics"]["input_tokens"] == [7]


async def test_reasoning_in_a_field_is_kept_apart() -> None:
    async with running(Settings(reasoning="reasoning_content")) as url:
        output = await loaded(base_url=url).agenerate(CHAT)
    assert "Let me think" in (output["reasoning"][0] or "")
    assert "Let me think" not in (output["generations"][0] or "Let me think")


@pytest.mark.parametrize("form", ["think", "think_end"])
@pytest.mark.parametrize("input", [CHAT, "Explain tides."])
async def test_reasoning_in_the_text_stays_there(form: str, input: Any) -> None:
    async with running(Settings(reasoning=form)) as url:
        output = await loaded(base_url=url).agenerate(input)
    assert "reasoning" not in output
    assert "Let me think" in (output["generations"][0] or "")
    assert "</think>" in (output["generations"][0] or "")

"""Protects `OllamaLLM`, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import OllamaLLM
from distilabel.models.accounting.prices import Usage, price_for
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
SAID = {
    "message": {"role": "assistant", "content": "fine"},
    "done_reason": "stop",
    "prompt_eval_count": 3,
    "eval_count": 5,
}


class Form(BaseModel):
    """The form of an answer."""

    n: int


class Tokenizer:
    """Renders a conversation as its roles."""

    def apply_chat_template(
        self, conversation: Any, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        return "".join(f"<{each['role']}>" for each in conversation) + "+" * add_generation_prompt


def loaded(url: str, **fields: Any) -> OllamaLLM:
    llm = OllamaLLM(**{"model": "m", "host": url, **fields})
    llm.load()
    return llm


async def test_a_conversation_is_asked_and_answered() -> None:
    async with serving(SAID) as server:
        ask = ModelClient(loaded(server.url, generation_kwargs={"options": {"num_predict": 9}}))
        output = await ask(CHAT, 2)
    assert output["generations"] == ["fine", "fine"]
    assert output["statistics"]["output_tokens"] == [5, 5]
    sent = {"model": "m", "stream": False, "messages": CHAT, "options": {"num_predict": 9}}
    assert server.seen == [("/api/chat", sent)] * 2


async def test_answers_follow_a_schema_and_that_of_the_input_wins() -> None:
    other = {"type": "object", "properties": {"m": {"type": "string"}}}
    async with serving(SAID) as server:
        llm = loaded(server.url, structured_output={"schema": Form})
        await llm.agenerate(CHAT)
        await llm.agenerate((CHAT, {"schema": other}))
    assert [body["format"] for body in server.bodies] == [Form.model_json_schema(), other]
    with pytest.raises(DistilabelUserError, match="schema"):
        loaded("x", structured_output={"format": "json"})


async def test_with_a_tokenizer_the_prompt_is_rendered_and_sent_raw() -> None:
    async with serving({"response": "hm", "done_reason": "stop"}) as server:
        llm = OllamaLLM(
            model="m",
            host=server.url,
            tokenizer_id="t",
            use_magpie_template=True,
            magpie_pre_query_template="qwen2",
        )
        llm._tokenizer = Tokenizer()
        await llm.agenerate([{"role": "system", "content": "Be brief."}])
        await llm.agenerate(CHAT)
    assert server.paths == ["/api/generate"] * 2
    assert [body["prompt"] for body in server.bodies] == ["<system><|im_start|>user\n", "<user>+"]
    assert all(body["raw"] for body in server.bodies)
    with pytest.raises(ValueError, match="tokenizer_id"):
        OllamaLLM(model="m", use_magpie_template=True, magpie_pre_query_template="qwen2")


@pytest.mark.usefixtures("at_once")
async def test_what_may_succeed_later_is_asked_again() -> None:
    busy = reply({"error": "server busy, please try again. maximum pending requests exceeded"}, 503)
    async with serving(busy, reply({"error": "oh"}, 500), SAID) as server:
        output = await ModelClient(loaded(server.url))(CHAT)
    assert output["generations"] == ["fine"]
    assert len(server.seen) == 3


async def test_an_unknown_model_ends_the_run() -> None:
    async with serving(reply({"error": "model 'm' not found"}, 404)) as server:
        with pytest.raises(EndpointError, match="model 'm' not found"):
            await loaded(server.url).agenerate(CHAT)
    async with serving(reply({"error": "invalid format"}, 400)) as server:
        with pytest.raises(AnswerError, match="invalid format"):
            await loaded(server.url).agenerate(CHAT)


async def test_before_the_first_question_server_and_model_are_checked() -> None:
    async def tags(request: web.Request) -> web.Response:
        return web.json_response({"models": [{"name": "m:latest"}, {"name": "n:8b"}]})

    app = web.Application()
    app.router.add_get("/api/tags", tags)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        assert await loaded(url)._preflight() == ""
        assert await loaded(url, model="n:8b")._preflight() == ""
        assert "ollama pull o" in await loaded(url, model="o")._preflight()
    finally:
        await runner.cleanup()
    with pytest.raises(EndpointError, match="ollama serve"):
        await loaded(url)._preflight()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (None, "http://localhost:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("gpu:9000", "http://gpu:9000"),
        ("https://ollama.com/", "https://ollama.com"),
    ],
)
def test_the_address_is_read_as_ollama_does(
    host: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    assert OllamaLLM(model="m", host=host)._address == address
    monkeypatch.setenv("OLLAMA_HOST", host or "")
    assert OllamaLLM(model="m")._address == address


async def test_a_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "0123456789abcdef")
    async with serving(SAID, reply({"error": "no: 0123456789abcdef"}, 401)) as server:
        llm = loaded(server.url)
        await llm.agenerate(CHAT)
        assert server.headers["Authorization"] == "Bearer 0123456789abcdef"
        with pytest.raises(EndpointError, match=r"no: \[key\]"):
            await llm.agenerate(CHAT)
    assert "0123456789abcdef" not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"


async def test_it_is_free_and_known_by_name() -> None:
    llm = OllamaLLM(model="m", host="a")
    assert (await price_for(llm))(Usage(9, 9)) == 0
    assert _provider(llm) == "ollama"
    assert llm._identity() == OllamaLLM(model="m", host="b")._identity()

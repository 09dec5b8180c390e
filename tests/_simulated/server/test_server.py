"""Protects what clients of the simulated server rely on, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from distilabel._simulated.answers.answer import REASONING_FORMS
from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server import broken_responses
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
    "required": ["n", "s"],
    "additionalProperties": False,
}


class Client:
    def __init__(self, url: str, session: aiohttp.ClientSession, key: str | None = None) -> None:
        self.url = url
        self.session = session
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def post(self, path: str, body: Any) -> tuple[int, Any, Any]:
        request = self.session.post(self.url + path, json=body, headers=self.headers)
        async with request as response:
            return response.status, json.loads(await response.read()), response.headers

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.session.get(self.url + path, headers=self.headers) as response:
            return response.status, json.loads(await response.read())

    async def chat(self, text: str = "Explain tides.", /, **options: Any) -> Any:
        messages = [{"role": "user", "content": text}]
        status, body, _ = await self.post(
            "/v1/chat/completions", {"model": "m", "messages": messages, **options}
        )
        assert status == 200, body
        return body

    async def stats(self) -> Any:
        return (await self.get("/stats"))[1]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(session: aiohttp.ClientSession) -> AsyncIterator[Client]:
    async with running(Settings()) as url:
        yield Client(url, session)


async def test_chat_has_the_shape_and_usage_of_openai(client: Client) -> None:
    body = await client.chat()
    choice = body["choices"][0]
    assert body["object"] == "chat.completion"
    assert body["model"] == "m"
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["prompt_tokens"] == 4
    assert usage["completion_tokens"] == -(-len(choice["message"]["content"]) // 4)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_n_answers_differ_and_come_again(client: Client) -> None:
    answers = [
        [choice["message"]["content"] for choice in (await client.chat(n=4))["choices"]]
        for _ in range(2)
    ]
    assert len(set(answers[0])) == 4
    assert answers[0] == answers[1]


async def test_a_seed_of_the_request_changes_the_answer(client: Client) -> None:
    texts = [
        (await client.chat(**options))["choices"][0]["message"]["content"]
        for options in ({}, {"seed": 0}, {"seed": 1})
    ]
    assert len(set(texts)) == 3


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
async def test_a_limit_of_tokens_cuts_and_says_so(client: Client, limit: str) -> None:
    body = await client.chat(**{limit: 3})
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 3
    assert len(body["choices"][0]["message"]["content"]) == 12


async def test_a_stop_text_ends_the_answer_before_it(client: Client) -> None:
    whole = (await client.chat())["choices"][0]["message"]["content"]
    stopped = (await client.chat(stop=["zzz", "."]))["choices"][0]
    assert stopped["message"]["content"] == whole.partition(".")[0]
    assert stopped["finish_reason"] == "stop"


async def test_json_schema_and_json_object_are_answered_in_json(client: Client) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    body = await client.chat(response_format=form)
    assert set(json.loads(body["choices"][0]["message"]["content"])) == {"n", "s"}
    body = await client.chat(response_format={"type": "json_object"})
    assert isinstance(json.loads(body["choices"][0]["message"]["content"]), dict)


async def test_logprobs_cover_the_text_when_asked_for(client: Client) -> None:
    choice = (await client.chat(logprobs=True, top_logprobs=2))["choices"][0]
    content = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in content) == choice["message"]["content"]
    assert all(len(token["top_logprobs"]) == 2 for token in content)
    assert (await client.chat())["choices"][0]["logprobs"] is None


async def test_completions_answer_every_prompt(client: Client) -> None:
    question = {"model": "m", "prompt": ["Explain tides.", "Explain rain."], "n": 2, "logprobs": 1}
    status, body, _ = await client.post("/v1/completions", question)
    assert status == 200
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    assert len({choice["text"] for choice in body["choices"]}) == 4
    first = body["choices"][0]
    assert "".join(first["logprobs"]["tokens"]) == first["text"]


async def test_generate_speaks_tgi(client: Client) -> None:
    question = {"inputs": "Explain tides.", "parameters": {"max_new_tokens": 5}}
    status, body, _ = await client.post("/generate", question)
    assert status == 200
    assert len(body["generated_text"]) == 20
    assert body["details"]["finish_reason"] == "length"
    assert body["details"]["generated_tokens"] == 5
    assert body["details"]["prefill"] == []
    question["parameters"] = {"grammar": {"type": "json", "value": SCHEMA}}
    _, body, _ = await client.post("/generate", question)
    assert body["details"]["finish_reason"] == "eos_token"
    assert set(json.loads(body["generated_text"])) == {"n", "s"}


async def test_generate_answers_a_regular_expression(client: Client) -> None:
    grammar = {"type": "regex", "value": "yes|no"}
    question = {"inputs": "Is it?", "parameters": {"grammar": grammar}}
    _, body, _ = await client.post("/generate", question)
    assert body["generated_text"] in ("yes", "no")


async def test_root_serves_the_same_as_v1(client: Client) -> None:
    question = {"model": "m", "messages": [{"role": "user", "content": "Explain tides."}]}
    _, body, _ = await client.post("/chat/completions", question)
    assert body["choices"] == (await client.chat())["choices"]
    assert (await client.get("/models"))[1] == (await client.get("/v1/models"))[1]
    assert await client.get("/health") == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user"}]}, "'model'"),
        ("/v1/chat/completions", {"model": "m", "messages": []}, "'messages'"),
        ("/v1/chat/completions", [], "JSON object"),
        ("/v1/completions", {"model": "m", "prompt": [1]}, "'prompt'"),
        ("/v1/completions", {"model": "m", "prompt": "a", "n": 0}, "'n'"),
        ("/v1/completions", {"model": "m", "prompt": "a", "stop": 1}, "'stop'"),
        ("/v1/completions", {"model": "m", "prompt": "a", "stream": True}, "'stream'"),
    ],
)
async def test_bad_requests_are_told_what_is_wrong(
    client: Client, path: str, body: Any, message: str
) -> None:
    status, reply, _ = await client.post(path, body)
    assert status == 400
    assert message in reply["error"]["message"]
    assert reply["error"]["type"] == "invalid_request_error"


async def test_a_schema_that_cannot_be_met_is_the_clients_error(client: Client) -> None:
    form = {"type": "json_schema", "json_schema": {"schema": {"not": {}}}}
    question = {"model": "m", "messages": [{"role": "user"}], "response_format": form}
    status, reply, _ = await client.post("/v1/chat/completions", question)
    assert status == 400
    assert "'not'" in reply["error"]["message"]


async def test_only_the_right_key_is_let_in_and_no_key_is_repeated(
    session: aiohttp.ClientSession,
) -> None:
    async with running(Settings(api_key="right-key")) as url:
        assert (await Client(url, session, "right-key").chat())["choices"]
        for key in ("wrong-key", None):
            status, body, _ = await Client(url, session, key).post("/v1/chat/completions", {})
            assert status == 401
            assert body["error"]["code"] == "invalid_api_key"
            assert body["error"]["type"] == "invalid_request_error"
            assert "key" not in body["error"]["message"].replace("API key", "")
            assert (await Client(url, session, key).get("/v1/models"))[0] == 401
        assert "right-key" not in repr(Settings(api_key="right-key"))


async def test_only_the_set_models_are_served(session: aiohttp.ClientSession) -> None:
    async with running(Settings(models=("m", "org/n"))) as url:
        client = Client(url, session)
        assert (await client.chat())["model"] == "m"
        question = {"model": "other", "messages": [{"role": "user", "content": "a"}]}
        status, body, _ = await client.post("/v1/chat/completions", question)
        assert status == 404
        assert body["error"]["code"] == "model_not_found"
        _, listed = await client.get("/v1/models")
        assert [model["id"] for model in listed["data"]] == ["m", "org/n"]
        assert (await client.get("/v1/models/org/n"))[1]["id"] == "org/n"
        assert (await client.get("/v1/models/other"))[0] == 404


async def test_recorded_answers_come_back_byte_for_byte(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    text = "  Käse\u2028\r\n\t\u0000 \U0001f600 end \n"
    row = {"instruction": "Say it.", "outputs": {"big": text}, "extra": 1}
    path = tmp_path / "replay.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n\n", encoding="utf-8")
    async with running(Settings(replay=path)) as url:
        client = Client(url, session)
        for model in ("big", "org/big"):
            body = await client.chat("Say it.", model=model, max_tokens=1)
            assert body["choices"][0]["message"]["content"] == text
            assert body["choices"][0]["finish_reason"] == "stop"
        for instruction, model in (("Say it.", "small"), ("Say", "big")):
            body = await client.chat(instruction, model=model)
            assert body["choices"][0]["message"]["content"] != text


@pytest.mark.parametrize("line", ["{", "{}", '{"instruction": "a", "outputs": {"m": 1}}'])
async def test_a_bad_replay_file_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "replay.jsonl"
    path.write_text('{"instruction": "a", "outputs": {}}\n' + line)
    with pytest.raises(ValueError, match=r"replay\.jsonl, line 2"):
        async with running(Settings(replay=path)):
            pass


async def test_over_the_rate_limit_comes_429_and_when_to_ask_again(
    session: aiohttp.ClientSession,
) -> None:
    question = {"model": "m", "prompt": "a"}
    async with running(Settings(rate_limit=0.5)) as url:
        client = Client(url, session)
        status, _, headers = await client.post("/v1/completions", question)
        assert status == 200
        assert headers["x-ratelimit-limit-requests"] == "1"
        assert headers["x-ratelimit-remaining-requests"] == "0"
        assert headers["x-ratelimit-reset-requests"].endswith("s")
        status, body, headers = await client.post("/v1/completions", question)
        assert status == 429
        assert body["error"]["code"] == "rate_limit_exceeded"
        assert 0 < float(headers["Retry-After"]) <= 2
        assert float(headers["x-ratelimit-reset-requests"].rstrip("s")) > 0


async def test_a_retried_request_draws_anew(session: aiohttp.ClientSession) -> None:
    async with running(Settings(faults=Faults.parse(["503=0.5"]))) as url:
        client = Client(url, session)
        question = {"model": "m", "prompt": "a"}
        statuses = [(await client.post("/v1/completions", question))[0] for _ in range(100)]
        assert 25 < statuses.count(503) < 75
        assert statuses.count(503) + statuses.count(200) == 100


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop", aiohttp.ServerDisconnectedError),
        ("reset", aiohttp.ClientPayloadError),
        ("malformed", json.JSONDecodeError),
    ],
)
async def test_broken_answers_break(
    session: aiohttp.ClientSession, fault: str, error: type[Exception]
) -> None:
    async with running(Settings(faults=Faults.parse({fault: 1}))) as url:
        client = Client(url, session)
        with pytest.raises(error):
            await client.chat()
        stats = await client.stats()
        assert stats["by_fault"] == {fault: 1}
        assert stats["answered"] == 0
        assert stats["in_flight"] == 0


async def test_hollow_answers_are_hollow(client: Client) -> None:
    whole = (await client.chat())["choices"][0]["message"]["content"]

    async def choice_with(fault: str) -> tuple[Any, Any]:
        await client.post("/settings", {"faults": [f"{fault}=1"]})
        choice = (await client.chat())["choices"][0]
        return choice["message"]["content"], choice["finish_reason"]

    assert await choice_with("empty") == ("", "stop")
    assert await choice_with("null") == (None, "stop")
    for fault in ("length", "content_filter"):
        assert await choice_with(fault) == (whole[: len(whole) // 2], fault)
    await client.post("/settings", {"faults": {"no_choices": 1}})
    assert (await client.chat())["choices"] == []


async def test_a_slow_answer_is_whole(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broken_responses, "SLOW_SECONDS", 0.02)
    whole = (await client.chat())["choices"]
    await client.post("/settings", {"faults": ["slow=1"]})
    assert (await client.chat())["choices"] == whole


async def test_a_hanging_request_ends_when_its_client_leaves(client: Client) -> None:
    await client.post("/settings", {"faults": ["hang=1"]})
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.chat(), timeout=0.1)
    for _ in range(500):
        if (await client.stats())["abandoned"]:
            break
        await asyncio.sleep(0.01)
    assert (await client.stats())["in_flight"] == 0


async def test_stats_count_questions_repeats_tokens_and_models(client: Client) -> None:
    usages = [(await client.chat(text))["usage"] for text in ("a", "b", "a", "c")]
    await client.chat("a", model="n")
    await client.post("/v1/chat/completions", {})
    stats = await client.stats()
    assert (stats["requests"], stats["answered"]) == (6, 5)
    assert stats["by_status"] == {"200": 5, "400": 1}
    assert (stats["questions"], stats["repeats"]) == (4, 1)
    tally = stats["by_model"]["m"]
    assert tally["answered"] == 4
    assert tally["output_tokens"] == sum(usage["completion_tokens"] for usage in usages)
    assert stats["input_tokens"] == 5
    assert (await client.post("/stats/reset", None))[0] == 200
    assert (await client.stats())["requests"] == 0


async def test_max_in_flight_is_the_most_at_once(client: Client) -> None:
    await client.post("/settings", {"latency": "0.05"})
    await asyncio.gather(*(client.chat(str(number)) for number in range(20)))
    stats = await client.stats()
    assert 1 < stats["max_in_flight"] <= 20
    assert stats["in_flight"] == 0


async def test_settings_change_while_running_and_show_themselves(client: Client) -> None:
    changes = {
        "latency": "uniform:0.0:0.1",
        "faults": ["429=1"],
        "rate_limit": 50,
        "capacity": 3,
    }
    status, shown, _ = await client.post("/settings", changes)
    assert status == 200
    assert (shown["batches"]["seconds"], shown["batches"]["end"]) == (0.0, "completed")
    del shown["batches"]
    assert shown == {**changes, "faults": {"429": 1.0}}
    status, body, headers = await client.post("/v1/completions", {"model": "m", "prompt": "a"})
    assert status == 429
    assert headers["x-ratelimit-limit-requests"] == "50"
    assert body["error"]["message"] == "a simulated fault: status 429"
    more: Any = {"rate_limit": None, "faults": [], "batches": {"seconds": 2, "end": "expired"}}
    _, shown, _ = await client.post("/settings", more)
    expired = {"seconds": 2, "end": "expired", "done": 1.0, "failing": 0.0, "enqueued": 0}
    assert shown == {**changes, "faults": {}, "rate_limit": None, "batches": expired}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latency": "soon"}, "lognormal"),
        ({"faults": ["boom=1"]}, "unknown fault"),
        ({"faults": "drop=1"}, "list"),
        ({"rate_limit": 0}, "above 0"),
        ({"rate_limit": "5"}, "above 0"),
        ({"capacity": 0}, "above 0"),
        ({"capacity": 1.5}, "above 0"),
        ({"speed": 1}, "'speed'"),
        ({"batches": {"end": "soon"}}, "expired"),
        ({"batches": {"done": 2}}, "'done'"),
        ({"batches": {"seconds": -1}}, "'seconds'"),
        ({"batches": {"speed": 1}}, "seconds, end"),
    ],
)
async def test_bad_settings_change_nothing(
    client: Client, changes: dict[str, Any], message: str
) -> None:
    status, body, _ = await client.post("/settings", changes)
    assert status == 400
    assert message in body["error"]["message"]
    _, shown, _ = await client.post("/settings", {})
    assert shown.pop("batches")["end"] == "completed"
    assert shown == {
        "latency": "constant:0.0",
        "faults": {},
        "rate_limit": None,
        "capacity": None,
    }


async def test_no_more_are_worked_on_than_there_is_room_for(session: aiohttp.ClientSession) -> None:
    async with running(Settings(capacity=2, latency=Latency.parse("0.05"))) as url:
        client = Client(url, session)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(*(client.chat(str(number)) for number in range(6)))
        # Three turns of two.
        assert loop.time() - begun >= 0.149


async def test_limits_are_told_in_the_headers_that_were_asked_for(
    session: aiohttp.ClientSession,
) -> None:
    question = {"model": "m", "prompt": "a"}
    async with running(Settings(rate_limit=5, limit_headers="anthropic")) as url:
        _, _, headers = await Client(url, session).post("/v1/completions", question)
    assert headers["anthropic-ratelimit-requests-limit"] == "5"
    assert headers["anthropic-ratelimit-requests-remaining"] == "4"
    assert "T" in headers["anthropic-ratelimit-requests-reset"]
    async with running(Settings(rate_limit=5, limit_headers="none")) as url:
        _, _, headers = await Client(url, session).post("/v1/completions", question)
    assert not [name for name in headers if "ratelimit" in name.lower()]


async def test_a_refusal_may_ask_to_wait(session: aiohttp.ClientSession) -> None:
    settings = Settings(faults=Faults.parse({"429": 1.0}), retry_after=1.0)
    async with running(settings) as url:
        question = {"model": "m", "prompt": "a"}
        status, _, headers = await Client(url, session).post("/v1/completions", question)
    assert (status, headers["Retry-After"]) == (429, "1")


def test_headers_of_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="openai"):
        Settings(limit_headers="nobody")


async def test_with_a_price_every_reply_says_what_it_costs_and_all_are_charged(
    session: aiohttp.ClientSession,
) -> None:
    faults = Faults.parse({"null": 0.5})
    async with running(Settings(price=(2.0, 10.0), faults=faults)) as url:
        client = Client(url, session)
        usages = [(await client.chat(f"Explain thing {i}."))["usage"] for i in range(10)]
        for usage in usages:
            charged = usage["prompt_tokens"] * 2 + usage["completion_tokens"] * 10
            assert usage["cost"] == pytest.approx(charged / 1e6)
        bill = (await client.stats())["billed"]["m"]
    assert bill["replies"] == 10
    assert bill["output_tokens"] == sum(usage["completion_tokens"] for usage in usages)
    assert bill["cost"] == pytest.approx(sum(usage["cost"] for usage in usages))


async def test_messages_speak_anthropic(client: Client) -> None:
    messages = [{"role": "user", "content": "Explain tides."}]
    question: Any = {"model": "m", "messages": messages, "max_tokens": 5}
    status, body, headers = await client.post("/v1/messages", question)
    assert status == 200
    assert headers["request-id"]
    assert (body["type"], body["stop_reason"]) == ("message", "max_tokens")
    assert len(body["content"][0]["text"]) == 20
    assert body["usage"] == {"input_tokens": 4, "output_tokens": 5}
    tool = {"name": "form", "input_schema": SCHEMA}
    question |= {"max_tokens": 100, "tools": [tool], "tool_choice": {"type": "any"}}
    _, body, _ = await client.post("/v1/messages", question)
    assert body["stop_reason"] == "tool_use"
    assert set(body["content"][0]["input"]) == {"n", "s"}
    assert (await client.stats())["answered"] == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": [{"role": "system", "content": "a"}]}, "role"),
        ({"tool_choice": {"type": "tool", "name": "x"}}, "tools"),
    ],
)
async def test_messages_are_refused_in_its_words(
    client: Client, change: dict[str, Any], words: str
) -> None:
    question = {"model": "m", "messages": [{"role": "user", "content": "a"}], "max_tokens": 5}
    status, body, _ = await client.post("/v1/messages", {**question, **change})
    assert (status, body["type"]) == (400, "error")
    assert body["error"]["type"] == "invalid_request_error"
    assert words in body["error"]["message"]


@pytest.mark.parametrize("form", REASONING_FORMS)
async def test_what_was_thought_is_shown_in_the_form_asked_for(
    session: aiohttp.ClientSession, form: str
) -> None:
    async with running(Settings(reasoning=form)) as url:
        body = await Client(url, session).chat()
    message = body["choices"][0]["message"]
    where = message["content"] if form.startswith("think") else str(message[form])
    assert "Let me think" in where
    assert ("<think>" in where, "</think>" in where) == (
        form == "think",
        form in REASONING_FORMS[3:],
    )
    thought = body["usage"]["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < thought < body["usage"]["completion_tokens"]


async def test_arguments_are_refused_as_models_that_reason_do(
    session: aiohttp.ClientSession,
) -> None:
    async with running(Settings(refuses=("max_tokens", "temperature"))) as url:
        client = Client(url, session)
        await client.chat(max_completion_tokens=5, temperature=1.0)
        question = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
        for refused in ({"max_tokens": 5}, {"temperature": 0.5}):
            status, body, _ = await client.post("/v1/chat/completions", {**question, **refused})
            assert status == 400
            assert next(iter(refused)) in body["error"]["message"]


def test_an_unknown_form_of_reasoning_is_told() -> None:
    with pytest.raises(ValueError, match="think_end"):
        Settings(reasoning="aloud")

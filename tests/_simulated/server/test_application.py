"""Protects what clients of the simulated server rely on, whatever the wire format."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from simulated_client import Client, serving


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving() as client:
        yield client


async def test_root_serves_the_same_as_v1(client: Client) -> None:
    question = {"model": "m", "messages": [{"role": "user", "content": "Explain tides."}]}
    _, body, _ = await client.post("/chat/completions", question)
    assert body["choices"] == (await client.chat())["choices"]
    assert (await client.get("/models"))[1] == (await client.get("/v1/models"))[1]
    assert await client.get("/health") == (200, {"status": "ok"})


async def test_only_the_right_api_key_is_accepted_and_none_is_repeated() -> None:
    async with serving(api_key="right-key") as client:
        assert (await client.with_key("right-key").chat())["choices"]
        for key in ("wrong-key", None):
            status, body, _ = await client.with_key(key).post("/v1/chat/completions", {})
            assert status == 401
            assert body["error"]["code"] == "invalid_api_key"
            assert body["error"]["type"] == "invalid_request_error"
            assert "key" not in body["error"]["message"].replace("API key", "")
            assert (await client.with_key(key).get("/v1/models"))[0] == 401
        assert "right-key" not in repr(Settings(api_key="right-key"))


async def test_only_the_given_models_are_served() -> None:
    async with serving(models=("m", "org/n")) as client:
        assert (await client.chat())["model"] == "m"
        question = {"model": "other", "messages": [{"role": "user", "content": "a"}]}
        status, body, _ = await client.post("/v1/chat/completions", question)
        assert status == 404
        assert body["error"]["code"] == "model_not_found"
        _, listed = await client.get("/v1/models")
        assert [model["id"] for model in listed["data"]] == ["m", "org/n"]
        assert (await client.get("/v1/models/org/n"))[1]["id"] == "org/n"
        assert (await client.get("/v1/models/other"))[0] == 404


async def test_recorded_answers_come_back_byte_for_byte(tmp_path: Path) -> None:
    text = "  Käse\u2028\r\n\t\u0000 \U0001f600 end \n"
    row = {"instruction": "Say it.", "outputs": {"big": text}, "extra": 1}
    path = tmp_path / "replay.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n\n", encoding="utf-8")
    async with serving(replay=path) as client:
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


async def test_a_request_above_the_rate_limit_gets_429_with_retry_after() -> None:
    question = {"model": "m", "prompt": "a"}
    async with serving(rate_limit=0.5) as client:
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


async def test_settings_change_while_the_server_runs(client: Client) -> None:
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
async def test_invalid_settings_change_nothing(
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


async def test_no_more_requests_are_processed_at_once_than_the_capacity() -> None:
    async with serving(capacity=2, latency=Latency.parse("0.05")) as client:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(*(client.chat(str(number)) for number in range(6)))
        # Three rounds of two.
        assert loop.time() - begun >= 0.149


async def test_rate_limit_headers_have_the_chosen_style() -> None:
    question = {"model": "m", "prompt": "a"}
    async with serving(rate_limit=5, limit_headers="anthropic") as client:
        _, _, headers = await client.post("/v1/completions", question)
    assert headers["anthropic-ratelimit-requests-limit"] == "5"
    assert headers["anthropic-ratelimit-requests-remaining"] == "4"
    assert "T" in headers["anthropic-ratelimit-requests-reset"]
    async with serving(rate_limit=5, limit_headers="none") as client:
        _, _, headers = await client.post("/v1/completions", question)
    assert not [name for name in headers if "ratelimit" in name.lower()]


async def test_with_a_price_every_response_reports_its_cost_and_is_charged() -> None:
    faults = Faults.parse({"null": 0.5})
    async with serving(price=(2.0, 10.0), faults=faults) as client:
        usages = [(await client.chat(f"Explain thing {i}."))["usage"] for i in range(10)]
        for usage in usages:
            charged = usage["prompt_tokens"] * 2 + usage["completion_tokens"] * 10
            assert usage["cost"] == pytest.approx(charged / 1e6)
        bill = (await client.stats())["billed"]["m"]
    assert bill["replies"] == 10
    assert bill["output_tokens"] == sum(usage["completion_tokens"] for usage in usages)
    assert bill["cost"] == pytest.approx(sum(usage["cost"] for usage in usages))


async def test_arguments_are_rejected_as_by_reasoning_models() -> None:
    async with serving(refuses=("max_tokens", "temperature")) as client:
        await client.chat(max_completion_tokens=5, temperature=1.0)
        question = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
        for refused in ({"max_tokens": 5}, {"temperature": 0.5}):
            status, body, _ = await client.post("/v1/chat/completions", {**question, **refused})
            assert status == 400
            assert next(iter(refused)) in body["error"]["message"]

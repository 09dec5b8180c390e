"""Magpie over real HTTP: the model is kept busy, and no question is asked a second time.

The endpoint continues text like TGI, and writes a user message if the text ends with the text
before one. A small tokenizer takes the place of that of a model.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.settings import Settings
from distilabel.models import InferenceEndpointsLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import Magpie, MagpieGenerator
from endpoint import Endpoint
from rooms import rows_of, script

ROWS = 200
IN_FLIGHT = 40


class Tokenizer:
    """Renders as ChatML; a token is a letter."""

    def apply_chat_template(self, conversation: Any, tokenize: bool, **options: Any) -> str:
        return "".join(
            f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in conversation
        ) + ("<|im_start|>assistant\n" if options["add_generation_prompt"] else "")

    def encode(self, text: str, **options: Any) -> list[str]:
        return list(text)


def put_up_tokenizer(modules: Any) -> None:
    """Makes programs find the tokenizer in place of that of a model."""
    made = SimpleNamespace(from_pretrained=lambda name, token: Tokenizer())
    modules["transformers"] = SimpleNamespace(AutoTokenizer=made)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setitem(sys.modules, "transformers", None)
    put_up_tokenizer(sys.modules)
    server = Endpoint(Settings(latency=Latency.parse("lognormal:0.05:1.0:1")))
    yield server
    server.close()


def llm(url: str, **fields: Any) -> InferenceEndpointsLLM:
    return InferenceEndpointsLLM(
        base_url=url,
        api_key="none",
        tokenizer_id="t",
        magpie_pre_query_template="qwen2",
        **fields,
    )


def generator(url: str, cache: Path, **fields: Any) -> Pipeline:
    with Pipeline(name="p", cache_dir=cache) as pipeline:
        MagpieGenerator(**{"llm": llm(url), "num_rows": ROWS, "batch_size": 5, **fields})
    return pipeline


def same(some: Any, others: Any) -> bool:
    """Returns True if rows are the same; the answers to equal user messages may have swapped."""
    return begun(some) == begun(others) and sorted(map(str, some)) == sorted(map(str, others))


def begun(rows: Any) -> list[str]:
    """Returns the first user message of each row."""
    return [row.get("instruction") or row["conversation"][0]["content"] for row in rows]


def two_turns(url: str, cache: Path) -> Pipeline:
    """The program to kill, with a known number of questions in flight."""
    model = llm(url, max_concurrency=IN_FLIGHT)
    return generator(url, cache, llm=model, n_turns=2, system_prompt=["a", "b"])


def test_the_model_is_kept_busy_and_a_rerun_asks_nothing(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    first = generator(endpoint.url, tmp_path).run()
    stats = endpoint.stats()
    # Five at a time is what batch after batch would be.
    assert stats["max_in_flight"] > 3 * 5
    assert stats["requests"] == stats["answered"] == 2 * ROWS
    assert stats["repeats"] == 0
    rows = rows_of(first)
    assert len({row["instruction"] for row in rows}) > 0.8 * ROWS
    assert first.report.balanced

    again = generator(endpoint.url, tmp_path, batch_size=50).run()
    assert endpoint.asked() == 2 * ROWS
    assert same(rows_of(again), rows)

    more = generator(endpoint.url, tmp_path, num_rows=ROWS + 10).run()
    assert endpoint.asked() == 2 * (ROWS + 10)
    assert same(rows_of(more)[:ROWS], rows)


def test_equal_rows_get_their_own_conversations_and_a_rerun_finds_them(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    prompts = {"owls": ("You know owls.", 0.7), "tides": ("You know tides.", 0.3)}

    def run() -> Any:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=[{"topic": "any"}] * 50)
            load >> Magpie(llm=llm(endpoint.url), n_turns=2, system_prompt=prompts)
        return rows_of(pipeline.run())

    rows = run()
    assert endpoint.asked() == 4 * 50
    assert endpoint.stats()["repeats"] == 0
    assert {row["system_prompt_key"] for row in rows} == {"owls", "tides"}
    assert len({str(row["conversation"]) for row in rows}) == 50
    roles = [message["role"] for message in rows[0]["conversation"]]
    assert roles == ["user", "assistant", "user", "assistant"]
    again = run()
    assert same(again, rows)
    assert [row["system_prompt_key"] for row in again] == [row["system_prompt_key"] for row in rows]
    assert endpoint.asked() == 4 * 50


def test_a_target_stops_the_generator_early(endpoint: Endpoint, tmp_path: Path) -> None:
    distiset = generator(endpoint.url, tmp_path, num_rows=100_000).run(target_rows=30)
    assert len(rows_of(distiset)) == 30
    assert endpoint.asked() <= 2 * 30


def test_after_a_kill_only_what_was_in_flight_is_asked_again(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    program = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_magpie_over_http import put_up_tokenizer, two_turns

        put_up_tokenizer(sys.modules)
        two_turns({endpoint.url!r}, Path("cache")).run()
    """
    process = script(program, tmp_path)
    until = time.monotonic() + 60
    while endpoint.asked() < 250 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    before = endpoint.stats()
    assert 250 <= before["answered"] < 4 * ROWS
    distiset = two_turns(endpoint.url, tmp_path / "cache").run()
    assert len(rows_of(distiset)) == ROWS
    assert distiset.report.balanced
    after = endpoint.stats()
    assert after["questions"] == 4 * ROWS
    # What had been answered but was not yet kept, at most what was in flight, is asked again.
    assert after["answered"] - 4 * ROWS <= IN_FLIGHT
    two_turns(endpoint.url, tmp_path / "cache").run()
    assert endpoint.asked() == after["answered"]

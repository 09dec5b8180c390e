"""Failures over real HTTP: a rerun asks for exactly the failed rows, and no row is too odd."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import Step, StepInput
from distilabel.steps.tasks import TextGeneration
from rooms import rows_of
from serving import Server, reply, said, serving


class Asked:
    """A server in a thread of its own that answers as a function of the text says."""

    def __init__(self, answer: Callable[[str], web.Response]) -> None:
        self.answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._serving = serving(self._reply)
        self.server: Server = self._do(self._serving.__aenter__())

    async def _reply(self, request: web.Request) -> web.Response:
        body = await request.json()
        return self.answer(body["messages"][-1]["content"])

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def taken(self) -> Counter[str]:
        """How often each text was asked since the last look."""
        bodies = [body for body in self.server.bodies if body]
        self.server.seen.clear()
        return Counter(body["messages"][-1]["content"] for body in bodies)

    def llm(self) -> OpenAILLM:
        return OpenAILLM(model="m", base_url=f"{self.server.url}/v1", api_key="k")

    def close(self) -> None:
        self._do(self._serving.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def asked() -> Iterator[Asked]:
    server = Asked(lambda text: reply(said("good")))
    yield server
    server.close()


class Strict(TextGeneration):
    """Reads nothing but texts that begin with `good`."""

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        if output is not None and not output.startswith("good"):
            raise ValueError("bad")
        return {"generation": output}


@pytest.mark.parametrize("on_error", ["null", "drop"])
def test_a_rerun_asks_for_exactly_the_failed_rows(
    on_error: Any, asked: Asked, tmp_path: Path
) -> None:
    count = 24
    faulty = True

    def answer(text: str) -> web.Response:
        number = int(text)
        if faulty and number % 4 == 1:
            return reply({"error": {"message": "no such question"}}, status=400)
        if faulty and number % 4 == 2:
            return reply(said("nothing that can be read"))
        if number % 4 == 3 and number not in said_badly:
            said_badly.add(number)
            return reply(said("bad at first"))
        return reply(said("good"))

    said_badly: set[int] = set()
    asked.answer = answer

    def run() -> Any:
        with Pipeline(name="p", cache_dir=tmp_path, on_error=on_error) as pipeline:
            Strict(name="s", llm=asked.llm())
        return pipeline.run(dataset=[{"instruction": str(n)} for n in range(count)])

    refused = {str(n) for n in range(1, count, 4)}
    unread = {str(n) for n in range(2, count, 4)}
    distiset = run()
    expected = Counter({str(n): 1 for n in range(count)})
    expected.update(unread)
    expected.update(str(n) for n in range(3, count, 4))
    assert asked.taken() == expected
    step = distiset.report.steps["s"]
    assert step.asked == expected.total()
    assert step.answered == expected.total() - len(refused)
    failed = {str(f["key"][0]): f["type"] for f in distiset.failures}
    assert failed == dict.fromkeys(refused, "AnswerError") | dict.fromkeys(
        unread, "UnreadableAnswer"
    )
    assert distiset.report.balanced

    # Of those that cannot be read, the first answer is kept: a parser may be at fault.
    again = run()
    assert asked.taken() == Counter(refused | unread)
    assert again.failures == distiset.failures
    assert rows_of(again) == rows_of(distiset)

    faulty = False
    healed = run()
    assert asked.taken() == Counter(refused | unread)
    assert [row["generation"] for row in rows_of(healed)] == ["good"] * count
    assert healed.failures == []

    last = run()
    assert asked.taken() == Counter()
    assert rows_of(last) == rows_of(healed)


class Marks(Step):
    """A plain step of a user's: kept by its rows."""

    @property
    def inputs(self) -> list[str]:
        return ["instruction"]

    @property
    def outputs(self) -> list[str]:
        return ["length"]

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            row["length"] = len(row["instruction"] or "")
        yield inputs


HALF = "an owl \ud83e"
LONG = "long " * 1_000_000


def test_odd_rows_cost_nothing_but_themselves(
    asked: Asked, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # The server, too, cuts a character in two.
    asked.answer = lambda text: web.Response(
        body=b'{"choices": [{"message": {"content": "good \\ud83e"}}]}',
        content_type="application/json",
    )
    texts: list[Any] = ["plain", None, "plain", HALF, LONG, "", "\x00", "null"]

    def run() -> Any:
        rows = [{"instruction": text, "deep": [{"x": text}]} for text in texts]
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=rows)
            first = Strict(name="first", llm=asked.llm())
            again = Strict(
                name="again",
                llm=asked.llm(),
                template="{{ generation }} {{ instruction }}",
                columns=["generation", "instruction"],
            )
            load >> Marks(name="marks") >> first >> again
        return pipeline.run()

    distiset = run()
    rows = rows_of(distiset)
    whole = [text if text != HALF else "an owl \ufffd" for text in texts]
    assert [row["instruction"] for row in rows] == whole
    assert [row["deep"] for row in rows] == [[{"x": text}] for text in whole]
    assert [row["length"] for row in rows] == [len(text or "") for text in texts]
    generations = ["good \ufffd" if text is not None else None for text in texts]
    assert [row["generation"] for row in rows] == generations
    assert [(f["step"], f["key"]) for f in distiset.failures] == [("first", (1,))]
    assert distiset.report.balanced
    sent = asked.taken()
    assert sent["plain"] == 2
    assert sent["an owl \ufffd"] == 1
    assert sent.total() == 14
    told = [r.getMessage() for r in caplog.records if "unpaired surrogates" in r.getMessage()]
    assert len(told) == 3
    assert sum("first:" in words for words in told) == 1

    assert rows_of(run()) == rows
    assert asked.taken() == Counter()

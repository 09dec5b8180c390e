"""Protects what a model of one's own can rely on."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel._core.sync_bridge import background_loop
from distilabel.errors import AnswerError, DistilabelNotImplementedError
from distilabel.models import LLM, AsyncLLM
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import use_clients
from distilabel.models.llms.utils import compute_tokens, prepare_output


class Own(AsyncLLM):
    """Written by a user."""

    style: str = "plain"

    @property
    def model_name(self) -> str:
        return "own"

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, loud: bool = False
    ) -> Any:
        """Answers.

        Args:
            input: the question.
            num_generations: answers.
            loud: whether to shout.
        """
        await asyncio.sleep(0)
        text = input[-1]["content"]
        return prepare_output([text.upper() if loud else text] * num_generations, [1], [2])


class OneByOne(Own):
    """Gives one answer a call."""

    _num_generations_param_supported = False

    async def agenerate(self, input: Any, loud: bool = False) -> Any:  # type: ignore[override]
        return prepare_output([input[-1]["content"]], [1], [2])


class Sync(LLM):
    """Written by a user, synchronously."""

    @property
    def model_name(self) -> str:
        return "sync"

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return [prepare_output([str(len(inputs))] * num_generations) for _ in inputs]


def chat(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_generate_answers_in_order() -> None:
    outputs = Own().generate([chat("a"), chat("b")], num_generations=2, loud=True)
    assert [output["generations"] for output in outputs] == [["A", "A"], ["B", "B"]]


async def test_generate_works_under_a_running_loop() -> None:
    assert Own().generate([chat("a")])[0]["generations"] == ["a"]


def test_a_model_of_one_answer_a_call_is_called_several_times() -> None:
    output = OneByOne().generate([chat("a")], num_generations=3)[0]
    assert output == {
        "generations": ["a"] * 3,
        "statistics": {"input_tokens": [1] * 3, "output_tokens": [2] * 3},
    }


def test_generation_kwargs_are_used() -> None:
    llm = Own(generation_kwargs={"loud": True})
    assert llm.get_generation_kwargs() == {"loud": True}
    assert llm.generate([chat("a")])[0]["generations"] == ["A"]


def test_generate_outputs_is_generate_outside_a_pipeline() -> None:
    assert Sync().generate_outputs([chat("a"), chat("b")])[1]["generations"] == ["2"]
    assert Own().generate_outputs([chat("a")])[0]["generations"] == ["a"]


def test_batch_jobs_are_told_to_be_missing() -> None:
    llm = Own(use_offline_batch_generation=True)
    with pytest.raises(DistilabelNotImplementedError, match="Own"):
        llm.generate_outputs([chat("a")])


def test_hidden_states_are_told_to_be_missing() -> None:
    with pytest.raises(NotImplementedError, match="Own"):
        Own().get_last_hidden_states([chat("a")])


def test_load_makes_the_logger() -> None:
    llm = Own()
    llm.load()
    assert llm._logger is logging.getLogger("distilabel.llm.own")


async def test_the_loop_is_the_running_one_or_the_one_in_the_background() -> None:
    assert Own().event_loop is asyncio.get_running_loop()
    loop = await asyncio.to_thread(lambda: Own().event_loop)
    assert loop is background_loop()


def test_arguments_and_their_descriptions_come_from_the_method() -> None:
    assert Own().runtime_parameters_names["generation_kwargs"] == {"loud": True}
    keys = [
        entry["keys"]
        for entry in Own().get_runtime_parameters_info()
        if entry["name"] == "generation_kwargs"
    ]
    assert keys == [[{"name": "loud", "optional": True, "description": "whether to shout."}]]


def test_the_identity_is_made_of_what_changes_answers() -> None:
    same = Own(generation_kwargs={"loud": True}, max_concurrency=3)
    assert Own()._identity() == same._identity()
    assert Own()._identity() != Own(style="rich")._identity()
    assert Own(identity="mine")._identity() == "mine"


def test_a_failing_question_raises() -> None:
    class Failing(Own):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            raise AnswerError("no")

    with pytest.raises(AnswerError, match="no"):
        Failing().generate([chat("a")])


def test_an_output_leaves_out_what_is_empty() -> None:
    assert prepare_output(["a"]) == {"generations": ["a"], "statistics": {}}
    assert prepare_output(["a"], [1], [2], [[]]) == {
        "generations": ["a"],
        "statistics": {"input_tokens": [1], "output_tokens": [2]},
        "logprobs": [[]],
    }


def test_tokens_are_counted_in_text_and_in_messages() -> None:
    assert compute_tokens("abc", list) == 3
    assert compute_tokens([*chat("ab"), *chat("c")], list) == 3


async def test_generate_inside_a_step_asks_on_the_loop_of_its_client() -> None:
    loops: list[Any] = []

    class Where(Own):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            loops.append(asyncio.get_running_loop())
            return prepare_output(["a"])

    llm = Where()
    client = ModelClient(llm)
    client.loop = asyncio.get_running_loop()

    def process() -> Any:
        with use_clients({id(llm): client}):
            return llm.generate([chat("a")])

    await asyncio.to_thread(process)
    assert loops == [asyncio.get_running_loop()]


class _OneAnswer(AsyncLLM):
    @property
    def model_name(self) -> str:
        return "one"

    async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        assert "num_generations" not in kwargs
        return {"generations": [str(kwargs)], "statistics": {"output_tokens": [2]}}


class _ByClassAttribute(_OneAnswer):
    _num_generations_param_supported = False


class _ByPrivateAttribute(_OneAnswer):
    _num_generations_param_supported: bool = PrivateAttr(default=False)


class _InLoad(_OneAnswer):
    def load(self) -> None:
        super().load()
        self._num_generations_param_supported = False


@pytest.mark.parametrize("cls", [_ByClassAttribute, _ByPrivateAttribute, _InLoad])
def test_a_model_of_one_answer_may_say_so_in_any_way(cls: type[AsyncLLM]) -> None:
    llm = cls(generation_kwargs={"anything": 1})
    llm.load()
    (output,) = llm.generate_outputs([[{"role": "user", "content": "q"}]], num_generations=2)
    assert output["generations"] == ["{'anything': 1}"] * 2
    assert output["statistics"]["output_tokens"] == [2, 2]

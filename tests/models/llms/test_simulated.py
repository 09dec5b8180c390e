"""Protects the simulated model in the process: its answers, its faults and its identity."""

import asyncio
import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.llms.simulated import SimulatedLLM
from distilabel.typing import ChatType, StructuredOutputType

CHAT: ChatType = [{"role": "user", "content": "Explain how tides work."}]


class Fact(BaseModel):
    name: str
    year: int


def loaded(**fields: Any) -> SimulatedLLM:
    llm = SimulatedLLM(**fields)
    llm.load()
    return llm


async def test_every_generation_has_its_token_counts() -> None:
    output = await loaded().agenerate(CHAT, num_generations=3)
    texts = output["generations"]
    assert len(set(texts)) == 3
    assert output["statistics"]["input_tokens"] == [6, 6, 6]
    assert output["statistics"]["output_tokens"] == [-(-len(text or "") // 4) for text in texts]


async def test_equal_questions_get_equal_answers_in_any_order() -> None:
    other: ChatType = [{"role": "user", "content": "Explain rain."}]
    forth = [await loaded().agenerate(chat) for chat in (CHAT, other)]
    back = [await loaded().agenerate(chat) for chat in (other, CHAT)]
    assert forth == back[::-1]


@pytest.mark.parametrize("change", [{"model": "other"}, {"seed": 1}])
async def test_model_and_seed_change_the_answer(change: dict[str, Any]) -> None:
    assert await loaded().agenerate(CHAT) != await loaded(**change).agenerate(CHAT)


async def test_the_question_s_own_seed_changes_the_answer() -> None:
    assert await loaded().agenerate(CHAT) != await loaded().agenerate(CHAT, seed=1)


async def test_max_new_tokens_cuts_the_answer() -> None:
    output = await loaded().agenerate(CHAT, max_new_tokens=2)
    assert output["statistics"]["output_tokens"] == [2]


@pytest.mark.parametrize("schema", [Fact, Fact.model_json_schema()])
async def test_structured_output_validates_against_its_schema(schema: Any) -> None:
    structure: StructuredOutputType = {"format": "json", "schema": schema}
    output = await loaded().agenerate((CHAT, structure))
    Fact.model_validate_json(output["generations"][0] or "")


async def test_a_schema_may_be_json_text_and_a_regex_is_matched() -> None:
    as_text: StructuredOutputType = {"format": "json", "schema": json.dumps({"type": "null"})}
    assert (await loaded().agenerate((CHAT, as_text)))["generations"] == ["null"]
    regex: StructuredOutputType = {"format": "regex", "schema": r"\d{4}"}
    output = await loaded().agenerate((CHAT, regex))
    assert re.fullmatch(r"\d{4}", output["generations"][0] or "")


async def test_an_unsupported_schema_is_not_retried() -> None:
    structure: StructuredOutputType = {"format": "json", "schema": {"not": {}}}
    with pytest.raises(AnswerError, match="'not'") as caught:
        await loaded().agenerate((CHAT, structure))
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("fault", "retryable", "overloaded", "status"),
    [
        ("429", True, True, 429),
        ("500", True, False, 500),
        ("503", True, True, 503),
        ("400", False, False, 400),
        ("drop", True, False, None),
        ("reset", True, False, None),
        ("malformed", True, False, None),
        ("no_choices", True, False, None),
    ],
)
async def test_the_error_of_a_fault_says_whether_a_retry_can_help(
    fault: str, retryable: bool, overloaded: bool, status: int | None
) -> None:
    with pytest.raises(AnswerError) as caught:
        await loaded(faults={fault: 1.0}).agenerate(CHAT)
    error = caught.value
    assert (error.retryable, error.overloaded, error.status) == (retryable, overloaded, status)


@pytest.mark.parametrize("fault", ["401", "403", "404"])
async def test_a_rejected_key_or_model_stops_the_run(fault: str) -> None:
    with pytest.raises(EndpointError):
        await loaded(faults={fault: 1.0}).agenerate(CHAT)


@pytest.mark.parametrize(("fault", "generation"), [("empty", ""), ("null", None)])
async def test_an_answer_without_content(fault: str, generation: str | None) -> None:
    output = await loaded(faults={fault: 1.0}).agenerate(CHAT)
    assert output["generations"] == [generation]
    assert output["statistics"]["output_tokens"] == [0]


async def test_hang_hangs() -> None:
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(loaded(faults={"hang": 1.0}).agenerate(CHAT), timeout=0.05)


async def test_a_retry_draws_a_new_fault() -> None:
    llm = loaded(faults={"503": 0.5})
    results = await asyncio.gather(
        *(llm.agenerate(CHAT) for _ in range(100)), return_exceptions=True
    )
    assert 25 < sum(isinstance(result, AnswerError) for result in results) < 75


@pytest.mark.parametrize("fields", [{"latency": "soon"}, {"faults": {"boom": 0.1}}])
def test_invalid_fields_are_rejected_when_the_model_is_created(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="write"):
        SimulatedLLM(**fields)


def test_latency_and_faults_do_not_change_the_identity() -> None:
    assert SimulatedLLM()._identity() == SimulatedLLM(latency="1", faults={"429": 0.1})._identity()
    assert SimulatedLLM()._identity() != SimulatedLLM(seed=1)._identity()
    assert SimulatedLLM()._identity() != SimulatedLLM(model="other")._identity()


def test_it_can_be_dumped_and_loaded() -> None:
    llm = SimulatedLLM(latency="0.1", faults={"429": 0.1}, seed=3)
    assert SimulatedLLM.from_dict(llm.dump()).dump() == llm.dump()


async def test_reasoning_does_not_change_the_generations() -> None:
    plain = await loaded().agenerate(CHAT, num_generations=2)
    output = await loaded(reasoning=True).agenerate(CHAT, num_generations=2)
    assert output["generations"] == plain["generations"]
    assert all(output["reasoning"])
    assert "reasoning" not in plain
    with pytest.raises(AnswerError, match="all 3 tokens thinking: raise max_new_tokens"):
        await loaded(reasoning=True).agenerate(CHAT, max_new_tokens=3)


def test_reasoning_is_dumped_only_if_true() -> None:
    assert "reasoning" not in SimulatedLLM().dump()
    assert SimulatedLLM(reasoning=True).dump()["reasoning"] is True


@pytest.mark.parametrize("template", ["llama3", "qwen2", "<an unknown template>"])
async def test_with_a_magpie_template_it_writes_the_user_message_too(template: str) -> None:
    llm = SimulatedLLM(magpie_pre_query_template=template)
    chat: Any = [{"role": "system", "content": "You know owls."}]
    assert (await llm.agenerate([]))["statistics"]["output_tokens"][0] > 0
    plain = (await llm.agenerate(chat))["generations"][0]
    llm.use_magpie_template = True
    said = {str((await llm.agenerate(chat, seed=seed))["generations"][0]) for seed in range(20)}
    assert len(said) > 15
    assert plain not in said
    assert all(len(text) < 120 for text in said)
    # After a user's message it is the assistant's turn.
    user: Any = [{"role": "user", "content": "What do owls eat?"}]
    assert await llm.agenerate(user) == await SimulatedLLM().agenerate(user)


async def test_structured_output_of_the_model_is_that_of_every_answer() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [7]}}, "required": ["a"]}
    llm = SimulatedLLM(structured_output={"format": "json", "schema": schema})
    assert (await llm.agenerate(CHAT))["generations"] == ['{"a":7}']
    # That of a question goes first.
    of_question: Any = (CHAT, {"format": "regex", "schema": "x+y"})
    assert str((await llm.agenerate(of_question))["generations"][0]).endswith("xy")
    assert "structured_output" not in SimulatedLLM().dump()

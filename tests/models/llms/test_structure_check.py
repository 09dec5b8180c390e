"""Protects that an answer against its schema is said, once, and is still returned."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.models import OpenAILLM
from distilabel.models.llms.structure_check import violation
from serving import said, serving


class Person(BaseModel):
    """A form."""

    name: str
    age: int


@pytest.mark.parametrize(
    ("text", "schema", "fault"),
    [
        ('{"name": "a", "age": 1}', Person, ""),
        ('{"name": "a"}', Person, "age: Field required"),
        ("no", Person, "the whole: Invalid JSON"),
        (None, Person, ""),
        ("no", {"type": "object"}, "it is not JSON"),
        ("[]", {"type": "object"}, "it is not of type object"),
        ("{}", {"type": "object", "required": ["a"]}, "it has no 'a'"),
        ("[1]", {"type": "array"}, ""),
        ("{}", {"anyOf": [{"type": "object"}]}, ""),
        ("{}", {"type": ["object", "null"]}, ""),
    ],
)
def test_what_breaks_a_schema_is_named(text: Any, schema: Any, fault: str) -> None:
    assert violation(text, schema).startswith(fault)
    assert bool(violation(text, schema)) == bool(fault)


@pytest.mark.usefixtures("client")
async def test_a_bad_answer_is_logged_once_and_returned(caplog: pytest.LogCaptureFixture) -> None:
    chat: Any = [{"role": "user", "content": "a"}]
    async with serving(said('{"name": "a"}')) as server:
        llm = OpenAILLM(
            model="m",
            base_url=f"{server.url}/v1",
            api_key="k",
            structured_output={"schema": Person},
        )
        llm.load()
        for _ in range(2):
            assert (await llm.agenerate(chat))["generations"] == ['{"name": "a"}']
    (record,) = [r for r in caplog.records if "structured_output" in r.getMessage()]
    assert "m: an answer does not follow structured_output: age" in record.getMessage()

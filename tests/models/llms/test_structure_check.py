"""Protects that an answer against its schema is said, once, and is still returned."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.models import OpenAILLM
from serving import said, serving


class Person(BaseModel):
    """A form."""

    name: str
    age: int


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

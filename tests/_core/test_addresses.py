"""Protects passwords in addresses from being shown or written down."""

from __future__ import annotations

import pytest

from distilabel._core.addresses import without_password
from distilabel.errors import EndpointError
from distilabel.models import OpenAILLM
from distilabel.models.http import transport


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:secret@host:8000/v1", "http://host:8000/v1"),
        ("cannot reach https://me@host/v1: refused", "cannot reach https://host/v1: refused"),
        ("http://host/v1?mail=a@b", "http://host/v1?mail=a@b"),
        ("write to me@host", "write to me@host"),
    ],
)
def test_only_who_is_let_in_is_left_out(text: str, shown: str) -> None:
    assert without_password(text) == shown


async def test_neither_a_dump_nor_an_error_holds_it() -> None:
    llm = OpenAILLM(model="m", api_key="k", base_url="http://me:secret@127.0.0.1:9/v1")
    llm.max_retries = 0
    llm.load()
    assert "secret" not in str(llm.dump())
    try:
        with pytest.raises(EndpointError) as caught:
            await llm._preflight()
    finally:
        await transport.close()
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)

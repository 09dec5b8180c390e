"""Protects what is learned from a refusal, and what is not."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.models.http.unsupported_arguments import UnsupportedArguments

ARGUMENTS = {"max_tokens": 5, "temperature": 0.5, "n": 2, "stop": None}


def refusing(*words: str) -> Any:
    """Refuses with each of the words in turn, then answers."""
    left = list(words)
    seen: list[dict[str, Any]] = []

    async def send(arguments: dict[str, Any]) -> bytes:
        seen.append(arguments)
        if left:
            raise AnswerError("refused", status=400, raw=left.pop(0))
        return b"fine"

    return send, seen


RENAMED = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (RENAMED, {"max_completion_tokens": 5, "temperature": 0.5, "n": 2, "stop": None}),
        (
            "Unsupported value: 'temperature' does not support 0.5 with this model.",
            {"max_tokens": 5, "n": 2, "stop": None},
        ),
        ("`temperature` is deprecated for this model.", {"max_tokens": 5, "n": 2, "stop": None}),
    ],
)
async def test_what_is_refused_is_asked_otherwise_and_told_once(
    words: str, left: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    refusals = UnsupportedArguments()
    send, seen = refusing(words)
    with caplog.at_level(logging.INFO):
        assert await refusals.send("m", ARGUMENTS, send) == b"fine"
        assert await refusals.send("m", ARGUMENTS, send) == b"fine"
    assert seen == [ARGUMENTS, left, left]
    assert len(caplog.records) == 1


async def test_a_schema_goes_into_a_json_object_where_a_server_has_no_json_schema() -> None:
    """The server of llama-cpp-python says so as an error of its own."""
    schema = {"type": "object"}
    format = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    words = "{'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or "
    refusals = UnsupportedArguments()
    seen: list[Any] = []

    async def send(arguments: dict[str, Any]) -> bytes:
        seen.append(arguments["response_format"])
        if seen[-1]["type"] == "json_schema":
            raise AnswerError("refused", status=500, raw=f"{words}'json_object'\"}}")
        return b"fine"

    for _ in range(2):
        assert await refusals.send("m", {"response_format": format}, send) == b"fine"
    assert seen == [format] + [{"type": "json_object", "schema": schema}] * 2
    # Requests without a schema stay as they are.
    assert refusals.without({"n": 1, "response_format": None})["response_format"] is None


async def test_one_thing_after_the_other_is_learned() -> None:
    send, seen = refusing(RENAMED, "'temperature' is not supported")
    await UnsupportedArguments().send("m", ARGUMENTS, send)
    assert seen[-1] == {"max_completion_tokens": 5, "n": 2, "stop": None}


@pytest.mark.parametrize(
    "words",
    [
        "prompt is too long",
        # Without it, another question would be answered.
        "Unsupported value: 'n' does not support 2 with this model.",
        # Not what was sent: it came with extra_body, and is for its writer to change.
        "Unsupported parameter: 'min_p' is not supported with this model.",
    ],
)
async def test_other_refusals_stay_refusals(words: str) -> None:
    send, seen = refusing(words)
    with pytest.raises(AnswerError, match="refused"):
        await UnsupportedArguments().send("m", ARGUMENTS, send)
    assert seen == [ARGUMENTS]


async def test_what_is_still_refused_is_not_asked_for_ever() -> None:
    send, seen = refusing(*["'temperature' is not supported"] * 9)
    with pytest.raises(AnswerError):
        await UnsupportedArguments().send("m", ARGUMENTS, send)
    assert len(seen) == 2

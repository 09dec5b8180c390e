"""Rows as conversations, in the JSON that OpenAI, Axolotl and LLaMA-Factory read. Pure functions.

A row is an example to imitate, or a pair of a better and a worse answer to one prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

Messages = list[dict[str, Any]]

# Columns that hold an example or a pair, in order of preference.
_PAIR: Final = ("chosen", "rejected")
_TEXTS: Final = (
    ("prompt", "completion"),
    ("instruction", "generation"),
    ("instruction", "response"),
)
_EXAMPLES: Final = (("messages",), ("conversation",), *_TEXTS)
_OPTIONAL: Final = ("system_prompt", "tools", "prompt", "instruction", "generation")


class NoChatError(ValueError):
    """Raised when a row holds no complete conversation."""


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation that ends with the answer to imitate."""

    messages: Messages
    tools: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt with a better and a worse answer."""

    prompt: Messages
    chosen: Messages
    rejected: Messages
    tools: list[Any] | None = None


def chat_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Returns the columns that hold the conversation of a row; empty if there are none.

    Args:
        columns: Columns of the dataset.
    """
    required = next((each for each in (_PAIR, *_EXAMPLES) if set(each) <= set(columns)), ())
    optional = [name for name in _OPTIONAL if name in columns and name not in required]
    return (*required, *optional) if required else ()


def read_chat(row: dict[str, Any]) -> Example | Pair:
    """Reads the conversation of a row.

    Args:
        row: The values of `chat_columns`, as Arrow gives them.

    Raises:
        NoChatError: A value is missing, or is not a conversation; says which column.
    """
    tools = row.get("tools")
    if isinstance(tools, str):
        tools = orjson.loads(tools)
    if set(_PAIR) <= row.keys():
        return _pair(row, tools or None)
    if "messages" in row or "conversation" in row:
        name = "messages" if "messages" in row else "conversation"
        messages = _messages(row, name)
        if messages[-1]["role"] != "assistant" and "generation" in row:
            messages += _messages(row, "generation", role="assistant")
        if messages[-1]["role"] != "assistant":
            raise NoChatError(f"{name!r} does not end with a message of the assistant")
        return Example(messages, tools or None)
    question, answer = next(pair for pair in _TEXTS if set(pair) <= row.keys())
    prompt = _messages(row, question, role="user")
    return Example([*_system(row), *prompt, *_messages(row, answer, "assistant")], tools or None)


def _pair(row: dict[str, Any], tools: list[Any] | None) -> Pair:
    chosen = _messages(row, "chosen", role="assistant")
    rejected = _messages(row, "rejected", role="assistant")
    shared = 0
    # Both conversations begin with the prompt, unless it stands in a column of its own.
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    prompt, chosen, rejected = chosen[:shared], chosen[shared:], rejected[shared:]
    if not prompt:
        name = next((each for each in ("prompt", "instruction") if each in row), None)
        if name is None:
            raise NoChatError("there is no prompt: 'chosen' and 'rejected' have no common start")
        prompt = [*_system(row), *_messages(row, name, role="user")]
    return Pair(prompt, chosen, rejected, tools)


def _system(row: dict[str, Any]) -> Messages:
    text = row.get("system_prompt")
    return [{"role": "system", "content": text}] if isinstance(text, str) and text else []


def _messages(row: dict[str, Any], name: str, role: str | None = None) -> Messages:
    """Returns a column as messages; a text becomes one of the given role."""
    value = row[name]
    if isinstance(value, str) and role is not None:
        return [{"role": role, "content": value}]
    if value is None or value == []:
        raise NoChatError(f"{name!r} is empty")
    if not isinstance(value, list) or not all(isinstance(m, dict) and m.get("role") for m in value):
        raise NoChatError(f"{name!r} is not a list of messages")
    # In a table, a message has the keys of all others, with None.
    return [_without_none(message) for message in value]


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value


# -- one JSON object per row ----------------------------------------------------------------


def openai_row(chat: Example | Pair) -> dict[str, Any]:
    """Returns a row of a file for supervised or preference fine-tuning at OpenAI.

    Args:
        chat: The conversation.
    """
    tools = {"tools": chat.tools} if chat.tools else {}
    if isinstance(chat, Example):
        return {"messages": _with_text_arguments(chat.messages), **tools}
    return {
        "input": {"messages": _with_text_arguments(chat.prompt), **tools},
        "preferred_output": _with_text_arguments(chat.chosen),
        "non_preferred_output": _with_text_arguments(chat.rejected),
    }


def axolotl_row(chat: Example | Pair) -> dict[str, Any]:
    """Returns a row for Axolotl's `type: chat_template`, or `chat_template.default` for pairs.

    Args:
        chat: The conversation.

    Raises:
        NoChatError: An answer of a pair has several messages.
    """
    tools = {"tools": chat.tools} if chat.tools else {}
    return {**_columns(chat, lambda messages: messages), **tools}


def llamafactory_row(chat: Example | Pair) -> dict[str, Any]:
    """Returns a row for LLaMA-Factory, as `llamafactory_description` describes it.

    Args:
        chat: The conversation.

    Raises:
        NoChatError: An answer of a pair has several messages.
    """
    tools = {"tools": orjson.dumps(chat.tools).decode()} if chat.tools else {}
    return {**_columns(chat, lambda messages: list(map(_with_function_call, messages))), **tools}


def llamafactory_description(file: str, pairs: bool, tools: bool) -> dict[str, Any]:
    """Returns the entry of a file in `dataset_info.json`, which LLaMA-Factory looks up.

    Args:
        file: Name of the file.
        pairs: Whether its rows are pairs.
        tools: Whether its rows have tools.
    """
    columns = {"messages": "messages"}
    columns |= {name: name for name in _PAIR} if pairs else {}
    columns |= {"tools": "tools"} if tools else {}
    return {
        "file_name": file,
        "formatting": "sharegpt",
        **({"ranking": True} if pairs else {}),
        "columns": columns,
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "observation_tag": "tool",
            "function_tag": "function_call",
            "system_tag": "system",
        },
    }


def _columns(chat: Example | Pair, convert: Callable[[Messages], Messages]) -> dict[str, Any]:
    if isinstance(chat, Example):
        return {"messages": convert(chat.messages)}
    answers = {"chosen": convert(chat.chosen), "rejected": convert(chat.rejected)}
    if any(len(messages) > 1 for messages in answers.values()):
        raise NoChatError("an answer has several messages, and this format has room for one")
    return {"messages": convert(chat.prompt), **{k: v[0] for k, v in answers.items()}}


def _with_text_arguments(messages: Messages) -> Messages:
    """Returns messages whose tool calls have their arguments as JSON text."""
    return [
        {**message, "tool_calls": [_with_text(call) for call in message["tool_calls"]]}
        if message.get("tool_calls")
        else message
        for message in messages
    ]


def _with_text(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function") or {}
    arguments = function.get("arguments")
    if isinstance(arguments, str) or arguments is None:
        return call
    text = orjson.dumps(arguments).decode()
    return {"type": "function", **call, "function": {**function, "arguments": text}}


def _with_function_call(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message whose tool calls are its text, as LLaMA-Factory expects them."""
    if not message.get("tool_calls"):
        return {"role": message["role"], "content": message.get("content") or ""}
    calls = []
    for call in message["tool_calls"]:
        function = call.get("function") or {}
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            arguments = orjson.loads(arguments)
        calls.append({"name": function.get("name"), "arguments": arguments or {}})
    content = orjson.dumps(calls[0] if len(calls) == 1 else calls).decode()
    return {"role": "function_call", "content": content}

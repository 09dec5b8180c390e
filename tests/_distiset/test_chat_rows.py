"""Protects rows as conversations: each program gets the JSON it reads, and bad rows are named."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._distiset.chat_rows import (
    NoChatError,
    axolotl_row,
    chat_columns,
    llamafactory_description,
    llamafactory_row,
    openai_row,
    read_chat,
)

USER = {"role": "user", "content": "How far?"}
GOOD = {"role": "assistant", "content": "Two miles."}
BAD = {"role": "assistant", "content": "Far."}
SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        ({"messages": [{**USER, "name": None}, GOOD]}, [USER, GOOD]),
        ({"messages": [USER], "generation": "Two miles."}, [USER, GOOD]),
        ({"conversation": [USER, GOOD]}, [USER, GOOD]),
        ({"prompt": "How far?", "completion": "Two miles."}, [USER, GOOD]),
        ({"prompt": [SYSTEM, USER], "completion": [GOOD]}, [SYSTEM, USER, GOOD]),
        ({"instruction": "How far?", "generation": "Two miles."}, [USER, GOOD]),
        (
            {"instruction": "How far?", "response": "Two miles.", "system_prompt": "Be brief."},
            [SYSTEM, USER, GOOD],
        ),
    ],
)
def test_examples_are_found_in_the_usual_columns(
    row: dict[str, Any], messages: list[dict[str, Any]]
) -> None:
    assert set(chat_columns([*row, "score"])) == set(row)
    chat = read_chat(row)
    for convert in (openai_row, axolotl_row, llamafactory_row):
        assert convert(chat) == {"messages": messages}


@pytest.mark.parametrize(
    "row",
    [
        {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
        # As the step of 1.5.3 writes it.
        {"prompt": "How far?", "chosen": [USER, GOOD], "rejected": [USER, BAD]},
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
        {"instruction": "How far?", "chosen": "Two miles.", "rejected": "Far."},
    ],
)
def test_pairs_are_a_prompt_and_two_answers(row: dict[str, Any]) -> None:
    chat = read_chat({name: row[name] for name in chat_columns(list(row))})
    assert openai_row(chat) == {
        "input": {"messages": [USER]},
        "preferred_output": [GOOD],
        "non_preferred_output": [BAD],
    }
    expected = {"messages": [USER], "chosen": GOOD, "rejected": BAD}
    assert axolotl_row(chat) == llamafactory_row(chat) == expected


def test_tool_calls_are_written_as_each_program_reads_them() -> None:
    call = {"id": "1", "function": {"name": "far", "arguments": {"to": "Ulm", "by": None}}}
    asks = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "content": "2", "tool_call_id": "1"}
    tools = [{"type": "function", "function": {"name": "far"}}]
    chat = read_chat({"messages": [USER, asks, result, GOOD], "tools": tools})

    made = openai_row(chat)
    assert made["tools"] == tools
    assert made["messages"][1]["tool_calls"] == [
        {"id": "1", "type": "function", "function": {"name": "far", "arguments": '{"to":"Ulm"}'}}
    ]
    made = llamafactory_row(chat)
    assert made["tools"] == '[{"type":"function","function":{"name":"far"}}]'
    assert made["messages"][1:3] == [
        {"role": "function_call", "content": '{"name":"far","arguments":{"to":"Ulm"}}'},
        {"role": "tool", "content": "2"},
    ]
    # As text, as a column of several kinds of tools is stored.
    assert read_chat({"messages": [USER, GOOD], "tools": made["tools"]}).tools == tools


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"instruction": "a", "generation": None}, "'generation' is empty"),
        ({"messages": []}, "'messages' is empty"),
        ({"messages": [USER]}, "does not end with a message of the assistant"),
        ({"conversation": ["a"]}, "'conversation' is not a list of messages"),
        ({"chosen": "a", "rejected": "b"}, "no prompt"),
    ],
)
def test_rows_without_a_conversation_are_named(row: dict[str, Any], problem: str) -> None:
    with pytest.raises(NoChatError, match=problem):
        read_chat(row)


def test_an_answer_of_several_messages_fits_openai_alone() -> None:
    chat = read_chat({"prompt": [USER], "chosen": [GOOD, USER, GOOD], "rejected": [BAD]})
    assert len(openai_row(chat)["preferred_output"]) == 3
    with pytest.raises(NoChatError, match="several messages"):
        axolotl_row(chat)


def test_columns_without_conversations_are_none() -> None:
    assert chat_columns(["text", "prompt", "generation"]) == ()


def test_the_description_names_what_the_files_have() -> None:
    described = llamafactory_description("a.jsonl", pairs=True, tools=True)
    assert described["ranking"]
    assert described["columns"] == {
        name: name for name in ("messages", "chosen", "rejected", "tools")
    }
    assert "ranking" not in llamafactory_description("a.jsonl", pairs=False, tools=False)

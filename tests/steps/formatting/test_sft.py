"""Rows for supervised fine-tuning: the columns that training recipes read."""

from __future__ import annotations

import hashlib

import pytest

from distilabel.steps.formatting.sft import FormatChatGenerationSFT, FormatTextGenerationSFT

USER = {"role": "user", "content": "i"}
SYSTEM = {"role": "system", "content": "s"}
ANSWER = {"role": "assistant", "content": "g"}
ID = hashlib.sha256(b"i").hexdigest()


@pytest.mark.parametrize(
    ("system", "messages"),
    [({}, [USER, ANSWER]), ({"system_prompt": "s"}, [SYSTEM, USER, ANSWER])]
    + [({"system_prompt": nothing}, [USER, ANSWER]) for nothing in ("", None)],
)
def test_a_text_row_becomes_a_conversation(
    system: dict[str, str], messages: list[dict[str, str]]
) -> None:
    row = {"instruction": "i", "generation": "g", **system}
    (made,) = next(FormatTextGenerationSFT().process([dict(row)]))
    assert made == {**row, "prompt": "i", "prompt_id": ID, "messages": messages}


def test_a_conversation_is_completed_and_named_after_its_first_user_message() -> None:
    messages = [SYSTEM, USER, {"role": "assistant", "content": "a"}, {**USER, "content": "j"}]
    (made,) = next(FormatChatGenerationSFT().process([{"messages": messages, "generation": "g"}]))
    assert made["prompt"] == "i"
    assert made["prompt_id"] == ID
    assert made["messages"] == [*messages, ANSWER]
    assert len(messages) == 4


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "i", "generation": None},
        {"instruction": None, "generation": "g"},
    ],
)
def test_a_failed_text_row_passes_through(row: dict[str, str | None]) -> None:
    (made,) = next(FormatTextGenerationSFT().process([dict(row)]))
    assert made == {**row, "prompt": None, "prompt_id": None, "messages": None}


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER], "generation": None},
        {"messages": None, "generation": "g"},
        {"messages": [SYSTEM], "generation": "g"},
    ],
)
def test_a_failed_chat_row_passes_through(row: dict[str, object]) -> None:
    (made,) = next(FormatChatGenerationSFT().process([dict(row)]))
    assert (made["prompt"], made["prompt_id"], made["messages"]) == (None, None, None)


def test_a_prompt_with_half_a_surrogate_pair_has_an_identifier() -> None:
    (made,) = next(
        FormatTextGenerationSFT().process([{"instruction": "\ud83d", "generation": "g"}])
    )
    assert len(made["prompt_id"]) == 64


def test_the_rows_of_all_predecessors_are_formatted() -> None:
    row = {"instruction": "i", "generation": "g"}
    lists = list(FormatTextGenerationSFT().process([dict(row)], [dict(row)]))
    assert [made["messages"] for (made,) in lists] == [[USER, ANSWER]] * 2


def test_images_are_not_part_of_the_prompt() -> None:
    parts = [
        {"type": "text", "text": "i"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    row = {"messages": [{"role": "user", "content": parts}], "generation": "g"}
    (made,) = next(FormatChatGenerationSFT().process([row]))
    assert made["prompt"] == "i"

"""Renders questions as prompts, with the tokenizer of a model.

A question is a dict: `input`, a conversation or a text to complete, and `suffix`, the text that
Magpie puts after the conversation.
"""

from __future__ import annotations

from typing import Any


def render(tokenizer: Any, asked: dict[str, Any]) -> str:
    """Returns the prompt of a question.

    Without a chat template it is the text of the first message.

    Args:
        tokenizer: Tokenizer of transformers.
        asked: The question.
    """
    chat, suffix = asked["input"], asked.get("suffix", "")
    if isinstance(chat, str):
        return f"{chat}{suffix}"
    if not chat:
        return str(suffix)
    if not tokenizer.chat_template:
        return f"{chat[0]['content']}{suffix}"
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=not suffix)
    return f"{text}{suffix}"


def encode(tokenizer: Any, asked: dict[str, Any]) -> list[int]:
    """Returns the tokens of a question's prompt, at least one.

    Args:
        tokenizer: Tokenizer of transformers.
        asked: The question.
    """
    text = render(tokenizer, asked)
    # A chat template writes the special tokens itself.
    is_plain = isinstance(asked["input"], str) or not tokenizer.chat_template
    begins = bool(tokenizer.bos_token) and text.startswith(tokenizer.bos_token)
    tokens: list[int] = tokenizer.encode(
        text, add_special_tokens=is_plain and not begins and not asked.get("suffix")
    )
    ids = (tokenizer.bos_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id)
    return tokens or [next((each for each in ids if each is not None), 0)]

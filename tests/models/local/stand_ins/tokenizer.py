"""A tokenizer of stand-ins: one token per character, and 0 ends a text."""

from __future__ import annotations

from typing import Any


class CharacterTokenizer:
    """Has what the engines use of a tokenizer of transformers."""

    bos_token: str | None = None
    bos_token_id: int | None = None
    pad_token_id: int | None = None
    eos_token_id = 0
    eos_token_ids = {0}
    chat_template: str | None = "template"

    def apply_chat_template(self, chat: Any, tokenize: bool, add_generation_prompt: bool) -> str:
        text = "".join(f"[{message['role']}]{message['content']}" for message in chat)
        return f"{text}[assistant]" if add_generation_prompt else text

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        return [*([2] if add_special_tokens else []), *map(ord, text)]

    def decode(self, tokens: list[int], skip_special_tokens: bool = True) -> str:
        return "".join(chr(token) for token in tokens if token > 2)

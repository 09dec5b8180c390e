"""A stand-in for `llama_cpp`: its model repeats the last message, or reports its arguments."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

LLAMA_POOLING_TYPE_NONE = 0


class LogitsProcessorList(list[Any]):
    """A list of functions of tokens and scores."""


class Llama:
    model = None

    def __init__(self, *, model_path: str, **arguments: Any) -> None:
        if model_path.endswith("broken.gguf"):
            raise ValueError("Failed to load model from file")
        self._arguments = arguments
        self._resets = 0

    def reset(self) -> None:
        self._resets += 1

    def token_eos(self) -> int:
        return 0

    def pooling_type(self) -> int:
        found: int = self._arguments.get("pooling_type", LLAMA_POOLING_TYPE_NONE)
        return found

    def embed(self, texts: list[str], normalize: bool) -> list[list[float]]:
        return [[float(len(text)), 1.0 if normalize else 2.0] for text in texts]

    def create_chat_completion(self, messages: Any, **arguments: Any) -> dict[str, Any]:
        reply = self._reply(messages[-1]["content"], arguments)
        return {
            **reply,
            "choices": [{**reply["choices"][0], "message": {"content": reply["text"]}}],
        }

    def create_completion(self, prompt: str, **arguments: Any) -> dict[str, Any]:
        return self._reply(prompt, arguments)

    def _reply(self, text: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if text == "too long":
            raise ValueError("Requested tokens exceed context window")
        processors = arguments.pop("logits_processor", [])
        if text == "options":
            text = json.dumps({**self._arguments, **arguments, "resets": self._resets})
        tokens = [1]
        for character in text[: arguments["max_tokens"]]:
            scores = np.zeros(257, dtype=np.float32)
            scores[ord(character)] = 1
            for process in processors:
                scores = process(tokens, scores)
            tokens.append(int(scores.argmax()))
        found = "".join(map(chr, tokens[1:])).partition("\0")[0]
        is_cut = len(text) > arguments["max_tokens"]
        return {
            "text": found,
            "choices": [{"text": found, "finish_reason": "length" if is_cut else "stop"}],
            "usage": {"prompt_tokens": len(text), "completion_tokens": len(found)},
        }

"""Helpers for writing an `LLM`: build outputs, count tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Optional, Union

if TYPE_CHECKING:
    from distilabel.typing import ChatItem, GenerateOutput, LLMLogprobs, LLMOutput


def prepare_output(
    generations: LLMOutput,
    input_tokens: Optional[List[int]] = None,
    output_tokens: Optional[List[int]] = None,
    logprobs: Optional[LLMLogprobs] = None,
) -> GenerateOutput:
    """Builds the output of one question; empty arguments are left out.

    Args:
        generations: The texts.
        input_tokens: Input tokens, per generation.
        output_tokens: Output tokens, per generation.
        logprobs: Log-probabilities, per generation and position.
    """
    output: Any = {"generations": generations, "statistics": {}}
    if input_tokens:
        output["statistics"]["input_tokens"] = input_tokens
    if output_tokens:
        output["statistics"]["output_tokens"] = output_tokens
    if logprobs:
        output["logprobs"] = logprobs
    return output  # type: ignore[no-any-return]


def compute_tokens(
    text_or_messages: Union[str, List[ChatItem]], tokenizer: Callable[..., List[int]]
) -> int:
    """Counts the tokens of a text, or of all messages of a conversation.

    Args:
        text_or_messages: The text or the conversation.
        tokenizer: Returns the tokens of a text.
    """
    if isinstance(text_or_messages, str):
        return len(tokenizer(text_or_messages))
    return sum(len(tokenizer(message["content"])) for message in text_or_messages)

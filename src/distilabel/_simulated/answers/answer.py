"""A request for answers, freed of its wire format, and the answers to it; knows no server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from distilabel._simulated.answers.recorded_answers import RecordedAnswers
from distilabel._simulated.answers.text import (
    CHARACTERS_PER_TOKEN,
    generate_text,
    last_user_text,
    mixed_seed,
    text_of,
    token_count,
)

Chat = Sequence[Mapping[str, Any]]

REASONING_FORMS = ("reasoning_content", "reasoning", "reasoning_details", "think", "think_end")
"""How a reply shows what a model thought: in a field of its own, or in its text, between tags or
before the closing one alone."""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What a request asks for.

    Attributes:
        model: The model's id.
        chats: The chats to answer; one, but for requests that bring several prompts.
        n: How many answers each chat gets.
        max_tokens: The greatest length of an answer in tokens.
        stop: Texts before which an answer ends.
        seed: The seed that the request brings.
        schema: The JSON schema of the answers.
        pattern: The regular expression that the answers match as a whole.
        logprobs: How many alternatives each token is listed with; None for no log probabilities.
        tool: What the answers are given to, with the JSON schema of what it takes.
    """

    model: str
    chats: Sequence[Chat]
    n: int = 1
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    pattern: str | None = None
    logprobs: int | None = None
    tool: Mapping[str, Any] | None = None

    @property
    def input_tokens(self) -> int:
        """The tokens of all chats together."""
        return sum(
            token_count("".join(text_of(message) for message in chat)) for chat in self.chats
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        text: The text; None where the model said nothing at all.
        finish_reason: `stop`, `length` or `content_filter`.
        stopped_by: The stop text that ended the answer, if one did.
        reasoning: What was thought before the text; None where nothing was.
        form: How a reply shows that, one of `REASONING_FORMS`.
    """

    text: str | None
    finish_reason: str = "stop"
    stopped_by: str | None = None
    reasoning: str | None = None
    form: str = "think"

    @property
    def tokens(self) -> int:
        """The tokens of the text and of what was thought; 0 for none."""
        return self.reasoning_tokens + (token_count(self.text) if self.text else 0)

    @property
    def reasoning_tokens(self) -> int:
        """The tokens of what was thought; 0 for none."""
        return token_count(self.reasoning) if self.reasoning else 0

    @property
    def in_one(self) -> str | None:
        """The text with what was thought in tags before it."""
        if self.reasoning is None:
            return self.text
        opening = "" if self.form == "think_end" else "<think>\n"
        closed = "" if self.text is None else f"\n</think>\n\n{self.text}"
        return f"{opening}{self.reasoning}{closed}"

    def spoiled(self, fault: str | None) -> "Answer":
        """Gives the answer that a fault leaves of this one."""
        match fault:
            case "empty":
                return Answer("")
            case "null":
                return Answer(None)
            case "length" | "content_filter":
                text = self.text or ""
                return replace(self, text=text[: len(text) // 2], finish_reason=fault)
            case _:
                return self


def answers_to(
    ask: AnswerRequest, *, replay: RecordedAnswers, seed: int, reasoning: str | None = None
) -> list[Answer]:
    """Answers all chats of a request, `n` times each, in order.

    Args:
        ask: The request.
        replay: The recorded answers, which are given whole: neither cut nor stopped.
        seed: The seed of the model itself.
        reasoning: How the reply shows the reasoning, one of `REASONING_FORMS`; None for none.

    Returns:
        The answers, chat by chat.

    Raises:
        ValueError: No answer can be made for the request's schema or pattern.
    """
    return [
        _thought_over(
            _answer(ask, chat, index, replay=replay, seed=mixed_seed(seed, ask.seed)),
            ask,
            last_user_text(chat),
            reasoning,
        )
        for chat in ask.chats
        for index in range(ask.n)
    ]


def _thought_over(answer: Answer, ask: AnswerRequest, question: str, form: str | None) -> Answer:
    if form is None:
        return answer
    asked = " ".join(question.split())[:60]
    words = f"Let me think. The question is: {asked}. That is clear enough to be answered now."
    left = None if ask.max_tokens is None else ask.max_tokens - token_count(words)
    if left is not None and left <= 0:
        words = words[: (ask.max_tokens or 0) * CHARACTERS_PER_TOKEN]
        return Answer(None, "length", reasoning=words, form=form)
    if left is not None and answer.text and token_count(answer.text) > left:
        text = answer.text[: left * CHARACTERS_PER_TOKEN]
        return Answer(text, "length", reasoning=words, form=form)
    return replace(answer, reasoning=words, form=form)


def _answer(
    ask: AnswerRequest, chat: Chat, index: int, *, replay: RecordedAnswers, seed: int
) -> Answer:
    recorded = replay.answer(last_user_text(chat), ask.model)
    if recorded is not None:
        return Answer(recorded)
    schema = ask.tool["input_schema"] if ask.tool is not None else ask.schema
    text = generate_text(
        chat, model=ask.model, seed=seed, index=index, schema=schema, pattern=ask.pattern
    )
    found = [(text.find(stop), stop) for stop in ask.stop if stop and stop in text]
    position, stopped_by = min(found, default=(len(text), None))
    text = text[:position]
    if ask.max_tokens is not None and token_count(text) > ask.max_tokens:
        return Answer(text[: ask.max_tokens * CHARACTERS_PER_TOKEN], "length")
    return Answer(text, stopped_by=stopped_by)

"""`Answer`: one answer of the simulated model, and the answers to a request."""

from dataclasses import dataclass, replace

from distilabel._simulated.answers.recorded_answers import RecordedAnswers
from distilabel._simulated.answers.request import AnswerRequest, Chat
from distilabel._simulated.answers.text import (
    CHARACTERS_PER_TOKEN,
    generate_text,
    last_user_text,
    mix_seeds,
    token_count,
)

REASONING_FORMS = ("reasoning_content", "reasoning", "reasoning_details", "think", "think_end")
"""How a response shows reasoning: in a field of that name, or in the text, between tags (`think`)
or before a closing tag alone (`think_end`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        text: Text of the answer; None if the model returned none.
        finish_reason: `stop`, `length` or `content_filter`.
        stop_sequence: Stop sequence that ended the answer, if one did.
        reasoning: Reasoning before the text; None for none.
        reasoning_form: How a response shows the reasoning, one of `REASONING_FORMS`.
    """

    text: str | None
    finish_reason: str = "stop"
    stop_sequence: str | None = None
    reasoning: str | None = None
    reasoning_form: str = "think"

    @property
    def tokens(self) -> int:
        """Number of tokens of the text and the reasoning; 0 without both."""
        return self.reasoning_tokens + (token_count(self.text) if self.text else 0)

    @property
    def reasoning_tokens(self) -> int:
        """Number of tokens of the reasoning; 0 without."""
        return token_count(self.reasoning) if self.reasoning else 0

    @property
    def text_with_reasoning(self) -> str | None:
        """The text, after the reasoning in tags if there is any."""
        if self.reasoning is None:
            return self.text
        opening = "" if self.reasoning_form == "think_end" else "<think>\n"
        closing = "" if self.text is None else f"\n</think>\n\n{self.text}"
        return f"{opening}{self.reasoning}{closing}"

    def with_fault(self, fault: str | None) -> "Answer":
        """Returns the answer as the named fault leaves it; unchanged by other faults and None."""
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


def answer_request(
    request: AnswerRequest,
    *,
    seed: int,
    recorded: RecordedAnswers | None = None,
    reasoning: str | None = None,
) -> list[Answer]:
    """Answers every chat of a request `n` times.

    Args:
        request: The request.
        seed: Seed of the model.
        recorded: Recorded answers, which are returned whole: neither cut nor stopped.
        reasoning: How the response shows reasoning, one of `REASONING_FORMS`; None for none.

    Returns:
        The answers, chat by chat.

    Raises:
        ValueError: The schema or the pattern of the request is impossible or not supported.
    """
    answers = []
    for chat in request.chats:
        question = last_user_text(chat)
        text = recorded.find(question, request.model) if recorded is not None else None
        for index in range(request.n):
            answer = _generate(request, chat, index, seed) if text is None else Answer(text)
            if reasoning is not None:
                answer = _with_reasoning(answer, request.max_tokens, question, reasoning)
            answers.append(answer)
    return answers


def _generate(request: AnswerRequest, chat: Chat, index: int, seed: int) -> Answer:
    text = generate_text(
        chat,
        model=request.model,
        seed=mix_seeds(seed, request.seed),
        index=index,
        schema=request.tool["input_schema"] if request.tool is not None else request.schema,
        pattern=request.pattern,
    )
    found = [(text.find(stop), stop) for stop in request.stop if stop and stop in text]
    end, stop_sequence = min(found, default=(len(text), None))
    text = text[:end]
    if request.max_tokens is not None and token_count(text) > request.max_tokens:
        return Answer(text[: request.max_tokens * CHARACTERS_PER_TOKEN], "length")
    return Answer(text, stop_sequence=stop_sequence)


def _with_reasoning(answer: Answer, max_tokens: int | None, question: str, form: str) -> Answer:
    """Puts reasoning before an answer, within the same maximum of tokens."""
    start = " ".join(question.split())[:60]
    reasoning = f"Let me think. The question is: {start}. That is clear enough to be answered now."
    left = None if max_tokens is None else max_tokens - token_count(reasoning)
    if left is not None and left <= 0:
        reasoning = reasoning[: (max_tokens or 0) * CHARACTERS_PER_TOKEN]
        return Answer(None, "length", reasoning=reasoning, reasoning_form=form)
    if left is not None and answer.text and token_count(answer.text) > left:
        text = answer.text[: left * CHARACTERS_PER_TOKEN]
        return Answer(text, "length", reasoning=reasoning, reasoning_form=form)
    return replace(answer, reasoning=reasoning, reasoning_form=form)

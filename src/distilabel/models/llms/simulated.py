"""`SimulatedLLM`: the simulated model, running in the process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, PrivateAttr, field_validator

from distilabel._core.serialization import DumpIfSet
from distilabel._simulated.answers.answer import REASONING_FORMS, answer_request
from distilabel._simulated.answers.faults import FAULT_NAMES, SLOW_SECONDS, Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.answers.request import AnswerRequest
from distilabel._simulated.answers.tools import chosen_tool, tool_call
from distilabel.errors import AnswerError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.mixins.magpie import MAGPIE_PRE_QUERY_TEMPLATES, MagpieChatTemplateMixin
from distilabel.models.wire.structure import parse_structure
from distilabel.models.wire.structured_output import pattern_of
from distilabel.typing import StructuredOutputType

if TYPE_CHECKING:
    from distilabel.typing import FormattedInput, GenerateOutput

# A wrong key or model fails every request.
_ENDPOINT_STATUSES = frozenset((401, 403, 404))
_RETRYABLE_STATUSES = frozenset((408, 409, 425, 429))
_NOT_IN_IDENTITY = frozenset(("latency", "faults", "magpie_pre_query_template"))
_NO_RESPONSE = frozenset(("drop", "reset", "malformed", "no_choices"))


class SimulatedLLM(AsyncLLM, MagpieChatTemplateMixin):
    """A free model for rehearsing pipelines, whose answers are always the same.

    An answer has the format that the prompt asks for (a judgement, JSON for a schema, a rewritten
    prompt, plain text). It depends only on the question, the model's name and the seed.

    Attributes:
        model: name of the model. Another name gives other answers.
        latency: time that an answer takes, in seconds: `"0.05"`, `"uniform:0.1:0.3"` (low, high)
            or `"lognormal:0.2:1.0"` (median, sigma, and optionally a maximum).
        faults: share (0 to 1) of the requests that fail, by HTTP status or by a name in
            `distilabel._simulated.answers.faults.FAULT_NAMES`: `{"429": 0.05, "drop": 0.01}`.
        seed: seed of the answers, the latencies and the faults.
        reasoning: whether to reason before an answer and to return the reasoning.
        structured_output: structure that all answers follow.
        use_magpie_template: whether to write the user's message when it is the user's turn. Equal
            questions of a step then get different answers, as users write different messages.
        magpie_pre_query_template: `"llama3"`, `"qwen2"` or any text. Required for
            `use_magpie_template`.
    """

    model: str = "simulated"
    latency: RuntimeParameter[str] = Field(
        default="0",
        description="Seconds that an answer takes, such as 'lognormal:0.2:1.0'.",
    )
    faults: RuntimeParameter[dict[str, float]] | None = Field(
        default=None, description="Share of the requests that fail, by HTTP status or name."
    )
    seed: RuntimeParameter[int] = Field(
        default=0, description="Seed of the answers, the latencies and the faults."
    )
    reasoning: Annotated[RuntimeParameter[bool], DumpIfSet] = Field(
        default=False, description="Whether to reason before an answer and to return the reasoning."
    )

    structured_output: Annotated[RuntimeParameter[StructuredOutputType] | None, DumpIfSet] = Field(
        default=None, description="The structure that all answers follow."
    )

    _is_free: ClassVar[bool] = True
    _rng: random.Random = PrivateAttr(default_factory=lambda: random.Random(0))

    @field_validator("latency")
    @classmethod
    def _check_latency(cls, latency: str | None) -> str | None:
        Latency.parse(latency or "0")
        return latency

    @field_validator("faults")
    @classmethod
    def _check_faults(cls, faults: dict[str, float] | None) -> dict[str, float] | None:
        Faults.parse(faults or {})
        return faults

    @property
    def model_name(self) -> str:
        """Name of the model in the dataset."""
        return self.model

    def load(self) -> None:
        """Resets the random state of latencies and faults."""
        super().load()
        self._rng = random.Random(self.seed or 0)

    async def agenerate(  # type: ignore[override]  # each model has its own arguments
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: int | None = None,
        temperature: float = 1.0,
        seed: int | None = None,
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str | dict[str, Any] | None = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: a conversation, a pair of a conversation and a structured output format, or text
                to complete.
            num_generations: number of answers.
            max_new_tokens: maximum length of an answer in tokens of 4 characters.
            temperature: accepted as by other models, and ignored.
            seed: another seed gives other answers.
            tools: tools to call, in the format of chat completions. One is called after a message
                of the user, with arguments that fit its schema, and a text follows a result.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The generations, with their tokens in the statistics.

        Raises:
            AnswerError: a fault was drawn, or the structured output cannot be simulated.
            EndpointError: a fault with status 401, 403 or 404 was drawn.
        """
        fault = Faults.parse(self.faults or {}).draw(self._rng)
        await asyncio.sleep(Latency.parse(self.latency or "0").draw(self._rng))
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        _raise_for(fault)
        chat, structure = _parts(input)
        if self.use_magpie_template and (not chat or chat[-1]["role"] != "user"):
            # Any template works: one that the simulated model recognizes stands in for it.
            chat = [*chat, {"role": "user", "content": MAGPIE_PRE_QUERY_TEMPLATES["qwen2"]}]
        try:
            schema, pattern = _schema_and_pattern(structure or self.structured_output)
            request = AnswerRequest(
                model=self.model,
                chats=[chat],
                n=num_generations,
                max_tokens=max_new_tokens,
                seed=seed,
                schema=schema,
                pattern=pattern,
                tool=chosen_tool(tools, tool_choice, chat),
            )
            form = REASONING_FORMS[0] if self.reasoning else None
            answers = answer_request(request, seed=self.seed or 0, reasoning=form)
        except ValueError as error:
            raise AnswerError(
                f"structured output cannot be simulated: {error}", status=400
            ) from error
        answers = [answer.with_fault(fault) for answer in answers]
        if answers[0].reasoning and all(answer.text is None for answer in answers):
            raise AnswerError(
                f"the model spent all {answers[0].tokens} tokens thinking: raise max_new_tokens",
                has_no_text=True,
            )
        output: GenerateOutput = {
            "generations": [answer.text for answer in answers],
            "statistics": {
                "input_tokens": [request.input_tokens] * num_generations,
                "output_tokens": [answer.tokens for answer in answers],
            },
        }
        if request.tool is not None:
            output["tool_calls"] = [
                [tool_call(request.tool, answer.text, f"{len(chat)} {index}")]  # type: ignore[list-item]
                for index, answer in enumerate(answers)
            ]
            output["generations"] = [None] * len(answers)
        if any(answer.reasoning for answer in answers):
            output["reasoning"] = [answer.reasoning for answer in answers]
        return output

    @property
    def _takes_seed(self) -> bool:
        """Whether equal questions get seeds of their own, so that their answers differ."""
        return self.use_magpie_template

    def _identity(self) -> Any:
        identity = super()._identity()
        if isinstance(identity, dict):
            # Latency and faults do not change the answers.
            return {k: v for k, v in identity.items() if k not in _NOT_IN_IDENTITY}
        return identity


def _raise_for(fault: str | None) -> None:
    if fault in _NO_RESPONSE:
        raise AnswerError(f"a simulated fault: {FAULT_NAMES[fault]}", retryable=True)
    if fault is None or not fault.isdigit():
        return
    status = int(fault)
    message = f"a simulated fault: status {status}"
    if status in _ENDPOINT_STATUSES:
        raise EndpointError(message, status=status)
    raise AnswerError(
        message,
        status=status,
        retryable=status >= 500 or status in _RETRYABLE_STATUSES,
        overloaded=status in (429, 503),
    )


def _parts(
    input: FormattedInput,
) -> tuple[Sequence[Mapping[str, Any]], Any]:
    if isinstance(input, str):
        return [{"role": "user", "content": input}], None
    if isinstance(input, tuple):
        chat, structure = input
        return chat, structure or None
    return input, None


def _schema_and_pattern(
    structure: Any,
) -> tuple[Mapping[str, Any] | None, str | None]:
    parsed = parse_structure(structure)
    if parsed is None:
        return None, None
    if parsed.kind == "json":
        return parsed.value, None
    if parsed.kind == "grammar":
        raise ValueError("a grammar is not supported")
    return None, pattern_of(parsed)

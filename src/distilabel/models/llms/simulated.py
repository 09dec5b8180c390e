"""`SimulatedLLM`: the simulated model within the process; knows no server and no pipeline."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import orjson
from pydantic import BaseModel, Field, PrivateAttr, field_validator

from distilabel._core.serialization import DumpIfSet
from distilabel._simulated.answers.answer import REASONING_FORMS, AnswerRequest, answers_to
from distilabel._simulated.answers.faults import KINDS, SLOW_SECONDS, Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.answers.recorded_answers import RecordedAnswers
from distilabel.errors import AnswerError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.mixins.magpie import MAGPIE_PRE_QUERY_TEMPLATES, MagpieChatTemplateMixin

if TYPE_CHECKING:
    from distilabel.typing import FormattedInput, GenerateOutput

# A wrong key or model stays wrong, whatever the question.
_ENDPOINT_STATUSES = frozenset((401, 403, 404))
_RETRYABLE_STATUSES = frozenset((408, 409, 425, 429))
_NOT_ANSWERED_OTHERWISE = frozenset(("latency", "faults", "magpie_pre_query_template"))
_BROKEN = frozenset(("drop", "reset", "malformed", "no_choices"))


class SimulatedLLM(AsyncLLM, MagpieChatTemplateMixin):
    """A model that answers at once, for nothing, and always the same: to rehearse pipelines on.

    The answers have the format that a prompt asks for (a judgement, JSON for a schema, a rewritten
    prompt, plain text) and depend on the question, the model's name and the seed alone.

    Attributes:
        model: name of the model; another name answers otherwise.
        latency: how long an answer takes, in seconds: `"0.05"`, `"uniform:0.1:0.3"` or
            `"lognormal:0.2:1.0"` (median and sigma, and a cap as an optional third number).
        faults: share (0 to 1) of the answers that go wrong, by HTTP status or name:
            `{"429": 0.05, "drop": 0.01}`; the names are those of
            `distilabel._simulated.answers.faults.KINDS`.
        seed: seed of the answers, the latencies and the faults.
        reasoning: whether to think before an answer, and to show it.
        use_magpie_template: whether to write the user's next message where it is the user's turn.
            Then equal questions of a step get different answers, as users say different things.
        magpie_pre_query_template: `"llama3"`, `"qwen2"` or any text; one is needed for that.
    """

    model: str = "simulated"
    latency: RuntimeParameter[str] = Field(
        default="0", description="How long an answer takes, such as 'lognormal:0.2:1.0' seconds."
    )
    faults: RuntimeParameter[dict[str, float]] | None = Field(
        default=None, description="Share of the answers that go wrong, by status or name."
    )
    seed: RuntimeParameter[int] = Field(
        default=0, description="Seed of the answers, the latencies and the faults."
    )
    reasoning: Annotated[RuntimeParameter[bool], DumpIfSet] = Field(
        default=False, description="Whether to think before an answer, and to show it."
    )

    _is_free: ClassVar[bool] = True
    _rng: random.Random = PrivateAttr(default_factory=lambda: random.Random(0))

    @field_validator("latency")
    @classmethod
    def _latency_is_understood(cls, latency: str | None) -> str | None:
        Latency.parse(latency or "0")
        return latency

    @field_validator("faults")
    @classmethod
    def _faults_are_understood(cls, faults: dict[str, float] | None) -> dict[str, float] | None:
        Faults.parse(faults or {})
        return faults

    @property
    def model_name(self) -> str:
        """Name of the model, as it stands in the dataset."""
        return self.model

    def load(self) -> None:
        """Starts the chance of latencies and faults anew."""
        super().load()
        self._rng = random.Random(self.seed or 0)

    async def agenerate(  # type: ignore[override]  # each model names its own arguments
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: int | None = None,
        temperature: float = 1.0,
        seed: int | None = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: a conversation, a pair of a conversation and a structure, or text to complete.
            num_generations: answers to give.
            max_new_tokens: greatest length of an answer in tokens, each 4 characters.
            temperature: taken as every model takes it; changes nothing.
            seed: another seed answers otherwise.

        Returns:
            The generations and the tokens they took.

        Raises:
            AnswerError: a fault was drawn, or no data can be made for the structure.
            EndpointError: one of the statuses 401, 403 and 404 was drawn.
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
            # Whatever it is in truth, it is understood as a known one.
            chat = [*chat, {"role": "user", "content": MAGPIE_PRE_QUERY_TEMPLATES["qwen2"]}]
        try:
            schema, pattern = _form_of(structure)
            ask = AnswerRequest(
                model=self.model,
                chats=[chat],
                n=num_generations,
                max_tokens=max_new_tokens,
                seed=seed,
                schema=schema,
                pattern=pattern,
            )
            form = REASONING_FORMS[0] if self.reasoning else None
            answers = answers_to(
                ask, replay=RecordedAnswers({}), seed=self.seed or 0, reasoning=form
            )
        except ValueError as error:
            raise AnswerError(
                f"the structure asked for cannot be met: {error}", status=400
            ) from error
        answers = [answer.spoiled(fault) for answer in answers]
        if answers[0].reasoning and all(answer.text is None for answer in answers):
            raise AnswerError(
                f"the model spent all {answers[0].tokens} tokens thinking: raise max_new_tokens"
            )
        output: GenerateOutput = {
            "generations": [answer.text for answer in answers],
            "statistics": {
                "input_tokens": [ask.input_tokens] * num_generations,
                "output_tokens": [answer.tokens for answer in answers],
            },
        }
        if any(answer.reasoning for answer in answers):
            output["reasoning"] = [answer.reasoning for answer in answers]
        return output

    @property
    def _takes_seed(self) -> bool:
        """Whether a question asked twice gets two answers: else all users would say the same."""
        return self.use_magpie_template

    def _identity(self) -> Any:
        identity = super()._identity()
        if isinstance(identity, dict):
            # Answers given on a slow or faulty day are the same answers.
            return {k: v for k, v in identity.items() if k not in _NOT_ANSWERED_OTHERWISE}
        return identity


def _raise_for(fault: str | None) -> None:
    if fault in _BROKEN:
        raise AnswerError(f"a simulated fault: {KINDS[fault]}", retryable=True)
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
) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any] | None]:
    if isinstance(input, str):
        return [{"role": "user", "content": input}], None
    if isinstance(input, tuple):
        chat, structure = input
        return chat, structure or None
    return input, None


def _form_of(
    structure: Mapping[str, Any] | None,
) -> tuple[Mapping[str, Any] | None, str | None]:
    if structure is None:
        return None, None
    schema = structure["schema"]
    if structure.get("format") == "regex":
        return None, schema
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema(), None
    return orjson.loads(schema) if isinstance(schema, str) else schema, None

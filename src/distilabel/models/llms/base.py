"""`LLM` and `AsyncLLM`: what a user subclasses to bring a model of their own.

A model answers questions; it knows nothing of steps, of rows or of where answers are kept.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Dict, Final, List, Optional, Tuple

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, PrivateAttr

from distilabel._core.serialization import DumpIfSet, Serializable
from distilabel._core.sync_bridge import background_loop, run_sync
from distilabel.errors import DistilabelNotImplementedError, DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersModelMixin

if TYPE_CHECKING:
    from distilabel.errors import AnswerError
    from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest
    from distilabel.typing import FormattedInput, GenerateOutput, HiddenState, StandardInput

# Fields that change how a model is asked, not what it answers.
_NOT_IDENTITY: Final = frozenset(
    {
        "default_headers",
        "generation_kwargs",
        "identity",
        "jobs_ids",
        "max_concurrency",
        "max_retries",
        "offline_batch_generation_block_until_done",
        "price",
        "requests_per_minute",
        "structured_output",
        "timeout",
        "tokens_per_minute",
        "type_info",
        "use_offline_batch_generation",
    }
)


class LLM(RuntimeParametersModelMixin, Serializable, BaseModel, ABC):
    """A language model that answers a list of questions at a time, synchronously.

    A subclass has the property `model_name` and the method `generate`, and may prepare itself in
    `load` (calling `super().load()`). The questions of many rows
    are gathered for it.

    Attributes:
        generation_kwargs: arguments of `generate` (or `agenerate`), for every question.
        use_offline_batch_generation: whether to ask through the provider's batch jobs.
        offline_batch_generation_block_until_done: seconds between looks at the jobs; None does
            not wait.
        jobs_ids: identifiers of the batch jobs.
        identity: what stored answers are kept under, instead of the address of the endpoint.
        max_concurrency: most questions in flight at a time; found by trying if None.
        requests_per_minute: most questions a minute; what the endpoint allows if None.
        tokens_per_minute: most tokens a minute, in and out; what the endpoint allows if None.
        price: US dollars for a million tokens in, and out; of a known provider it is known.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        validate_default=True,
        validate_assignment=True,
        extra="forbid",
        protected_namespaces=(),
        # A value that does not fit may be a key.
        hide_input_in_errors=True,
    )

    generation_kwargs: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default_factory=dict, description="Arguments of the generating method, for every question."
    )
    use_offline_batch_generation: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether to ask through the provider's batch jobs."
    )
    offline_batch_generation_block_until_done: Optional[RuntimeParameter[int]] = Field(
        default=None, description="Seconds between looks at the batch jobs; None does not wait."
    )
    jobs_ids: Optional[Tuple[str, ...]] = Field(default=None)
    identity: Annotated[Optional[RuntimeParameter[str]], DumpIfSet] = Field(
        default=None, description="What stored answers are kept under instead of the address."
    )
    max_concurrency: Annotated[Optional[RuntimeParameter[PositiveInt]], DumpIfSet] = Field(
        default=None, description="Most questions in flight at a time."
    )
    requests_per_minute: Annotated[Optional[RuntimeParameter[PositiveInt]], DumpIfSet] = Field(
        default=None, description="Most questions a minute."
    )
    tokens_per_minute: Annotated[Optional[RuntimeParameter[PositiveInt]], DumpIfSet] = Field(
        default=None, description="Most tokens a minute, in and out."
    )
    price: Annotated[
        Optional[RuntimeParameter[Tuple[NonNegativeFloat, NonNegativeFloat]]], DumpIfSet
    ] = Field(default=None, description="US dollars for a million tokens in, and out.")

    _logger: logging.Logger = PrivateAttr(default=logging.getLogger("distilabel.llm"))
    # What was asked in batch jobs outside a pipeline.
    _memory: Any = PrivateAttr(default=None)

    # Whether one call can give several generations.
    _num_generations_param_supported: ClassVar[bool] = True
    # Name of the provider in OpenTelemetry's conventions for generative AI; that of the class if
    # empty.
    _telemetry_provider: ClassVar[str] = ""

    @property
    @abstractmethod
    def model_name(self) -> str:
        """Name of the model, as it stands in the dataset."""

    @abstractmethod
    def generate(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions.

        Args:
            inputs: one question each: a conversation, or a pair of a conversation and a
                structure, or text to complete.
            num_generations: answers per question.
            kwargs: `generation_kwargs`.

        Returns:
            One output per question, in the same order.
        """

    def load(self) -> None:
        """Prepares for work; a subclass calls `super().load()`."""
        self._logger = logging.getLogger(f"distilabel.llm.{self.model_name}")

    def unload(self) -> None:
        """Lets go of what `load` took."""

    def get_generation_kwargs(self) -> dict[str, Any]:
        """The arguments that every question is asked with."""
        return self.generation_kwargs or {}

    def generate_outputs(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions, from synchronous code: what a task that has its own `process` calls.

        In a pipeline the questions go through the same door as everyone's: stored answers are
        used, and the limits of the endpoint are kept.

        Args:
            inputs: one question each.
            num_generations: answers per question.
            kwargs: generation arguments.

        Returns:
            One output per question, in the same order.
        """
        from distilabel.models.client.client import current_client

        client = current_client(self)
        if client is not None:
            return run_sync(client.ask_all(inputs, num_generations, **kwargs), loop=client.loop)
        if self.use_offline_batch_generation:
            from distilabel.models.client.standalone_jobs import wait_for

            return wait_for(
                lambda: self.offline_batch_generate(inputs, num_generations, **kwargs),
                self.offline_batch_generation_block_until_done,
            )
        return self.generate(inputs=inputs, num_generations=num_generations, **kwargs)

    def offline_batch_generate(
        self, inputs: Optional[List[FormattedInput]] = None, num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions through batch jobs: called once to submit, and again to collect.

        Args:
            inputs: one question each; not needed to collect.
            num_generations: answers per question.
            kwargs: generation arguments.

        Returns:
            One output per question, in the same order; an empty list for one without an answer.

        Raises:
            DistilabelNotImplementedError: this model has no batch jobs.
            DistilabelOfflineBatchGenerationNotFinishedException: the jobs are submitted, or not
                finished; `jobs_ids` has their names, and they are collected by the next call.
            ValueError: there are neither questions nor jobs.
            RuntimeError: the only job has failed.
        """
        from distilabel.models.client.standalone_jobs import submit_or_collect

        desk = self._batch_api()
        if desk is None:
            raise DistilabelNotImplementedError(
                f"{type(self).__name__} has no offline batches: leave out "
                "use_offline_batch_generation."
            )
        if num_generations > 1 and not self._num_generations_param_supported:
            raise DistilabelUserError(
                f"{type(self).__name__} gives one answer per question: give each question "
                f"{num_generations} times."
            )
        requests = [self._request(each, num_generations, kwargs) for each in inputs or []]
        return submit_or_collect(self, desk, requests)

    def get_last_hidden_states(self, inputs: List[StandardInput]) -> List[HiddenState]:
        """The last hidden states of the model for each conversation.

        Raises:
            NotImplementedError: this model does not show them.
        """
        raise NotImplementedError(f"{type(self).__name__} does not show its hidden states.")

    # -- what the door asks ------------------------------------------------------------------

    def _identity(self) -> Any:
        """What makes the answers of this model its own, as JSON-like data."""
        if self.identity is not None:
            return self.identity
        return {k: v for k, v in self.dump().items() if k not in _NOT_IDENTITY}

    def _added_fields(self, to: type[LLM]) -> dict[str, Any]:
        """What a subclass of a provider's class has added: it may change what is answered."""
        added = type(self).model_fields.keys() - to.model_fields.keys()
        return {k: v for k, v in self.dump().items() if k in added} if added else {}

    def _gate_name(self) -> str:
        """Questions of models with the same gate name share one set of limits."""
        return f"{type(self).__name__}:{self.model_name}"

    def _batch_api(self) -> BatchAPI | None:
        """Where batch jobs with questions for this model are submitted; None if it has none."""
        return None

    def _request(
        self, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> BatchRequest:
        """A question as it is posted, for models that have batch jobs.

        Args:
            input: a conversation, or a pair of a conversation and a structure, or text to complete.
            count: generations.
            arguments: of the generating method; those that are missing have their defaults.
        """
        raise NotImplementedError(type(self).__name__)

    def _learn(
        self, error: AnswerError, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> bool:
        """Whether `_request` may give something else, now that a question was refused.

        Args:
            error: the refusal.
            input: the question, as for `_request`.
            count: generations.
            arguments: of the generating method.
        """
        return False

    async def _preflight(self) -> None:
        """Makes sure, before the first question, that questions can be asked at all.

        Raises:
            EndpointError: they can not.
        """


class AsyncLLM(LLM, ABC):
    """A language model that answers one question at a time, asynchronously.

    A subclass has the property `model_name` and the coroutine `agenerate`.
    """

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop:
        """The running loop, or else the one that `generate` runs on."""
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return background_loop()

    @abstractmethod
    async def agenerate(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: a conversation, or a pair of a conversation and a structure, or text to
                complete.
            num_generations: answers to give.
            kwargs: `generation_kwargs`.

        Returns:
            The generations and what they took.

        Raises:
            AnswerError: there is no answer; the error says whether asking again may help.
            EndpointError: no question can be answered.
        """

    def generate(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions, all of them concurrently.

        Args:
            inputs: one question each.
            num_generations: answers per question.
            kwargs: generation arguments.

        Returns:
            One output per question, in the same order.
        """
        from distilabel.models.client.client import ModelClient, current_client

        # In a run, what a step asks this way is kept and counted like everything else.
        client = current_client(self)
        ask = client or ModelClient(self)
        loop = client.loop if client is not None else None
        return run_sync(ask.ask_all(inputs, num_generations, **kwargs), loop=loop)


def merge_responses(responses: List[GenerateOutput], n: int = 1) -> List[GenerateOutput]:
    """Joins the outputs of `n` calls per question into one output per question.

    Args:
        responses: the outputs, those of one question next to each other.
        n: calls per question.

    Returns:
        One output per question, its lists one after the other.
    """
    merged = []
    for start in range(0, len(responses), n):
        group: list[Any] = list(responses[start : start + n])
        names = {name: None for output in group for name in output if name != "statistics"}
        counted = {name: None for output in group for name in output.get("statistics") or {}}
        joined: dict[str, Any] = {"generations": [], "statistics": {}}
        for output in group:
            # What one call gives and another does not is None there, or lists would slip.
            nothing = [None] * len(output["generations"])
            for name in names:
                joined.setdefault(name, []).extend(output.get(name, nothing))
            statistics = output.get("statistics") or {}
            for name in counted:
                joined["statistics"].setdefault(name, []).extend(statistics.get(name, nothing))
        merged.append(joined)
    return merged  # type: ignore[return-value]

"""`LLM` and `AsyncLLM`, the base classes of all language models and of those that users write.

A model answers questions; it knows nothing of steps, rows or stored answers.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from functools import partial
from inspect import isawaitable
from types import MethodType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, List, Optional, Tuple

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    PrivateAttr,
)

from distilabel._core.serialization import DumpIfSet, Serializable
from distilabel._core.sync_bridge import background_loop, run_sync
from distilabel.errors import DistilabelNotImplementedError, DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersModelMixin
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import current_client
from distilabel.models.client.standalone_jobs import submit_or_collect, wait_for
from distilabel.models.llms.number_checks import GenerationArguments
from distilabel.models.llms.overrides import batch_method
from distilabel.models.outputs import merge_responses as merge_responses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from distilabel.errors import AnswerError
    from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest
    from distilabel.typing import FormattedInput, GenerateOutput, HiddenState, StandardInput

# Fields that change how requests are sent, not what the model answers.
_NOT_IDENTITY: Final = frozenset(
    {
        "default_headers",
        "generation_kwargs",
        "identity",
        "jobs_ids",
        "left_out",
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
    """A language model that answers a list of questions per call, synchronously.

    A subclass implements the property `model_name` and the method `generate`, and may prepare
    itself in `load` (calling `super().load()`). One call gets the questions of many rows.

    Attributes:
        generation_kwargs: Arguments of `generate` (or `agenerate`) for every question.
        use_offline_batch_generation: Whether to send the requests in the provider's batch jobs.
        offline_batch_generation_block_until_done: Seconds between two checks of the batch jobs;
            None does not wait for them.
        jobs_ids: Identifiers of the batch jobs.
        identity: Identifies the model in the keys of stored answers, instead of the address of its
            endpoint.
        max_concurrency: Most requests in flight; None finds a good number.
        requests_per_minute: Most requests per minute; None for what the endpoint allows.
        tokens_per_minute: Most tokens per minute, input and output; None for what the endpoint
            allows.
        price: US dollars per million input tokens and per million output tokens; None for the
            known price of a known provider.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        validate_default=True,
        validate_assignment=True,
        extra="forbid",
        protected_namespaces=(),
        # An invalid value may be an API key.
        hide_input_in_errors=True,
    )

    generation_kwargs: Optional[RuntimeParameter[GenerationArguments]] = Field(
        default_factory=dict, description="Generation arguments for every question."
    )
    use_offline_batch_generation: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether to send the requests in the provider's batch jobs."
    )
    offline_batch_generation_block_until_done: Optional[RuntimeParameter[NonNegativeInt]] = Field(
        default=None, description="Seconds between checks of the batch jobs; None does not wait."
    )
    jobs_ids: Optional[Tuple[str, ...]] = Field(default=None)
    identity: Annotated[Optional[RuntimeParameter[str]], DumpIfSet] = Field(
        default=None,
        description="Identifies the model in the keys of stored answers, instead of its address.",
    )
    max_concurrency: Annotated[Optional[RuntimeParameter[PositiveInt]], DumpIfSet] = Field(
        default=None, description="Most requests in flight."
    )
    requests_per_minute: Annotated[Optional[RuntimeParameter[PositiveInt]], DumpIfSet] = Field(
        default=None, description="Most requests per minute."
    )
    tokens_per_minute: Annotated[Optional[RuntimeParameter[PositiveInt]], DumpIfSet] = Field(
        default=None, description="Most tokens per minute, input and output."
    )
    price: Annotated[
        Optional[RuntimeParameter[Tuple[NonNegativeFloat, NonNegativeFloat]]], DumpIfSet
    ] = Field(
        default=None,
        description="US dollars per million input tokens, and per million output tokens.",
    )

    _logger: logging.Logger = PrivateAttr(default=logging.getLogger("distilabel.llm"))
    # Stored answers and batch jobs of tasks that run outside a pipeline.
    _standalone_store: Any = PrivateAttr(default=None)

    # Models that this model asks.
    _parts: ClassVar[Sequence[LLM]] = ()
    # Whether one call can return several generations.
    _num_generations_param_supported: bool = PrivateAttr(default=True)
    # Name of the provider in OpenTelemetry's conventions for generative AI; that of the class if
    # empty.
    _telemetry_provider: ClassVar[str] = ""

    @property
    @abstractmethod
    def model_name(self) -> str:
        """Name of the model, as written to the dataset."""

    @abstractmethod
    def generate(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions.

        Args:
            inputs: The questions; each is a conversation, a pair of a conversation and a structure,
                or a text to complete.
            num_generations: Number of answers per question.
            kwargs: Generation arguments.

        Returns:
            One output per question, in the same order.
        """

    def load(self) -> None:
        """Prepares the model; a subclass calls `super().load()`."""
        self._logger = logging.getLogger(f"distilabel.llm.{self.model_name}")

    def unload(self) -> None:
        """Releases what `load` acquired."""

    def get_generation_kwargs(self) -> dict[str, Any]:
        """Returns the generation arguments of every question."""
        return self.generation_kwargs or {}

    def generate_outputs(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions from synchronous code, such as the `process` of a task.

        In a pipeline, stored answers are used and the limits of the endpoint are respected, as for
        all other questions.

        Args:
            inputs: The questions.
            num_generations: Number of answers per question.
            kwargs: Generation arguments.

        Returns:
            One output per question, in the same order.
        """
        # A class that overrides this method, or `generate`, calls it by `super()`.
        client = None if batch_method(type(self)) == "generate_outputs" else current_client(self)
        if client is not None:
            return run_sync(client.ask_all(inputs, num_generations, **kwargs), loop=client.loop)
        if self.use_offline_batch_generation:
            return wait_for(
                lambda: self.offline_batch_generate(inputs, num_generations, **kwargs),
                self.offline_batch_generation_block_until_done,
            )
        return self.generate(inputs=inputs, num_generations=num_generations, **kwargs)

    def offline_batch_generate(
        self, inputs: Optional[List[FormattedInput]] = None, num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions in batch jobs: one call submits them, a later one collects the answers.

        Args:
            inputs: The questions; not needed to collect.
            num_generations: Number of answers per question.
            kwargs: Generation arguments.

        Returns:
            One output per question, in the same order; an empty list for a question without an
            answer.

        Raises:
            DistilabelNotImplementedError: The model has no batch jobs.
            DistilabelOfflineBatchGenerationNotFinishedException: The jobs were submitted now, or
                have not ended. `jobs_ids` names them; a later call collects their answers.
            ValueError: There are neither questions nor jobs.
            RuntimeError: No job has completed.
        """
        api = self._batch_api()
        if api is None:
            raise DistilabelNotImplementedError(
                f"{type(self).__name__} has no batch jobs. Remove use_offline_batch_generation."
            )
        if num_generations > 1 and not self._num_generations_param_supported:
            raise DistilabelUserError(
                f"{type(self).__name__} returns one answer per question "
                f"(num_generations={num_generations}). Pass each question {num_generations} times."
            )
        requests = [self._request(each, num_generations, kwargs) for each in inputs or []]
        return submit_or_collect(self, api, requests)

    def get_last_hidden_states(self, inputs: List[StandardInput]) -> List[HiddenState]:
        """Returns the last hidden states of the model for each conversation.

        Args:
            inputs: The conversations.

        Raises:
            NotImplementedError: The model does not provide them.
        """
        raise NotImplementedError(f"{type(self).__name__} does not provide its hidden states.")

    # -- what the client uses ----------------------------------------------------------------

    @property
    def _async_method(self) -> Callable[..., Awaitable[GenerateOutput]] | None:
        """The coroutine function that answers one question; None if only `generate` answers."""
        return None

    @property
    def _batch_method(self) -> Callable[..., List[GenerateOutput]]:
        """The method that answers a list of questions, `generate` or an override of the user."""
        method = getattr(self, batch_method(type(self)) or "generate")
        return method  # type: ignore[no-any-return]

    def _identity(self) -> Any:
        """Returns what distinguishes the answers of this model, as JSON-like data."""
        if self.identity is not None:
            return self.identity
        return {k: v for k, v in self.dump().items() if k not in _NOT_IDENTITY}

    def _added_fields(self, to: type[LLM]) -> dict[str, Any]:
        """Returns the fields that a subclass added to `to`, because they may change the answers."""
        added = type(self).model_fields.keys() - to.model_fields.keys()
        return {k: v for k, v in self.dump().items() if k in added} if added else {}

    def _endpoint_id(self) -> str:
        """Identifies the endpoint: models with the same id share one rate limiter."""
        return f"{type(self).__name__}:{self.model_name}"

    def _batch_api(self) -> BatchAPI | None:
        """Returns the batch API of the provider; None if it has none."""
        return None

    def _request(
        self, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> BatchRequest:
        """Returns the request for a question, for models with batch jobs.

        Args:
            input: A conversation, a pair of a conversation and a structure, or a text to complete.
            count: Number of generations.
            arguments: Generation arguments; missing ones have their defaults.
        """
        raise NotImplementedError(type(self).__name__)

    def _learn(
        self, error: AnswerError, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> bool:
        """Learns from a rejected request of a batch job.

        Args:
            error: Why it was rejected.
            input: The question, as for `_request`.
            count: Number of generations.
            arguments: Generation arguments.

        Returns:
            Whether `_request` returns another request now, which may be accepted.
        """
        return False

    async def _preflight(self) -> str | None:
        """Checks the endpoint before the first request.

        Returns:
            Why the endpoint may not know the model, which is then asked alone; else None or "".

        Raises:
            EndpointError: The endpoint cannot be used.
        """
        return None


class AsyncLLM(LLM, ABC):
    """A language model that answers one question per call, asynchronously.

    A subclass implements the property `model_name` and the coroutine function `agenerate`.
    """

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop:
        """The running event loop; without one, the loop that `generate` runs on."""
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return background_loop()

    @property
    def _async_method(self) -> Callable[..., Awaitable[GenerateOutput]] | None:
        # An override of `generate` is to be called, as in 1.5.3.
        return None if batch_method(type(self)) else self._agenerate_unchecked

    @property
    def _agenerate_unchecked(self) -> Callable[..., Awaitable[GenerateOutput]]:
        """`agenerate`, or a coroutine function that runs it in a thread if it is not one."""
        method = type(self).agenerate
        # The client checks the arguments once; `raw_function` does not check them per question.
        raw = MethodType(getattr(method, "raw_function", method), self)
        return raw if asyncio.iscoroutinefunction(raw) else partial(_in_thread, raw)

    @abstractmethod
    async def agenerate(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: A conversation, a pair of a conversation and a structure, or a text to complete.
            num_generations: Number of answers.
            kwargs: Generation arguments.

        Returns:
            The generations and their statistics.

        Raises:
            AnswerError: There is no answer; the error says whether a retry may help.
            EndpointError: The endpoint cannot be used.
        """

    def generate(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions concurrently.

        Args:
            inputs: The questions.
            num_generations: Number of answers per question.
            kwargs: Generation arguments.

        Returns:
            One output per question, in the same order.
        """
        if batch_method(type(self)):
            # Called by an override, whose answers are stored and counted.
            return run_sync(self._agenerate_all(inputs, num_generations, **kwargs))
        # In a run, these answers are stored and counted as well.
        client = current_client(self)
        ask = client or ModelClient(self)
        loop = client.loop if client is not None else None
        return run_sync(ask.ask_all(inputs, num_generations, **kwargs), loop=loop)

    async def _agenerate_all(
        self, inputs: List[FormattedInput], num_generations: int, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Answers questions with `agenerate` alone, several times each if it gives one answer."""
        ask = self._agenerate_unchecked
        if self._num_generations_param_supported:
            asked = [ask(input, num_generations=num_generations, **kwargs) for input in inputs]
            return list(await asyncio.gather(*asked))
        asked = [ask(input, **kwargs) for input in inputs for _ in range(num_generations)]
        return merge_responses(list(await asyncio.gather(*asked)), num_generations)


async def _in_thread(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls an `agenerate` that is not a coroutine function, which may block or return one."""
    output = await asyncio.to_thread(method, *args, **kwargs)
    return await output if isawaitable(output) else output

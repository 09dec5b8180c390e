"""Declares what the packages below `models.llms` use of a model: they import this, never `LLM`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from distilabel.errors import AnswerError
    from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest
    from distilabel.typing import FormattedInput, GenerateOutput


class RunStopped(BaseException):
    """Raised when the run stops before a question is answered; its row is left for the next run."""


class Model(Protocol):
    """A language model, as the client, the rate limiter, accounting and batch jobs use it.

    `LLM` has all of these members and documents them. A few more exist on some providers only and
    are read with `getattr`: `base_url`, or `_address` where that is not a field, `max_retries`,
    `structured_output`, `_is_free` and `_takes_seed`.
    """

    jobs_ids: tuple[str, ...] | None

    _num_generations_param_supported: bool
    _standalone_store: Any

    @property
    def model_name(self) -> str:
        """Name of the model."""
        ...

    @property
    def max_concurrency(self) -> int | None:
        """Most requests in flight."""
        ...

    @property
    def requests_per_minute(self) -> int | None:
        """Most requests a minute."""
        ...

    @property
    def tokens_per_minute(self) -> int | None:
        """Most tokens a minute."""
        ...

    @property
    def price(self) -> tuple[float, float] | None:
        """US dollars per million input tokens and per million output tokens."""
        ...

    @property
    def offline_batch_generation_block_until_done(self) -> int | None:
        """Seconds between two looks at a batch job."""
        ...

    @property
    def _batch_method(self) -> Callable[..., Any]: ...

    @property
    def _generating_method(self) -> Callable[..., Any]: ...

    @property
    def _async_method(self) -> Callable[..., Awaitable[GenerateOutput]] | None: ...

    def load(self) -> None:
        """Prepares the model."""

    def unload(self) -> None:
        """Releases what `load` acquired."""

    def get_generation_kwargs(self) -> dict[str, Any]:
        """Returns the generation arguments of every question."""
        ...

    def unknown_generation_arguments(self, arguments: dict[str, Any]) -> list[str]:
        """Returns one message for each argument that the model does not take."""
        ...

    def _identity(self) -> Any: ...

    def _endpoint_id(self) -> str: ...

    def _batch_api(self) -> BatchAPI | None: ...

    def _request(
        self, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> BatchRequest: ...

    def _learn(
        self, error: AnswerError, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> bool: ...

    async def _preflight(self) -> str | None: ...

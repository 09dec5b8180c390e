"""`MistralLLM`: models of Mistral AI."""

from __future__ import annotations

from typing import Annotated, Any, Dict, List, Optional, Self, Union

from pydantic import Field, PositiveInt, PrivateAttr, SecretStr, model_validator, validate_call

from distilabel._core.serialization import DumpIfSet
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field
from distilabel.models.llms.openai import OpenAILLM
from distilabel.typing import FormattedInput, GenerateOutput


class MistralLLM(OpenAILLM):
    """A model of Mistral AI.

    Attributes:
        model: Name of the model, like `mistral-small-latest`.
        endpoint: Address of the endpoint, with or without `/v1`.
        base_url: Address of the endpoint, as the other models call it; replaces `endpoint`.
        api_key: Key of the endpoint; read from `MISTRAL_API_KEY`.
        max_concurrent_requests: Most requests in flight, unless `max_concurrency` is set.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import MistralLLM

        llm = MistralLLM(model="mistral-small-latest", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    endpoint: str = "https://api.mistral.ai"
    base_url: Annotated[Optional[RuntimeParameter[str]], DumpIfSet] = Field(
        default=None, description="Address of the endpoint; replaces `endpoint`."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("MISTRAL_API_KEY")
    max_concurrent_requests: RuntimeParameter[PositiveInt] = Field(
        default=64, description="Most requests in flight, unless max_concurrency is set."
    )

    _telemetry_provider = "mistral_ai"
    _key_variable = "MISTRAL_API_KEY"
    _num_generations_param_supported: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def _limit_concurrency(self) -> Self:
        if "max_concurrency" not in self.model_fields_set:
            # Setting the attribute would start the validation again.
            self.__dict__["max_concurrency"] = self.max_concurrent_requests
        return self

    @property
    def _address(self) -> str:
        return (self.base_url or self.endpoint).strip().rstrip("/").removesuffix("/v1").rstrip("/")

    @property
    def _base(self) -> str:
        return f"{self._address}/v1"

    def _identity(self) -> Any:
        own = {"model": self.model, "base_url": self._base}
        return self.identity or own | self._added_fields(MistralLLM)

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        max_new_tokens: Optional[int] = None,
        temperature: Optional[float] = None,
        top_p: Optional[float] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, or pair of a conversation and a structure.
            max_new_tokens: Most tokens of an answer; None for as many as the model can write.
            temperature: Temperature of the sampling, 0 to 1.5.
            top_p: Share of the probability mass to sample from, 0 to 1.
            extra_body: Any other fields the endpoint accepts, such as `random_seed` or `stop`.
            tools: Tools that the model may call, in the format of chat completions.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        chat: Any = [{"role": "user", "content": input}] if isinstance(input, str) else input
        return await self._ask(
            chat,
            None,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            extra_body=extra_body,
            tools=tools,
            tool_choice=tool_choice,
        )

    def _batch_api(self) -> None:
        return None

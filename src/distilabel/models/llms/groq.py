"""`GroqLLM`: open models at Groq."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from pydantic import Field, NonNegativeInt, PrivateAttr, SecretStr, validate_call

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field
from distilabel.models.client.arguments import with_defaults
from distilabel.models.llms.openai import OpenAILLM
from distilabel.typing import FormattedInput, GenerateOutput


class GroqLLM(OpenAILLM):
    """A model that Groq serves.

    Attributes:
        model: Name of the model, like `llama-3.3-70b-versatile`.
        base_url: Address of the endpoint, with or without `/openai/v1`; read from `GROQ_BASE_URL`.
        api_key: Key of the endpoint; read from `GROQ_API_KEY`.
        max_retries: How often a request is retried after an error.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import GroqLLM

        llm = GroqLLM(model="llama-3.3-70b-versatile", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "GROQ_BASE_URL",
        "https://api.groq.com",
        "Address of the endpoint, with or without /openai/v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("GROQ_API_KEY")
    max_retries: RuntimeParameter[NonNegativeInt] = Field(
        default=2, description="How often a request is retried after an error."
    )

    _telemetry_provider = "groq"
    _key_variable = "GROQ_API_KEY"
    _num_generations_param_supported: bool = PrivateAttr(default=False)

    @property
    def _base(self) -> str:
        address = super()._base
        return address if address.endswith("/v1") else f"{address}/openai/v1"

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        seed: Optional[int] = None,
        max_new_tokens: int = 128,
        temperature: float = 1.0,
        top_p: float = 1.0,
        stop: Optional[str] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, or pair of a conversation and a structure.
            seed: Seed of the sampling.
            max_new_tokens: Most tokens of an answer.
            temperature: Temperature of the sampling, 0 to 2.
            top_p: Share of the probability mass to sample from, 0 to 1.
            stop: Text to stop at.
            extra_body: Any other fields the endpoint accepts, such as `reasoning_effort`.
            tools: Tools that the model may call, in the format of chat completions.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        given = {
            "seed": seed,
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "stop": stop,
            "extra_body": extra_body,
            "tools": tools,
            "tool_choice": tool_choice,
        }
        return await self._ask(_as_chat(input), None, **_converted(given))

    def _prepare_batched(self, input: FormattedInput, count: int, arguments: Dict[str, Any]) -> Any:
        given = _converted(with_defaults(GroqLLM.agenerate, arguments))
        return self._prepare(_as_chat(input), None, **given)


def _as_chat(input: Any) -> Any:
    return [{"role": "user", "content": input}] if isinstance(input, str) else input


def _converted(given: Dict[str, Any]) -> Dict[str, Any]:
    """Returns the arguments of `agenerate` as those of `OpenAILLM`, which has no seed."""
    seed = given.pop("seed")
    return (
        given
        if seed is None
        else {**given, "extra_body": {"seed": seed, **(given["extra_body"] or {})}}
    )

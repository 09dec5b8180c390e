"""`AnthropicLLM`: models at any endpoint with Anthropic's messages."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Dict, List, Optional, Tuple, Union
from urllib.parse import urlsplit

from pydantic import Field, NonNegativeInt, PrivateAttr, SecretStr, validate_call

from distilabel._core.redaction import redact_urls
from distilabel.errors import AnswerError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field, current_key
from distilabel.models.batch_jobs.apis.anthropic import AnthropicBatchAPI
from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest
from distilabel.models.client.arguments import with_defaults
from distilabel.models.http.endpoint import (
    check_endpoint,
    key_fingerprint,
    post,
    read_reply,
    require_key,
)
from distilabel.models.http.transport import Reply
from distilabel.models.http.unsupported_arguments import UnsupportedArguments
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.wire import messages, structured_output
from distilabel.typing import FormattedInput, GenerateOutput, InstructorStructuredOutputType

_KEY_VARIABLE = "ANTHROPIC_API_KEY"
# `BatchRequest.form` of requests for structured answers.
_STRUCTURED = "s"


class AnthropicLLM(AsyncLLM):
    """A model of Anthropic, or at any endpoint with the same protocol.

    Attributes:
        model: Name of the model.
        base_url: Address of the endpoint, with or without `/v1`; read from `ANTHROPIC_BASE_URL`.
        api_key: Key of the endpoint; read from `ANTHROPIC_API_KEY`.
        timeout: Seconds a request may take.
        max_retries: How often a request is retried after an error.
        http_client: Not used. All models share one HTTP client, which uses the proxy of the
            environment (`HTTPS_PROXY`).
        structured_output: `schema` (a pydantic class or a JSON schema of an object) that all
            answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import AnthropicLLM

        llm = AnthropicLLM(model="claude-sonnet-4-5", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```

        Let the model reason first; its reasoning is separate from its answer:

        ```python
        from distilabel.models import AnthropicLLM

        llm = AnthropicLLM(
            model="claude-sonnet-4-5",
            api_key="...",
            generation_kwargs={
                "max_tokens": 4096,
                "extra_body": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
            },
        )
        ```
    """

    model: str
    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "ANTHROPIC_BASE_URL",
        "https://api.anthropic.com",
        "Address of the endpoint, with or without /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field(_KEY_VARIABLE)
    timeout: RuntimeParameter[Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default=600.0, description="Seconds a request may take."
    )
    max_retries: RuntimeParameter[NonNegativeInt] = Field(
        default=6, description="How often a request is retried after an error."
    )
    http_client: Optional[Any] = Field(default=None, exclude=True, repr=False)
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    _telemetry_provider = "anthropic"
    _num_generations_param_supported: bool = PrivateAttr(default=False)

    # The key in use since `load`.
    _key: Optional[SecretStr] = PrivateAttr(default=None)
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)
    _unsupported: UnsupportedArguments = PrivateAttr(default_factory=UnsupportedArguments)
    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def load(self) -> None:
        """Checks the key and the structure.

        Raises:
            DistilabelUserError: There is no key, or `structured_output` has no `schema` of an
                object.
        """
        super().load()
        key = self._key = require_key(current_key(self), self, _KEY_VARIABLE)
        # An invalid structure is an error before the first request.
        structured_output.tool(self.structured_output)
        self._headers = {
            "Content-Type": "application/json",
            "x-api-key": key.get_secret_value(),
            "anthropic-version": messages.VERSION,
        }
        if not (urlsplit(self._api).hostname or "").endswith("anthropic.com"):
            # Other servers, like vLLM's, look for the key there.
            self._headers["Authorization"] = f"Bearer {key.get_secret_value()}"
        if self.http_client is not None:
            self._logger.warning(
                "%s: http_client is not used. For a proxy, set HTTPS_PROXY.", self.model
            )

    def unload(self) -> None:
        """Forgets the key."""
        self._key = None
        self._headers = {}
        super().unload()

    @property
    def _api(self) -> str:
        """Address with `/v1`."""
        return (self.base_url or "").strip().rstrip("/").removesuffix("/v1").rstrip("/") + "/v1"

    def _identity(self) -> Any:
        own = {"model": self.model, "base_url": self._api}
        return self.identity or own | self._added_fields(AnthropicLLM)

    def _endpoint_id(self) -> str:
        return f"{self._api} {self.model} {key_fingerprint(self._key or self.api_key)}"

    async def _preflight(self) -> str:
        """Requests the list of models: it is free and reveals a wrong key, address or model."""
        return await check_endpoint(
            self._api, self._headers, self.model, key_variable=_KEY_VARIABLE
        )

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        max_tokens: int = 128,
        stop_sequences: Optional[List[str]] = None,
        temperature: float = 1.0,
        top_p: Optional[float] = None,
        top_k: Optional[int] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text of one message.
            max_tokens: Most tokens of an answer, including its reasoning.
            stop_sequences: Texts to stop at.
            temperature: Temperature of the sampling, 0 to 1.
            top_p: Share of the probability mass to sample from, 0 to 1.
            top_k: Number of likeliest tokens to sample from.
            extra_body: Any other fields the endpoint accepts, such as `thinking`.
            tools: Tools that the model may call, in the format of chat completions or
                in that of the endpoint.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        chat, tool = self._chat(input)
        arguments = {
            "max_tokens": max_tokens,
            "stop_sequences": stop_sequences or None,
            "temperature": temperature,
            "top_p": top_p,
            "top_k": top_k,
            "extra_body": extra_body,
            "tools": tools or None,
            "tool_choice": tool_choice if tools else None,
        }

        async def send(arguments: Dict[str, Any]) -> Reply:
            body = messages.encode_request(self.model, chat, arguments, tool)
            return await post(
                f"{self._api}/messages",
                body,
                self._headers,
                self.timeout or 600,
                key_variable=_KEY_VARIABLE,
            )

        reply = await self._unsupported.send(self.model, arguments, send)
        name = tool["name"] if tool else None
        output = read_reply(reply, partial(messages.parse_response, tool=name))
        structure = input[1] if isinstance(input, tuple) else None
        self._structure_check.check(self.model, output, structure or self.structured_output)
        return output

    def _chat(self, input: Any) -> Tuple[Any, Optional[Dict[str, Any]]]:
        """Returns the messages of a question, and the tool for its structured answer."""
        structure: Any = self.structured_output
        if isinstance(input, tuple):
            input, structure = input[0], input[1] or structure
        chat = [{"role": "user", "content": input}] if isinstance(input, str) else input
        return chat, structured_output.tool(structure)

    def _batch_api(self) -> BatchAPI:
        return AnthropicBatchAPI(redact_urls(self._api), self._headers, _parse_batched)

    def _request(
        self, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> BatchRequest:
        chat, tool = self._chat(input)
        sent = self._unsupported.without(_all_arguments(arguments))
        body = messages.encode_request(self.model, chat, sent, tool)
        return BatchRequest("messages", body, _STRUCTURED if tool else "")

    def _learn(
        self, error: AnswerError, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> bool:
        return self._unsupported.learn(self.model, error, _all_arguments(arguments))


def _all_arguments(arguments: Dict[str, Any]) -> Dict[str, Any]:
    given = with_defaults(AnthropicLLM.agenerate, arguments)
    return {
        **given,
        "stop_sequences": given["stop_sequences"] or None,
        "tools": given["tools"] or None,
        "tool_choice": given["tool_choice"] if given["tools"] else None,
    }


def _parse_batched(body: bytes, form: str) -> GenerateOutput:
    """Parses a response in a batch job, where the request is not known."""
    return messages.parse_response(body, messages.used_tool(body) if form == _STRUCTURED else None)

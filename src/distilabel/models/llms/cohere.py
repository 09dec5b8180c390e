"""`CohereLLM`: models of Cohere."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List, Optional, Sequence, Union
from urllib.parse import quote

from pydantic import Field, PositiveInt, PrivateAttr, SecretStr, validate_call

from distilabel.errors import AnswerError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field, current_key
from distilabel.models.http import transport
from distilabel.models.http.endpoint import bearer_headers, error_of, key_fingerprint, require_key
from distilabel.models.llms.http_llm import HTTPLLM
from distilabel.models.wire import cohere_chat
from distilabel.models.wire.structure import parse_structure
from distilabel.typing import FormattedInput, GenerateOutput, InstructorStructuredOutputType


class CohereLLM(HTTPLLM):
    """A model of Cohere.

    Attributes:
        model: Name of the model, like `command-a-03-2025`.
        base_url: Address of the endpoint, with or without a version: version 2 of the chat is
            asked in any case. Read from `COHERE_BASE_URL`.
        api_key: Key of the endpoint; read from `COHERE_API_KEY`.
        timeout: Seconds a request may take.
        client_name: Name of the program, sent with every request.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import CohereLLM

        llm = CohereLLM(model="command-a-03-2025", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "COHERE_BASE_URL", "https://api.cohere.ai/v1", "Address of the endpoint."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("COHERE_API_KEY")
    timeout: RuntimeParameter[PositiveInt] = Field(
        default=120, description="Seconds a request may take."
    )
    client_name: RuntimeParameter[str] = Field(
        default="distilabel", description="Name of the program."
    )
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    _telemetry_provider = "cohere"
    _key_variable = "COHERE_API_KEY"
    # The key in use since `load`.
    _key: Optional[SecretStr] = PrivateAttr(default=None)

    def load(self) -> None:
        """Checks the key and the structure.

        Raises:
            DistilabelUserError: There is no key, or `structured_output` is not valid.
        """
        super().load()
        cohere_chat.encode_request(self.model, [], {}, parse_structure(self.structured_output))
        self._key = require_key(current_key(self), self, self._key_variable)
        name = {"X-Client-Name": self.client_name} if self.client_name else {}
        self._headers = bearer_headers(self._key, name)

    def unload(self) -> None:
        """Forgets the key."""
        self._key = None
        super().unload()

    @property
    def _address(self) -> str:
        """Address without a version."""
        address = (self.base_url or "").strip().rstrip("/")
        for version in ("/v1", "/v2"):
            address = address.removesuffix(version)
        # The default of 1.5.3; version 2 is documented at the other name.
        return address.replace("https://api.cohere.ai", "https://api.cohere.com")

    def _identity(self) -> Any:
        own = {"model": self.model, "base_url": self._address}
        return self.identity or own | self._added_fields(CohereLLM)

    def _endpoint_id(self) -> str:
        return f"{self._address} {self.model} {key_fingerprint(self._key or self.api_key)}"

    async def _preflight(self) -> str:
        """Requests what is known of the model: it is free and reveals a wrong key or model.

        Raises:
            EndpointError: The endpoint cannot be reached or rejects the key.
        """
        url = f"{self._address}/v1/models/{quote(self.model)}"
        try:
            reply = await transport.send("GET", url, headers=self._headers, timeout=30)
        except AnswerError as error:
            raise EndpointError(f"{error}. Check the base_url. No question was sent.") from error
        if reply.status == 200:
            return ""
        refusal = error_of(reply, self._headers, url, self._key_variable)
        if reply.status in (401, 403):
            raise refusal
        # A deployment of your own may have no list of models.
        return f"{refusal}."

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        temperature: Optional[float] = None,
        max_tokens: Optional[int] = None,
        k: Optional[int] = None,
        p: Optional[float] = None,
        seed: Optional[float] = None,
        stop_sequences: Optional[Sequence[str]] = None,
        frequency_penalty: Optional[float] = None,
        presence_penalty: Optional[float] = None,
        raw_prompting: Optional[bool] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text of one message.
            temperature: Temperature of the sampling.
            max_tokens: Most tokens of an answer.
            k: Number of likeliest tokens to sample from.
            p: Share of the probability mass to sample from, 0.01 to 0.99.
            seed: Seed of the sampling.
            stop_sequences: Up to five texts to stop at.
            frequency_penalty: Makes tokens less likely the more often they occurred, 0 to 1.
            presence_penalty: Makes tokens less likely once they occurred, 0 to 1.
            raw_prompting: Whether the message is sent to the model without a chat template.
            extra_body: Any other fields the endpoint accepts, such as `thinking` or `logprobs`.
            tools: Tools that the model may call, in the format of chat completions.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        chat, structure = self._question(input)
        arguments = {
            "temperature": temperature,
            "max_tokens": max_tokens,
            "k": k,
            "p": p,
            "seed": None if seed is None else int(seed),
            "stop_sequences": list(stop_sequences) if stop_sequences else None,
            "frequency_penalty": frequency_penalty,
            "presence_penalty": presence_penalty,
            "raw_prompting": raw_prompting,
            "extra_body": extra_body,
            "tools": tools or None,
            "tool_choice": tool_choice,
        }
        return await self._ask(
            f"{self._address}/v2/chat",
            partial(cohere_chat.encode_request, self.model, chat),
            arguments,
            cohere_chat.parse_response,
            structure=structure,
            timeout=self.timeout or 120,
        )

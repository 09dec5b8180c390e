"""`OpenAILLM`: models at any endpoint with OpenAI's chat completions."""

from __future__ import annotations

from functools import partial
from typing import (
    Annotated,
    Any,
    Callable,
    ClassVar,
    Dict,
    Final,
    List,
    Literal,
    Optional,
    Tuple,
    Union,
)
from urllib.parse import urlsplit

from annotated_types import Ge, Gt
from pydantic import PrivateAttr, SecretStr, validate_call

from distilabel._core.redaction import redact_urls
from distilabel._core.serialization import DumpIfSet
from distilabel.errors import AnswerError
from distilabel.models.base_clients.environment import current_key
from distilabel.models.base_clients.openai import OpenAIBaseClient
from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest
from distilabel.models.batch_jobs.apis.openai import OpenAIBatchAPI
from distilabel.models.client.arguments import with_defaults
from distilabel.models.http.endpoint import (
    bearer_headers,
    check_endpoint,
    key_fingerprint,
    post,
    read_reply,
    require_key,
    url_of,
)
from distilabel.models.http.transport import Reply
from distilabel.models.http.unsupported_arguments import UnsupportedArguments
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.wire import chat_completions, responses, structured_output
from distilabel.typing import FormattedInput, GenerateOutput

# Hosts that constrain an answer to JSON only, never to a text.
_JSON_ONLY: Final = (
    "api.openai.com",
    "openai.azure.com",
    "openrouter.ai",
    "api.groq.com",
    "api.mistral.ai",
    "api.deepseek.com",
    "api.x.ai",
    "generativelanguage.googleapis.com",
)
# Path of a request, the function that encodes its body from arguments, and these arguments.
_Prepared = Tuple[str, Callable[[Dict[str, Any]], bytes], Dict[str, Any]]


class OpenAILLM(OpenAIBaseClient, AsyncLLM):
    """A model of OpenAI, or at any endpoint with the same protocol.

    Attributes:
        model: Name of the model.
        base_url: Address of the endpoint, up to and including `/v1`; read from `OPENAI_BASE_URL`.
        api_key: Key of the endpoint; read from `OPENAI_API_KEY`.
        default_headers: Headers sent with every request.
        max_retries: How often a request is retried after an error.
        timeout: Seconds a request may take.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow; at
            vLLM and similar servers, also `format` `"regex"`, `"grammar"` or `"choice"`.
        api: `"chat"` for chat completions, or `"responses"`, which some models of OpenAI need. With
            it, `extra_body={"reasoning": {"summary": "auto"}}` returns summaries of the reasoning;
            there is no `stop` and no penalty, and every answer is a request of its own.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import OpenAILLM

        llm = OpenAILLM(model="gpt-4o-mini", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    api: Annotated[Literal["chat", "responses"], DumpIfSet] = "chat"

    _telemetry_provider = "openai"
    _key_variable: ClassVar[str] = "OPENAI_API_KEY"

    # The key in use since `load`.
    _key: Optional[SecretStr] = PrivateAttr(default=None)
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)
    _unsupported: UnsupportedArguments = PrivateAttr(default_factory=UnsupportedArguments)
    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    def load(self) -> None:
        """Checks the key and the structure.

        Raises:
            DistilabelUserError: There is no key, or `structured_output` has no valid `schema`.
        """
        super().load()
        self._key = require_key(current_key(self), self, self._key_variable)
        # An invalid structure is an error before the first request.
        self._check_structure(self.structured_output)
        self._headers = self._headers_with(self._key)
        if self.api == "responses":
            self._num_generations_param_supported = False

    def _headers_with(self, key: SecretStr) -> Dict[str, str]:
        """Returns the headers of every request."""
        return bearer_headers(key, self.default_headers)

    def unload(self) -> None:
        """Forgets the key."""
        self._key = None
        self._headers = {}
        super().unload()

    def _check_structure(self, structure: Any) -> None:
        """Checks a structure before anything is sent.

        Raises:
            DistilabelUserError: It is invalid, or the endpoint cannot follow it.
        """
        structured_output.response_format(structure)
        host = urlsplit(self._base).hostname or ""
        if host.endswith(_JSON_ONLY):
            structured_output.refuse_guidance(structure, host)

    @property
    def _base(self) -> str:
        return (self.base_url or "").strip().rstrip("/")

    def _identity(self) -> Any:
        own = {"model": self.model_name, "base_url": self._base}
        if self.api != "chat":
            own["api"] = self.api
        return self.identity or own | self._added_fields(OpenAILLM)

    def _endpoint_id(self) -> str:
        return f"{self._base} {self.model_name} {key_fingerprint(self._key or self.api_key)}"

    async def _preflight(self) -> str:
        """Requests the list of models: it is free and reveals a wrong key, address or model."""
        return await check_endpoint(
            self._base, self._headers, self.model_name, key_variable=self._key_variable
        )

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: Annotated[int, Ge(ge=0)] = 128,
        logprobs: bool = False,
        top_logprobs: Optional[Annotated[int, Gt(gt=0)]] = None,
        echo: bool = False,
        frequency_penalty: float = 0.0,
        presence_penalty: float = 0.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        stop: Optional[Union[str, List[str]]] = None,
        response_format: Optional[Dict[str, Any]] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to complete.
            num_generations: Number of answers, all in one request.
            max_new_tokens: Most tokens of an answer.
            logprobs: Whether to return the log-probabilities of the tokens.
            top_logprobs: Number of likeliest tokens to return per position.
            echo: Whether text to complete is repeated before its completion.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            presence_penalty: Makes tokens less likely once they occurred, -2 to 2.
            temperature: Temperature of the sampling, 0 to 2.
            top_p: Share of the probability mass to sample from, 0 to 1.
            stop: Up to four texts to stop at.
            response_format: Format of the answer, as the protocol defines it.
            extra_body: Any other fields the endpoint accepts.
            tools: Tools that the model may call, in the format of chat completions.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output; its `statistics` have one number per request.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        return await self._ask(
            input,
            num_generations,
            max_new_tokens=max_new_tokens,
            logprobs=logprobs,
            top_logprobs=top_logprobs,
            echo=echo,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            temperature=temperature,
            top_p=top_p,
            stop=stop,
            response_format=response_format,
            extra_body=extra_body,
            tools=tools,
            tool_choice=tool_choice,
        )

    async def _ask(
        self, input: FormattedInput, count: Optional[int], **given: Any
    ) -> GenerateOutput:
        """Sends one request.

        Args:
            input: Question, as for `agenerate`.
            count: Number of answers; None for a provider that has no such argument.
            given: Other arguments of `agenerate`; missing ones, and None, are not sent.
        """
        path, encode, arguments = self._prepare(input, count, **given)
        url, headers, timeout = url_of(self._base, path), self._headers, self.timeout or 120

        async def send(arguments: Dict[str, Any]) -> Reply:
            body = encode(arguments)
            return await post(url, body, headers, timeout, key_variable=self._key_variable)

        reply = await self._unsupported.send(self.model, arguments, send)
        output = read_reply(reply, self._parse)
        structure = input[1] if isinstance(input, tuple) else None
        if structure or self.structured_output:
            self._structure_check.check(self.model, output, structure or self.structured_output)
        return output

    @validate_call
    def offline_batch_generate(
        self,
        inputs: Optional[List[FormattedInput]] = None,
        num_generations: int = 1,
        max_new_tokens: Annotated[int, Ge(ge=0)] = 128,
        logprobs: bool = False,
        top_logprobs: Optional[Annotated[int, Gt(gt=0)]] = None,
        frequency_penalty: float = 0.0,
        presence_penalty: float = 0.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        stop: Optional[Union[str, List[str]]] = None,
        response_format: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> List[GenerateOutput]:
        """Answers questions in batch jobs: the first call submits them, later calls collect.

        Args:
            inputs: Questions; not needed to collect.
            num_generations: Number of answers to each question.
            max_new_tokens: Most tokens of an answer.
            logprobs: Whether to return the log-probabilities of the tokens.
            top_logprobs: Number of likeliest tokens to return per position.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            presence_penalty: Makes tokens less likely once they occurred, -2 to 2.
            temperature: Temperature of the sampling, 0 to 2.
            top_p: Share of the probability mass to sample from, 0 to 1.
            stop: Up to four texts to stop at.
            response_format: Format of the answer, as the protocol defines it.
            kwargs: Any other argument of `agenerate`.

        Returns:
            One output per question, in the same order; an empty list for each without an answer.

        Raises:
            DistilabelOfflineBatchGenerationNotFinishedException: The jobs were submitted now, or
                are not finished. `jobs_ids` has their identifiers; the next call collects them.
            ValueError: There are neither questions nor jobs.
            RuntimeError: All jobs have failed.
        """
        return super().offline_batch_generate(
            inputs,
            num_generations,
            max_new_tokens=max_new_tokens,
            logprobs=logprobs,
            top_logprobs=top_logprobs,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            temperature=temperature,
            top_p=top_p,
            stop=stop,
            response_format=response_format,
            **kwargs,
        )

    @property
    def _parse(self) -> Callable[[bytes], GenerateOutput]:
        """The function that parses the body of a reply."""
        if self.api == "responses":
            return responses.parse_response
        return chat_completions.parse_response

    def _batch_api(self) -> Optional[BatchAPI]:
        return OpenAIBatchAPI(redact_urls(self._base), self._headers, self._parse)

    def _request(
        self, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> BatchRequest:
        path, encode, given = self._prepare_batched(input, count, arguments)
        return BatchRequest(path, encode(self._unsupported.without(given)))

    def _learn(
        self, error: AnswerError, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> bool:
        given = self._prepare_batched(input, count, arguments)[2]
        return self._unsupported.learn(self.model, error, given)

    def _prepare_batched(
        self, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> _Prepared:
        return self._prepare(input, count, **with_defaults(OpenAILLM.agenerate, arguments))

    def _prepare(self, input: FormattedInput, count: Optional[int], **given: Any) -> _Prepared:
        """Prepares a request from arguments of `agenerate`."""
        structure = self.structured_output
        if isinstance(input, tuple):
            input, structure = input[0], input[1] or structure  # type: ignore[assignment]
        format = given.get("response_format")
        if structure:
            self._check_structure(structure)
            if guidance := structured_output.guidance(structure):
                given["extra_body"] = {**guidance, **(given.get("extra_body") or {})}
            format = format or structured_output.response_format(structure)
        text = isinstance(input, str) and self.api == "chat"
        logprobs, top_logprobs = given.get("logprobs"), given.get("top_logprobs")
        limited = "max_completion_tokens" in (given.get("extra_body") or {})
        arguments: Dict[str, Any] = {
            "n": count,
            "max_tokens": None if limited else given.get("max_new_tokens"),
            "temperature": given.get("temperature"),
            "top_p": given.get("top_p"),
            "frequency_penalty": given.get("frequency_penalty") or None,
            "presence_penalty": given.get("presence_penalty") or None,
            "stop": None if _has_image(input) else given.get("stop"),
            "response_format": format,
            "logprobs": (top_logprobs or 1 if text else True) if logprobs else None,
            "top_logprobs": None if text or not logprobs else top_logprobs,
            "echo": given.get("echo") or None if text else None,
            "tools": None if text else given.get("tools") or None,
            "tool_choice": None if text or not given.get("tools") else given.get("tool_choice"),
            "extra_body": given.get("extra_body"),
        }
        if self.api == "responses":
            encode = partial(responses.encode_request, self.model_name, input)
            return "responses", encode, arguments
        path = "completions" if text else "chat/completions"
        return path, partial(chat_completions.encode_request, self.model_name, input), arguments


def _has_image(input: Any) -> bool:
    """Whether a conversation has an image; endpoints reject `stop` with one."""
    return any(
        isinstance(message, dict)
        and isinstance(message.get("content"), list)
        and any(part.get("type") == "image_url" for part in message["content"])
        for message in input
    )

"""`OpenAILLM`: any endpoint that speaks OpenAI's chat completions."""

from __future__ import annotations

from typing import Annotated, Any, Callable, Dict, List, Optional, Tuple, Union

from annotated_types import Ge, Gt
from pydantic import PrivateAttr, validate_call

from distilabel._core.redaction import redact_urls
from distilabel.errors import AnswerError
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
)
from distilabel.models.http.transport import Reply
from distilabel.models.http.unsupported_arguments import UnsupportedArguments
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.wire import chat_completions, structured_output
from distilabel.typing import FormattedInput, GenerateOutput

# Where a question is posted, what makes the body, and of which arguments.
_Asked = Tuple[str, Callable[[Dict[str, Any]], bytes], Dict[str, Any]]


class OpenAILLM(OpenAIBaseClient, AsyncLLM):
    """A model of OpenAI, or of any endpoint that speaks the same protocol.

    Attributes:
        model: its name.
        base_url: address of the endpoint, up to and including `/v1`; read from
            `OPENAI_BASE_URL`.
        api_key: read from `OPENAI_API_KEY`.
        default_headers: sent with every request.
        max_retries: how often a question is asked again after an error.
        timeout: seconds a request may take.
        structured_output: `schema` (a pydantic class or a JSON schema) that answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import OpenAILLM

        llm = OpenAILLM(model="gpt-4o-mini", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)
    _refusals: UnsupportedArguments = PrivateAttr(default_factory=UnsupportedArguments)
    _key_variable = "OPENAI_API_KEY"

    def load(self) -> None:
        """Makes ready to ask.

        Raises:
            DistilabelUserError: there is no key, or `structured_output` has no `schema`.
        """
        super().load()
        key = require_key(self.api_key, self, self._key_variable)
        # A structure that is none is told before anything is asked.
        structured_output.response_format(self.structured_output)
        self._headers = bearer_headers(key, self.default_headers)

    def unload(self) -> None:
        """Forgets the key."""
        self._headers = {}
        super().unload()

    @property
    def _base(self) -> str:
        return (self.base_url or "").rstrip("/")

    def _identity(self) -> Any:
        own = {"model": self.model, "base_url": self._base}
        return self.identity or own | self._added_fields(OpenAILLM)

    def _endpoint_id(self) -> str:
        return f"{self.base_url} {self.model} {key_fingerprint(self.api_key)}"

    async def _preflight(self) -> None:
        """Asks for the list of models: costs nothing, and tells a wrong key, address or model."""
        await check_endpoint(self._base, self._headers, self.model)

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
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: a conversation, a pair of a conversation and a structure, or text to complete.
            num_generations: answers to give, in one call.
            max_new_tokens: most tokens of an answer.
            logprobs: whether to give the log-probabilities of the tokens.
            top_logprobs: likeliest tokens per position to give them for.
            echo: whether text to complete is repeated before its completion.
            frequency_penalty: makes tokens less likely the more often they occurred, -2 to 2.
            presence_penalty: makes tokens less likely once they occurred, -2 to 2.
            temperature: of the sampling, 0 to 2.
            top_p: share of the probability to sample from.
            stop: where to end, up to four texts.
            response_format: the form of the answer, as the protocol writes it.
            extra_body: anything else the endpoint understands.

        Returns:
            The generations; `statistics` has one number per call.

        Raises:
            AnswerError: there is no answer.
            EndpointError: the key, the model or the address is wrong.
        """
        path, posed, arguments = self._asked(
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
        )

        async def send(arguments: Dict[str, Any]) -> Reply:
            url = f"{self._base}/{path}"
            return await post(url, posed(arguments), self._headers, self.timeout or 120)

        reply = await self._refusals.ask(self.model, arguments, send)
        return read_reply(reply, chat_completions.answer)

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
        """Answers questions through batch jobs: called once to submit, and again to collect.

        Args:
            inputs: one question each; not needed to collect.
            num_generations: as for `agenerate`, like all that follow.
            max_new_tokens: most tokens of an answer.
            logprobs: whether to give the log-probabilities of the tokens.
            top_logprobs: likeliest tokens per position to give them for.
            frequency_penalty: makes tokens less likely the more often they occurred.
            presence_penalty: makes tokens less likely once they occurred.
            temperature: of the sampling, 0 to 2.
            top_p: share of the probability to sample from.
            stop: where to end, up to four texts.
            response_format: the form of the answer, as the protocol writes it.
            kwargs: anything else that `agenerate` takes.

        Returns:
            One output per question, in the same order; an empty list for one without an answer.

        Raises:
            DistilabelOfflineBatchGenerationNotFinishedException: the jobs are submitted, or not
                finished; `jobs_ids` has their names, and they are collected by the next call.
            ValueError: there are neither questions nor jobs.
            RuntimeError: the only job has failed.
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

    def _batch_api(self) -> BatchAPI:
        return OpenAIBatchAPI(redact_urls(self._base), self._headers, chat_completions.answer)

    def _request(
        self, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> BatchRequest:
        path, posed, given = self._in_full(input, count, arguments)
        return BatchRequest(path, posed(self._refusals.without(given)))

    def _learn(
        self, error: AnswerError, input: FormattedInput, count: int, arguments: Dict[str, Any]
    ) -> bool:
        return self._refusals.learn(self.model, error, self._in_full(input, count, arguments)[2])

    def _in_full(self, input: FormattedInput, count: int, arguments: Dict[str, Any]) -> _Asked:
        return self._asked(input, count, **with_defaults(OpenAILLM.agenerate, arguments))

    def _asked(self, input: FormattedInput, count: int, **given: Any) -> _Asked:
        """A question, from all that `agenerate` takes."""
        structure = self.structured_output
        if isinstance(input, tuple):
            input, structure = input[0], input[1] or structure  # type: ignore[assignment]
        text = isinstance(input, str)
        logprobs, top_logprobs = given["logprobs"], given["top_logprobs"]
        limited = "max_completion_tokens" in (given["extra_body"] or {})
        arguments: Dict[str, Any] = {
            "n": count,
            "max_tokens": None if limited else given["max_new_tokens"],
            "temperature": given["temperature"],
            "top_p": given["top_p"],
            "frequency_penalty": given["frequency_penalty"] or None,
            "presence_penalty": given["presence_penalty"] or None,
            "stop": None if _shows_an_image(input) else given["stop"],
            "response_format": given["response_format"]
            or structured_output.response_format(structure),
            "logprobs": (top_logprobs or 1 if text else True) if logprobs else None,
            "top_logprobs": None if text or not logprobs else top_logprobs,
            "echo": given["echo"] or None if text else None,
            "extra_body": given["extra_body"],
        }
        path = "completions" if text else "chat/completions"
        return path, lambda sent: chat_completions.request(self.model, input, sent), arguments


def _shows_an_image(input: Any) -> bool:
    """Endpoints refuse `stop` together with images."""
    return any(
        isinstance(message, dict)
        and isinstance(message.get("content"), list)
        and any(part.get("type") == "image_url" for part in message["content"])
        for message in input
    )

"""`OpenAILLM`: any endpoint that speaks OpenAI's chat completions."""

from __future__ import annotations

from typing import Annotated, Any, Dict, List, Optional, Union

from annotated_types import Ge, Gt
from pydantic import PrivateAttr, validate_call

from distilabel.models.base_clients.asking import (
    answer_to,
    headers_of,
    make_sure_of,
    needed,
    trace_of,
)
from distilabel.models.base_clients.openai import OpenAIBaseClient
from distilabel.models.base_clients.refusals import Refusals
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.wire import chat_completions, structures
from distilabel.typing import FormattedInput, GenerateOutput


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
    _refusals: Refusals = PrivateAttr(default_factory=Refusals)
    _key_variable = "OPENAI_API_KEY"

    def load(self) -> None:
        """Makes ready to ask.

        Raises:
            DistilabelUserError: there is no key, or `structured_output` has no `schema`.
        """
        super().load()
        key = needed(self.api_key, self, self._key_variable)
        # A structure that is none is told before anything is asked.
        structures.response_format(self.structured_output)
        self._headers = headers_of(key, self.default_headers)

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

    def _gate_name(self) -> str:
        return f"{self.base_url} {self.model} {trace_of(self.api_key)}"

    async def _preflight(self) -> None:
        """Asks for the list of models: costs nothing, and tells a wrong key, address or model."""
        await make_sure_of(self._base, self._headers, self.model)

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
        structure = self.structured_output
        if isinstance(input, tuple):
            input, structure = input[0], input[1] or structure  # type: ignore[assignment]
        text = isinstance(input, str)
        extra = extra_body or {}
        arguments: Dict[str, Any] = {
            "n": num_generations,
            "max_tokens": None if "max_completion_tokens" in extra else max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "frequency_penalty": frequency_penalty or None,
            "presence_penalty": presence_penalty or None,
            "stop": None if _shows_an_image(input) else stop,
            "response_format": response_format or structures.response_format(structure),
            "logprobs": (top_logprobs or 1 if text else True) if logprobs else None,
            "top_logprobs": None if text or not logprobs else top_logprobs,
            "echo": echo or None if text else None,
            "extra_body": extra_body,
        }
        url = f"{self._base}/{'completions' if text else 'chat/completions'}"

        async def send(arguments: Dict[str, Any]) -> bytes:
            body = chat_completions.request(self.model, input, arguments)
            return await answer_to(url, body, self._headers, self.timeout or 120)

        body = await self._refusals.ask(self.model, arguments, send)
        return chat_completions.answer(body)


def _shows_an_image(input: Any) -> bool:
    """Endpoints refuse `stop` together with images."""
    return any(
        isinstance(message, dict)
        and isinstance(message.get("content"), list)
        and any(part.get("type") == "image_url" for part in message["content"])
        for message in input
    )

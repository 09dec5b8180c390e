"""`OpenAILLM`: any endpoint that speaks OpenAI's chat completions."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Dict, List, Optional, Union

from annotated_types import Ge, Gt
from pydantic import PrivateAttr, validate_call

from distilabel.errors import EndpointError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.models import http
from distilabel.models.base_clients.openai import OpenAIBaseClient
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.wire import chat_completions, replies
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
    _key_variable = "OPENAI_API_KEY"

    def load(self) -> None:
        """Reads the key.

        Raises:
            ValueError: there is none.
        """
        super().load()
        if self.api_key is None:
            raise ValueError(
                f"{type(self).__name__} needs a key: give `api_key`, or set the environment "
                f"variable {self._key_variable}."
            )
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.api_key.get_secret_value()}",
            **(self.default_headers or {}),
        }

    def unload(self) -> None:
        """Forgets the key."""
        self._headers = {}
        super().unload()

    def _url(self, path: str) -> str:
        return f"{(self.base_url or '').rstrip('/')}/{path}"

    def _identity(self) -> Any:
        return self.identity or {"model": self.model, "base_url": self.base_url}

    def _gate_name(self) -> str:
        key = self.api_key.get_secret_value() if self.api_key else ""
        return f"{self.base_url} {self.model} {hashlib.sha256(key.encode()).hexdigest()[:8]}"

    async def _preflight(self) -> None:
        """Asks for the list of models: costs nothing, and tells a wrong key, address or model."""
        await list_models_or_raise(self._url("models"), self._headers, self.model)

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
        arguments: Dict[str, Any] = {
            "n": num_generations,
            "max_tokens": max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "frequency_penalty": frequency_penalty or None,
            "presence_penalty": presence_penalty or None,
            "stop": None if _shows_an_image(input) else stop,
            "response_format": response_format or chat_completions.response_format(structure),
            "logprobs": (top_logprobs or 1 if text else True) if logprobs else None,
            "top_logprobs": None if text or not logprobs else top_logprobs,
            "echo": echo or None if text else None,
            "extra_body": extra_body,
        }
        url = self._url("completions" if text else "chat/completions")
        reply = await http.send(
            "POST",
            url,
            body=chat_completions.request(self.model, input, arguments),
            headers=self._headers,
            timeout=self.timeout or 120,
        )
        if reply.status != 200:
            raise replies.error_of(reply.status, reply.headers, reply.body, url=url)
        return chat_completions.answer(reply.body, num_generations)


def _shows_an_image(input: Any) -> bool:
    """Endpoints refuse `stop` together with images."""
    return any(
        isinstance(message, dict)
        and isinstance(message.get("content"), list)
        and any(part.get("type") == "image_url" for part in message["content"])
        for message in input
    )


async def list_models_or_raise(url: str, headers: Dict[str, str], model: str) -> None:
    """Makes sure that an endpoint can be reached, takes the key and knows the model.

    Args:
        url: of the list of models.
        headers: with the key.
        model: which has to be in the list; an endpoint without a list is believed.

    Raises:
        EndpointError: nobody answers there, the key is refused, or the model is not known.
    """
    import orjson

    from distilabel.errors import AnswerError

    try:
        reply = await http.send("GET", url, headers=headers, timeout=30)
    except AnswerError as error:
        raise EndpointError(
            f"{error}. Is the server running, and is the base_url right? Nothing was asked."
        ) from error
    if reply.status in (401, 403):
        raise replies.error_of(reply.status, reply.headers, reply.body, url=url)
    if reply.status != 200:
        return
    try:
        known = [str(entry["id"]) for entry in orjson.loads(reply.body)["data"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return
    if known and model not in known:
        raise EndpointError(
            f"{url.removesuffix('/models')} does not know the model {model!r}, "
            f"{close_names(model, known[:200])} Nothing was asked."
        )

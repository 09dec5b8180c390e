"""`InferenceEndpointsLLM`: models by way of Hugging Face, and servers that speak like those.

Conversations go to chat completions. With a tokenizer they are rendered on this side and go, as
text does, to where text is continued: TGI's `generate`, or completions on the router.
"""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import Annotated, Any, Dict, Final, List, Literal, Optional, Self, Union

from annotated_types import Gt
from pydantic import Field, PrivateAttr, model_validator, validate_call

from distilabel.errors import DistilabelUserError
from distilabel.models.base_clients.inference_endpoints import InferenceEndpointsBaseClient
from distilabel.models.http.endpoint import (
    check_endpoint,
    key_fingerprint,
    list_models,
    post,
    read_reply,
)
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.outputs import merge_responses
from distilabel.models.wire import chat_completions, structured_output, text_generation
from distilabel.typing import FormattedInput, GenerateOutput, StandardInput

MOST_STOP_SEQUENCES: Final = 4
TIMEOUT: Final = 120.0
# What servers of one model take for its name.
_ANY_MODEL: Final = "tgi"

_Penalty = Optional[Annotated[float, Field(ge=-2.0, le=2.0)]]
_Count = Optional[Annotated[int, Gt(gt=0)]]


class InferenceEndpointsLLM(InferenceEndpointsBaseClient, AsyncLLM, MagpieChatTemplateMixin):
    """A model that Hugging Face serves, or any server that speaks as its servers do.

    Give one of `model_id`, `endpoint_name` and `base_url`.

    Attributes:
        model_id: repository of a model that Hugging Face's providers serve, like `owner/name`, or
            `owner/name:provider` to choose one.
        endpoint_name: name of an Inference Endpoint of one's own; woken if it sleeps.
        endpoint_namespace: user or organisation the endpoint belongs to.
        base_url: address of a server, with or without `/v1`.
        api_key: token of Hugging Face; read from `HF_TOKEN`, or the stored login.
        tokenizer_id: repository of the tokenizer that renders conversations on this side; needs
            `pip install "distilabel[hf-transformers]"`.
        model_display_name: name of the model in the dataset.
        structured_output: `format` (`"json"` or `"regex"`) and `schema` all answers follow.
        use_magpie_template: whether to end the prompt with the template; needs `tokenizer_id`.
        magpie_pre_query_template: `"llama3"`, `"qwen2"` or the text that stands before a user's
            message.

    Examples:
        Ask a model on the Hub:

        ```python
        from distilabel.models import InferenceEndpointsLLM

        llm = InferenceEndpointsLLM(model_id="meta-llama/Llama-3.3-70B-Instruct")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```

        Ask a server of one's own:

        ```python
        from distilabel.models import InferenceEndpointsLLM

        llm = InferenceEndpointsLLM(base_url="http://localhost:8080", api_key="none")
        ```
    """

    _num_generations_param_supported = False
    # The service keeps answers by question: with a seed, an equal question gets another one.
    _takes_seed = True

    _tokenizer: Any = PrivateAttr(default=None)
    _served: Optional[str] = PrivateAttr(default=None)
    _told: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def _complete_tokenizer_id(self) -> Self:
        if self.use_magpie_template and self.tokenizer_id is None:
            raise DistilabelUserError(
                "use_magpie_template needs tokenizer_id: the prompt is rendered on this side"
            )
        if self.structured_output and self.tokenizer_id is None and self.model_id:
            # Not by attribute, which would validate the model again from within its validation.
            self.__dict__["tokenizer_id"] = self.model_id
        return self

    def load(self) -> None:
        """Makes ready to ask: finds token and address, wakes the endpoint, loads the tokenizer.

        Raises:
            ValueError: there is no token, or `structured_output` lacks a key.
            ImportError: the tokenizer needs a package that is not installed.
            EndpointError: the endpoint does not exist, or did not wake up.
        """
        super().load()
        structured_output.grammar(self.structured_output)
        self._connect()
        if self._renders(self.structured_output):
            self._tokenizer = _tokenizer(str(self.tokenizer_id), self._token)

    def unload(self) -> None:
        """Forgets the token and the tokenizer."""
        self._headers = {}
        self._tokenizer = None
        super().unload()

    @property
    def _token(self) -> str:
        return self._headers["Authorization"].removeprefix("Bearer ")

    def _renders(self, structure: Any) -> bool:
        """Whether conversations are rendered on this side.

        The router continues text, but to no structure: there the model's own template is used.
        """
        return self.tokenizer_id is not None and not (
            self.model_id and structure and not self.use_magpie_template
        )

    def _identity(self) -> Any:
        own = {
            "model": self.model_id or self.endpoint_name or (self.base_url or "").rstrip("/"),
            "namespace": self.endpoint_namespace,
            "tokenizer": self.tokenizer_id,
            "magpie": self.magpie_pre_query_template if self.use_magpie_template else None,
        }
        return self.identity or own | self._added_fields(InferenceEndpointsLLM)

    def _endpoint_id(self) -> str:
        where = self.endpoint_name or self._address or self.base_url
        return f"{where} {self.model_id} {key_fingerprint(self.api_key)}"

    async def _preflight(self) -> None:
        """Asks for the list of models: costs nothing, and tells a wrong token, address or model."""
        if self.model_id:
            await check_endpoint(self._api, self._headers, self.model_id.partition(":")[0])
        else:
            self._served = await self._model_served()

    async def _model_served(self) -> str:
        known = await list_models(self._api, self._headers)
        if self._repository:
            return self._repository
        return known[0] if len(known) == 1 else _ANY_MODEL

    def prepare_input(self, input: StandardInput) -> str:
        """Renders a conversation with the template of the tokenizer, and Magpie's if asked for.

        Args:
            input: the conversation.

        Returns:
            The prompt.
        """
        if self._tokenizer is None:
            self._tokenizer = _tokenizer(str(self.tokenizer_id), self._token)
        # Magpie has the user speak next, so the assistant is not asked to begin.
        user_next = self.use_magpie_template and not (input and input[-1]["role"] == "user")
        prompt = ""
        if input:
            prompt = self._tokenizer.apply_chat_template(
                conversation=input, tokenize=False, add_generation_prompt=not user_next
            )
        return self.apply_magpie_pre_query_template(prompt, input)

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        max_new_tokens: int = 128,
        frequency_penalty: _Penalty = None,
        logit_bias: Optional[List[float]] = None,
        logprobs: bool = False,
        presence_penalty: _Penalty = None,
        seed: Optional[int] = None,
        stop_sequences: Optional[List[str]] = None,
        temperature: float = 1.0,
        tool_choice: Optional[Union[Dict[str, str], Literal["auto"]]] = None,
        tool_prompt: Optional[str] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        top_logprobs: _Count = None,
        top_n_tokens: _Count = None,
        top_p: Optional[float] = None,
        do_sample: bool = False,
        repetition_penalty: Optional[float] = None,
        return_full_text: bool = False,
        top_k: Optional[int] = None,
        typical_p: Optional[float] = None,
        watermark: bool = False,
        num_generations: int = 1,
    ) -> GenerateOutput:
        """Answers one question.

        An argument that the place asked does not know is left out: conversations go to chat
        completions, text and conversations rendered on this side to TGI's `generate`.

        Args:
            input: a conversation, a pair of a conversation and a structure, or text to continue.
            max_new_tokens: most tokens of an answer.
            frequency_penalty: makes tokens less likely the more often they occurred, -2 to 2.
            logit_bias: added to the likelihood of tokens; chat only.
            logprobs: whether to give the log-probabilities of the tokens; chat only.
            presence_penalty: makes tokens less likely once they occurred, -2 to 2; chat only.
            seed: of the sampling; drawn from the question, or at random, if None.
            stop_sequences: where to end, up to four texts.
            temperature: of the sampling.
            tool_choice: which tool to use, or `"auto"`; chat only.
            tool_prompt: what stands before the tools; chat only.
            tools: what the model may call; chat only.
            top_logprobs: likeliest tokens per position to give with `logprobs`; chat only.
            top_n_tokens: likeliest tokens per position to give; `generate` only.
            top_p: share of the probability to sample from.
            do_sample: whether to sample; `generate` only.
            repetition_penalty: makes tokens that occurred less likely, from 1; `generate` only.
            return_full_text: whether the prompt is repeated before the text; `generate` only.
            top_k: most tokens to sample from; `generate` only.
            typical_p: mass of typical decoding; `generate` only.
            watermark: whether to mark the text as made by a model; `generate` only.
            num_generations: answers to give, one call each.

        Returns:
            The generations, with what they took.

        Raises:
            AnswerError: there is no answer.
            EndpointError: the token, the model or the address is wrong.
        """
        structure: Any = self.structured_output
        if isinstance(input, tuple):
            input, structure = input[0], input[1] or structure
        rendered = isinstance(input, str) or self._renders(structure)
        stop = self._at_most_four(stop_sequences)
        arguments: Dict[str, Any] = {
            "frequency_penalty": frequency_penalty,
            "seed": seed,
            "stop": stop,
            "temperature": temperature,
            "top_p": top_p,
        }
        if rendered and not self.model_id:
            arguments |= {
                "max_new_tokens": max_new_tokens,
                # Without a temperature this server decodes greedily; 0 it refuses.
                "temperature": temperature or None,
                "do_sample": do_sample,
                "grammar": structured_output.grammar(structure),
                "repetition_penalty": repetition_penalty,
                "return_full_text": return_full_text,
                "top_k": top_k,
                "top_n_tokens": top_n_tokens,
                "typical_p": typical_p,
                "watermark": watermark,
            }
        else:
            arguments |= {
                "max_tokens": max_new_tokens,
                "presence_penalty": presence_penalty,
                "logit_bias": logit_bias,
            }
            if rendered:
                arguments["logprobs"] = (top_logprobs or 1) if logprobs else None
            else:
                arguments |= {
                    "logprobs": logprobs or None,
                    "top_logprobs": top_logprobs if logprobs else None,
                    "response_format": _response_format(structure),
                    "tool_choice": tool_choice,
                    "tool_prompt": tool_prompt,
                    "tools": tools,
                }
        prompt: Any = input
        if rendered and not isinstance(input, str):
            prompt = self.prepare_input(input)
        if num_generations == 1:
            return await self._ask(prompt, arguments)
        outputs = [self._ask(prompt, arguments) for _ in range(num_generations)]
        return merge_responses(list(await asyncio.gather(*outputs)), num_generations)[0]

    async def _ask(self, prompt: Any, arguments: Dict[str, Any]) -> GenerateOutput:
        if arguments["seed"] is None:
            arguments = {**arguments, "seed": random.randrange(2**31)}
        if isinstance(prompt, str) and not self.model_id:
            body = text_generation.request(prompt, arguments)
            reply = await post(f"{self._address}/generate", body, self._headers, TIMEOUT)
            read = partial(text_generation.answer, input_tokens=self._tokens_in(prompt))
            return read_reply(reply, read)
        path = "completions" if isinstance(prompt, str) else "chat/completions"
        if self._served is None:
            self._served = self.model_id or await self._model_served()
        body = chat_completions.request(self._served, prompt, arguments)
        reply = await post(f"{self._api}/{path}", body, self._headers, TIMEOUT)
        return read_reply(reply, chat_completions.answer)

    def _tokens_in(self, prompt: str) -> int:
        """The reply does not tell; without a tokenizer nobody knows."""
        if self._tokenizer is None:
            return 0
        return len(self._tokenizer.encode(prompt, add_special_tokens=False))

    def _at_most_four(self, stop: Optional[List[str]]) -> Optional[List[str]]:
        if not stop or len(stop) <= MOST_STOP_SEQUENCES:
            return stop or None
        if not self._told:
            self._told = True
            self._logger.warning(
                "%s takes at most %d stop_sequences: the first ones of %d are kept.",
                self.model_name,
                MOST_STOP_SEQUENCES,
                len(stop),
            )
        return stop[:MOST_STOP_SEQUENCES]


def _response_format(structure: Any) -> Optional[Dict[str, Any]]:
    # `format` is asked for here as where a grammar is sent: a structure means the same in both.
    structured_output.grammar(structure)
    return structured_output.response_format(structure)


def _tokenizer(name: str, token: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ImportError(
            'tokenizer_id needs the package transformers: pip install "distilabel[hf-transformers]"'
        ) from error
    return AutoTokenizer.from_pretrained(name, token=token)

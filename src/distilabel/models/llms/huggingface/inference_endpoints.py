"""`InferenceEndpointsLLM`: models at Hugging Face, and servers with the same protocols.

Conversations are sent to chat completions. With a tokenizer, they are rendered locally and sent,
like any text, to TGI's `generate`, or to completions on the router.
"""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import Annotated, Any, Dict, Final, List, Optional, Self, Union

from annotated_types import Gt
from pydantic import Field, PrivateAttr, model_validator, validate_call

from distilabel.errors import DistilabelUserError
from distilabel.models.base_clients.inference_endpoints import (
    KEY_VARIABLE,
    InferenceEndpointsBaseClient,
)
from distilabel.models.http.endpoint import (
    check_endpoint,
    key_fingerprint,
    list_models,
    post,
    read_reply,
)
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.outputs import merge_responses
from distilabel.models.wire import chat_completions, structured_output, text_generation
from distilabel.typing import FormattedInput, GenerateOutput, StandardInput

MOST_STOP_SEQUENCES: Final = 4
TIMEOUT: Final = 120.0
# Name that servers with a single model accept.
_ANY_MODEL: Final = "tgi"

_Penalty = Optional[Annotated[float, Field(ge=-2.0, le=2.0)]]
_Count = Optional[Annotated[int, Gt(gt=0)]]


class InferenceEndpointsLLM(InferenceEndpointsBaseClient, AsyncLLM, MagpieChatTemplateMixin):
    """A model that Hugging Face serves, or at any server with the same protocols.

    Set one of `model_id`, `endpoint_name` and `base_url`.

    Attributes:
        model_id: Repository of a model that Hugging Face's inference providers serve, like
            `owner/name`, or `owner/name:provider` to choose one.
        endpoint_name: Name of your Inference Endpoint; resumed if it is paused.
        endpoint_namespace: User or organization the endpoint belongs to.
        base_url: Address of a server, with or without `/v1`.
        api_key: Token of Hugging Face; read from `HF_TOKEN`, or from the stored login.
        tokenizer_id: Repository of the tokenizer that renders conversations locally; requires
            `pip install "distilabel[hf-transformers]"`.
        model_display_name: Name of the model in the dataset.
        structured_output: `format` (`"json"` or `"regex"`) and `schema` that all answers follow.
        use_magpie_template: Whether to append the template to the prompt; requires `tokenizer_id`.
        magpie_pre_query_template: `"llama3"`, `"qwen2"` or the text that precedes a user's message.

    Examples:
        Ask a model on the Hub:

        ```python
        from distilabel.models import InferenceEndpointsLLM

        llm = InferenceEndpointsLLM(model_id="meta-llama/Llama-3.3-70B-Instruct")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```

        Ask a server of your own:

        ```python
        from distilabel.models import InferenceEndpointsLLM

        llm = InferenceEndpointsLLM(base_url="http://localhost:8080", api_key="none")
        ```
    """

    _telemetry_provider = "hugging_face"
    _num_generations_param_supported: bool = PrivateAttr(default=False)
    # The service caches answers: with another seed, an equal question gets another answer.
    _takes_seed = True

    _tokenizer: Any = PrivateAttr(default=None)
    _served: Optional[str] = PrivateAttr(default=None)
    _told: bool = PrivateAttr(default=False)
    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    @model_validator(mode="after")
    def _complete_tokenizer_id(self) -> Self:
        if self.use_magpie_template and self.tokenizer_id is None:
            raise DistilabelUserError(
                "use_magpie_template: tokenizer_id is missing. Set it, as the prompt is rendered "
                "locally."
            )
        if self.structured_output and self.tokenizer_id is None and self.model_id:
            # Setting the attribute would start the validation again.
            self.__dict__["tokenizer_id"] = self.model_id
        return self

    def load(self) -> None:
        """Finds the token and the address, resumes the endpoint, and loads the tokenizer.

        Raises:
            ValueError: There is no token, or `structured_output` is invalid.
            ImportError: The tokenizer requires a package that is not installed.
            EndpointError: The endpoint does not exist, or did not start.
        """
        super().load()
        structured_output.grammar(self.structured_output)
        self._connect()
        if self._renders(self.structured_output):
            self._tokenizer = _tokenizer(str(self.tokenizer_id), self._token)

    def unload(self) -> None:
        """Forgets the token and the tokenizer."""
        self._headers = {}
        self._key = None
        self._tokenizer = None
        super().unload()

    @property
    def _token(self) -> str:
        return self._headers["Authorization"].removeprefix("Bearer ")

    def _renders(self, structure: Any) -> bool:
        """Whether conversations are rendered locally.

        The router does not complete text with a structure: then it renders the conversation itself.
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
        return f"{where} {self.model_id} {key_fingerprint(self._key or self.api_key)}"

    async def _preflight(self) -> str:
        """Requests the list of models: it is free and reveals a wrong token, address or model."""
        if self.model_id:
            return await check_endpoint(
                self._api, self._headers, self.model_id, key_variable=KEY_VARIABLE
            )
        self._served = await self._model_served()
        return ""

    async def _model_served(self) -> str:
        known = await list_models(self._api, self._headers, key_variable=KEY_VARIABLE)
        if self._repository:
            return self._repository
        return known[0] if len(known) == 1 else _ANY_MODEL

    def prepare_input(self, input: StandardInput) -> str:
        """Renders a conversation with the tokenizer's template, and Magpie's if it is used.

        Args:
            input: Conversation.

        Returns:
            The prompt.
        """
        if self._tokenizer is None:
            self._tokenizer = _tokenizer(str(self.tokenizer_id), self._token)
        # With Magpie, the user's message is next, not the assistant's.
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
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
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

        Conversations are sent to chat completions; text, and conversations rendered locally, to
        TGI's `generate`. Arguments that only the other one accepts are not sent.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to continue.
            max_new_tokens: Most tokens of an answer.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            logit_bias: Added to the likelihood of tokens; chat only.
            logprobs: Whether to return the log-probabilities of the tokens; chat only.
            presence_penalty: Makes tokens less likely once they occurred, -2 to 2; chat only.
            seed: Seed of the sampling; derived from the question, or random, if None.
            stop_sequences: Up to four texts to stop at.
            temperature: Temperature of the sampling.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function; chat
                only.
            tool_prompt: Text that precedes the tools; chat only.
            tools: Tools the model may call; chat only.
            top_logprobs: Number of likeliest tokens to return with `logprobs`; chat only.
            top_n_tokens: Number of likeliest tokens to return; `generate` only.
            top_p: Share of the probability mass to sample from, 0 to 1.
            do_sample: Whether to sample; `generate` only.
            repetition_penalty: Makes tokens that occurred less likely, from 1; `generate` only.
            return_full_text: Whether the prompt is repeated before the text; `generate` only.
            top_k: Number of likeliest tokens to sample from; `generate` only.
            typical_p: Mass of typical decoding; `generate` only.
            watermark: Whether to watermark the text; `generate` only.
            num_generations: Number of answers, one request each.

        Returns:
            The output.

        Raises:
            AnswerError: A request failed.
            EndpointError: The token, the model or the address is wrong.
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
                # The server rejects 0; without a temperature, it decodes greedily.
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
                    "response_format": structured_output.grammar_format(structure),
                    "tool_choice": tool_choice,
                    "tool_prompt": tool_prompt,
                    "tools": tools,
                }
        prompt: Any = input
        if rendered and not isinstance(input, str):
            prompt = self.prepare_input(input)
        if num_generations == 1:
            output = await self._send(prompt, arguments)
        else:
            outputs = [self._send(prompt, arguments) for _ in range(num_generations)]
            together = list(await asyncio.gather(*outputs))
            output = merge_responses(together, num_generations)[0]
        self._structure_check.check(self.model_name, output, structure)
        return output

    async def _send(self, prompt: Any, arguments: Dict[str, Any]) -> GenerateOutput:
        if arguments["seed"] is None:
            arguments = {**arguments, "seed": random.randrange(2**31)}
        if isinstance(prompt, str) and not self.model_id:
            body = text_generation.encode_request(prompt, arguments)
            url = f"{self._address}/generate"
            reply = await post(url, body, self._headers, TIMEOUT, key_variable=KEY_VARIABLE)
            read = partial(text_generation.parse_response, input_tokens=self._count_tokens(prompt))
            return read_reply(reply, read)
        path = "completions" if isinstance(prompt, str) else "chat/completions"
        if self._served is None:
            self._served = self.model_id or await self._model_served()
        body = chat_completions.encode_request(self._served, prompt, arguments)
        url = f"{self._api}/{path}"
        reply = await post(url, body, self._headers, TIMEOUT, key_variable=KEY_VARIABLE)
        return read_reply(reply, chat_completions.parse_response)

    def _count_tokens(self, prompt: str) -> int:
        """Counts the tokens of a prompt, which the reply does not contain; 0 if unknown."""
        if self._tokenizer is None:
            return 0
        return len(self._tokenizer.encode(prompt, add_special_tokens=False))

    def _at_most_four(self, stop: Optional[List[str]]) -> Optional[List[str]]:
        if not stop or len(stop) <= MOST_STOP_SEQUENCES:
            return stop or None
        if not self._told:
            self._told = True
            self._logger.warning(
                "%s accepts at most %d stop_sequences. Only the first of the %d are sent.",
                self.model_name,
                MOST_STOP_SEQUENCES,
                len(stop),
            )
        return stop[:MOST_STOP_SEQUENCES]


def _tokenizer(name: str, token: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ImportError(
            "tokenizer_id: the package transformers is missing. Run "
            'pip install "distilabel[hf-transformers]".'
        ) from error
    return AutoTokenizer.from_pretrained(name, token=token)

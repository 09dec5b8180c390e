"""`vLLM`: a model on vLLM servers that distilabel starts. `ClientvLLM`: one that runs already."""

from __future__ import annotations

from typing import Any, Callable, ClassVar, Dict, List, Optional, Union
from urllib.parse import urlsplit

import orjson
from pydantic import PrivateAttr, SecretStr, validate_call

from distilabel._core.extras import import_extra
from distilabel._core.redaction import redact_urls
from distilabel._core.sync_bridge import run_sync
from distilabel.errors import EndpointError
from distilabel.models.base_clients.environment import current_key
from distilabel.models.http.endpoint import list_models, post, url_of
from distilabel.models.llms.openai import OpenAILLM
from distilabel.models.llms.vllm_engine import VllmEngine, check_logits_processors
from distilabel.models.llms.vllm_prompts import VllmPrompts
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.wire import structured_output
from distilabel.typing import (
    FormattedInput,
    GenerateOutput,
)

LogitsProcessorFn = Union[
    Callable[[List[int], Any], Any], Callable[[List[int], List[int], Any], Any]
]
LogitsProcessors = List[LogitsProcessorFn]


class vLLM(VllmEngine):
    """A model that vLLM serves on the GPUs of this machine, or of a Ray cluster.

    `load` starts one server per replica of the step, each with a port and a key of its own, and
    waits until they answer. Requests go to the server with the fewest in flight; a server that
    crashes is started again, and only what it was answering is asked again. `unload`, or the end of
    the program, ends the servers. Steps with equal models share them.

    vLLM may be installed in an environment of its own: set the environment variable
    `DISTILABEL_VLLM_PYTHON` to the Python interpreter of that environment.

    Attributes:
        model: Repository of the model on the Hugging Face Hub, or its folder.
        dtype: Data type of the weights and activations.
        trust_remote_code: Whether to run code that comes with the model.
        quantization: Quantization method of the weights; None reads it from the model.
        revision: Branch, tag or commit of the model.
        tokenizer: Repository or folder of the tokenizer; None takes that of the model.
        tokenizer_mode: `"auto"` for the fast tokenizer if there is one, `"slow"` for the other.
        tokenizer_revision: Branch, tag or commit of the tokenizer.
        skip_tokenizer_init: Whether to load no tokenizer.
        chat_template: Chat template in Jinja, or the path of a file with one; None takes that of
            the tokenizer.
        seed: Seed of the engine.
        extra_kwargs: More options of the engine, like `{"tensor_parallel_size": 2}`.
        structured_output: `format` (`"json"`, `"regex"`, `"grammar"` or `"choice"`) and `schema`
            that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import vLLM

        llm = vLLM(
            model="prometheus-eval/prometheus-7b-v2.0",
            chat_template="[INST] {{ messages[0]['content'] }}[/INST]",
        )
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: int = 128,
        presence_penalty: float = 0.0,
        frequency_penalty: float = 0.0,
        repetition_penalty: float = 1.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        top_k: int = -1,
        min_p: float = 0.0,
        logprobs: Optional[int] = None,
        stop: Optional[List[str]] = None,
        stop_token_ids: Optional[List[int]] = None,
        include_stop_str_in_output: bool = False,
        skip_special_tokens: bool = True,
        logits_processors: Optional[LogitsProcessors] = None,
        extra_sampling_params: Optional[Dict[str, Any]] = None,
        echo: bool = False,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to complete.
            num_generations: Number of answers, all in one request.
            max_new_tokens: Most tokens of an answer.
            presence_penalty: Makes tokens less likely once they occurred in the answer, -2 to 2.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            repetition_penalty: Divides the likelihood of tokens that occurred, from above 0.
            temperature: Temperature of the sampling; 0 decodes greedily.
            top_p: Share of the probability mass to sample from, 0 to 1.
            top_k: Number of likeliest tokens to sample from; -1 for all.
            min_p: Least likelihood of a token, relative to that of the likeliest, 0 to 1.
            logprobs: Number of likeliest tokens per position whose log-probabilities are returned.
            stop: Texts to stop at.
            stop_token_ids: Ids of tokens to stop at.
            include_stop_str_in_output: Whether the text that it stopped at is kept.
            skip_special_tokens: Whether special tokens are left out of the text.
            logits_processors: Not supported: functions cannot be sent to a server.
            extra_sampling_params: More fields of the request, like `{"seed": 7}`;
                `{"model": name}` asks a LoRA adapter of `lora_modules`.
            echo: Whether the prompt precedes the answer, in the text and in the log-probabilities.
            tools: Tools that the model may call, in the format of chat completions. For `"auto"`,
                the server needs the options `enable_auto_tool_choice` and `tool_call_parser`.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output; its `statistics` have one number per request.

        Raises:
            AnswerError: The request failed.
            EndpointError: No server runs any more.
        """
        check_logits_processors(logits_processors)
        arguments: Dict[str, Any] = {
            "n": num_generations,
            "max_tokens": max_new_tokens,
            "presence_penalty": presence_penalty,
            "frequency_penalty": frequency_penalty,
            "repetition_penalty": repetition_penalty,
            "temperature": temperature,
            "top_p": top_p,
            "top_k": top_k,
            "min_p": min_p,
            "stop": stop,
            "stop_token_ids": stop_token_ids,
            "include_stop_str_in_output": include_stop_str_in_output or None,
            "skip_special_tokens": None if skip_special_tokens else False,
            "tools": tools or None,
            "tool_choice": tool_choice if tools else None,
        }
        return await self._answer(
            input, arguments, logprobs=logprobs, echo=echo, extra=extra_sampling_params
        )

    @validate_call
    def generate(  # type: ignore[override]
        self,
        inputs: List[FormattedInput],
        num_generations: int = 1,
        max_new_tokens: int = 128,
        presence_penalty: float = 0.0,
        frequency_penalty: float = 0.0,
        repetition_penalty: float = 1.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        top_k: int = -1,
        min_p: float = 0.0,
        logprobs: Optional[int] = None,
        stop: Optional[List[str]] = None,
        stop_token_ids: Optional[List[int]] = None,
        include_stop_str_in_output: bool = False,
        skip_special_tokens: bool = True,
        logits_processors: Optional[LogitsProcessors] = None,
        extra_sampling_params: Optional[Dict[str, Any]] = None,
        echo: bool = False,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> List[GenerateOutput]:
        """Answers questions concurrently.

        Args:
            inputs: The questions.
            num_generations: Number of answers per question.
            max_new_tokens: As for `agenerate`.
            presence_penalty: As for `agenerate`.
            frequency_penalty: As for `agenerate`.
            repetition_penalty: As for `agenerate`.
            temperature: As for `agenerate`.
            top_p: As for `agenerate`.
            top_k: As for `agenerate`.
            min_p: As for `agenerate`.
            logprobs: As for `agenerate`.
            stop: As for `agenerate`.
            stop_token_ids: As for `agenerate`.
            include_stop_str_in_output: As for `agenerate`.
            skip_special_tokens: As for `agenerate`.
            logits_processors: As for `agenerate`.
            extra_sampling_params: As for `agenerate`.
            echo: As for `agenerate`.
            tools: As for `agenerate`.
            tool_choice: As for `agenerate`.

        Returns:
            One output per question, in the same order.
        """
        return super().generate(
            inputs,
            num_generations,
            max_new_tokens=max_new_tokens,
            presence_penalty=presence_penalty,
            frequency_penalty=frequency_penalty,
            repetition_penalty=repetition_penalty,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            min_p=min_p,
            logprobs=logprobs,
            stop=stop,
            stop_token_ids=stop_token_ids,
            include_stop_str_in_output=include_stop_str_in_output,
            skip_special_tokens=skip_special_tokens,
            logits_processors=logits_processors,
            extra_sampling_params=extra_sampling_params,
            echo=echo,
            tools=tools,
            tool_choice=tool_choice,
        )


class ClientvLLM(OpenAILLM, MagpieChatTemplateMixin):
    """A model on a vLLM server that runs already.

    Attributes:
        model: Name of the model; empty for the first that the server lists.
        base_url: Address of the server, with or without `/v1`; read from `OPENAI_BASE_URL`.
        api_key: Key of the server, if it has one; read from `OPENAI_API_KEY`.
        tokenizer: Repository or folder of a tokenizer that renders conversations here, instead of
            the server's own.
        tokenizer_revision: Branch, tag or commit of that tokenizer.

    Examples:
        Ask the model of a server that was started with `vllm serve`:

        ```python
        from distilabel.models import ClientvLLM

        llm = ClientvLLM(base_url="http://localhost:8000/v1")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    model: str = ""
    tokenizer: Optional[str] = None
    tokenizer_revision: Optional[str] = None

    _telemetry_provider = "vllm"
    _is_free: ClassVar[bool] = True

    _served: str = PrivateAttr(default="")
    _prompts: Any = PrivateAttr(default=None)
    _tokenizer: Any = PrivateAttr(default=None)

    @property
    def model_name(self) -> str:
        """Name of the model; empty until `load` has asked the server for it."""
        return self.model or self._served

    @property
    def _base(self) -> str:
        base = super()._base
        return base if urlsplit(base).path.strip("/") else f"{base}/v1"

    def load(self) -> None:
        """Asks the server for its models, and loads the tokenizer if one is set.

        Raises:
            EndpointError: The server cannot be reached, rejects the key, or lists no model.
            ImportError: `tokenizer` requires a package that is not installed.
        """
        if current_key(self) is None:
            # The server needs none.
            self.api_key = SecretStr("EMPTY")
        super().load()
        if not self.model:
            known = run_sync(
                list_models(self._base, self._headers, key_variable=self._key_variable)
            )
            if not known:
                raise EndpointError(
                    f"{redact_urls(self._base)} lists no model. Check that the base_url is the "
                    "address of a vLLM server, or set `model`."
                )
            self._served = known[0]
        self._prompts = VllmPrompts(self._post_to_root)
        if self.tokenizer is not None:
            subject = "ClientvLLM(tokenizer=...)"
            transformers = import_extra("transformers", extra="vllm", subject=subject)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                self.tokenizer, revision=self.tokenizer_revision
            )

    def unload(self) -> None:
        """Forgets the key and the tokenizer."""
        self._tokenizer = None
        super().unload()

    def _batch_api(self) -> None:
        return None

    async def _post_to_root(self, path: str, body: Dict[str, Any]) -> Any:
        """Posts to an endpoint of vLLM beside those of OpenAI's protocol."""
        url = url_of(self._base.removesuffix("/v1"), path)
        reply = await post(url, orjson.dumps(body), self._headers, self.timeout or 120)
        return orjson.loads(reply.body)

    async def _rendered(self, conversation: Any) -> Optional[str]:
        """Returns the prompt for a conversation; None if the server renders it when it is asked."""
        template = self.apply_magpie_pre_query_template("", conversation)
        if self._tokenizer is not None:
            prompt = ""
            if conversation:
                prompt = self._tokenizer.apply_chat_template(
                    conversation, tokenize=False, add_generation_prompt=not template
                )
            return prompt + template
        if not self.use_magpie_template:
            return None
        return str(await self._prompts.text(self.model_name, conversation, template))

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: int = 128,
        frequency_penalty: float = 0.0,
        logit_bias: Optional[Dict[str, int]] = None,
        presence_penalty: float = 0.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to complete.
            num_generations: Number of answers, all in one request.
            max_new_tokens: Most tokens of an answer.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            logit_bias: Added to the likelihood of tokens, by their ids.
            presence_penalty: Makes tokens less likely once they occurred, -2 to 2.
            temperature: Temperature of the sampling; 0 decodes greedily.
            top_p: Share of the probability mass to sample from, 0 to 1.
            tools: Tools that the model may call, in the format of chat completions.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output; its `statistics` have one number per request.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        body: Dict[str, Any] = {"logit_bias": logit_bias} if logit_bias else {}
        conversation, structure = input if isinstance(input, tuple) else (input, None)
        if not isinstance(conversation, str):
            prompt = await self._rendered(conversation)
            if prompt is not None:
                # The template has put the special tokens into the text.
                body["add_special_tokens"] = False
                input = prompt
                structure = structure or self.structured_output
                format = structured_output.response_format(structure)
                body |= {"response_format": format} if format else {}
        return await super().agenerate(
            input,
            num_generations,
            max_new_tokens=max_new_tokens,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            temperature=temperature,
            top_p=top_p,
            extra_body=body or None,
            tools=tools,
            tool_choice=tool_choice,
        )

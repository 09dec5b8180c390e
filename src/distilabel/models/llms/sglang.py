"""`SGLang`: a model on SGLang servers, started by distilabel or running already."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from pydantic import Field, PrivateAttr, SecretStr, validate_call

from distilabel._core.extras import import_extra
from distilabel._core.redaction import redact_urls
from distilabel._core.sync_bridge import run_sync
from distilabel.errors import EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, current_key
from distilabel.models.http.endpoint import bearer_headers, key_fingerprint, list_models, post
from distilabel.models.http.transport import Reply
from distilabel.models.llms.server_llm import ServerLLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.servers.group import REQUEST_SECONDS
from distilabel.models.servers.spec import SGLANG, ServerSpec, command_line_arguments
from distilabel.models.wire.engine_requests import sglang_structure
from distilabel.models.wire.structure import Structure
from distilabel.typing import (
    FormattedInput,
    GenerateOutput,
    OutlinesStructuredOutputType,
    StandardInput,
)


class SGLang(ServerLLM, MagpieChatTemplateMixin):
    """A model that SGLang serves: on servers that distilabel starts, or on one that runs already.

    Without `base_url`, `load` starts one server per replica of the step, as `vLLM` does. SGLang may
    be installed in an environment of its own: set the environment variable
    `DISTILABEL_SGLANG_PYTHON` to the Python interpreter of that environment.

    Attributes:
        model: Repository of the model on the Hugging Face Hub, or its folder. With `base_url`, the
            name that the server has for it; empty for the first that it lists.
        base_url: Address of a server that runs, with or without `/v1`; None starts servers.
        api_key: Key of that server, if it has one; read from `SGLANG_API_KEY`.
        dtype: Data type of the weights and activations.
        trust_remote_code: Whether to run code that comes with the model.
        quantization: Quantization method of the weights; None reads it from the model.
        revision: Branch, tag or commit of the model.
        tokenizer: Repository or folder of the tokenizer; None takes that of the model.
        chat_template: Chat template in Jinja, or the path of a file with one; None takes that of
            the tokenizer.
        seed: Seed of the engine.
        extra_kwargs: More options of the engine, like `{"tp_size": 2}`.
        structured_output: `format` (`"json"`, `"regex"`, `"grammar"` or `"choice"`) and `schema`
            that all answers follow.

    Examples:
        Ask a server that runs:

        ```python
        from distilabel.models import SGLang

        llm = SGLang(base_url="http://localhost:30000")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    model: str = ""
    base_url: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Address of a server that runs; None starts servers."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("SGLANG_API_KEY")
    dtype: str = "auto"
    trust_remote_code: bool = False
    quantization: Optional[str] = None
    revision: Optional[str] = None
    tokenizer: Optional[str] = None
    chat_template: Optional[str] = None
    seed: int = 0
    extra_kwargs: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default_factory=dict, description="More options of SGLang's engine, by name."
    )
    structured_output: Optional[RuntimeParameter[OutlinesStructuredOutputType]] = Field(
        default=None, description="The structure that all answers follow."
    )

    _telemetry_provider = "sglang"

    _served: str = PrivateAttr(default="")
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)
    _tokenizer: Any = PrivateAttr(default=None)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model or self._served

    @property
    def _starts_servers(self) -> bool:
        return self.base_url is None

    @property
    def _address(self) -> str:
        """Address of the server that runs, without `/v1`."""
        address = (self.base_url or "").strip().rstrip("/")
        return address.removesuffix("/v1").rstrip("/")

    def load(self) -> None:
        """Starts the servers and waits until they answer, or asks the one that runs for its models.

        Raises:
            ImportError: SGLang is not installed.
            DistilabelUserError: A server could not start; the message says why.
            EndpointError: The server cannot be reached, rejects the key, or lists no model.
        """
        if self.base_url is not None:
            self._headers = bearer_headers(current_key(self) or SecretStr("EMPTY"))
            known = run_sync(
                list_models(f"{self._address}/v1", self._headers, key_variable="SGLANG_API_KEY")
            )
            if not (self.model or known):
                raise EndpointError(
                    f"{redact_urls(self._address)} lists no model. Check that the base_url is the "
                    "address of an SGLang server, or set `model`."
                )
            self._served = known[0] if known else ""
        super().load()

    def _spec(self) -> ServerSpec:
        options: Dict[str, Any] = {
            "model_path": self.model,
            "served_model_name": self.model,
            "dtype": self.dtype,
            "trust_remote_code": self.trust_remote_code,
            "quantization": self.quantization,
            "revision": self.revision,
            "tokenizer_path": self.tokenizer,
            "random_seed": self.seed,
            "log_level_http": "warning",
            **self._engine_options(),
        }
        # Its flags have no negation.
        options = {name: value for name, value in options.items() if value is not False}
        option, files = self._chat_template_argument()
        return ServerSpec(
            SGLANG,
            self.model,
            command_line_arguments(options | option),
            files,
            self._gpu_count(self.extra_kwargs),
            self._devices(),
        )

    def _identity(self) -> Any:
        own = super()._identity()
        if self.base_url is None or self.identity is not None:
            return own
        return own | {"model": self.model_name, "base_url": self._address}

    def _endpoint_id(self) -> str:
        if self.base_url is None:
            return super()._endpoint_id()
        return f"{self._address} {self.model_name} {key_fingerprint(current_key(self))}"

    async def _request_reply(self, path: str, body: bytes) -> Reply:
        if self.base_url is None:
            return await super()._request_reply(path, body)
        return await post(f"{self._address}/{path}", body, self._headers, REQUEST_SECONDS)

    def _structure_fields(self, structure: Optional[Structure], options: Any) -> Dict[str, Any]:
        return sglang_structure(structure)

    def prepare_input(self, input: StandardInput) -> str:
        """Renders a conversation with the tokenizer's template, and Magpie's if it is used.

        Args:
            input: Conversation.

        Returns:
            The prompt.

        Raises:
            ImportError: The package transformers is not installed.
        """
        if self._tokenizer is None:
            transformers = import_extra(
                "transformers", extra="hf-transformers", subject="SGLang(use_magpie_template=True)"
            )
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                self.tokenizer or self.model_name, revision=self.revision or "main"
            )
        template = self.apply_magpie_pre_query_template("", input)
        prompt = ""
        if input:
            prompt = self._tokenizer.apply_chat_template(
                input,
                chat_template=self.chat_template,
                tokenize=False,
                add_generation_prompt=not template,
            )
        return prompt + template

    async def _prompt(self, conversation: Any, *, is_echoed: bool) -> Any:
        if not (self.use_magpie_template or is_echoed):
            return conversation
        return self.prepare_input(conversation)

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
        skip_special_tokens: bool = True,
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
            skip_special_tokens: Whether special tokens are left out of the text.
            extra_sampling_params: More fields of the request.
            echo: Whether the prompt precedes the answer.
            tools: Tools that the model may call, in the format of chat completions; the server
                needs the option `tool_call_parser`.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output; its `statistics` have one number per request.

        Raises:
            AnswerError: The request failed.
            EndpointError: No server runs any more.
        """
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
            "skip_special_tokens": None if skip_special_tokens else False,
            "tools": tools or None,
            "tool_choice": tool_choice if tools else None,
        }
        return await self._answer(
            input, arguments, logprobs=logprobs, echo=echo, extra=extra_sampling_params
        )

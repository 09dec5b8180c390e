"""`OllamaLLM`: models that a server of Ollama runs."""

from __future__ import annotations

import os
from functools import partial
from typing import Any, ClassVar, Dict, List, Literal, Optional, Self, Sequence, Union
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, PrivateAttr, SecretStr, model_validator, validate_call
from typing_extensions import TypedDict

from distilabel._core.extras import import_extra
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.http import transport
from distilabel.models.http.endpoint import bearer_headers
from distilabel.models.llms.http_llm import HTTPLLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.wire import errors, ollama
from distilabel.models.wire.structure import parse_structure
from distilabel.typing import (
    FormattedInput,
    GenerateOutput,
    InstructorStructuredOutputType,
    StandardInput,
)


class Options(TypedDict, total=False):
    """Options of Ollama; those that an endpoint does not know are ignored there."""

    numa: bool
    num_ctx: int
    num_batch: int
    num_gqa: int
    num_gpu: int
    main_gpu: int
    low_vram: bool
    f16_kv: bool
    logits_all: bool
    vocab_only: bool
    use_mmap: bool
    use_mlock: bool
    embedding_only: bool
    rope_frequency_base: float
    rope_frequency_scale: float
    num_thread: int
    num_keep: int
    seed: int
    num_predict: int
    top_k: int
    top_p: float
    tfs_z: float
    typical_p: float
    repeat_last_n: int
    temperature: float
    repeat_penalty: float
    presence_penalty: float
    frequency_penalty: float
    mirostat: int
    mirostat_tau: float
    mirostat_eta: float
    penalize_newline: bool
    stop: Sequence[str]


class OllamaLLM(HTTPLLM, MagpieChatTemplateMixin):
    """A model that a server of Ollama runs.

    Attributes:
        model: Name of the model, like `llama3.2` or `qwen3:8b`.
        host: Address of the server; read from `OLLAMA_HOST` if it is None, or else
            `http://localhost:11434`. A key in `OLLAMA_API_KEY` is sent along.
        timeout: Seconds a request may take.
        follow_redirects: Not used: redirects to the same server are followed, others never.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.
        tokenizer_id: Repository of the tokenizer that renders conversations locally; requires
            `pip install "distilabel[hf-transformers]"`.
        use_magpie_template: Whether to append the template to the prompt; requires `tokenizer_id`.
        magpie_pre_query_template: `"llama3"`, `"qwen2"` or the text that precedes a user's message.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import OllamaLLM

        llm = OllamaLLM(model="llama3.2", generation_kwargs={"options": {"num_predict": 512}})
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    host: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Address of the server; None for OLLAMA_HOST, or this machine."
    )
    timeout: RuntimeParameter[PositiveInt] = Field(
        default=120, description="Seconds a request may take."
    )
    follow_redirects: bool = True
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )
    tokenizer_id: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Repository of the tokenizer that renders conversations locally."
    )

    _telemetry_provider = "ollama"
    _key_variable = "OLLAMA_API_KEY"
    # A server of your own charges nothing.
    _is_free: ClassVar[bool] = True
    _tokenizer: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def validate_magpie_usage(self) -> Self:
        """Checks that there is a tokenizer if a Magpie template is used.

        Raises:
            ValueError: `use_magpie_template` is set without `tokenizer_id`.
        """
        if self.use_magpie_template and self.tokenizer_id is None:
            raise DistilabelUserError(
                "use_magpie_template: tokenizer_id is missing. Set it, as the prompt is rendered "
                "locally."
            )
        return self

    def load(self) -> None:
        """Checks the structure, and loads the tokenizer if there is one.

        Raises:
            DistilabelUserError: `structured_output` has no valid `schema`.
            ImportError: The tokenizer requires a package that is not installed.
        """
        super().load()
        ollama.encode_request(self.model, "", {}, parse_structure(self.structured_output))
        key = os.getenv(self._key_variable, "").strip()
        self._headers = (
            bearer_headers(SecretStr(key)) if key else {"Content-Type": "application/json"}
        )
        if self.tokenizer_id is not None:
            transformers = import_extra(
                "transformers", extra="hf-transformers", subject="OllamaLLM.tokenizer_id"
            )
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(self.tokenizer_id)

    def unload(self) -> None:
        """Forgets the key and the tokenizer."""
        self._tokenizer = None
        super().unload()

    @property
    def _address(self) -> str:
        """Address of the server; as for Ollama itself, scheme and port may be missing."""
        host = (self.host or os.getenv("OLLAMA_HOST") or "").strip().rstrip("/")
        if "://" not in host:
            host = f"http://{host or 'localhost'}"
            # A server that listens on all addresses is asked at this machine's.
            host = host.replace("//0.0.0.0", "//127.0.0.1")
            parts = urlsplit(host)
            if parts.port is None:
                host = f"http://{parts.netloc}:11434{parts.path}"
        return host

    def _identity(self) -> Any:
        own = {
            "model": self.model,
            "tokenizer": self.tokenizer_id,
            "magpie": self.magpie_pre_query_template if self.use_magpie_template else None,
        }
        return self.identity or own | self._added_fields(OllamaLLM)

    def _endpoint_id(self) -> str:
        return f"{self._address} {self.model}"

    async def _preflight(self) -> str:
        """Requests the list of models: it reveals a server that does not run.

        Raises:
            EndpointError: The server cannot be reached.
        """
        url = f"{self._address}/api/tags"
        try:
            reply = await transport.send("GET", url, headers=self._headers, timeout=30)
        except AnswerError as error:
            raise EndpointError(
                f"{error}. Start the server with `ollama serve`, or set `host`. No question was "
                "sent."
            ) from error
        try:
            known = [str(each["name"]) for each in errors.parse_json(reply.body)["models"]]
        except (ValueError, KeyError, TypeError):
            return ""
        if {self.model, f"{self.model}:latest"} & {*known}:
            return ""
        return (
            f"{self._address} does not list the model {self.model!r}. If it is not there, run "
            f"`ollama pull {self.model}`."
        )

    def prepare_input(self, input: StandardInput) -> str:
        """Renders a conversation with the tokenizer's template, and Magpie's if it is used.

        Args:
            input: Conversation.

        Returns:
            The prompt.
        """
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
        format: Literal["", "json"] = "",
        options: Optional[Options] = None,
        keep_alive: Optional[Union[bool, int, str]] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text of one message.
            format: `"json"` for an answer in JSON, of any structure.
            options: Options of Ollama, such as `temperature`, `num_predict` (most tokens of an
                answer) and `num_ctx`.
            keep_alive: How long the model stays loaded, like `"5m"`; -1 for ever.
            extra_body: Any other fields the endpoint accepts, such as `think`.
            tools: Tools that the model may call, in the format of chat completions. The endpoint
                cannot demand a call.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The model is unknown, or the address is wrong.
        """
        chat, structure = self._question(input)
        prompt = chat if self._tokenizer is None else self.prepare_input(chat)
        arguments = {
            "format": format,
            "options": options,
            "keep_alive": keep_alive,
            "extra_body": extra_body,
            "tools": tools or None,
        }
        return await self._ask(
            f"{self._address}/api/{'chat' if self._tokenizer is None else 'generate'}",
            partial(ollama.encode_request, self.model, prompt),
            arguments,
            ollama.parse_response,
            structure=structure,
            timeout=self.timeout or 120,
        )

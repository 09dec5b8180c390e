"""`ServerLLM`: what `vLLM` and `SGLang` have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar, Dict, Final, Optional, Tuple

import orjson
from pydantic import PrivateAttr

from distilabel.errors import AnswerError
from distilabel.models.http.endpoint import read_reply
from distilabel.models.http.transport import Reply
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.servers.managed import ManagedServers
from distilabel.models.wire import chat_completions
from distilabel.models.wire.structure import Structure, parse_structure
from distilabel.typing import GenerateOutput

# What servers say about a conversation if the tokenizer has no chat template.
_NO_TEMPLATE: Final = re.compile(
    r"default chat template is no longer allowed|no chat.?template", re.I
)
# Options of the engine that change how fast it answers, not what.
_NOT_IDENTITY: Final = frozenset(
    {
        "data_parallel_size",
        "disable_log_stats",
        "gpu_memory_utilization",
        "max_num_batched_tokens",
        "max_num_seqs",
        "mem_fraction_static",
        "pipeline_parallel_size",
        "swap_space",
        "tensor_parallel_size",
        "tp_size",
        "dp_size",
    }
)


class ServerLLM(AsyncLLM, ManagedServers):
    """A model on servers that distilabel starts; a subclass has its fields and arguments."""

    _is_free: ClassVar[bool] = True

    _has_template: bool = PrivateAttr(default=True)
    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    def load(self) -> None:
        """Starts the servers and waits until they answer."""
        super().load()
        # An invalid structure is an error before the weights are loaded.
        parse_structure(self._own("structured_output"))
        if self._starts_servers:
            self._start_servers()

    @property
    def _starts_servers(self) -> bool:
        """Whether the servers are started here; False if one runs already."""
        return True

    def unload(self) -> None:
        """Ends the servers, unless another model uses them."""
        self._stop_servers()
        super().unload()

    def _own(self, name: str) -> Any:
        return getattr(self, name, None)

    def _engine_options(self) -> Dict[str, Any]:
        return dict(self._own("extra_kwargs") or {})

    def _chat_template_argument(self) -> Tuple[Dict[str, Any], Tuple[Tuple[str, str], ...]]:
        """Returns the option with the path of a chat template, or the file it is written to."""
        template = self._own("chat_template")
        if not template:
            return {}, ()
        if "{" not in template and Path(template).expanduser().is_file():
            return {"chat_template": str(Path(template).expanduser())}, ()
        return {}, (("--chat-template", template),)

    def _identity(self) -> Any:
        if self.identity is not None:
            return self.identity
        own = super()._identity()
        for name in ("cuda_devices", "disable_cuda_device_placement", "base_url", "api_key"):
            own.pop(name, None)
        options = self._engine_options()
        own["extra_kwargs"] = {k: v for k, v in options.items() if k not in _NOT_IDENTITY}
        return own

    def _endpoint_id(self) -> str:
        return self._server_id()

    def _structure_fields(self, structure: Optional[Structure], options: Any) -> Dict[str, Any]:
        """Returns the fields of a request that make the engine follow a structure."""
        raise NotImplementedError(type(self).__name__)

    async def _prompt(self, conversation: Any, *, is_echoed: bool) -> Any:
        """Returns what is sent for a conversation: itself, or its text, or its tokens."""
        raise NotImplementedError(type(self).__name__)

    async def _answer(
        self,
        input: Any,
        arguments: Dict[str, Any],
        *,
        logprobs: Optional[int],
        echo: bool,
        extra: Optional[Dict[str, Any]],
    ) -> GenerateOutput:
        """Sends a request for a question and reads the reply.

        Args:
            input: Question as for `agenerate`.
            arguments: Fields of the request that conversations and texts share.
            logprobs: Number of likeliest tokens to return per position.
            echo: Whether the prompt is repeated.
            extra: More fields of the request, which take precedence.
        """
        options: Any = self._own("structured_output")
        if isinstance(input, tuple):
            input, options = input[0], input[1] or options
        structure = parse_structure(options)
        arguments = {**arguments, **self._structure_fields(structure, options), "extra_body": extra}
        try:
            output = await self._send(input, arguments, logprobs, echo)
        except AnswerError as error:
            if not self._has_template or not _NO_TEMPLATE.search(f"{error} {error.raw}"):
                raise
            # A base model: as in 1.5.3, it continues the user's text.
            self._has_template = False
            self._logger.warning(
                "%s has no chat template: it gets the text of the first user message alone. Set "
                "chat_template to change this.",
                self.model_name,
            )
            output = await self._send(input, arguments, logprobs, echo)
        if structure is not None and structure.kind == "json":
            checked = structure.cls or structure.value
            self._structure_check.check(self.model_name, output, {"schema": checked})
        return output

    async def _send(
        self, input: Any, arguments: Dict[str, Any], logprobs: Optional[int], echo: bool
    ) -> GenerateOutput:
        prompt = input
        if not isinstance(input, str):
            if self._has_template:
                prompt = await self._prompt(input, is_echoed=echo)
            else:
                users = [message for message in input if message["role"] == "user"]
                prompt = str((users or input)[0]["content"])
        is_chat = isinstance(prompt, list) and bool(prompt) and isinstance(prompt[0], dict)
        fields: Dict[str, Any]
        if is_chat:
            fields = {"logprobs": True, "top_logprobs": logprobs} if logprobs is not None else {}
        else:
            fields = {"logprobs": logprobs, "echo": echo or None, "tools": None}
            fields["tool_choice"] = None
        body = chat_completions.encode_request(self.model_name, prompt, arguments | fields)
        path = "v1/chat/completions" if is_chat else "v1/completions"
        reply = await self._request_reply(path, body)
        return read_reply(reply, chat_completions.parse_response)

    async def _post(self, path: str, body: Dict[str, Any]) -> Any:
        reply = await self._request_reply(path, orjson.dumps(body))
        return orjson.loads(reply.body)

    async def _request_reply(self, path: str, body: bytes) -> Reply:
        return await self._servers.ask(path, body)

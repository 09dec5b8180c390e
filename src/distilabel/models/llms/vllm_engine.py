"""`VllmEngine`: the fields of `vLLM`, the servers it starts, and its prompts."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Optional

from pydantic import Field, PrivateAttr

from distilabel._core.sync_bridge import run_sync
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.server_llm import ServerLLM
from distilabel.models.llms.vllm_prompts import VllmPrompts
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.servers.spec import VLLM, ServerSpec, command_line_arguments
from distilabel.models.wire.engine_requests import vllm_structure
from distilabel.models.wire.structure import Structure
from distilabel.typing import HiddenState, OutlinesStructuredOutputType, StandardInput


class VllmEngine(ServerLLM, MagpieChatTemplateMixin):
    """Everything of `vLLM` but its generation arguments; see there for the fields."""

    model: str
    dtype: str = "auto"
    trust_remote_code: bool = False
    quantization: Optional[str] = None
    revision: Optional[str] = None
    tokenizer: Optional[str] = None
    tokenizer_mode: Literal["auto", "slow"] = "auto"
    tokenizer_revision: Optional[str] = None
    skip_tokenizer_init: bool = False
    chat_template: Optional[str] = None
    seed: int = 0
    extra_kwargs: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default_factory=dict, description="More options of vLLM's engine, by name."
    )
    structured_output: Optional[RuntimeParameter[OutlinesStructuredOutputType]] = Field(
        default=None, description="The structure that all answers follow."
    )

    _telemetry_provider = "vllm"

    _prompts: Any = PrivateAttr(default=None)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def load(self) -> None:
        """Starts the servers and waits until they answer.

        Raises:
            ImportError: vLLM is not installed.
            DistilabelUserError: A server could not start; the message says why.
        """
        check_logits_processors(self.get_generation_kwargs().get("logits_processors"))
        # Of this object, which may be a copy of the one it was made for.
        self._prompts = VllmPrompts(self._post)
        super().load()

    def _spec(self) -> ServerSpec:
        options: Dict[str, Any] = {
            "served_model_name": self.model,
            "dtype": self.dtype,
            "trust_remote_code": self.trust_remote_code or None,
            "quantization": self.quantization,
            "revision": self.revision,
            "tokenizer": self.tokenizer,
            "tokenizer_mode": self.tokenizer_mode,
            "tokenizer_revision": self.tokenizer_revision,
            "skip_tokenizer_init": self.skip_tokenizer_init or None,
            "seed": self.seed,
            # Requests set every argument: defaults of the model must not change an answer.
            "generation_config": "vllm",
            # One line per request would fill the log.
            "uvicorn_log_level": "warning",
            **self._engine_options(),
        }
        flag, files = self._chat_template_argument()
        return ServerSpec(
            VLLM,
            self.model,
            (self.model, *command_line_arguments(options | flag)),
            files,
            self._gpu_count(self.extra_kwargs),
            self._devices(),
        )

    def get_last_hidden_states(self, inputs: List[StandardInput]) -> List[HiddenState]:
        """Not supported: a server of vLLM that generates returns no hidden states.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "vLLM: its server does not return hidden states. Use TransformersLLM for "
            "get_last_hidden_states, or vLLMEmbeddings for one vector per text."
        )

    # -- prompts ----------------------------------------------------------------------------

    def prepare_input(self, input: StandardInput) -> str:
        """Renders a conversation with the model's chat template, and Magpie's if it is used.

        The server does it, so that the model has to be loaded.

        Args:
            input: Conversation.

        Returns:
            The prompt.
        """
        template = self.apply_magpie_pre_query_template("", input)
        return str(run_sync(self._prompts.text(self.model, input, template)))

    async def _prompt(self, conversation: Any, *, is_echoed: bool) -> Any:
        """Returns what is sent for a conversation: itself, or the ids of its tokens."""
        if not (self.use_magpie_template or is_echoed):
            return conversation
        template = self.apply_magpie_pre_query_template("", conversation)
        return await self._prompts.tokens(self.model, conversation, template)

    def _structure_fields(self, structure: Optional[Structure], options: Any) -> Dict[str, Any]:
        return vllm_structure(structure, options, self._servers.version)


def check_logits_processors(functions: Any) -> None:
    """Checks that no functions are given.

    Args:
        functions: Value of `logits_processors`.

    Raises:
        DistilabelUserError: There are some.
    """
    if functions:
        raise DistilabelUserError(
            "logits_processors: functions cannot be sent to a vLLM server. Set bad_words, "
            "logit_bias or allowed_token_ids in extra_sampling_params, structured_output, or the "
            "engine's own logits_processors (names of classes) in extra_kwargs."
        )

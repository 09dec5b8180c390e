"""`LocalLLM`: what language models have in common that run in a worker process."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, Optional

from pydantic import PrivateAttr

from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.local.model import LocalModel
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.models.wire.errors import add_finish_reasons
from distilabel.models.wire.structure import parse_structure
from distilabel.typing import GenerateOutput, StandardInput


class LocalLLM(LocalModel, AsyncLLM, MagpieChatTemplateMixin):
    """A language model in a worker process; a subclass has its fields and arguments."""

    _is_free: ClassVar[bool] = True

    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    def load(self) -> None:
        """Starts the worker process and waits until the model is loaded.

        Raises:
            ImportError: A package is not installed.
            DistilabelUserError: The model cannot be loaded; the message says why.
        """
        # Not by `super().load()`: GPUs are chosen for the worker process alone.
        LLM.load(self)
        # An invalid structure is an error before the weights are loaded.
        parse_structure(self._own_structure)
        self._start_engine(self.model_name, self._environment())

    def unload(self) -> None:
        """Ends the worker process, unless another model uses it."""
        self._stop_engine()
        LLM.unload(self)

    def prepare_input(self, input: StandardInput) -> str:
        """Renders a conversation with the model's chat template, and Magpie's if it is used.

        Args:
            input: Conversation.

        Returns:
            The prompt.
        """
        return str(self._engine.call("render", self._asked(input)))

    @property
    def _own_structure(self) -> Any:
        return getattr(self, "structured_output", None)

    def _environment(self) -> Optional[Dict[str, str]]:
        """Returns the environment variables of the worker process."""
        return None

    def _endpoint_id(self) -> str:
        return self._engine_id()

    def _identity(self) -> Any:
        if self.identity is not None:
            return self.identity
        own = super()._identity()
        for name in ("cuda_devices", "disable_cuda_device_placement", "token"):
            own.pop(name, None)
        return own

    def _asked(self, input: Any) -> Dict[str, Any]:
        """Returns a conversation, or a text, as the engines expect it."""
        is_text = isinstance(input, str)
        suffix = "" if is_text else self.apply_magpie_pre_query_template("", input)
        return {"input": input if is_text else list(input), "suffix": suffix}

    async def _answer(
        self, input: Any, count: int, arguments: Dict[str, Any], seed: Optional[int]
    ) -> GenerateOutput:
        """Asks the engine a question.

        Args:
            input: Question as for `agenerate`.
            count: Number of answers.
            arguments: Generation arguments of the engine.
            seed: Seed of the sampling; None for a random one.
        """
        options = self._own_structure
        if isinstance(input, tuple):
            input, options = input[0], input[1] or options
        structure = parse_structure(options)
        asked = self._asked(input) | {
            "count": count,
            "arguments": arguments,
            "seed": seed,
            "structure": None if structure is None else (structure.kind, structure.value),
        }
        found = await self._engine.ask("generate", asked)
        output: Any = {
            "generations": found["texts"],
            "statistics": {
                "input_tokens": found["input_tokens"],
                "output_tokens": found["output_tokens"],
            },
        }
        add_finish_reasons(output["statistics"], found["finish_reasons"])
        if structure is not None and structure.kind == "json":
            checked = structure.cls or structure.value
            self._structure_check.check(self.model_name, output, {"schema": checked})
        return output  # type: ignore[no-any-return]

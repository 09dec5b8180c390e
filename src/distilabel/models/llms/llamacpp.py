"""`LlamaCppLLM`: a GGUF model that llama.cpp runs on this machine."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Self

from pydantic import Field, FilePath, model_validator, validate_call

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.local_llm import LocalLLM
from distilabel.typing import FormattedInput, GenerateOutput, OutlinesStructuredOutputType


class LlamaCppLLM(LocalLLM):
    """A GGUF model that llama.cpp runs on this machine.

    `load` starts a process that loads the file; after a crash it is started again, and asked only
    what was in flight. `unload`, or the end of the program, ends it.

    Attributes:
        model_path: Path of the GGUF file.
        n_gpu_layers: Layers on the GPU; -1 for all.
        chat_format: Name of the chat format; None takes the template of the file.
        n_ctx: Tokens of prompt and answer together.
        n_batch: Tokens of the prompt that are computed together.
        seed: Seed of the sampling; 4294967295 for a random one.
        verbose: Whether llama.cpp prints what it does.
        extra_kwargs: More arguments of `llama_cpp.Llama`.
        structured_output: `format` (`"json"`, `"regex"`, `"grammar"` or `"choice"`) and `schema`
            that all answers follow.
        tokenizer_id: Repository or folder of a tokenizer with a chat template, which Magpie needs;
            requires `pip install "distilabel[hf-transformers]"`.

    References:
        - [llama.cpp](https://github.com/ggerganov/llama.cpp)
        - [llama-cpp-python](https://github.com/abetlen/llama-cpp-python)

    Examples:
        Ask one question:

        ```python notest
        from distilabel.models import LlamaCppLLM

        llm = LlamaCppLLM(model_path="model.gguf", n_ctx=4096)
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    model_path: RuntimeParameter[FilePath] = Field(
        default=None, description="Path of the GGUF file.", exclude=True
    )
    n_gpu_layers: Optional[RuntimeParameter[int]] = Field(
        default=-1, description="Layers on the GPU; -1 for all."
    )
    chat_format: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Name of the chat format; None takes the template of the file."
    )
    n_ctx: int = 512
    n_batch: int = 512
    seed: int = 4294967295
    verbose: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether llama.cpp prints what it does."
    )
    extra_kwargs: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default_factory=dict, description="More arguments of `llama_cpp.Llama`."
    )
    structured_output: Optional[RuntimeParameter[OutlinesStructuredOutputType]] = Field(
        default=None, description="The structure that all answers follow."
    )
    tokenizer_id: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Tokenizer with a chat template, which Magpie needs."
    )

    @model_validator(mode="after")
    def validate_magpie_usage(self) -> Self:
        """Checks that Magpie has a tokenizer.

        Raises:
            ValueError: `use_magpie_template` is set without `tokenizer_id`.
        """
        if self.use_magpie_template and self.tokenizer_id is None:
            raise DistilabelUserError(
                "LlamaCppLLM: use_magpie_template needs tokenizer_id. Set it to the repository of "
                "the model's tokenizer."
            )
        return self

    @property
    def model_name(self) -> str:
        """Path of the file; empty while there is none."""
        return str(self.model_path or "")

    def load(self) -> None:
        """Starts the worker process and waits until the file is loaded.

        Raises:
            ImportError: llama-cpp-python is not installed.
            DistilabelUserError: There is no `model_path`, or the file cannot be loaded.
        """
        if self.model_path is None:
            raise DistilabelUserError(
                "LlamaCppLLM: model_path is missing. Set it to the path of a GGUF file."
            )
        super().load()

    def _identity(self) -> Any:
        own = super()._identity()
        if self.identity is None and self.model_path is not None:
            # The file is not dumped; where it lies does not change the answers.
            own["file"] = [self.model_path.name, self.model_path.stat().st_size]
        return own

    def _engine_class(self) -> str:
        return "distilabel.models.local.llamacpp_engine:LlamaCppEngine"

    def _engine_settings(self) -> Dict[str, Any]:
        arguments = {
            "model_path": self.model_name,
            "n_gpu_layers": self.n_gpu_layers,
            "chat_format": self.chat_format,
            "n_ctx": self.n_ctx,
            "n_batch": self.n_batch,
            "seed": self.seed,
            "verbose": bool(self.verbose),
            **(self.extra_kwargs or {}),
        }
        return {"arguments": arguments, "tokenizer": self.tokenizer_id}

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: int = 128,
        frequency_penalty: float = 0.0,
        presence_penalty: float = 0.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        extra_generation_kwargs: Optional[Dict[str, Any]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to complete.
            num_generations: Number of answers.
            max_new_tokens: Most tokens of an answer.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            presence_penalty: Makes tokens less likely once they occurred, -2 to 2.
            temperature: Temperature of the sampling; 0 decodes greedily.
            top_p: Share of the probability mass to sample from, 0 to 1.
            extra_generation_kwargs: More arguments of llama-cpp-python, like `{"stop": ["\\n"]}`.

        Returns:
            The output; its `statistics` have one number per answer.

        Raises:
            AnswerError: There is no answer to this question.
            EndpointError: The worker process cannot be started again.
        """
        arguments = {
            "max_tokens": max_new_tokens,
            "frequency_penalty": frequency_penalty,
            "presence_penalty": presence_penalty,
            "temperature": temperature,
            "top_p": top_p,
            **(extra_generation_kwargs or {}),
        }
        return await self._answer(input, num_generations, arguments, arguments.pop("seed", None))

    @validate_call
    def generate(  # type: ignore[override]
        self,
        inputs: List[FormattedInput],
        num_generations: int = 1,
        max_new_tokens: int = 128,
        frequency_penalty: float = 0.0,
        presence_penalty: float = 0.0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        extra_generation_kwargs: Optional[Dict[str, Any]] = None,
    ) -> List[GenerateOutput]:
        """Answers questions.

        Args:
            inputs: The questions.
            num_generations: Number of answers per question.
            max_new_tokens: As for `agenerate`.
            frequency_penalty: As for `agenerate`.
            presence_penalty: As for `agenerate`.
            temperature: As for `agenerate`.
            top_p: As for `agenerate`.
            extra_generation_kwargs: As for `agenerate`.

        Returns:
            One output per question, in the same order.
        """
        return super().generate(
            inputs,
            num_generations,
            max_new_tokens=max_new_tokens,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            temperature=temperature,
            top_p=top_p,
            extra_generation_kwargs=extra_generation_kwargs,
        )

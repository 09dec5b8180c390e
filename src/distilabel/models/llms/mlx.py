"""`MlxLLM`: a model that MLX runs on this machine, a Mac with Apple silicon."""

from __future__ import annotations

from typing import Annotated, Any, Callable, Dict, List, Optional

from pydantic import Field, validate_call

from distilabel._core.serialization import DumpIfSet
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.local_llm import LocalLLM
from distilabel.typing import FormattedInput, GenerateOutput, OutlinesStructuredOutputType


class MlxLLM(LocalLLM):
    """A model that MLX runs on this machine, a Mac with Apple silicon.

    `load` starts a process that loads the weights and answers the questions of all rows and steps
    together. After a crash it is started again, and asked only what was in flight. `unload`, or the
    end of the program, ends it.

    Attributes:
        path_or_hf_repo: Repository of the model on the Hugging Face Hub, or its folder.
        tokenizer_config: Arguments of the tokenizer, like `{"trust_remote_code": True}`.
        mlx_model_config: Values that replace those of the model's configuration.
        adapter_path: Folder of a LoRA adapter.
        structured_output: `format` (`"json"`, `"regex"`, `"grammar"` or `"choice"`) and `schema`
            that all answers follow.

    References:
        - [MLX](https://github.com/ml-explore/mlx)
        - [mlx-lm](https://github.com/ml-explore/mlx-lm)

    Examples:
        Ask one question:

        ```python notest
        from distilabel.models import MlxLLM

        llm = MlxLLM(path_or_hf_repo="mlx-community/Qwen3-0.6B-4bit")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    path_or_hf_repo: str
    tokenizer_config: Dict[str, Any] = Field(default_factory=dict)
    mlx_model_config: Dict[str, Any] = Field(default_factory=dict)
    adapter_path: Optional[str] = None
    structured_output: Annotated[
        Optional[RuntimeParameter[OutlinesStructuredOutputType]], DumpIfSet
    ] = Field(default=None, description="The structure that all answers follow.")

    @property
    def model_name(self) -> str:
        """Repository or folder of the model."""
        return self.path_or_hf_repo

    def load(self) -> None:
        """Starts the worker process and waits until the model is loaded.

        Raises:
            ImportError: mlx-lm is not installed, or cannot be used on this machine.
            DistilabelUserError: The model cannot be loaded; the message says why.
        """
        _check_sendable(self.get_generation_kwargs())
        super().load()

    def _engine_class(self) -> str:
        return "distilabel.models.local.mlx_engine:MlxEngine"

    def _engine_settings(self) -> Dict[str, Any]:
        return {
            "model": self.path_or_hf_repo,
            "tokenizer_config": self.tokenizer_config,
            "model_config": self.mlx_model_config,
            "adapter_path": self.adapter_path,
        }

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_tokens: int = 256,
        logits_processors: Optional[List[Callable[..., Any]]] = None,
        max_kv_size: Optional[int] = None,
        prompt_cache: Optional[Any] = None,
        prefill_step_size: int = 512,
        kv_bits: Optional[int] = None,
        kv_group_size: int = 64,
        quantized_kv_start: int = 0,
        prompt_progress_callback: Optional[Callable[[int, int], None]] = None,
        temp: float = 0.0,
        top_p: float = 0.0,
        min_p: float = 0.0,
        min_tokens_to_keep: int = 1,
        top_k: int = -1,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to complete.
            num_generations: Number of answers, generated together.
            max_tokens: Most tokens of an answer.
            logits_processors: Not supported: functions cannot be sent to the worker process.
            max_kv_size: Most tokens in the cache of keys and values; older ones are dropped.
            prompt_cache: Not supported: it cannot be sent to the worker process.
            prefill_step_size: Tokens of the prompt that are computed together.
            kv_bits: Bits of the numbers in the cache; answers are then generated one by one.
            kv_group_size: Numbers that share a scale in a quantized cache.
            quantized_kv_start: Token from which on the cache is quantized.
            prompt_progress_callback: Not supported: functions cannot be sent to the worker process.
            temp: Temperature of the sampling; 0 decodes greedily.
            top_p: Share of the probability mass to sample from; 0 or 1 for all.
            min_p: Least probability of a token, as a share of that of the likeliest.
            min_tokens_to_keep: Tokens that `min_p` keeps at least.
            top_k: Number of likeliest tokens to sample from; 0 or less for all.

        Returns:
            The output; its `statistics` have one number per answer.

        Raises:
            AnswerError: There is no answer to this question.
            EndpointError: The worker process cannot be started again.
        """
        _check_sendable(
            {
                "logits_processors": logits_processors,
                "prompt_cache": prompt_cache,
                "prompt_progress_callback": prompt_progress_callback,
            }
        )
        arguments = {
            "max_tokens": max_tokens,
            "max_kv_size": max_kv_size,
            "prefill_step_size": prefill_step_size,
            "kv_bits": kv_bits,
            "kv_group_size": kv_group_size,
            "quantized_kv_start": quantized_kv_start,
            "temp": temp,
            "top_p": top_p,
            "min_p": min_p,
            "min_tokens_to_keep": min_tokens_to_keep,
            "top_k": top_k,
        }
        return await self._answer(input, num_generations, arguments, None)

    @validate_call
    def generate(  # type: ignore[override]
        self,
        inputs: List[FormattedInput],
        num_generations: int = 1,
        max_tokens: int = 256,
        logits_processors: Optional[List[Callable[..., Any]]] = None,
        max_kv_size: Optional[int] = None,
        prompt_cache: Optional[Any] = None,
        prefill_step_size: int = 512,
        kv_bits: Optional[int] = None,
        kv_group_size: int = 64,
        quantized_kv_start: int = 0,
        prompt_progress_callback: Optional[Callable[[int, int], None]] = None,
        temp: float = 0.0,
        top_p: float = 0.0,
        min_p: float = 0.0,
        min_tokens_to_keep: int = 1,
        top_k: int = -1,
    ) -> List[GenerateOutput]:
        """Answers questions together.

        Args:
            inputs: The questions.
            num_generations: Number of answers per question.
            max_tokens: As for `agenerate`.
            logits_processors: As for `agenerate`.
            max_kv_size: As for `agenerate`.
            prompt_cache: As for `agenerate`.
            prefill_step_size: As for `agenerate`.
            kv_bits: As for `agenerate`.
            kv_group_size: As for `agenerate`.
            quantized_kv_start: As for `agenerate`.
            prompt_progress_callback: As for `agenerate`.
            temp: As for `agenerate`.
            top_p: As for `agenerate`.
            min_p: As for `agenerate`.
            min_tokens_to_keep: As for `agenerate`.
            top_k: As for `agenerate`.

        Returns:
            One output per question, in the same order.
        """
        return super().generate(
            inputs,
            num_generations,
            max_tokens=max_tokens,
            logits_processors=logits_processors,
            max_kv_size=max_kv_size,
            prompt_cache=prompt_cache,
            prefill_step_size=prefill_step_size,
            kv_bits=kv_bits,
            kv_group_size=kv_group_size,
            quantized_kv_start=quantized_kv_start,
            prompt_progress_callback=prompt_progress_callback,
            temp=temp,
            top_p=top_p,
            min_p=min_p,
            min_tokens_to_keep=min_tokens_to_keep,
            top_k=top_k,
        )


def _check_sendable(arguments: Dict[str, Any]) -> None:
    """Checks that no generation argument lives in this process alone.

    Args:
        arguments: Generation arguments.

    Raises:
        DistilabelUserError: There is one.
    """
    for name in ("logits_processors", "prompt_cache", "prompt_progress_callback"):
        if arguments.get(name) is not None:
            raise DistilabelUserError(
                f"MlxLLM: {name} cannot be sent to the worker process that runs the model. Leave "
                "it out; structured_output restricts what the model may write."
            )

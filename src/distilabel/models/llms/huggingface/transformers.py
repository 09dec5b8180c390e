"""`TransformersLLM`: a model of the Hugging Face Hub that transformers runs on this machine."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Union

from pydantic import Field, SecretStr, validate_call

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.local_llm import LocalLLM
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.typing import (
    FormattedInput,
    GenerateOutput,
    HiddenState,
    OutlinesStructuredOutputType,
    StandardInput,
)


class TransformersLLM(LocalLLM, CudaDevicePlacementMixin):
    """A model of the Hugging Face Hub that transformers runs on this machine.

    `load` starts a process that loads the weights and answers in batches: questions of all rows and
    steps that wait together share a batch. After a crash it is started again, and asked only what
    was in flight. `unload`, or the end of the program, ends it. Equal models share one process.

    Attributes:
        model: Repository of the model on the Hugging Face Hub, or its folder.
        revision: Branch, tag or commit of the model.
        torch_dtype: Name of the data type of the weights, like `"bfloat16"`; `"auto"` takes that of
            the files.
        trust_remote_code: Whether to run code that comes with the model.
        model_kwargs: More arguments of `from_pretrained` of the model.
        tokenizer: Repository or folder of the tokenizer; None takes that of the model.
        use_fast: Whether to use the fast tokenizer.
        chat_template: Chat template in Jinja; None takes that of the tokenizer. A tokenizer without
            one gets the text of the first message.
        device: Device, like `"cuda:1"`, `"cpu"` or a number; None takes a GPU if there is one.
        device_map: Where the parts of the model are put, like `"auto"`; requires accelerate.
        token: Token of Hugging Face; read from `HF_TOKEN`.
        structured_output: `format` (`"json"`, `"regex"`, `"grammar"` or `"choice"`) and `schema`
            that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import TransformersLLM

        llm = TransformersLLM(model="HuggingFaceTB/SmolLM2-135M-Instruct")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    model: str
    revision: str = "main"
    torch_dtype: str = "auto"
    trust_remote_code: bool = False
    model_kwargs: Optional[Dict[str, Any]] = None
    tokenizer: Optional[str] = None
    use_fast: bool = True
    chat_template: Optional[str] = None
    device: Optional[Union[str, int]] = None
    device_map: Optional[Union[str, Dict[str, Any]]] = None
    token: Optional[SecretStr] = Field(
        default_factory=lambda: (
            SecretStr(os.environ["HF_TOKEN"]) if os.environ.get("HF_TOKEN") else None
        )
    )
    structured_output: Optional[RuntimeParameter[OutlinesStructuredOutputType]] = Field(
        default=None, description="The structure that all answers follow."
    )

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def unload(self) -> None:
        """Ends the worker process, unless another model uses it, and gives back its GPUs."""
        super().unload()
        self._release_gpus()

    def _engine_class(self) -> str:
        return "distilabel.models.local.transformers_engine:TransformersEngine"

    def _engine_settings(self) -> Dict[str, Any]:
        return {
            "model": self.model,
            "revision": self.revision,
            "dtype": self.torch_dtype,
            "trust_remote_code": self.trust_remote_code,
            "model_kwargs": self.model_kwargs or {},
            "tokenizer": self.tokenizer,
            "use_fast": self.use_fast,
            "chat_template": self.chat_template,
            "device": self.device,
            "device_map": self.device_map,
            "token": self.token.get_secret_value() if self.token is not None else None,
        }

    def _environment(self) -> Optional[Dict[str, str]]:
        return self._gpu_environment() if self.device == "cuda" else None

    def get_last_hidden_states(self, inputs: List[StandardInput]) -> List[HiddenState]:
        """Returns the last hidden states of the model for each conversation.

        Args:
            inputs: The conversations.

        Returns:
            One numpy array per conversation, tokens x width of the model.
        """
        return self._ask_all("hidden_states", [self._asked(input) for input in inputs])

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        max_new_tokens: int = 128,
        temperature: float = 0.1,
        repetition_penalty: float = 1.1,
        top_p: float = 1.0,
        top_k: int = 0,
        do_sample: bool = True,
        stop: Optional[List[str]] = None,
        seed: Optional[int] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text to complete.
            num_generations: Number of answers, all in one batch.
            max_new_tokens: Most tokens of an answer.
            temperature: Temperature of the sampling; 0 decodes greedily.
            repetition_penalty: Divides the likelihood of tokens that occurred, from above 0.
            top_p: Share of the probability mass to sample from, 0 to 1.
            top_k: Number of likeliest tokens to sample from; 0 for all.
            do_sample: Whether to sample; False decodes greedily.
            stop: Texts to stop at; they are left out.
            seed: Seed of the sampling; answers do not depend on the batch they are in.

        Returns:
            The output; its `statistics` have one number per answer.

        Raises:
            AnswerError: There is no answer to this question.
            EndpointError: The worker process cannot be started again.
        """
        arguments = {
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "repetition_penalty": repetition_penalty,
            "top_p": top_p,
            "top_k": top_k,
            "do_sample": do_sample,
            "stop": stop or [],
        }
        return await self._answer(input, num_generations, arguments, seed)

    @validate_call
    def generate(  # type: ignore[override]
        self,
        inputs: List[FormattedInput],
        num_generations: int = 1,
        max_new_tokens: int = 128,
        temperature: float = 0.1,
        repetition_penalty: float = 1.1,
        top_p: float = 1.0,
        top_k: int = 0,
        do_sample: bool = True,
        stop: Optional[List[str]] = None,
        seed: Optional[int] = None,
    ) -> List[GenerateOutput]:
        """Answers questions in batches.

        Args:
            inputs: The questions.
            num_generations: Number of answers per question.
            max_new_tokens: As for `agenerate`.
            temperature: As for `agenerate`.
            repetition_penalty: As for `agenerate`.
            top_p: As for `agenerate`.
            top_k: As for `agenerate`.
            do_sample: As for `agenerate`.
            stop: As for `agenerate`.
            seed: As for `agenerate`.

        Returns:
            One output per question, in the same order.
        """
        return super().generate(
            inputs,
            num_generations,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            repetition_penalty=repetition_penalty,
            top_p=top_p,
            top_k=top_k,
            do_sample=do_sample,
            stop=stop,
            seed=seed,
        )

"""`GenerateContentLLM`: base of the models that are asked with Google's `generateContent`."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List, Optional, Union

from pydantic import Field, NonNegativeInt, PositiveInt, validate_call

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.http_llm import HTTPLLM
from distilabel.models.wire import generate_content
from distilabel.models.wire.structure import parse_structure
from distilabel.typing import GenerateOutput, StructuredOutputType


class GenerateContentLLM(HTTPLLM):
    """A model of Google; a subclass knows its address and how to be let in.

    Attributes:
        model: Name of the model.
        timeout: Seconds a request may take.
        max_retries: How often a request is retried after an error.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.
    """

    timeout: RuntimeParameter[PositiveInt] = Field(
        default=120, description="Seconds a request may take."
    )
    max_retries: RuntimeParameter[NonNegativeInt] = Field(
        default=6, description="How often a request is retried after an error."
    )
    structured_output: Optional[RuntimeParameter[StructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    def load(self) -> None:
        """Checks the structure.

        Raises:
            DistilabelUserError: `structured_output` has no valid `schema`, or another format.
        """
        super().load()
        generate_content.encode_request([], {}, parse_structure(self.structured_output))

    @property
    def _model_url(self) -> str:
        """Address of the model."""
        raise NotImplementedError(type(self).__name__)

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: Any,
        temperature: Optional[float] = None,
        top_p: Optional[float] = None,
        top_k: Optional[int] = None,
        max_output_tokens: Optional[int] = None,
        stop_sequences: Optional[List[str]] = None,
        safety_settings: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text of one message.
            temperature: Temperature of the sampling, 0 to 2.
            top_p: Share of the probability mass to sample from, 0 to 1.
            top_k: Number of likeliest tokens to sample from.
            max_output_tokens: Most tokens of an answer, including its reasoning.
            stop_sequences: Texts to stop at.
            safety_settings: Threshold of each category of harm, like
                `{"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"}`.
            tools: Tools that the model may call, in the format of chat completions or in Google's.
            extra_body: Any other fields the endpoint accepts; its `generationConfig` is merged
                with that of the arguments.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        chat, structure = self._question(input)
        arguments = {
            "temperature": temperature,
            "top_p": top_p,
            "top_k": top_k,
            "max_output_tokens": max_output_tokens,
            "stop_sequences": stop_sequences,
            "safety_settings": safety_settings,
            "tools": tools,
            "tool_choice": tool_choice,
            "extra_body": extra_body,
        }
        return await self._ask(
            f"{self._model_url}:generateContent",
            partial(generate_content.encode_request, chat),
            arguments,
            generate_content.parse_response,
            structure=structure,
            timeout=self.timeout or 120,
        )

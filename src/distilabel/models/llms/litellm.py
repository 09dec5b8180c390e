"""`LiteLLM`: models of any provider, asked by the package litellm."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, Dict, Final, List, Optional, Tuple, Union

import orjson
from pydantic import Field, PrivateAttr, validate_call

from distilabel._core.extras import import_extra
from distilabel.errors import ModelError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.http.error_mapping import as_model_error
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.outputs import merge_responses
from distilabel.models.wire import chat_completions, structured_output
from distilabel.typing import FormattedInput, GenerateOutput, InstructorStructuredOutputType

_LOGGERS: Final = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")


class LiteLLM(AsyncLLM):
    """A model of any provider that LiteLLM knows; requires `pip install "distilabel[litellm]"`.

    Keys and addresses are those of LiteLLM, in the environment variables of each provider.

    Attributes:
        model: Name of the provider and the model, like `bedrock/amazon.nova-lite-v1:0`.
        verbose: Whether LiteLLM logs what it does.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import LiteLLM

        llm = LiteLLM(model="gpt-4o-mini")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    model: str
    verbose: RuntimeParameter[bool] = Field(
        default=False, description="Whether LiteLLM logs what it does."
    )
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    _telemetry_provider = "litellm"
    _litellm: Any = PrivateAttr(default=None)
    # Whether LiteLLM leaves out arguments that the provider does not have.
    _drops: bool = PrivateAttr(default=False)
    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def load(self) -> None:
        """Imports LiteLLM and checks the structure.

        Raises:
            ImportError: The package litellm is not installed.
            DistilabelUserError: `structured_output` has no valid `schema`.
        """
        super().load()
        structured_output.response_format(self.structured_output)
        self._litellm = import_extra("litellm", extra="litellm", subject="LiteLLM")
        if not self.verbose:
            self._litellm.suppress_debug_info = True
            for name in _LOGGERS:
                logging.getLogger(name).setLevel(logging.ERROR)

    def unload(self) -> None:
        """Forgets the package."""
        self._litellm = None
        super().unload()

    def _identity(self) -> Any:
        return self.identity or {"model": self.model} | self._added_fields(LiteLLM)

    def _endpoint_id(self) -> str:
        return f"litellm {self.model}"

    async def _preflight(self) -> str:
        """Looks for the keys of the provider in the environment, as far as LiteLLM knows them."""
        if "api_key" in self.get_generation_kwargs() or self._litellm is None:
            return ""
        found = await asyncio.to_thread(self._litellm.validate_environment, self.model)
        missing = found.get("missing_keys") or ()
        return f"{self.model}: no environment variable {' or '.join(missing)}." if missing else ""

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        num_generations: int = 1,
        functions: Optional[List[Any]] = None,
        function_call: Optional[str] = None,
        temperature: Optional[float] = 1.0,
        top_p: Optional[float] = 1.0,
        stop: Optional[Union[str, List[Any]]] = None,
        max_tokens: Optional[int] = None,
        presence_penalty: Optional[float] = None,
        frequency_penalty: Optional[float] = None,
        logit_bias: Optional[Dict[Any, Any]] = None,
        user: Optional[str] = None,
        metadata: Optional[Dict[Any, Any]] = None,
        api_base: Optional[str] = None,
        api_version: Optional[str] = None,
        api_key: Optional[str] = None,
        model_list: Optional[List[Any]] = None,
        mock_response: Optional[str] = None,
        force_timeout: Optional[int] = 600,
        custom_llm_provider: Optional[str] = None,
        extra_body: Optional[Dict[str, Any]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text of one message.
            num_generations: Number of answers; more requests are sent until there are as many.
            functions: Functions that the model may call; `tools` replaces them.
            function_call: Function to call.
            temperature: Temperature of the sampling.
            top_p: Share of the probability mass to sample from, 0 to 1.
            stop: Up to four texts to stop at.
            max_tokens: Most tokens of an answer.
            presence_penalty: Makes tokens less likely once they occurred, -2 to 2.
            frequency_penalty: Makes tokens less likely the more often they occurred, -2 to 2.
            logit_bias: Added to the likelihood of tokens.
            user: Name of the user, which the provider may log.
            metadata: Data for the callbacks of LiteLLM.
            api_base: Address of the endpoint.
            api_version: Version of the API.
            api_key: Key of the endpoint.
            model_list: Models and their addresses.
            mock_response: Text that LiteLLM returns instead of asking.
            force_timeout: Seconds a request may take.
            custom_llm_provider: Name of the provider.
            extra_body: Any other fields the endpoint accepts.
            tools: Tools that the model may call, in the format of chat completions.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.

        Returns:
            The output.

        Raises:
            AnswerError: A request failed.
            EndpointError: The key, the model or the address is wrong.
        """
        chat, structure = _split(input, self.structured_output)
        given = {
            "functions": functions,
            "function_call": function_call,
            "temperature": temperature,
            "top_p": top_p,
            "stop": stop,
            "max_tokens": max_tokens,
            "presence_penalty": presence_penalty,
            "frequency_penalty": frequency_penalty,
            "logit_bias": logit_bias,
            "user": user,
            "metadata": metadata,
            "api_base": api_base,
            "api_version": api_version,
            "api_key": api_key,
            "model_list": model_list,
            "mock_response": mock_response,
            "timeout": force_timeout,
            "custom_llm_provider": custom_llm_provider,
            "extra_body": extra_body,
            "tools": tools or None,
            "tool_choice": tool_choice if tools else None,
            "response_format": structured_output.response_format(structure),
        }
        arguments = {name: value for name, value in given.items() if value is not None}
        outputs: List[GenerateOutput] = []
        # A provider may return fewer answers than it was asked for.
        while (missing := num_generations - sum(len(o["generations"]) for o in outputs)) > 0:
            several = {"n": missing} if missing > 1 else {}
            reply = await self._complete(chat, {**arguments, **several}, api_key)
            outputs.append(chat_completions.parse_response(reply))
        output = outputs[0] if len(outputs) == 1 else merge_responses(outputs, len(outputs))[0]
        self._structure_check.check(self.model, output, structure)
        return output

    async def _complete(self, chat: Any, arguments: Dict[str, Any], key: Optional[str]) -> bytes:
        """Sends one request and returns the reply as the body of a chat completion."""
        complete = partial(self._litellm.acompletion, model=self.model, messages=chat)
        try:
            try:
                dropping = {"drop_params": True} if self._drops else {}
                response = await complete(**arguments, **dropping)
            except self._litellm.UnsupportedParamsError as error:
                if self._drops:
                    raise
                self._drops = True
                self._logger.warning(
                    "%s does not have some of the arguments, which are left out from now on: %s",
                    self.model,
                    str(error).replace(key, "[key]") if key else error,
                )
                response = await complete(**arguments, drop_params=True)
        except Exception as error:
            raise _model_error(error, key) from error
        data = response.model_dump()
        cost = getattr(response, "_hidden_params", {}).get("response_cost")
        if cost:
            data["usage"] = {**(data.get("usage") or {}), "cost": cost}
        return orjson.dumps(data, default=str)


def _split(input: Any, structure: Any) -> Tuple[Any, Any]:
    if isinstance(input, tuple):
        input, structure = input[0], input[1] or structure
    return [{"role": "user", "content": input}] if isinstance(input, str) else input, structure


def _model_error(error: Exception, key: Optional[str]) -> ModelError:
    """Returns the error for an exception of LiteLLM, without the key."""
    found = as_model_error(error)
    if key:
        found.message = found.message.replace(key, "[key]")
        found.args = (found.message, *found.args[1:])
        raw = getattr(found, "raw", None)
        if raw:
            found.raw = raw.replace(key, "[key]")  # type: ignore[attr-defined]
    return found

"""`BedrockLLM`: models of many providers through Amazon Bedrock."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import Any, Dict, List, Optional, Union
from urllib.parse import quote

from pydantic import Field, NonNegativeInt, PositiveInt, PrivateAttr, SecretStr, validate_call

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field, current_key
from distilabel.models.http.endpoint import bearer_headers, require_key
from distilabel.models.llms.http_llm import HTTPLLM
from distilabel.models.wire import bedrock_converse
from distilabel.models.wire.structure import parse_structure
from distilabel.typing import FormattedInput, GenerateOutput, InstructorStructuredOutputType

_KEY_VARIABLE = "AWS_BEARER_TOKEN_BEDROCK"


class BedrockLLM(HTTPLLM):
    """A model through Amazon Bedrock; requires `pip install "distilabel[bedrock]"`.

    The credentials are found as by all programs for AWS: in `AWS_ACCESS_KEY_ID` and
    `AWS_SECRET_ACCESS_KEY`, in a profile, or in the role of the machine. An API key of Bedrock
    takes precedence, and needs no package.

    Attributes:
        model: Identifier or ARN of the model or inference profile, like
            `us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
        region: Region of AWS; read from `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile.
        profile: Profile in the configuration of AWS; read from `AWS_PROFILE`.
        api_key: API key of Bedrock; read from `AWS_BEARER_TOKEN_BEDROCK`.
        base_url: Address of the endpoint, for a private one; read from
            `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`. None for that of the region.
        timeout: Seconds a request may take.
        max_retries: How often a request is retried after an error.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import BedrockLLM

        llm = BedrockLLM(model="us.amazon.nova-lite-v1:0", region="us-east-1")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    region: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Region of AWS; None for that of the environment or profile."
    )
    profile: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Profile in the configuration of AWS."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field(
        _KEY_VARIABLE, "API key of Bedrock, instead of the credentials of AWS."
    )
    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", None, "Address of a private endpoint."
    )
    timeout: RuntimeParameter[PositiveInt] = Field(
        default=120, description="Seconds a request may take."
    )
    max_retries: RuntimeParameter[NonNegativeInt] = Field(
        default=6, description="How often a request is retried after an error."
    )
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    _telemetry_provider = "aws.bedrock"
    _key_variable = "AWS_ACCESS_KEY_ID"
    # Credentials of AWS; None with an API key.
    _credentials: Any = PrivateAttr(default=None)
    _region: str = PrivateAttr(default="")

    def load(self) -> None:
        """Finds the region and the credentials.

        Raises:
            ImportError: The package botocore is not installed, and there is no API key.
            DistilabelUserError: There is no region or are no credentials, or `structured_output`
                is not valid.
        """
        super().load()
        bedrock_converse.encode_request([], {}, parse_structure(self.structured_output))
        self._region = (
            self.region or os.getenv("AWS_REGION") or os.getenv("AWS_DEFAULT_REGION") or ""
        )
        key = current_key(self)
        if key is not None:
            self._headers = bearer_headers(require_key(key, self, _KEY_VARIABLE))
        else:
            self._headers = {"Content-Type": "application/json"}
            self._load_credentials()
        if not self._region:
            raise DistilabelUserError(
                "BedrockLLM: no region. Set `region`, like 'us-east-1', or the environment "
                "variable AWS_REGION."
            )

    def _load_credentials(self) -> None:
        """Finds the credentials of AWS, and the region of the profile."""
        session = import_extra("botocore.session", extra="bedrock", subject="BedrockLLM")
        # Imported now, so that what is missing shows before the first request.
        import_extra("botocore.auth", extra="bedrock", subject="BedrockLLM")
        exceptions = import_extra("botocore.exceptions", extra="bedrock", subject="BedrockLLM")
        try:
            found = session.Session(profile=self.profile)
            self._credentials = found.get_credentials()
            self._region = self._region or found.get_config_variable("region") or ""
        except exceptions.BotoCoreError as error:
            raise DistilabelUserError(
                f"BedrockLLM: the configuration of AWS cannot be used: {error}. Check `profile`."
            ) from error
        if self._credentials is None:
            raise DistilabelUserError(
                "BedrockLLM: no credentials of AWS. Set the environment variables "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `profile`, or `api_key` (an API "
                f"key of Bedrock, also read from {_KEY_VARIABLE})."
            )

    def unload(self) -> None:
        """Forgets the credentials."""
        self._credentials = None
        super().unload()

    @property
    def _address(self) -> str:
        given = (self.base_url or "").strip().rstrip("/")
        return given or f"https://bedrock-runtime.{self._region}.amazonaws.com"

    def _identity(self) -> Any:
        # Every region serves the same model.
        return self.identity or {"model": self.model} | self._added_fields(BedrockLLM)

    def _endpoint_id(self) -> str:
        return f"{self._address} {self.profile} {self.model}"

    async def _preflight(self) -> str:
        """Gets the credentials: it is free and reveals those that cannot be renewed."""
        await self._current_headers(self._address, b"")
        return "Bedrock does not list the models that an account may ask."

    async def _current_headers(self, url: str, body: bytes) -> Dict[str, str]:
        if self._credentials is None:
            return self._headers
        # In a thread: credentials of a role or a login are renewed over the network.
        return await asyncio.to_thread(self._signed, url, body)

    def _signed(self, url: str, body: bytes) -> Dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        request = AWSRequest("POST", url, headers=dict(self._headers), data=body)
        try:
            SigV4Auth(self._credentials, "bedrock", self._region).add_auth(request)
        except BotoCoreError as error:
            raise EndpointError(
                f"the credentials of AWS cannot be used: {error}. Log in again, for example with "
                "`aws sso login`."
            ) from error
        return dict(request.headers.items())

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: FormattedInput,
        max_new_tokens: Optional[int] = None,
        temperature: Optional[float] = None,
        top_p: Optional[float] = None,
        stop: Optional[List[str]] = None,
        tools: Optional[List[Dict[str, Any]]] = None,
        tool_choice: Optional[Union[str, Dict[str, Any]]] = None,
        extra_body: Optional[Dict[str, Any]] = None,
    ) -> GenerateOutput:
        """Answers one question.

        Args:
            input: Conversation, pair of a conversation and a structure, or text of one message.
            max_new_tokens: Most tokens of an answer; None for what the model allows.
            temperature: Temperature of the sampling, 0 to 1.
            top_p: Share of the probability mass to sample from, 0 to 1.
            stop: Texts to stop at.
            tools: Tools that the model may call, in the format of chat completions or
                in that of the endpoint.
            tool_choice: `"auto"`, `"none"`, `"required"`, or a dict that names a function.
            extra_body: Any other fields the endpoint accepts, such as
                `additionalModelRequestFields` for arguments of one model.

        Returns:
            The output, with one generation.

        Raises:
            AnswerError: The request failed.
            EndpointError: The credentials, the model or the address is wrong.
        """
        chat, structure = self._question(input)
        arguments = {
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "stop": stop,
            "tools": tools,
            "tool_choice": tool_choice,
            "extra_body": extra_body,
        }
        return await self._ask(
            # The signature needs the address as it is sent: with all special characters encoded.
            f"{self._address}/model/{quote(self.model, safe='')}/converse",
            partial(bedrock_converse.encode_request, chat),
            arguments,
            bedrock_converse.parse_response,
            structure=structure,
            timeout=self.timeout or 120,
        )

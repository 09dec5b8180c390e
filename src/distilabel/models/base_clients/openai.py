"""`OpenAIBaseClient`: fields of all models at OpenAI-compatible endpoints."""

from __future__ import annotations

from typing import Annotated, Dict, Optional

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, SecretStr

from distilabel._core.redaction import HeadersField
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field
from distilabel.typing import InstructorStructuredOutputType


class OpenAIBaseClient(BaseModel):
    """Address, key and options of a model at an OpenAI-compatible endpoint.

    Attributes:
        model: Name of the model.
        base_url: Address of the endpoint, up to and including `/v1`; read from `OPENAI_BASE_URL`.
        api_key: Key of the endpoint; read from `OPENAI_API_KEY`.
        default_headers: Headers sent with every request.
        max_retries: How often a request is retried after an error.
        timeout: Seconds a request may take.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.
    """

    model: str
    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "OPENAI_BASE_URL",
        "https://api.openai.com/v1",
        "Address of the endpoint, up to and including /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("OPENAI_API_KEY")
    default_headers: Annotated[Optional[RuntimeParameter[Dict[str, str]]], HeadersField] = Field(
        default=None, description="Headers sent with every request.", repr=False
    )
    max_retries: RuntimeParameter[NonNegativeInt] = Field(
        default=6, description="How often a request is retried after an error."
    )
    timeout: RuntimeParameter[PositiveInt] = Field(
        default=120, description="Seconds a request may take."
    )
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

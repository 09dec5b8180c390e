"""Fields of every client of an OpenAI-compatible endpoint."""

from __future__ import annotations

import os
from typing import Annotated, Dict, Optional

from pydantic import BaseModel, Field, SecretStr

from distilabel._core.redaction import HeadersField
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.typing import InstructorStructuredOutputType


class OpenAIBaseClient(BaseModel):
    """Where an OpenAI-compatible endpoint is and how to be let in.

    Attributes:
        model: name of the model.
        base_url: address up to and including `/v1`; read from `OPENAI_BASE_URL`.
        api_key: read from `OPENAI_API_KEY`.
        default_headers: sent with every request.
        max_retries: how often a question is asked again after an error.
        timeout: seconds a request may take.
        structured_output: `schema` (a pydantic class or a JSON schema) all answers follow.
    """

    model: str
    base_url: Optional[RuntimeParameter[str]] = Field(
        default_factory=lambda: os.getenv("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        description="Address of the endpoint, up to and including /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = Field(
        default_factory=lambda: _key(os.getenv("OPENAI_API_KEY")),
        description="Key of the endpoint.",
    )
    default_headers: Annotated[Optional[RuntimeParameter[Dict[str, str]]], HeadersField] = Field(
        default=None, description="Headers sent with every request.", repr=False
    )
    max_retries: RuntimeParameter[int] = Field(
        default=6, description="How often a question is asked again after an error."
    )
    timeout: RuntimeParameter[int] = Field(default=120, description="Seconds a request may take.")
    structured_output: Optional[RuntimeParameter[InstructorStructuredOutputType]] = Field(
        default=None, description="The schema that all answers follow."
    )

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model


def _key(text: str | None) -> SecretStr | None:
    return SecretStr(text) if text else None

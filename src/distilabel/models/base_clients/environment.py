"""Fields of a model that are read from environment variables: its address and its key."""

from __future__ import annotations

import os
from typing import Any

from pydantic import BaseModel, Field, SecretStr


def base_url_field(variable: str, default: str | None, description: str) -> Any:
    """Returns the field for the address of an endpoint.

    Args:
        variable: Environment variable that it is read from.
        default: Address if the variable is not set, or empty; None for none.
        description: Description of the runtime parameter.
    """
    return Field(
        default_factory=lambda: os.getenv(variable, "").strip() or default, description=description
    )


def api_key_field(variable: str, description: str = "Key of the endpoint.") -> Any:
    """Returns the field for the key of an endpoint.

    Args:
        variable: Environment variable that it is read from.
        description: Description of the runtime parameter.
    """
    return Field(default_factory=_KeyIn(variable), description=description)


def current_key(model: BaseModel) -> SecretStr | None:
    """Returns the key of a model as it is now.

    A variable that is set or changed after the model was made counts, unless the user gave a key.

    Args:
        model: Model with the field of `api_key_field`.
    """
    factory: Any = type(model).model_fields["api_key"].default_factory
    given: SecretStr | None = model.__dict__["api_key"]
    if "api_key" in model.model_fields_set and given is not None:
        return given
    return (factory() if isinstance(factory, _KeyIn) else None) or given


class _KeyIn:
    """Reads a key from an environment variable; None if it is not set or empty."""

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def __call__(self) -> SecretStr | None:
        text = os.getenv(self._variable, "").strip()
        return SecretStr(text) if text else None

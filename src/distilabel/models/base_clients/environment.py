"""Fields of a model that are read from environment variables: its address and its key."""

from __future__ import annotations

import os
from typing import Any

from pydantic import Field, SecretStr


def base_url_field(variable: str, default: str, description: str) -> Any:
    """Returns the field for the address of an endpoint.

    Args:
        variable: Environment variable that it is read from.
        default: Address if the variable is not set.
        description: Description of the runtime parameter.
    """
    return Field(default_factory=lambda: os.getenv(variable, default), description=description)


def api_key_field(variable: str, description: str = "Key of the endpoint.") -> Any:
    """Returns the field for the key of an endpoint.

    Args:
        variable: Environment variable that it is read from.
        description: Description of the runtime parameter.
    """
    return Field(default_factory=lambda: _key_in(variable), description=description)


def _key_in(variable: str) -> SecretStr | None:
    text = os.getenv(variable)
    return SecretStr(text) if text else None

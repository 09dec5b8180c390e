"""The token of Hugging Face."""

from __future__ import annotations

import os
from typing import Final

from distilabel.errors import DistilabelUserError

HF_TOKEN_ENV_VAR: Final = "HF_TOKEN"


def get_hf_token(cls_name: str, token_arg: str) -> str:
    """Returns the token in the environment variable `HF_TOKEN`, or that of the stored login.

    Args:
        cls_name: Name of the class that needs it, for the error.
        token_arg: Name of its argument for the token, for the error.

    Raises:
        DistilabelUserError: There is no token.
    """
    token = os.getenv(HF_TOKEN_ENV_VAR, "").strip()
    if not token:
        from huggingface_hub import get_token

        token = get_token() or ""
    if not token:
        raise DistilabelUserError(
            f"{cls_name}: no Hugging Face token. Set `{token_arg}`, set the environment variable "
            f"{HF_TOKEN_ENV_VAR}, or log in with `hf auth login`."
        )
    return token

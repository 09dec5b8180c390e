"""Tokens of a review file: kept beside it for this user alone, so that a bookmark stays valid."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from distilabel._core.private_files import make_private, open_private
from distilabel.errors import DistilabelUserError


def read_tokens(review_file: Path, people: Sequence[str]) -> dict[str, str]:
    """Returns a token for each person; makes and stores those that are missing.

    Args:
        review_file: Path of the review file.
        people: Names; an empty one is the owner, who names themselves.

    Returns:
        Token → name.

    Raises:
        DistilabelUserError: The file of tokens cannot be read or written.
    """
    path = review_file.with_name(f"{review_file.name}.tokens")
    try:
        stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
        known = {name: stored.get(name) or secrets.token_urlsafe(24) for name in people}
        if known != {name: stored.get(name) for name in people} or not path.exists():
            fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with open_private(fresh, "wb") as file:
                file.write(json.dumps({**stored, **known}).encode())
            os.replace(fresh, path)
        make_private(path)
    except (OSError, ValueError, AttributeError) as error:
        raise DistilabelUserError(
            f"The tokens of the review cannot be kept in {path}: {error}. Remove the file, or make "
            "its folder writable."
        ) from error
    return {token: name for name, token in known.items()}

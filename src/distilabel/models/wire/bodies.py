"""The body of a question, whatever the protocol: JSON in bytes."""

from __future__ import annotations

import json
from typing import Any

import orjson


def as_json(data: Any) -> bytes:
    """Data as JSON; half a surrogate pair, which no server takes, becomes `?`.

    Raises:
        TypeError: JSON has no form for something in it.
    """
    try:
        return orjson.dumps(data)
    except TypeError:
        return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")

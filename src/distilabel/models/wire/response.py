"""`Response`: the output of a request, together with the headers that its reply had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Response(dict[str, Any]):
    """A `GenerateOutput` that remembers the headers of its reply.

    It is a plain dict wherever it is copied, pickled or stored: headers may hold cookies, and only
    the client that sent the request reads them, for rate limits.

    Attributes:
        headers: Headers of the reply; None if they are unknown, as in a batch job.
    """

    __slots__ = ("headers",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers: Mapping[str, str] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

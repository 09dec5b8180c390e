"""`RequestError`: a request that the simulated server rejects."""

from collections.abc import Mapping
from types import MappingProxyType


class RequestError(Exception):
    """Raised when a request is rejected.

    Attributes:
        status: HTTP status of the response.
        code: Error code in the body, where the wire format has one.
        headers: Headers of the response, besides the usual ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

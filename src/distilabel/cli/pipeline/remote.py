"""Downloads text from the web, with limits of time and size. Does not run or interpret it."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from urllib.request import Request

MAX_BYTES: Final = 10_000_000
_TIMEOUT_SECONDS: Final = 30.0


def valid_http_url(url: str) -> bool:
    """Whether a text is a valid `http://` or `https://` URL."""
    parts = _split(url)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def is_local(url: str) -> bool:
    """Whether the host of a URL is this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _is_safe(url: str) -> bool:
    """Whether a response cannot be changed on its way."""
    return urlsplit(url).scheme == "https" or is_local(url)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def name_in(url: str) -> PurePosixPath:
    """Returns the file name in a URL, without its query."""
    return PurePosixPath(PurePosixPath(urlsplit(url).path).name)


def _is_hub(url: str) -> bool:
    """Whether a URL is on the Hugging Face Hub, so that its token may be sent there."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname == "huggingface.co"


def _raw_file_url(url: str) -> str:
    """Converts the URL of the Hub's page about a file (`/blob/`) to that of the file itself."""
    return url.replace("/blob/", "/resolve/", 1) if _is_hub(url) else url


def _with_token(request: Request) -> Request:
    token = os.environ.get("HF_TOKEN")
    if token and _is_hub(request.full_url):
        # An unredirected header is not sent to the target of a redirect.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request


def _check_redirect(after: str) -> None:
    """Raises unless the target of a redirect is on the web and safe."""
    from urllib.error import URLError

    if not valid_http_url(after):
        raise URLError(f"it redirects to {after}, which is not an http(s) URL")
    if not _is_safe(after):
        raise URLError(f"it redirects to {after}, which is not secure (http)")


def fetch(url: str) -> str:
    """Downloads the text at a URL; HF_TOKEN is sent to the Hugging Face Hub only.

    Args:
        url: An `https://` URL; `http://` on this machine only.

    Raises:
        DistilabelUserError: The URL is not secure, cannot be read, or the text is too large.
    """
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    if not _is_safe(url):
        raise DistilabelUserError(
            f"{url} is not secure: what comes over http can be changed on its way. Give an "
            "https:// URL."
        )

    class Redirects(HTTPRedirectHandler):
        def redirect_request(self, before: Request, *args: Any) -> Request | None:
            request = super().redirect_request(before, *args)
            if request is None:
                return None
            _check_redirect(request.full_url)
            return _with_token(request)

    try:
        with build_opener(Redirects).open(
            _with_token(Request(_raw_file_url(url))), timeout=_TIMEOUT_SECONDS
        ) as r:
            body: bytes = r.read(MAX_BYTES + 1)
    except HTTPError as error:
        hint = {
            401: " Set HF_TOKEN if it is a private repository of the Hugging Face Hub.",
            403: " Set HF_TOKEN if it is a private repository of the Hugging Face Hub.",
            404: " Check the URL.",
        }.get(error.code, "")
        error.close()
        raise DistilabelUserError(f"{url} returned HTTP status {error.code}.{hint}") from error
    except (URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DistilabelUserError(f"{url} cannot be read: {reason}.") from error
    if len(body) > MAX_BYTES:
        raise DistilabelUserError(
            f"{url} is larger than {MAX_BYTES // 1_000_000} MB, too large for a pipeline."
        )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DistilabelUserError(f"{url} is not UTF-8 text.") from error

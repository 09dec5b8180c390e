"""Text from the web: fetched with a limit of time and size; never run or interpreted here."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from urllib.request import Request

LARGEST: Final = 10_000_000
_SECONDS: Final = 30.0


def valid_http_url(url: str) -> bool:
    """Whether a text is the address of something on the web (`http://` or `https://`)."""
    parts = _split(url)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def is_here(url: str) -> bool:
    """Whether an address is one of this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _is_safe(url: str) -> bool:
    """Whether nobody on the way can change what comes from there."""
    return urlsplit(url).scheme == "https" or is_here(url)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def name_in(url: str) -> PurePosixPath:
    """The name of the file that a URL points at, without what follows a `?`."""
    return PurePosixPath(PurePosixPath(urlsplit(url).path).name)


def _is_hub(url: str) -> bool:
    """Whether a key for the Hugging Face Hub may be shown there."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname == "huggingface.co"


def _direct(url: str) -> str:
    """The Hub shows a page about a file under `/blob/`, and the file itself under `/resolve/`."""
    return url.replace("/blob/", "/resolve/", 1) if _is_hub(url) else url


def _with_token(request: Request) -> Request:
    token = os.environ.get("HF_TOKEN")
    if token and _is_hub(request.full_url):
        # An unredirected header stays behind when the server points elsewhere.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request


def _may_go_on(after: str) -> None:
    """Makes sure that an address may point on to another one."""
    from urllib.error import URLError

    if not valid_http_url(after):
        raise URLError(f"it points on to {after}, which is not on the web")
    if not _is_safe(after):
        raise URLError(f"it points on to {after}, where anyone on the way can change it")


def fetch(url: str) -> str:
    """Gets the text at a URL; a key for the Hugging Face Hub is shown to the Hub alone.

    Args:
        url: `https://`; `http://` only on this machine.

    Raises:
        DistilabelUserError: it comes over http, is not there or too large, or nobody answers.
    """
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    if not _is_safe(url):
        raise DistilabelUserError(
            f"{url} is not read: it comes over http, where anyone on the way can change it. Give "
            "its https:// address."
        )

    class Redirects(HTTPRedirectHandler):
        def redirect_request(self, before: Request, *args: Any) -> Request | None:
            request = super().redirect_request(before, *args)
            if request is None:
                return None
            _may_go_on(request.full_url)
            return _with_token(request)

    try:
        with build_opener(Redirects).open(
            _with_token(Request(_direct(url))), timeout=_SECONDS
        ) as r:
            body: bytes = r.read(LARGEST + 1)
    except HTTPError as error:
        cure = {
            401: " Set HF_TOKEN if it is a private repository of the Hugging Face Hub.",
            403: " Set HF_TOKEN if it is a private repository of the Hugging Face Hub.",
            404: " Check the address.",
        }.get(error.code, "")
        error.close()
        raise DistilabelUserError(f"{url} answers with status {error.code}.{cure}") from error
    except (URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DistilabelUserError(f"{url} cannot be read: {reason}.") from error
    if len(body) > LARGEST:
        raise DistilabelUserError(
            f"{url} is larger than {LARGEST // 1_000_000} MB: that is no pipeline."
        )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DistilabelUserError(f"{url} is no text (UTF-8).") from error

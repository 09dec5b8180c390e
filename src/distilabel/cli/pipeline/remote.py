"""Downloads text from the web, with limits of time and size. Does not run or interpret it."""

from __future__ import annotations

import os
import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address
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


def is_here(url: str) -> bool:
    """Whether the host of a URL is this machine.

    Goes by the address that a client connects to: `127.1`, `2130706433` and `0.0.0.0` are this
    machine as well, `127.0.0.1.example.org` is not.
    """
    address = _address_of(url)
    if address is None:
        return _host_of(url) == "localhost"
    return address.is_loopback or address.is_unspecified


def _host_of(url: str) -> str:
    parts = _split(url)
    try:
        host = (parts.hostname if parts is not None else None) or ""
    except ValueError:
        return ""
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".").removesuffix(".").lower()


def _address_of(url: str) -> IPv4Address | IPv6Address | None:
    """Returns the IP address in a URL; None for a name."""
    host = _host_of(url)
    try:
        address = ip_address(host)
    except ValueError:
        return _legacy_address(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _legacy_address(host: str) -> IPv4Address | None:
    """Returns an IPv4 address with fewer than four parts, or in octal or hexadecimal digits."""
    if not re.fullmatch(r"[0-9a-fx.]+", host) or not host[:1].isdigit():
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_safe(url: str) -> bool:
    """Whether a response cannot be changed on its way."""
    parts = _split(url)
    return (parts is not None and parts.scheme == "https") or is_here(url)


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


def _may_go_on(after: str, before: str = "") -> None:
    """Raises unless the target of a redirect is on the web and safe.

    Args:
        after: Target of the redirect.
        before: URL that redirects; one on the web must not lead to a server of this machine or of
            its network, which may act on a request from here.
    """
    from urllib.error import URLError

    if not valid_http_url(after):
        raise URLError(f"it redirects to {after}, which is not an http(s) URL")
    if not _is_safe(after):
        raise URLError(f"it redirects to {after}, which is not secure (http)")
    if _is_private(after) and not _is_private(before):
        raise URLError(f"it redirects to {after}, which is on this machine or its network")


def _is_private(url: str) -> bool:
    """Whether the host of a URL is this machine, or an address of its network."""
    address = _address_of(url)
    return is_here(url) or (address is not None and not address.is_global)


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
            _may_go_on(request.full_url, before.full_url)
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

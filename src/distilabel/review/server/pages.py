"""The files of the pages: read once from the package, so that no request leads to a path."""

from __future__ import annotations

import mimetypes
from functools import cache
from importlib.resources import files
from typing import Final

from aiohttp import web

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
# Each shows the same document, which looks at the address.
PAGES: Final = (
    "/",
    "/rows",
    "/row/{uid:[0-9a-f]{24}(?:-[0-9]+)?}",
    "/review",
    "/agree",
    "/map",
    "/codes",
    "/export",
    "/setup",
    "/live",
    "/live/{run:[0-9a-z-]+}",
)


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """Returns the address of each file → its content and type."""
    found = {}
    folder = files("distilabel.review") / "static"
    for place, inner in (
        (folder, ""),
        (folder / "vendor", "vendor/"),
        (folder / "pages", "pages/"),
    ):
        for file in place.iterdir():
            suffix = file.name[file.name.rfind(".") :]
            if file.is_file() and suffix in (*_TYPES, ".svg"):
                kind = _TYPES.get(suffix) or mimetypes.types_map[suffix]
                found[f"/static/{inner}{file.name}"] = (file.read_bytes(), kind)
    return found


async def show_page(request: web.Request) -> web.Response:
    """Replies with the document of all pages."""
    content, kind = static_files()["/static/index.html"]
    return web.Response(body=content, content_type=kind, charset="utf-8")


async def show_file(request: web.Request) -> web.Response:
    """Replies with a file of the pages.

    Raises:
        HTTPNotFound: There is no such file.
    """
    found = static_files().get(request.path)
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=found[0], content_type=found[1], charset="utf-8")

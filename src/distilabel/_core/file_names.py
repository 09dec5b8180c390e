"""File names made of the names that users give: each stays in its folder, on every system."""

from __future__ import annotations

import hashlib
import re
from typing import Final

# Most file systems take 255 bytes; what is appended to a name needs some of them.
_LONGEST: Final = 200
_KEPT: Final = 80
# Separators of any system, a drive (`C:`), control characters, and names of dots alone.
_UNSAFE: Final = re.compile(r"[/\\\x00-\x1f\x7f]|^[A-Za-z]:|^\.+$|^$|^ +$|^~")


def file_name(name: str) -> str:
    """Returns the name of a file or folder for a name, which is the name itself if that is safe.

    Others, such as `../x`, an empty one or one that is too long, are replaced by the readable part
    of the name and a digest of all of it, so that different names have different files.

    Args:
        name: Any text.
    """
    data = name.encode("utf-8", "surrogatepass")
    is_encodable = name.isascii() or data.decode("utf-8", "replace") == name
    if len(data) <= _LONGEST and is_encodable and not _UNSAFE.search(name):
        return name
    readable = re.sub(r"[^\w-]+", "_", name[:_KEPT], flags=re.ASCII).strip("_") or "unnamed"
    return f"{readable}-{hashlib.blake2b(data, digest_size=6).hexdigest()}"

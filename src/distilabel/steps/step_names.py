"""Names of steps: the longest one, and the one that is made from the class."""

from __future__ import annotations

import hashlib
import re
from typing import Final

# A name is also the folder of the step's rows; most file systems take 255 bytes.
LONGEST_NAME: Final = 200
_NUMBER: Final = 10


def name_of_class(cls: type) -> str:
    """Returns the name of a step without its number: the class name in snake case.

    Args:
        cls: Class of the step.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
    if len(name) <= LONGEST_NAME - _NUMBER:
        return name
    return f"{name[:80]}_{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"

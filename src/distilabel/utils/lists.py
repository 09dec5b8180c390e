"""Lists of what models gave."""

from __future__ import annotations

from typing import List


def flatten_responses(responses: List[List[str]]) -> List[str]:
    """The last response of each question.

    Args:
        responses: one list per question, none of them empty.
    """
    return [some[-1] for some in responses]

"""Helpers for lists of responses."""

from __future__ import annotations

from typing import List


def flatten_responses(responses: List[List[str]]) -> List[str]:
    """Returns the last response to each question.

    Args:
        responses: One non-empty list of responses per question.
    """
    return [answers[-1] for answers in responses]

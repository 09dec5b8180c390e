"""Expected ratings: the mean of a judge's rating over the probabilities of the rating's token.

A judge that writes 4 may have been torn between 4 and 5, or sure. The mean is finer than what it
wrote, and tells apart rows that have the same rating.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

# Behind these words, or in a list of ratings, a number is a rating.
_RATED: Final = re.compile(
    r"(?:\b(?:rating|score|result|grade)s?\b[\]\"'*_:\s=]*\[?|(?<=\d),)[\s\"'*_:]*(\d+)(?!\d)",
    re.IGNORECASE,
)


class ExpectedRating(NamedTuple):
    """A rating by its probabilities.

    Attributes:
        value: Mean of the rating, over the probability of those on the scale.
        mass: Probability of those on the scale, in 0..1; the rest went to other tokens.
    """

    value: float
    mass: float


def expected_ratings(
    text: str,
    tokens: Sequence[Sequence[dict[str, Any]]] | None,
    ratings: Sequence[int | None],
    scale: Sequence[int],
) -> list[ExpectedRating | None]:
    """Finds the token of each rating and takes the mean over its alternatives.

    Args:
        text: The answer of the judge.
        tokens: For each token of it, the alternatives with `token` and `logprob`; None if the
            model returned none.
        ratings: The ratings that were parsed from the answer, in its order.
        scale: The possible ratings.

    Returns:
        One per rating; None for one that is None, or whose token cannot be told.
    """
    nothing: list[ExpectedRating | None] = [None] * len(ratings)
    wanted = [rating for rating in ratings if rating is not None]
    found = [match for match in _RATED.finditer(text) if int(match[1]) in scale]
    if not tokens or not wanted or [int(match[1]) for match in found] != wanted:
        return nothing
    starts = _starts(text, tokens)
    if starts is None:
        return nothing
    values = iter(_expected(tokens, starts, match.start(1), match[1], scale) for match in found)
    return [None if rating is None else next(values) for rating in ratings]


def _expected(
    tokens: Sequence[Sequence[dict[str, Any]]],
    starts: list[int],
    place: int,
    digits: str,
    scale: Sequence[int],
) -> ExpectedRating | None:
    index = max((i for i, start in enumerate(starts) if start <= place), default=None)
    if index is None:
        return None
    probabilities: dict[int, float] = {}
    for alternative in tokens[index]:
        word = str(alternative["token"]).strip().strip("*_\"'")
        if word.isascii() and word.isdigit() and int(word) in scale:
            probability = math.exp(alternative["logprob"])
            probabilities[int(word)] = probabilities.get(int(word), 0.0) + probability
    mass = sum(probabilities.values())
    if int(digits) not in probabilities or not mass:
        # The token is only a part of the number, or has other text in it.
        return None
    return ExpectedRating(sum(k * p for k, p in probabilities.items()) / mass, min(1.0, mass))


def _starts(text: str, tokens: Sequence[Sequence[dict[str, Any]]]) -> list[int] | None:
    """Where each token begins in the text, if one alternative of each makes it up; else None."""
    # The token that was drawn need not be the likeliest one. Depth first, each state once.
    stack: list[tuple[int, int]] = [(0, 0)]
    came_from: dict[tuple[int, int], int] = {(0, 0): -1}
    while stack:
        index, place = stack.pop()
        # A model may go on where the text was cut, or end with a token that has no text.
        if index == len(tokens) or place == len(text):
            starts = [0] * index
            while index:
                place = came_from[index, place]
                index -= 1
                starts[index] = place
            return starts
        for alternative in reversed(tokens[index]):
            token = str(alternative["token"])
            state = (index + 1, place + len(token))
            if token and state not in came_from and text.startswith(token, place):
                came_from[state] = place
                stack.append(state)
    return None

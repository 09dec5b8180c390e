"""Text that matches a regular expression of the common kind; knows nothing of JSON schema."""

import importlib
import random
import re
import string
from typing import Any

# The standard library's own parser of regular expressions: reading the syntax a second time here
# would sooner or later disagree with `re`, which has the last word on the result.
_parser: Any = importlib.import_module("re._parser")

_TRIES = 200
_WIDEST_REPEAT = 4
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;!?/@#%&*()+="
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_SPACE": " ",
}


def generate_match(
    pattern: str, rng: random.Random, *, fewest: int = 0, most: int | None = None
) -> str:
    """Makes a text in which `re.search` finds the pattern.

    Args:
        pattern: A regular expression in Python's spelling.
        rng: The source of chance.
        fewest: The text's least length in characters.
        most: The text's greatest length in characters; None for no limit.

    Returns:
        The text.

    Raises:
        ValueError: The pattern is no regular expression, or no such text was found.
    """
    try:
        compiled = re.compile(pattern)
        tree = _parser.parse(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from None
    for attempt in range(_TRIES):
        # Wider repeats from try to try: a least length is reached, yet most texts stay short.
        writer = _Writer(rng, widest=max(_WIDEST_REPEAT, fewest) + attempt // 20)
        text = writer.sequence(tree)
        if len(text) < fewest:
            text += "".join(rng.choices(string.ascii_lowercase, k=fewest - len(text)))
        if (most is None or len(text) <= most) and compiled.search(text):
            return text
    raise ValueError(
        f"no text of {fewest} to {'any number of' if most is None else most} characters "
        f"was found for the pattern {pattern!r}"
    )


class _Writer:
    def __init__(self, rng: random.Random, *, widest: int) -> None:
        self._rng = rng
        self._widest = widest
        self._groups: dict[int, str] = {}

    def sequence(self, nodes: Any) -> str:
        return "".join(self._node(str(op), argument) for op, argument in nodes)

    def _node(self, op: str, argument: Any) -> str:
        match op:
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self._rng.choice(_PRINTABLE.replace(chr(argument), ""))
            case "ANY":
                return self._rng.choice(string.ascii_lowercase)
            case "IN":
                return self._rng.choice(_members(argument))
            case "BRANCH":
                return self.sequence(self._rng.choice(argument[1]))
            case "SUBPATTERN":
                group, _, _, inner = argument
                text = self.sequence(inner)
                if group is not None:
                    self._groups[group] = text
                return text
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, greatest, inner = argument
                upper = min(int(greatest), int(least) + self._widest)
                count = self._rng.randint(int(least), upper)
                return "".join(self.sequence(inner) for _ in range(count))
            case "ATOMIC_GROUP":
                return self.sequence(argument)
            case "GROUPREF":
                return self._groups.get(argument, "")
            case "AT" | "ASSERT" | "ASSERT_NOT":
                # They take up no characters; whether they hold shows in the search at the end.
                return ""
            case _:
                raise ValueError(f"patterns with {op.lower()} cannot be turned into a text")


def _members(argument: Any) -> str:
    members: list[str] = []
    negated = False
    for op, value in argument:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                members.append(chr(value))
            case "RANGE":
                low, high = value
                members += map(chr, range(low, min(high, low + 255) + 1))
            case _:
                members += _category(str(value))
    if not negated:
        return "".join(members)
    left = "".join(character for character in _PRINTABLE if character not in members)
    if not left:
        raise ValueError("a pattern that excludes every printable character cannot be written")
    return left


def _category(name: str) -> str:
    if name in _CATEGORIES:
        return _CATEGORIES[name]
    excluded = _CATEGORIES[name.replace("NOT_", "")]
    return "".join(character for character in _PRINTABLE if character not in excluded)

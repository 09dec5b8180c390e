"""Generates text that matches a regular expression."""

import importlib
import random
import re
import string
from typing import Any

# The standard library's own parser: a second reading of the syntax would sooner or later disagree
# with `re`, which checks the generated text.
_parser: Any = importlib.import_module("re._parser")

_MAX_ATTEMPTS = 200
_MAX_EXTRA_REPEATS = 4
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;!?/@#%&*()+="
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_SPACE": " ",
}


def generate_match(
    pattern: str, rng: random.Random, *, min_length: int = 0, max_length: int | None = None
) -> str:
    """Generates text in which `re.search` finds the pattern.

    Supports what guided decoding supports: literals, classes, groups, alternatives, repeats and
    anchors. Lookarounds work where random text satisfies them. Backreferences, atomic groups and
    possessive repeats are not supported.

    Args:
        pattern: Regular expression in Python's syntax.
        rng: Source of randomness.
        min_length: Minimum length of the text in characters.
        max_length: Maximum length of the text in characters; None for no limit.

    Returns:
        The text.

    Raises:
        ValueError: The pattern is not a regular expression, or no matching text was found.
    """
    try:
        compiled = re.compile(pattern)
        tree = _parser.parse(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from None
    for attempt in range(_MAX_ATTEMPTS):
        # More repeats from attempt to attempt: reaches a minimum length, keeps most texts short.
        extra = max(_MAX_EXTRA_REPEATS, min_length) + attempt // 20
        text = _sequence(tree, rng, extra)
        if len(text) < min_length:
            text += "".join(rng.choices(string.ascii_lowercase, k=min_length - len(text)))
        if (max_length is None or len(text) <= max_length) and compiled.search(text):
            return text
    bounds = f"at least {min_length}" if max_length is None else f"{min_length} to {max_length}"
    raise ValueError(f"pattern {pattern!r}: no matching text of {bounds} characters was found")


def _sequence(nodes: Any, rng: random.Random, extra: int) -> str:
    return "".join(_node(str(op), argument, rng, extra) for op, argument in nodes)


def _node(op: str, argument: Any, rng: random.Random, extra: int) -> str:
    match op:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return rng.choice(_PRINTABLE.replace(chr(argument), ""))
        case "ANY":
            return rng.choice(string.ascii_lowercase)
        case "IN":
            return rng.choice(_members(argument))
        case "BRANCH":
            return _sequence(rng.choice(argument[1]), rng, extra)
        case "SUBPATTERN":
            return _sequence(argument[-1], rng, extra)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = argument
            count = rng.randint(int(least), min(int(most), int(least) + extra))
            return "".join(_sequence(inner, rng, extra) for _ in range(count))
        case "AT" | "ASSERT" | "ASSERT_NOT":
            # These match no characters; the final search tells whether they hold.
            return ""
        case _:
            raise ValueError(f"pattern syntax {op.lower()} is not supported by the simulated model")


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
    remaining = "".join(character for character in _PRINTABLE if character not in members)
    if not remaining:
        raise ValueError("pattern has a class that excludes every printable character")
    return remaining


def _category(name: str) -> str:
    if name in _CATEGORIES:
        return _CATEGORIES[name]
    excluded = _CATEGORIES[name.replace("NOT_", "")]
    return "".join(character for character in _PRINTABLE if character not in excluded)

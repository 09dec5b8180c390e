"""Generates strings and numbers within the bounds of a JSON schema."""

import datetime
import math
import random
import string
import uuid
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from distilabel._simulated import filler_text
from distilabel._simulated.schema.pattern import generate_match

_NUMBER_SPAN = 100
_MAX_ATTEMPTS = 100


def _datetime(rng: random.Random) -> datetime.datetime:
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return start + datetime.timedelta(seconds=rng.randrange(5 * 365 * 24 * 3600))


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=6))


_FORMATS: dict[str, Callable[[random.Random], str]] = {
    "date": lambda rng: _datetime(rng).date().isoformat(),
    "date-time": lambda rng: _datetime(rng).isoformat().replace("+00:00", "Z"),
    "time": lambda rng: _datetime(rng).time().isoformat() + "Z",
    "duration": lambda rng: f"P{rng.randint(1, 30)}D",
    "email": lambda rng: f"{_name(rng)}@example.com",
    "hostname": lambda rng: f"{_name(rng)}.example.com",
    "ipv4": lambda rng: f"192.0.2.{rng.randint(1, 254)}",
    "ipv6": lambda rng: f"2001:db8::{rng.randint(1, 9999)}",
    "uri": lambda rng: f"https://example.com/{_name(rng)}",
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
}


def generate_string(schema: Mapping[str, Any], rng: random.Random) -> str:
    """Generates a string for `format`, `pattern`, `minLength` and `maxLength`.

    Args:
        schema: Schema of the string. Other keywords, and unknown formats, are ignored.
        rng: Source of randomness.

    Returns:
        The string.

    Raises:
        ValueError: No text matches the pattern, or `minLength` is greater than `maxLength`.
    """
    min_length, max_length = schema.get("minLength", 0), schema.get("maxLength")
    if max_length is not None and min_length > max_length:
        raise ValueError(f"minLength {min_length} is greater than maxLength {max_length}")
    if "pattern" in schema:
        return generate_match(schema["pattern"], rng, min_length=min_length, max_length=max_length)
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]](rng)
    text = filler_text.words(rng.randint(2, 8), rng)
    while len(text) < min_length:
        text += " " + filler_text.words(4, rng)
    if max_length is not None and len(text) > max_length:
        text = text[:max_length]
        # Validators that strip whitespace would shorten a text that ends in a space.
        text = text[:-1] + "s" if text.endswith(" ") else text
    return text


def generate_integer(schema: Mapping[str, Any], rng: random.Random) -> int:
    """Generates an integer for the bounds and `multipleOf` of a schema.

    Raises:
        ValueError: No integer lies within the bounds.
    """
    step = Fraction(str(schema.get("multipleOf", 1)))
    # Among the multiples of a fraction, those of its numerator are the whole numbers.
    return int(_multiple(schema, rng, Fraction(step.numerator)))


def generate_number(schema: Mapping[str, Any], rng: random.Random) -> int | float:
    """Generates a number for the bounds and `multipleOf` of a schema.

    Raises:
        ValueError: No number lies within the bounds.
    """
    if "multipleOf" in schema:
        step = schema["multipleOf"]
        for _ in range(_MAX_ATTEMPTS):
            exact = _multiple(schema, rng, Fraction(str(step)))
            number = int(exact) if exact.denominator == 1 else float(exact)
            # Validators divide floats, so only a multiple that survives rounding is valid.
            if (number / step).is_integer():
                return number
        raise ValueError(_no_number(schema))
    low, high = _bounds(schema)
    for digits in (2, 2, 2, 6, 12):
        number = round(rng.uniform(float(low), float(high)), digits)
        if _within(schema, number):
            return number
    middle = float((low + high) / 2)
    if not _within(schema, middle):
        raise ValueError(_no_number(schema))
    return middle


def _multiple(schema: Mapping[str, Any], rng: random.Random, step: Fraction) -> Fraction:
    low, high = _bounds(schema)
    if "maximum" not in schema and "exclusiveMaximum" not in schema:
        high = max(high, low + step * 10)
    elif "minimum" not in schema and "exclusiveMinimum" not in schema:
        low = min(low, high - step * 10)
    first, last = math.ceil(low / step), math.floor(high / step)
    if schema.get("exclusiveMinimum") == first * step:
        first += 1
    if schema.get("exclusiveMaximum") == last * step:
        last -= 1
    if first > last:
        raise ValueError(_no_number(schema))
    return rng.randint(first, last) * step


def _bounds(schema: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
    lows = [Fraction(str(schema[key])) for key in ("minimum", "exclusiveMinimum") if key in schema]
    highs = [Fraction(str(schema[key])) for key in ("maximum", "exclusiveMaximum") if key in schema]
    if lows:
        low = max(lows)
    else:
        low = min(Fraction(0), min(highs) - _NUMBER_SPAN) if highs else Fraction(0)
    return low, min(highs) if highs else low + _NUMBER_SPAN


def _within(schema: Mapping[str, Any], number: float) -> bool:
    return bool(
        schema.get("minimum", -math.inf) <= number <= schema.get("maximum", math.inf)
        and number > schema.get("exclusiveMinimum", -math.inf)
        and number < schema.get("exclusiveMaximum", math.inf)
    )


def _no_number(schema: Mapping[str, Any]) -> str:
    keys = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
    return f"no number satisfies { ({key: schema[key] for key in keys if key in schema}) }"

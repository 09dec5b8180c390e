"""Strings and numbers within the bounds of a JSON schema; knows no nesting and no references."""

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
_TRIES = 100


def _moment(rng: random.Random) -> datetime.datetime:
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return start + datetime.timedelta(seconds=rng.randrange(5 * 365 * 24 * 3600))


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=6))


_FORMATS: dict[str, Callable[[random.Random], str]] = {
    "date": lambda rng: _moment(rng).date().isoformat(),
    "date-time": lambda rng: _moment(rng).isoformat().replace("+00:00", "Z"),
    "time": lambda rng: _moment(rng).time().isoformat() + "Z",
    "duration": lambda rng: f"P{rng.randint(1, 30)}D",
    "email": lambda rng: f"{_name(rng)}@example.com",
    "hostname": lambda rng: f"{_name(rng)}.example.com",
    "ipv4": lambda rng: f"192.0.2.{rng.randint(1, 254)}",
    "ipv6": lambda rng: f"2001:db8::{rng.randint(1, 9999)}",
    "uri": lambda rng: f"https://example.com/{_name(rng)}",
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
}


def generate_string(schema: Mapping[str, Any], rng: random.Random) -> str:
    """Makes a string for `format`, `pattern`, `minLength` and `maxLength`.

    Args:
        schema: The schema of the string; other keywords are not looked at.
        rng: The source of chance.

    Returns:
        The string. A format that is not known is treated as none, as validators do.

    Raises:
        ValueError: No string was found for the pattern, or the lengths exclude each other.
    """
    fewest, most = schema.get("minLength", 0), schema.get("maxLength")
    if most is not None and fewest > most:
        raise ValueError(f"minLength {fewest} is above maxLength {most}")
    if "pattern" in schema:
        return generate_match(schema["pattern"], rng, fewest=fewest, most=most)
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]](rng)
    text = filler_text.words(rng.randint(2, 8), rng)
    while len(text) < fewest:
        text += " " + filler_text.words(4, rng)
    if most is not None and len(text) > most:
        # Cut at the limit, without ending in a space that a stripping reader would take off.
        text = text[:most]
        text = text[:-1] + "s" if text.endswith(" ") else text
    return text


def generate_integer(schema: Mapping[str, Any], rng: random.Random) -> int:
    """Makes an integer for the bounds and `multipleOf` of a schema.

    Raises:
        ValueError: No integer lies within the bounds.
    """
    step = Fraction(str(schema.get("multipleOf", 1)))
    # Of the multiples of a fraction, only those of its numerator are whole numbers.
    return int(_multiple(schema, rng, Fraction(step.numerator)))


def generate_number(schema: Mapping[str, Any], rng: random.Random) -> int | float:
    """Makes a number for the bounds and `multipleOf` of a schema.

    Raises:
        ValueError: No number lies within the bounds.
    """
    if "multipleOf" in schema:
        step = schema["multipleOf"]
        for _ in range(_TRIES):
            exact = _multiple(schema, rng, Fraction(str(step)))
            number = int(exact) if exact.denominator == 1 else float(exact)
            # Validators divide floats: keep a multiple that survives the rounding.
            if (number / step).is_integer():
                return number
        raise ValueError(f"no multiple of {step} was found that divides without a rest")
    low, high = _bounds(schema)
    if low > high:
        raise ValueError(_no_number(schema))
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
    return f"no number fits { ({key: schema[key] for key in keys if key in schema}) }"

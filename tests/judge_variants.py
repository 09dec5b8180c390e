"""Tables of ways in which models write the answer of a judge, and random texts that are none."""

from __future__ import annotations

import itertools
import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

LABELS = [
    "{L}: {v}",
    "{L}:{v}",
    "{L} : {v}",
    "{L}\uff1a{v}",
    "{l}: {v}",
    "{U}: {v}",
    "{L}:\n{v}",
    "**{L}:** {v}",
    "**{L}**: {v}",
    "**{L}: {v}**",
    "***{L}:*** {v}",
    "_{L}_: {v}",
    "__{L}__: {v}",
    "`{L}`: {v}",
    "- {L}: {v}",
    "* **{L}:** {v}",
    "\u2022 {L}: {v}",
    "> {L}: {v}",
    "1. {L}: {v}",
    "2) **{L}:** {v}",
    "### {L}\n{v}",
    "### {L}:\n{v}",
    "#### **{L}**\n\n{v}",
    "**{L}**\n{v}",
    "   {L}: {v}",
    "{L} = {v}",
    "<{L}>: {v}",
]
"""Ways to write a label and its value."""

NUMBERS = [
    "{n}",
    "{n}.",
    "{n}.0",
    "{n}/{m}",
    "{n} / {m}",
    "{n}\uff0f{m}",
    "{n} out of {m}",
    "{n} (out of {m})",
    "{n}.0/{m}.0",
    "**{n}**",
    "**{n}**/{m}",
    "**{n}/{m}**",
    "({n})",
    "[{n}]",
    "<{n}>",
    "`{n}`",
    "${n}$",
    "{n} points",
    "{n} \u2605",
    "{n} - as it should be",
    "{n} (as it should be)",
    "{n}, as it should be",
    "{n} because it fits",
    "Level {n}",
    "\u00a0{n}",
    "\u200b{n}",
]
"""Ways to write a whole number `n` of a scale that ends with `m`."""

ZEROS = "0\u0660\u06f0\u0966\u09e6\u0e50\uff10"
"""Zeros of scripts: Latin, Arabic-Indic, Persian, Devanagari, Bengali, Thai, full-width."""

WRAPPERS = [
    "{}",
    "\n\n{}\n\n",
    "<think>Rating: 1, Score: 2, [[A]], Verdict: tie, [RESULT] 3</think>\n{}",
    "<think>\n[1] Score: 9\n</think>\n\n{}",
    "```\n{}\n```",
    "```text\n{}\n```",
]
"""What stands around an answer."""

NO_NUMBERS = [
    "",
    "four",
    "N/A",
    "None",
    "-1",
    "3-4",
    "3 - 4",
    "3\u20134",
    "3 or 4",
    "3 to 4",
    "3, 4",
    "80%",
    "4th",
    "not 4",
    "less than 4",
    "4/10",
    "4 out of 100",
    "10",
    "999999999999",
    "\u00b2",
    "IV",
    "?",
]
"""Values that are not a whole number on a scale of 5."""


def in_script(text: str, zero: str) -> str:
    """Returns a text with the digits of another script."""
    return "".join(chr(ord(zero) + int(c)) if c in "0123456789" else c for c in text)


def numbers(number: int, maximum: int) -> Iterator[str]:
    """Yields ways to write a number."""
    for form in NUMBERS:
        yield form.format(n=number, m=maximum)
    for zero in ZEROS:
        yield in_script(str(number), zero)
        yield in_script(f"{number}/{maximum}", zero)


def labeled(form: str, label: str, value: str) -> str:
    """Returns a label and its value in one of the forms of `LABELS`."""
    return form.format(L=label, l=label.lower(), U=label.upper(), v=value)


AROUND = [
    "{}",
    "Here it is:\n\n{}",
    "Sure! Here is what you asked for.\n{}",
    "{}\n\nI hope this helps!",
    "Sure.\n\n```json\n{}\n```\nBye.",
]
"""What models write before and after an answer, although they were asked not to."""


def surrounded(text: str) -> Iterator[str]:
    """Yields a text with every kind of words around it, in every wrapper, with every line end."""
    for around, wrapper in itertools.product(AROUND, WRAPPERS):
        if not ("```" in around and "```" in wrapper):  # no fence within a fence
            yield from line_ends(wrapper.replace("{}", around.replace("{}", text)))


def objects(value: Any) -> Iterator[str]:
    """Yields ways to write an object as JSON, one of them in a list."""
    yield from surrounded(json.dumps(value))
    yield from surrounded(json.dumps(value, separators=(",", ":")))
    yield from surrounded(json.dumps(value, indent=2, ensure_ascii=False))
    yield from surrounded(json.dumps({**dict(reversed(value.items())), "note": [1]}))


def line_ends(text: str) -> Iterator[str]:
    r"""Yields a text with `\n`, with Windows line ends and with those of old Macs."""
    yield text
    yield text.replace("\n", "\r\n")
    yield text.replace("\n", "\r")


def wrapped(text: str) -> Iterator[str]:
    """Yields a text in every wrapper and with every line end."""
    for wrapper in WRAPPERS:
        yield from line_ends(wrapper.format(text))


def check(parse: Callable[[str], Any], cases: Iterable[tuple[str, Any]], *, at_least: int) -> None:
    """Checks that every text is parsed as expected, and that there are enough of them."""
    wrong, count = [], 0
    for text, expected in cases:
        count += 1
        try:
            found = parse(text)
        except ValueError as error:
            found = error
        if found != expected:
            wrong.append(f"{text!r}\n   -> {found!r}, not {expected!r}")
    assert not wrong, f"{len(wrong)} of {count} are wrong:\n" + "\n".join(wrong[:12])
    assert count >= at_least, f"{count} cases"


def refuses(parse: Callable[[str], Any], texts: Iterable[str]) -> None:
    """Checks that a parser gives no value for any of the texts."""
    wrong = []
    for text in texts:
        try:
            found = parse(text)
        except ValueError:
            continue
        if any(value is not None for value in _flat(found)):
            wrong.append(f"{text!r} -> {found!r}")
    assert not wrong, f"{len(wrong)} gave a value:\n" + "\n".join(wrong[:12])


def random_texts(words: Sequence[str], count: int = 1500) -> Iterator[str]:
    """Yields random texts of the words that a judge uses, the same ones on every run."""
    rng = random.Random("judges")
    common = [
        *"0123456789",
        *"-:=\n\n()[]{}|/,.`\"'  ",
        "10",
        "4.5",
        "3/5",
        "4/10",
        "\u0664",
        "\uff14",
    ]
    common += ["\u096a", "\uff1a", "\n\n", "\r\n", "**", "#", "###", "[1]", "[2]", "```", "<think>"]
    common += ["</think>", " ", "or", "and", "not", "owl", "\0", "\ud7ff", "\U0001f989", "A", "B"]
    common += ["tie", "null", "true"]
    for _ in range(count):
        size = rng.randint(0, 40)
        joiner = rng.choice(["", " ", ""])
        yield joiner.join(rng.choice(rng.choice([common, list(words)])) for _ in range(size))


def check_no_invention(
    parse: Callable[[str], Any], words: Sequence[str], *, count: int = 1500
) -> None:
    """Checks on random texts that a parser raises only ValueError and invents nothing.

    Every number and every choice of A, B and tie must be written in the text.
    """
    found_some = False
    for text in random_texts(words, count):
        try:
            found = parse(text)
        except ValueError:
            continue
        digits = "".join(c if (d := unicodedata.decimal(c, None)) is None else str(d) for c in text)
        written = {
            float(number) for number in re.findall(r"\d+(?:[.,]\d+)?", digits) if "," not in number
        }
        written |= {float(number.replace(",", ".")) for number in re.findall(r"\d+,\d+", digits)}
        written |= {float(number) for number in re.findall(r"\d+", digits)}
        for value in _flat(found):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                assert float(value) in written, (text, found)
                found_some = True
            elif value in ("A", "B", "tie"):
                assert value in text or value.lower() in text, (text, found)
                found_some = True
    assert found_some


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value

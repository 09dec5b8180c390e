"""Finds labels, numbers and choices in what a judge model wrote, however it formatted them.

Everything is searched in a copy of the text, of the same length, in which digits of any script and
full-width characters are ASCII (`to_ascii_forms`), so that what is returned as text is unchanged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.tasks.reasoning import REASONING_WITHOUT_TEXT

# Possessive, so that no text takes long to search.
_MARKUP: Final = r"[\s*_`\"'(\[{<$|>#\\]*+"
_NUMBER: Final = re.compile(r"(-?)(\d{1,9})(?:[.,](\d{1,9}))?(?![\d%A-Za-z])")
# Words that may come between a label and its number: `Score: Level 4`, `Score is 4`.
_BEFORE_NUMBER: Final = re.compile(
    rf"{_MARKUP}(?>(?:\b(?:final|overall|score|rating|grade|level|result|is|of|boxed)\b|=|->|:)"
    rf"{_MARKUP})*",
    re.IGNORECASE,
)
_DENOMINATOR: Final = re.compile(
    r"[\s*_`\"')\]}]*(?:/|\(?\s*out\s+of\b|\bof\b|\bvon\b|\bsur\b|\bde\b)[\s*_`]*(\d+)(?:[.,]0+)?",
    re.IGNORECASE,
)
# A second number that makes the first one the start of a range, a list or a calculation.
_SECOND_NUMBER: Final = re.compile(
    r"[\s*_`)\]]*(?:-|\+|,|;|&|or|and|to|bis|oder|und|ou|et|o|y|a|/)[\s*_`(\[]*\d", re.IGNORECASE
)
_FENCE_LINE: Final = re.compile(r"^[ \t]*```[\w-]*[ \t]*$", re.MULTILINE)
_ENCLOSED: Final = re.compile(r"\s*```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)
_SAME_SIGNS: Final = {
    **dict.fromkeys(
        "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u223c\u301c", "-"
    ),
    **dict.fromkeys("\u066b", "."),
    **dict.fromkeys("\u066c\u060c\u3001", ","),
    **dict.fromkeys("\u2236\ufe55\ufe13\ua789", ":"),
    **dict.fromkeys("\u3010\u3014\u300c", "["),
    **dict.fromkeys("\u3011\u3015\u300d", "]"),
    **dict.fromkeys("\u2044\u2215", "/"),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d\u201e", '"'),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", " "),
}


class _AsciiForms(dict[int, str]):
    """Translation table for `str.translate` that is filled as characters occur."""

    def __missing__(self, code: int) -> str:
        self[code] = form = _ascii_form(chr(code))
        return form


def _ascii_form(character: str) -> str:
    if character.isascii():
        return character
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    if character in _SAME_SIGNS:
        return _SAME_SIGNS[character]
    return " " if character.isspace() and character not in "\n\r" else character


_FORMS: Final = _AsciiForms()


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what follows it, up to the next label.

    Attributes:
        label: The label as it was asked for.
        value: Text without the markup around it.
        start: Where the label begins.
        value_start: Where the text after the label begins.
    """

    label: str
    value: str
    start: int
    value_start: int


def to_ascii_forms(text: str) -> str:
    """Returns a text of the same length with ASCII digits, brackets, colons and spaces.

    Args:
        text: Text in any script.
    """
    return text if text.isascii() else text.translate(_FORMS)


def judge_answer(output: str) -> str:
    r"""Returns what a judge wrote after its reasoning, with `\n` at the ends of lines.

    A code fence around the whole answer is removed.

    Args:
        output: Text of the model.

    Raises:
        ValueError: If there is nothing after the reasoning.
    """
    _, answer = split_reasoning(output.replace("\r\n", "\n").replace("\r", "\n"))
    if answer is None:
        raise ValueError(REASONING_WITHOUT_TEXT)
    enclosed = _ENCLOSED.fullmatch(answer)
    return enclosed[1] if enclosed and "```" not in enclosed[1] else answer


def find_fields(text: str, labels: Iterable[str]) -> list[Field]:
    """Finds labels at the start of lines, with or without markup, numbers and bullets before them.

    A label is followed by a colon, or stands alone on a line as a heading or in bold.

    Args:
        text: Text of the judge.
        labels: Labels to find, in any case.

    Returns:
        The fields in the order of the text.
    """
    names = {_normalized(label): label for label in labels}
    found = list(_label_pattern(tuple(names)).finditer(to_ascii_forms(text)))
    ends = [*(label.start() for label in found[1:]), len(text)][: len(found)]
    return [
        Field(
            names[_normalized(label["colon"] or label["alone"])],
            strip_markup(text[label.end() : end]),
            label.start(),
            label.end(),
        )
        for label, end in zip(found, ends, strict=True)
    ]


@lru_cache(maxsize=256)
def _label_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    # Longer names first, so that "score of style" is not read as "score".
    words = "|".join(
        r"[ \t_-]+".join(map(re.escape, name.split())) for name in sorted(names, key=len)[::-1]
    )
    return re.compile(
        r"^[ \t>#*_`+\u2022|(\[{<\"'-]*(?:\d{1,3}[.)][ \t*_#]*)?(?:"
        rf"(?P<colon>{words})[ \t*_`\"'\])}}>]*[:=][ \t]*[*_`]{{0,3}}"
        rf"|(?:(?<=[#*])|(?<=[#*][ \t]))(?P<alone>{words})[ \t*_#]*$)",
        re.IGNORECASE | re.MULTILINE,
    )


def _normalized(label: str) -> str:
    return " ".join(re.split(r"[\s_-]+", to_ascii_forms(label).casefold().strip()))


def strip_markup(text: str) -> str:
    """Removes spaces, and fences and emphasis that were opened or closed outside of the text.

    Args:
        text: Part of an answer.
    """
    text = text.strip()
    fences = list(_FENCE_LINE.finditer(text))
    if len(fences) % 2 and not text[: fences[0].start()].strip():
        text = text[fences[0].end() :].strip()
    elif len(fences) % 2:
        # A fence that was opened before ends here; what follows it is a remark.
        odd = fences[-1]
        rest = "" if odd[0].strip() == "```" else text[odd.end() :]
        text = (text[: odd.start()] + rest).strip()
    if text.count("**") % 2:
        # In `**Rationale: text**`, the opening ** was part of the label.
        text = text.removesuffix("**") if text.endswith("**") else text.removeprefix("**")
    return text.strip()


def read_number(value: str, maximum: int | None = None) -> float | None:
    """Returns the number that a field begins with; None if it is missing or ambiguous.

    `4`, `**4.5**`, `4/5`, `4 out of 5`, `Level 4` and `4 (good)` are read; `3-4`, `3 or 4`, `-1`,
    `80%` and `4/10` on a scale of 5 are not.

    Args:
        value: Text of the field.
        maximum: Highest number of the scale, which is also the only denominator that a number may
            have; None for any.
    """
    line = to_ascii_forms(value.strip()).partition("\n")[0]
    before = _BEFORE_NUMBER.match(line)
    start = before.end() if before is not None else 0
    found = _NUMBER.match(line, start)
    if found is None or found[1]:
        return None
    end = found.end()
    if denominator := _DENOMINATOR.match(line, end):
        if maximum is not None and int(denominator[1]) != maximum:
            return None
        end = denominator.end()
    if _SECOND_NUMBER.match(line, end):
        return None
    number = float(f"{found[2]}.{found[3] or 0}")
    return None if maximum is not None and number > maximum else number


def read_score(value: str, minimum: int, maximum: int) -> int | None:
    """Returns the whole number of a scale that a field begins with; None for anything else.

    Args:
        value: Text of the field. A number with decimal places other than 0 is never rounded.
        minimum: Lowest number of the scale.
        maximum: Highest number of the scale.
    """
    number = read_number(value, maximum)
    if number is None or not number.is_integer() or number < minimum:
        return None
    return int(number)


def structured_score(value: Any, minimum: int, maximum: int) -> int | None:
    """Returns the score that a value of a structured answer stands for; None for none.

    Args:
        value: Value from JSON: `4`, `4.0`, `"4"` and `"4/5"` are all 4.
        minimum: Lowest number of the scale.
        maximum: Highest number of the scale.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    return read_score(value if isinstance(value, str) else repr(value), minimum, maximum)


def read_choice(value: str, choices: Sequence[str]) -> str | None:
    """Returns the choice that a field begins with; None if it is missing or ambiguous.

    Choices of one letter must be written in upper case, unless nothing else is on the line. A line
    that goes on to another choice is ambiguous, except in `A is better than B` and `A > B`.

    Args:
        value: Text of the field.
        choices: Words to choose from.
    """
    line = to_ascii_forms(value.strip()).partition("\n")[0]
    found = _choice_pattern(tuple(choices)).match(line)
    if found is None:
        return None
    word = found["choice"]
    named = {choice.casefold(): choice for choice in choices}[word.casefold()]
    rest = line[found.end() :]
    if word != named and len(named) == 1 and re.search(r"[A-Za-z0-9]", rest):
        return None
    if len(named) > 1:
        return None if re.match(r"[\s*_`]*(?:or\b|/|\|)", rest, re.IGNORECASE) else named
    rest = _BETTER_THAN.sub("", rest, count=1)
    others = "|".join(re.escape(c) for c in choices if c != named)
    if others and re.search(rf"(?<![\w']){_any_case(others)}(?![\w'])|[<=]", rest):
        return None
    return named


_BETTER_THAN: Final = re.compile(
    r"\A[\s*_`\])]*(?:(?:is|are|was)\s+(?:(?!not|no|never|hardly)\w+\s+)?better\s+than|over|beats|wins?\s+over|>{1,2})"
    r"[\s*_`\[(]*(?:the\s+)?(?:\w+\s+)?[\[(]?[A-Z]\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)
def _choice_pattern(choices: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(choice) for choice in sorted(choices, key=len)[::-1])
    return re.compile(
        rf"{_MARKUP}(?>(?:(?:the|final|better|best|winner|winning|verdict|choice|result|response|"
        rf"answer|assistant|text|option|model|output|generation|is|it's)\b|:|an?(?=\s+\w{{3}})){_MARKUP})*"
        rf"(?P<choice>{words})(?![\w'-])",
        re.IGNORECASE,
    )


def _any_case(words: str) -> str:
    # A single letter in lower case is an article or part of a name.
    return "(?:" + "|".join(w if len(w) == 1 else f"(?i:{w})" for w in words.split("|")) + ")"

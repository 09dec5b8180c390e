"""Rewritten instructions and responses, as `EvolQuality` and `EvolInstruct` ask for them."""

import re

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt

_GIVEN_PROMPT = re.compile(r"^#(?:The )?Given Prompt#:", re.MULTILINE)
_GIVEN_RESPONSE = re.compile(r"^#(?:The )?Given Response#:", re.MULTILINE)
_REWRITTEN_RESPONSE = re.compile(r"^#Rewritten Response#:", re.MULTILINE)
_NEW_PROMPT = re.compile(r"^#(?:Rewritten|Created) Prompt#:", re.MULTILINE)
_ANY_EVOL_HEADING = re.compile(r"^#[^#\n]{1,40}#:", re.MULTILINE)


_CONSTRAINTS = (
    "Give a concrete example for every claim that you make about {a}.",
    "Also explain how the answer would change if {a} were not available.",
    "Keep the answer under 200 words and address {a} directly.",
    "Reason step by step and name the assumptions that concern {a}.",
)


def _wants_better_response(prompt: Prompt) -> bool:
    return bool(_GIVEN_RESPONSE.search(prompt.last) and _REWRITTEN_RESPONSE.search(prompt.last))


def _write_better_response(prompt: Prompt) -> str:
    start = [found.end() for found in _GIVEN_RESPONSE.finditer(prompt.last)][-1]
    marks = [found.start() for found in _REWRITTEN_RESPONSE.finditer(prompt.last)]
    end = marks[-1] if marks[-1] > start else len(prompt.last)
    given = prompt.last[start:end].strip()
    added = filler_text.sentence(filler_text.topic_words(given or prompt.last), prompt.rng)
    return f"{given} {added}".lstrip()


def _wants_evolved_prompt(prompt: Prompt) -> bool:
    return bool(_GIVEN_PROMPT.search(prompt.last) and _NEW_PROMPT.search(prompt.last))


def _write_evolved_prompt(prompt: Prompt) -> str:
    start = [found.end() for found in _GIVEN_PROMPT.finditer(prompt.last)][-1]
    following = _ANY_EVOL_HEADING.search(prompt.last, start)
    given = prompt.last[start : following.start() if following else None].strip()
    heading = _NEW_PROMPT.findall(prompt.last)[-1]
    topic = filler_text.topic_words(given)
    added = prompt.rng.choice(_CONSTRAINTS).format(a=prompt.rng.choice(topic))
    return f"{heading}\n{f'{given} {added}'.strip()}"


FORMATS = (
    Format(_wants_better_response, _write_better_response),
    Format(_wants_evolved_prompt, _write_evolved_prompt),
)

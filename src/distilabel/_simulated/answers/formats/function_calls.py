"""Function calls: queries with calls and verdicts for the APIGen tasks, and results of tools."""

import re
from typing import Any

import orjson

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt
from distilabel._simulated.schema.instance import generate_instance

_FUNCTION = re.compile(r"^## Function to call\s+Name: (\S+)\s+(.*?)(?=^## )", re.M | re.S)
_NUMBER = re.compile(r"^Write exactly (\d+) pairs?\b", re.MULTILINE)
_CALLS = re.compile(r"^## Function calls$", re.MULTILINE)
_PARAMETER = re.compile(r"(\w+)\s*:\s*(int|float|str|bool)\b")
_VALUES: dict[str, tuple[Any, ...]] = {
    "int": (2, 3, 7, 12),
    "float": (0.5, 1.5, 9.81),
    "bool": (True, False),
    "str": ("Paris", "Lima", "Nairobi"),
}


def _wants_pairs(prompt: Prompt) -> bool:
    return bool(_FUNCTION.search(prompt.last) and _NUMBER.search(prompt.last))


def _write_pairs(prompt: Prompt) -> str:
    function, number = _FUNCTION.search(prompt.last), _NUMBER.search(prompt.last)
    assert function is not None
    assert number is not None
    name, description = function[1], function[2].strip()
    pairs = []
    for _ in range(int(number[1])):
        arguments = _arguments(description, prompt)
        values = ", ".join(f"{key} {value}" for key, value in arguments.items()) or "no values"
        topic = prompt.rng.choice(filler_text.topic_words(description or name))
        query = f"Could you work out the {topic} for me, given {values}?"
        pairs.append({"query": query, "answers": [{"name": name, "arguments": arguments}]})
    return orjson.dumps(pairs).decode()


def _arguments(description: str, prompt: Prompt) -> dict[str, Any]:
    try:
        schema = orjson.loads(description)
        found = generate_instance(schema.get("parameters", schema), prompt.rng)
        if isinstance(found, dict):
            return found
    except (orjson.JSONDecodeError, AttributeError, ValueError):
        pass
    return {
        name: prompt.rng.choice(_VALUES[kind]) for name, kind in _PARAMETER.findall(description)
    }


def _wants_verdict(prompt: Prompt) -> bool:
    return bool(_CALLS.search(prompt.last) and '"passes"' in prompt.last)


def _write_verdict(prompt: Prompt) -> str:
    passes = prompt.rng.random() < 0.8
    topic = prompt.rng.choice(filler_text.topic_words(prompt.last))
    thought = (
        f"The call takes its values from the query, and the result says what it asks on {topic}."
        if passes
        else f"The result does not answer what the query asks about {topic}."
    )
    return orjson.dumps({"thought": thought, "passes": "yes" if passes else "no"}).decode()


def _wants_result(prompt: Prompt) -> bool:
    return "## Call to answer" in prompt.last and "You stand in for a tool" in prompt.last


def _write_result(prompt: Prompt) -> str:
    _, _, call = prompt.last.rpartition("## Call to answer")
    topic = filler_text.topic_words(call)
    result = {"status": "ok", "about": prompt.rng.choice(topic), "value": prompt.rng.randint(1, 99)}
    return orjson.dumps(result).decode()


FORMATS = (
    Format(_wants_pairs, _write_pairs),
    Format(_wants_verdict, _write_verdict),
    Format(_wants_result, _write_result),
)

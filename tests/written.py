"""Dumps written by 1.5.3, and the built-in classes they describe."""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import distilabel.models
import distilabel.steps
import distilabel.steps.tasks
from distilabel._core.serialization import Serializable
from distilabel.models import SimulatedLLM

FOLDER = Path(__file__).parent / "fixtures"

_FACES = {
    "models": distilabel.models,
    "steps": distilabel.steps,
    "tasks": distilabel.steps.tasks,
}

# What 1.5.3 did not have, so that there is no dump of it: the fields each class needs.
NEW: dict[str, dict[str, Any]] = {
    "AttributeSampler": {"attributes": {"topic": ["owls", "hawks"]}},
    "BedrockLLM": {"model": "m"},
    "FormatKTO": {},
    "FormatPreference": {},
    "FormatPrompt": {},
    "FormatSFT": {},
    "FormatSPIN": {},
    "GeminiLLM": {"model": "m"},
    "Jury": {"judges": ["large", "small"], "weights": "majority"},
    "KeepJudged": {"column": "verdict"},
    "LoadFromArgilla": {"dataset_name": "d"},
    "OpenAIEmbeddings": {"model": "m"},
    "OpenRouterLLM": {"model": "m"},
    "GenerateVerifiableQuestion": {"llm": SimulatedLLM()},
    "PairBestAndWorst": {},
    "PairwiseJudge": {"llm": SimulatedLLM()},
    "PassRate": {"llm": SimulatedLLM()},
    "ReasoningGeneration": {"llm": SimulatedLLM()},
    "RubricJudge": {"llm": SimulatedLLM(), "criteria": {"clear": "It is easy to read."}},
    "SGLang": {"model": "m"},
    "SimulatedLLM": {},
    "ToolTrajectory": {"llm": SimulatedLLM()},
    "UserSimulation": {"llm": SimulatedLLM()},
}


@cache
def builtins() -> dict[str, type[Any]]:
    """Returns every public class that can be instantiated: name → class."""
    found = {}
    for face in _FACES.values():
        for name in face.__all__:
            value = getattr(face, name)
            is_component = isinstance(value, type) and issubclass(value, Serializable)
            if is_component and value.__name__ == name and not inspect.isabstract(value):
                found[name] = value
    return found


@cache
def written() -> dict[str, list[Any]]:
    """Returns every dump by the name of its class."""
    found = {}
    for face in _FACES:
        text = (FOLDER / "written_by_1_5_3" / f"{face}.json").read_text(encoding="utf-8")
        found.update(json.loads(text))
    return found


def fields_of(value: Any) -> Any:
    """Returns the class and field values of a component, recursively."""
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        return type(value), {name: fields_of(value.__dict__[name]) for name in names}
    if isinstance(value, (list, tuple)):
        return [fields_of(item) for item in value]
    return value


def holds(info: Any, expected: Any) -> bool:
    """Whether parameter information contains what is expected, in that order."""
    if isinstance(expected, list):
        found = iter(info)
        return all(any(holds(entry, wanted) for entry in found) for wanted in expected)
    if isinstance(expected, dict):
        return all(key in info and holds(info[key], value) for key, value in expected.items())
    return bool(info == expected)


def without_descriptions(value: Any) -> Any:
    """Returns a dump without descriptions: other words are not another format."""
    if isinstance(value, dict):
        return {k: without_descriptions(v) for k, v in value.items() if k != "description"}
    return [without_descriptions(v) for v in value] if isinstance(value, list) else value

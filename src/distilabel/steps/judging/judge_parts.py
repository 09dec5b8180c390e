"""Describes a judging step part by part, so that a change to a measured judge is seen and named."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from distilabel._core.hashing import digest
from distilabel._core.serialization import module_of
from distilabel.errors import DistilabelUserError
from distilabel.quality.judge_identity import JudgeIdentity
from distilabel.steps.base import _Step
from distilabel.steps.judging.jury import Jury
from distilabel.steps.pipeline_checks import maker_of
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.prompt_preview import placeholder_prompt, placeholder_row
from distilabel.steps.tasks.several_questions import SeveralQuestionsTask

# What a task does with answers, besides its parser.
_PARSING: Final = ("add_reasoning", "parse_retries", "group_generations")
# Where the parsers of the tasks that come with distilabel are.
_PARSERS: Final = "distilabel.steps.tasks."


def judge_identity(step: _Step, before: Sequence[_Step] = ()) -> JudgeIdentity:
    """Describes a judge: task class, prompt, parser, model, arguments, structure, orders and jury.

    The digests are those of a step that is not loaded. Names of steps and columns are no part.

    Args:
        step: A step that judges; it need not have a model.
        before: The steps whose rows reach it, the nearest first: the judges of a jury are among
            them.

    Raises:
        DistilabelUserError: If the prompt or an argument of it has no digest.
    """
    cls = type(step)
    members = jury_members(step, before)
    models = step._all_models()
    structure = [
        getattr(step, "use_default_structured_output", None),
        *(getattr(model, "structured_output", None) for model in models),
    ]
    contents: dict[str, Any] = {
        "task": f"{module_of(cls)}.{cls.__qualname__}",
        "prompt": _prompts(step),
        "parser": [*_sources(cls), *(getattr(step, name, None) for name in _PARSING)],
        "model": [[type(m).__qualname__, m.model_name, m._identity()] for m in models],
        "arguments": [m.get_generation_kwargs() for m in models]
        + [getattr(step, "num_generations", None)],
        "structure": structure,
        "orders": getattr(step, "orders", None),
        "jury": [[column, judge_identity(judge).id] for column, judge in members],
    }
    described = {
        "task": cls.__name__,
        "model": ", ".join(model.model_name for model in models),
        "arguments": ", ".join(_arguments(model.get_generation_kwargs()) for model in models),
        "orders": str(contents["orders"] or ""),
        "jury": ", ".join(column for column, _ in members),
    }
    try:
        parts = {name: digest(content).hex() for name, content in contents.items()}
    except TypeError as error:
        raise DistilabelUserError(
            f"{step.name}: it cannot be told apart from other judges: {error}."
        ) from None
    return JudgeIdentity(parts, {name: text for name, text in described.items() if text})


def jury_members(step: _Step, before: Sequence[_Step]) -> list[tuple[str, _Step]]:
    """The columns of a jury and the steps that make them; [] for other steps.

    Args:
        step: A step.
        before: The steps whose rows reach it, the nearest first.
    """
    columns = step.judges if isinstance(step, Jury) else []
    makers = [(column, maker_of(step.input_mappings.get(column, column), before))
              for column in columns]  # fmt: skip
    return [(column, maker) for column, maker in makers if maker is not None]


def _prompts(step: _Step) -> Any:
    if not isinstance(step, Task):
        # Without a prompt, its fields are what it asks.
        names = set(type(step).model_fields) - set(_Step.model_fields)
        fields = {name: getattr(step, name) for name in sorted(names)}
        return {k: v for k, v in fields.items() if isinstance(v, (str, int, float, bool, list))}
    try:
        if isinstance(step, SeveralQuestionsTask):
            return [question.prompt for question in step._questions(placeholder_row(step))]
        return placeholder_prompt(step)
    except Exception as error:
        raise DistilabelUserError(
            f"{step.name}: its prompt cannot be made from a row of placeholders:"
            f" {type(error).__name__}: {error}"
        ) from error


def _sources(cls: type) -> Iterator[str]:
    """The source of what parses: of modules of distilabel, and of the user's own classes."""
    modules: dict[str, None] = {}
    for base in cls.__mro__:
        if not issubclass(base, Task) or base is Task:
            continue
        if not base.__module__.startswith(_PARSERS):
            yield inspect.getsource(base)
            continue
        modules[base.__module__] = None
        for value in vars(sys.modules[base.__module__]).values():
            origin = getattr(value, "__module__", None)
            if isinstance(origin, str) and origin.startswith(_PARSERS):
                modules[origin] = None
    for name in sorted(modules):
        yield inspect.getsource(sys.modules[name])


def _arguments(values: dict[str, Any]) -> str:
    return " ".join(f"{name}={value!r}" for name, value in sorted(values.items()))

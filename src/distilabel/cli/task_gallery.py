"""The tasks that come with distilabel, as their docstrings describe them, with their examples."""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from distilabel.utils.docstring import parse_google_docstring


@dataclass(frozen=True, slots=True)
class GalleryTask:
    """A task and what its docstring says.

    Attributes:
        name: Name of the class.
        module: Module to import it from.
        purpose: First sentence of the docstring.
        description: The rest of the introduction.
        attributes: Name → meaning.
        inputs: Input column → (type, meaning).
        outputs: Output column → (type, meaning).
        references: Title → URL.
        example: Code of the first example; empty if there is none.
    """

    name: str
    module: str
    purpose: str
    description: str
    attributes: dict[str, str]
    inputs: dict[str, tuple[str, str]]
    outputs: dict[str, tuple[str, str]]
    references: dict[str, str]
    example: str

    @property
    def runs_simulated(self) -> bool:
        """Whether the example runs without a key, a network and packages of extras."""
        needs_no_model = not any(word in self.example for word in ("llm=", "LLM(", "model="))
        return bool(self.example) and ("SimulatedLLM" in self.example or needs_no_model)


@dataclass(slots=True)
class ExampleRun:
    """What running an example gave.

    Attributes:
        prompt: Conversation that the model was asked first; None if it was asked none.
        row: First output row, without the metadata; None if there is none.
        problem: Why the example could not be run; None if it was.
    """

    prompt: list[dict[str, Any]] | None = None
    row: dict[str, Any] | None = None
    problem: str | None = None


def gallery_tasks() -> list[GalleryTask]:
    """Returns all public tasks, and the steps among them, by name."""
    from distilabel.steps import tasks
    from distilabel.steps.base import _Step

    found = []
    for name in sorted(tasks.__all__, key=str.casefold):
        try:
            value = getattr(tasks, name)
        except ImportError:
            continue  # its package is not installed
        if inspect.isclass(value) and issubclass(value, _Step) and not inspect.isabstract(value):
            found.append(_described(value))
    return found


def _described(cls: type) -> GalleryTask:
    parsed = parse_google_docstring(cls)
    examples = str(parsed.get("examples", ""))
    _, fence, rest = examples.partition("```python\n")
    return GalleryTask(
        name=cls.__name__,
        module="distilabel.steps.tasks",
        purpose=_one_line(parsed["short_description"]),
        description=str(parsed["description"]),
        attributes=parsed.get("attributes", {}),
        inputs=parsed.get("input_columns", {}),
        outputs=parsed.get("output_columns", {}),
        references=parsed.get("references", {}),
        example=rest.partition("\n```")[0].strip() if fence else "",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def run_example(task: GalleryTask) -> ExampleRun:
    """Runs the example of a task in an empty folder.

    Args:
        task: The task.

    Returns:
        The prompt and the first row, or what went wrong.
    """
    if not task.runs_simulated:
        return ExampleRun(problem="The example needs a model or a package of its own.")
    names: dict[str, Any] = {"__name__": "example"}
    here = os.getcwd()
    logger = logging.getLogger("distilabel")
    before = logger.level
    with tempfile.TemporaryDirectory() as folder:
        try:
            logger.setLevel(logging.ERROR)
            os.chdir(folder)
            with contextlib.redirect_stdout(None), _recorded_prompts() as asked:
                # The code is that of the docstring, part of this package.
                exec(compile(task.example, f"<example of {task.name}>", "exec"), names)
        except Exception as error:  # noqa: BLE001 (an example must not end the command)
            return ExampleRun(problem=f"The example does not run here: {error}")
        finally:
            os.chdir(here)
            logger.setLevel(before)
    # Magpie asks without a message at first.
    prompts = filter(None, map(_conversation, asked))
    return ExampleRun(prompt=next(prompts, None), row=_without_metadata(_first_row(names)))


def _first_row(names: dict[str, Any]) -> dict[str, Any] | None:
    if isinstance(row := names.get("row"), dict):
        return row
    rows = names.get("rows", names.get("result"))
    if isinstance(rows, tuple):  # of a generator: rows, and whether they are the last
        rows = rows[0]
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        return rows[0]
    return None


def _without_metadata(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {name: value for name, value in row.items() if name != "distilabel_metadata"}


@contextlib.contextmanager
def _recorded_prompts() -> Iterator[list[Any]]:
    """Records what the simulated model is asked, in order."""
    from distilabel.models.llms.simulated import SimulatedLLM

    asked: list[Any] = []
    original = SimulatedLLM.agenerate

    @functools.wraps(original)
    async def recording(self: Any, input: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(input)
        return await original(self, input, *args, **kwargs)

    SimulatedLLM.agenerate = recording  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        SimulatedLLM.agenerate = original  # type: ignore[method-assign]


def _conversation(prompt: Any) -> list[dict[str, Any]] | None:
    if isinstance(prompt, tuple):
        prompt = prompt[0]
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    if isinstance(prompt, list) and prompt and all(isinstance(item, dict) for item in prompt):
        return prompt
    return None

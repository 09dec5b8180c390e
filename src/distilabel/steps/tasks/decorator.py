"""`@task`: a task class out of a function whose docstring holds the prompts."""

from __future__ import annotations

import inspect
import re
from string import Formatter
from types import new_class
from typing import TYPE_CHECKING, Any, Callable, Dict, Final, NoReturn, Optional, Type

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.base import Task

if TYPE_CHECKING:
    from distilabel.typing import StepColumns

TaskFormattingOutputFunc = Callable[..., Dict[str, Any]]

_PAGE: Final = "sections/how_to_guides/basic/task/"
_KEYS: Final = ("system_prompt", "user_message_template")
_RULE: Final = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)


def task(
    inputs: Optional[StepColumns] = None, outputs: Optional[StepColumns] = None
) -> Callable[[TaskFormattingOutputFunc], Type[Any]]:
    """Makes a task class out of a function that turns the model's text into columns.

    The docstring of the function has three parts with a line `---` between them. The one in the
    middle is YAML with the keys `system_prompt` and `user_message_template`; in the latter, a
    column stands in braces.

    Args:
        inputs: the columns it needs: a list, or name → required.
        outputs: the columns it gives: a list, or name → always there.

    Returns:
        What turns the function, `f(output, input) -> columns`, into a subclass of `Task` with
        the function's name.

    Raises:
        DistilabelUserError: the docstring does not hold the prompts, or they name a column that
            is not among `inputs`.

    Examples:
        A task that writes headlines:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import task

        @task(inputs=["topic"], outputs=["headline"])
        def Headline(output, input=None):
            \"\"\"Writes headlines.

            ---
            system_prompt: |
                You write for a newspaper.

            user_message_template: |
                One headline about {topic}.
            ---
            \"\"\"
            return {"headline": output.strip()}

        headline = Headline(llm=SimulatedLLM())
        headline.load()
        rows = next(headline.process([{"topic": "owls"}]))
        ```
    """
    columns = [] if inputs is None else inputs

    def decorator(func: TaskFormattingOutputFunc) -> Type[Any]:
        system, user, description = _prompts(func)
        _check_placeholders(func, user, list(columns))
        # An optional column may be missing from a row.
        blank = dict.fromkeys(columns, "")

        def format_input(self: Any, input: Dict[str, Any]) -> list[dict[str, str]]:
            return [
                {"role": "system", "content": system},
                {"role": "user", "content": user.format(**{**blank, **input})},
            ]

        def format_output(
            self: Any, output: Optional[str], input: Optional[Dict[str, Any]] = None
        ) -> Dict[str, Any]:
            return func(output, input)

        members = {
            "__module__": func.__module__,
            "__qualname__": func.__qualname__,
            "__doc__": description,
            "__wrapped_function__": staticmethod(func),
            "inputs": property(lambda self: columns),
            "outputs": property(lambda self: [] if outputs is None else outputs),
            "format_input": format_input,
            "format_output": format_output,
        }
        return new_class(func.__name__, (Task,), {}, lambda body: body.update(members))

    return decorator


def _refuse(func: TaskFormattingOutputFunc, what: str) -> NoReturn:
    raise DistilabelUserError(
        f"@task: {what}. The docstring of {func.__name__} has to hold, between two lines `---`, "
        "YAML with the keys `system_prompt` and `user_message_template`.",
        page=_PAGE,
    )


def _prompts(func: TaskFormattingOutputFunc) -> tuple[str, str, str]:
    """The system prompt, the template of the user message, and the rest of the docstring."""
    import yaml

    doc = inspect.getdoc(func)
    if not doc:
        _refuse(func, "there is no docstring")
    parts = _RULE.split(doc)
    if len(parts) != 3:
        _refuse(func, f"there are {len(parts)} parts in the docstring, not three")
    try:
        prompts = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        _refuse(func, f"the middle part of the docstring is no YAML ({error})")
    if not isinstance(prompts, dict):
        _refuse(func, "the middle part of the docstring has no keys")
    if missing := [key for key in _KEYS if not isinstance(prompts.get(key), str)]:
        _refuse(func, f"there is no text under {', '.join(missing)}")
    system, user = (prompts[key].strip() for key in _KEYS)
    return system, user, f"{parts[0].strip()}\n\n{parts[2].strip()}".strip()


def _check_placeholders(func: TaskFormattingOutputFunc, user: str, columns: list[str]) -> None:
    try:
        fields = [field for _, field, _, _ in Formatter().parse(user) if field is not None]
    except ValueError as error:
        _refuse(
            func, f"braces in `user_message_template` that hold no column are doubled ({error})"
        )
    for field in fields:
        name = re.split(r"[.\[]", field)[0]
        if name not in columns:
            _refuse(
                func,
                f"{{{field}}} in `user_message_template` is none of the inputs "
                f"({', '.join(columns) or 'none'}); braces that hold no column are doubled",
            )

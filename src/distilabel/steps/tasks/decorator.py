"""`@task`: makes a task class from a function whose docstring holds the prompts."""

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

_KEYS: Final = ("system_prompt", "user_message_template")
_RULE: Final = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)


def task(
    inputs: Optional[StepColumns] = None, outputs: Optional[StepColumns] = None
) -> Callable[[TaskFormattingOutputFunc], Type[Any]]:
    """Makes a task class from a function that parses the model's text into columns.

    The docstring of the function has three parts, separated by lines of `---`. The middle part is
    YAML with the keys `system_prompt` and `user_message_template`. Both refer to a column by its
    name in braces; a literal brace is doubled.

    Args:
        inputs: Input columns: a list, or a dict of name → whether it is required.
        outputs: Output columns: a list, or a dict of name → whether every row has it.

    Returns:
        A decorator that turns the function, `f(output, input) -> columns`, into a subclass of
        `Task` with the same name.

    Raises:
        DistilabelUserError: If the docstring does not hold the prompts, or if one of them refers
            to a column that is not in `inputs`.

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
        for key, template in zip(_KEYS, (system, user), strict=True):
            _check_placeholders(func, key, template, list(columns))
        required = columns if isinstance(columns, dict) else dict.fromkeys(columns, True)
        # A row may lack optional columns.
        blank = {name: "" for name, needed in required.items() if not needed}

        def format_input(self: Any, input: Dict[str, Any]) -> list[dict[str, str]]:
            values = {**blank, **input}
            return [
                {"role": "system", "content": system.format_map(values)},
                {"role": "user", "content": user.format_map(values)},
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


def _reject(func: TaskFormattingOutputFunc, problem: str) -> NoReturn:
    raise DistilabelUserError(
        f"@task: {problem}. The docstring of {func.__name__} must contain, between two lines "
        "`---`, YAML with the keys `system_prompt` and `user_message_template`."
    )


def _prompts(func: TaskFormattingOutputFunc) -> tuple[str, str, str]:
    """Returns the system prompt, the user message template, and the rest of the docstring."""
    import yaml

    doc = inspect.getdoc(func)
    if not doc:
        _reject(func, "the function has no docstring")
    parts = _RULE.split(doc)
    if len(parts) != 3:
        _reject(func, f"the docstring has {len(parts)} parts instead of three")
    try:
        prompts = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        _reject(func, f"the middle part of the docstring is not valid YAML ({error})")
    if not isinstance(prompts, dict):
        _reject(func, "the middle part of the docstring is not a YAML mapping")
    if missing := [key for key in _KEYS if not isinstance(prompts.get(key), str)]:
        _reject(func, f"the docstring has no text for {', '.join(missing)}")
    system, user = (prompts[key].strip() for key in _KEYS)
    return system, user, f"{parts[0].strip()}\n\n{parts[2].strip()}".strip()


def _check_placeholders(
    func: TaskFormattingOutputFunc, key: str, template: str, columns: list[str]
) -> None:
    try:
        fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    except ValueError as error:
        _reject(func, f"`{key}` has unmatched braces ({error}); double literal braces")
    for field in fields:
        name = re.split(r"[.\[]", field)[0]
        if name not in columns:
            _reject(
                func,
                f"`{key}` uses {{{field}}}, which is not one of the inputs "
                f"({', '.join(columns) or 'none'}); double literal braces",
            )

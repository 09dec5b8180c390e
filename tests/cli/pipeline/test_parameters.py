"""Protects `--param`: text is converted to the parameter's type, and no key is shown."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

import pytest
from pydantic import Field, SecretStr

from distilabel.cli.pipeline.parameters import convert_parameters
from distilabel.cli.pipeline.utils import parse_runtime_parameters
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


class Fields(LoadDataFromDicts):
    """A step with parameters of many types."""

    number: RuntimeParameter[int] = 1
    share: Optional[RuntimeParameter[float]] = None
    flag: RuntimeParameter[bool] = False
    text: RuntimeParameter[str] = ""
    names: RuntimeParameter[List[str]] = Field(default_factory=list)
    table: RuntimeParameter[Dict[str, float]] = Field(default_factory=dict)
    either: RuntimeParameter[Union[str, List[str]]] = ""
    anything: RuntimeParameter[Any] = None
    key: RuntimeParameter[SecretStr] = SecretStr("")


class Free(SimulatedLLM):
    """A model that does not check what it is given."""

    async def agenerate(  # type: ignore[override]
        self,
        input: Any,
        num_generations: int = 1,
        top_k: int = 1,
        stop: Optional[List[str]] = None,
        odd: Any = None,
    ) -> Any:
        return None


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("load.number", "7", 7),
        ("load.share", "0.5", 0.5),
        ("load.share", "null", None),
        ("load.flag", "true", True),
        ("load.flag", "no", False),
        ("load.text", "7", "7"),
        ("load.text", "[1]", "[1]"),
        ("load.names", '["a", "b"]', ["a", "b"]),
        ("load.table", '{"a": 0.5}', {"a": 0.5}),
        ("load.table.a", "0.5", {"a": 0.5}),
        ("load.either", "[1]", "[1]"),
        ("load.anything", "[1]", [1]),
        ("load.anything", "x=[", "x=["),
        ("load.resources.replicas", "2", 2),
        ("write.llm.seed", "9", 9),
        ("write.llm.generation_kwargs.top_k", "3", 3),
        ("write.llm.generation_kwargs.stop", '["x"]', ["x"]),
        ("write.llm.generation_kwargs.odd", "1.5", 1.5),
        ("write.llm.generation_kwargs", '{"top_k": 4}', {"top_k": 4}),
    ],
)
def test_texts_are_converted_to_the_types_of_parameters(path: str, text: str, value: Any) -> None:
    with Pipeline(name="p") as pipeline:
        Fields(name="load") >> TextGeneration(name="write", llm=Free())
    names = path.split(".")
    found: Any = convert_parameters(pipeline, parse_runtime_parameters([(names, text)]))
    for step, given in found.items():
        pipeline._steps[step].set_runtime_parameters(given)
    reached: Any = pipeline._steps[names[0]]
    for name in names[1:]:
        if isinstance(reached, dict):
            value, reached = {name: value} if not isinstance(value, dict) else value, reached
            break
        reached = getattr(reached, name)
    assert reached == value
    assert type(reached) is type(value)


def test_a_key_from_the_command_line_stays_hidden() -> None:
    with Pipeline(name="p") as pipeline:
        Fields(name="load")
    found = convert_parameters(pipeline, {"load": {"key": "123"}, "nobody": {"a": "b"}})
    assert found == {"load": {"key": "123"}, "nobody": {"a": "b"}}
    pipeline._steps["load"].set_runtime_parameters(found["load"])
    assert "123" not in repr(pipeline._steps["load"])

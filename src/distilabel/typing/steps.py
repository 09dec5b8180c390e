"""Types of the inputs and outputs of steps."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Literal, Tuple, Union

StepOutput = Iterator[List[Dict[str, Any]]]
GeneratorStepOutput = Iterator[Tuple[List[Dict[str, Any]], bool]]
StepColumns = Union[List[str], Dict[str, bool]]
# How to handle rows that a step fails on: pass them on with None in the output columns, drop
# them, or end the run.
OnError = Literal["null", "drop", "raise"]

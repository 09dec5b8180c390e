"""What steps take and give."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Literal, Tuple, Union

StepOutput = Iterator[List[Dict[str, Any]]]
GeneratorStepOutput = Iterator[Tuple[List[Dict[str, Any]], bool]]
StepColumns = Union[List[str], Dict[str, bool]]
# Rows that a step failed on go on with None in its columns, end there, or end the run.
OnError = Literal["null", "drop", "raise"]

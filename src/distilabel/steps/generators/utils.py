"""`make_generator_step`: the right generator step for data that is there already."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Dict, Optional

from distilabel.errors import DistilabelUserError
from distilabel.steps.base import StepResources
from distilabel.steps.generators.data import LoadDataFromDicts
from distilabel.steps.generators.huggingface import LoadDataFromHub

if TYPE_CHECKING:
    from distilabel._core.build_context import StepHolder
    from distilabel.steps.base import GeneratorStep
    from distilabel.typing import InputDataset


def _is_a(value: Any, module: str, name: str) -> bool:
    """Whether a value is of a class of a package, without importing the package to ask."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def make_generator_step(
    dataset: InputDataset,
    pipeline: Optional[StepHolder] = None,
    batch_size: int = 50,
    input_mappings: Optional[Dict[str, str]] = None,
    output_mappings: Optional[Dict[str, str]] = None,
    resources: StepResources = StepResources(),  # noqa: B008
    repo_id: Optional[str] = "default_name",
) -> GeneratorStep:
    """Makes a generator step out of data in memory; nothing is downloaded.

    Args:
        dataset: a list of dicts, a DataFrame of pandas (its index is left out) or polars, a pyarrow
            Table, or a `Dataset` or `IterableDataset` of `datasets`. The last is read while rows
            are asked for.
        pipeline: the pipeline to stand in; the current one if None.
        batch_size: rows that are made at a time.
        input_mappings: accepted for symmetry with other steps; a generator has no inputs.
        output_mappings: column of the data → name given to it.
        resources: what the step asks of the machine.
        repo_id: what to call the dataset; not looked up anywhere.

    Returns:
        A `LoadDataFromDicts` for a list, else a `LoadDataFromHub` that holds the dataset.

    Raises:
        DistilabelUserError: the data is none of those.
    """
    common: Dict[str, Any] = {
        "pipeline": pipeline,
        "batch_size": batch_size,
        "input_mappings": input_mappings or {},
        "output_mappings": output_mappings or {},
        "resources": resources,
    }
    if isinstance(dataset, list):
        return LoadDataFromDicts(data=dataset, **common)

    held = _as_dataset(dataset)
    if held is None:
        raise DistilabelUserError(
            f"make_generator_step: cannot read rows from a {type(dataset).__name__}. "
            "Give a list of dicts, a DataFrame of pandas or polars, a pyarrow Table, or a Dataset "
            "or IterableDataset of `datasets` (of a DatasetDict, one of its splits)."
        )
    length = len(held) if hasattr(held, "__len__") else None
    step = LoadDataFromHub(
        repo_id=repo_id, num_examples=length, split="train", streaming=length is None, **common
    )
    step._dataset = held
    return step


def _as_dataset(data: Any) -> Any:
    """The data as a `Dataset` or `IterableDataset`, without copying it; None if it is neither."""
    if _is_a(data, "datasets", "Dataset") or _is_a(data, "datasets", "IterableDataset"):
        return data
    if _is_a(data, "pandas", "DataFrame"):
        from datasets import Dataset

        return Dataset.from_pandas(data, preserve_index=False)
    if _is_a(data, "polars", "DataFrame"):
        data = data.to_arrow()
    if _is_a(data, "pyarrow", "Table"):
        from datasets import Dataset

        return Dataset(data)
    return None

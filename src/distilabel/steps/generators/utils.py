"""`make_generator_step`: makes a generator step from data in memory."""

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
    """Checks whether a value is an instance of a class, without importing the class's package."""
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
    """Makes a generator step from data in memory, without downloading anything.

    Args:
        dataset: List of dicts, pandas DataFrame (without its index), polars DataFrame, pyarrow
            Table, or a `Dataset` or `IterableDataset` of `datasets`. An `IterableDataset` is
            streamed.
        pipeline: Pipeline to add the step to; None for the current one.
        batch_size: Rows per batch.
        input_mappings: Accepted for symmetry with other steps; a generator has no inputs.
        output_mappings: Column of the data → its new name.
        resources: Resources of the step.
        repo_id: Name of the dataset; it is not looked up on the Hub.

    Returns:
        `LoadDataFromDicts` for a list, otherwise `LoadDataFromHub` with the dataset.

    Raises:
        DistilabelUserError: If the data has another type.
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

    loaded = _as_dataset(dataset)
    if loaded is None:
        raise DistilabelUserError(
            f"make_generator_step: cannot read rows from a {type(dataset).__name__}. Pass a list "
            "of dicts, a pandas or polars DataFrame, a pyarrow Table, or a Dataset or "
            "IterableDataset of `datasets`. Of a DatasetDict, pass one of its splits."
        )
    length = len(loaded) if hasattr(loaded, "__len__") else None
    step = LoadDataFromHub(
        repo_id=repo_id, num_examples=length, split="train", streaming=length is None, **common
    )
    step._dataset = loaded
    return step


def _as_dataset(data: Any) -> Any:
    """Returns data as a `Dataset` or `IterableDataset`; None if its type is not supported."""
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

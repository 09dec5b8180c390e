"""Requests datasets from the Hugging Face Hub, and says in words why one cannot be loaded."""

from __future__ import annotations

from typing import Any

from distilabel.steps.generators.conversion import UnreadableError


def request(
    repo_id: str | None,
    config: str | None,
    split: str | None,
    builder: bool,
    options: dict[str, Any],
) -> Any:
    """Loads a dataset, or describes it.

    Args:
        repo_id: Dataset on the Hub, as `owner/name`.
        config: Configuration; None for the default one.
        split: Split that is loaded, for errors.
        builder: Whether to return the builder, which has the columns, instead of the rows.
        options: Further arguments for `datasets`.

    Returns:
        A `Dataset`, an `IterableDataset` or a builder.

    Raises:
        UnreadableError: The dataset, configuration, split or revision does not exist, or a file of
            it is not valid.
    """
    import datasets

    load = datasets.load_dataset_builder if builder else datasets.load_dataset
    if options.get("storage_options"):
        # A copy, because `datasets` adds its own options to the dict.
        options = {**options, "storage_options": dict(options["storage_options"])}
    try:
        return load(repo_id, config, **options)
    except datasets.exceptions.DatasetNotFoundError as error:
        given = options.get("revision")
        revision = f" with revision {given!r}" if given else ""
        raise UnreadableError(
            f"dataset {repo_id!r}{revision} does not exist or cannot be accessed. Check the name; "
            "if the dataset is private or gated, set HF_TOKEN or run `hf auth login`."
        ) from error
    except (ValueError, FileNotFoundError, datasets.exceptions.DatasetsError) as error:
        # `datasets` wraps the reader's error, which tells what is wrong with the file.
        reason = error.__cause__ or error
        raise UnreadableError(
            f"cannot load split {split!r} of dataset {repo_id!r} (configuration: "
            f"{config or 'the default one'}): {reason}"
        ) from error

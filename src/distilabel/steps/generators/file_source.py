"""Opens data files with `datasets`; files that it refuses are converted first."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distilabel._core.arrow import has_large_floats
from distilabel.steps.generators import _rows, conversion
from distilabel.steps.generators.conversion import UnreadableError


class FileSource:
    """The rows of some files.

    Args:
        files: Paths of the files.
        format: Builder of `datasets`, such as `json`.
        split: Split to load, such as `train` or `train[:10%]`.
        streaming: Whether to stream the rows.
        storage_options: Options of the file system.
    """

    def __init__(
        self,
        files: list[str],
        format: str,
        split: str | None,
        streaming: bool,
        storage_options: dict[str, Any] | None,
    ) -> None:
        self._files = files
        self._format = format
        self._split = split
        self._streaming = streaming
        self._storage_options = storage_options
        self._is_converted = False

    def open(self) -> Any:
        """Opens the files.

        Returns:
            A `Dataset`, or an `IterableDataset` when streaming.

        Raises:
            UnreadableError: A file is not valid.
            ConnectionError: The file system cannot be reached.
        """
        try:
            with _quiet():
                dataset = self._load(self._format, self._files)
                if self._streaming:
                    # Reads the first rows, so that a file that is not valid is refused here.
                    _rows.column_names(dataset)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 (any error of a reader is about the files)
            return self._open_again(error)
        return self._open_again(None) if self._has_rounded(dataset) else dataset

    def batches(
        self, dataset: Any, size: int, offset: int, limit: int | None
    ) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """Yields rows as plain dicts, as `_rows.batches` does.

        Args:
            dataset: What `open` returned.
            size: Rows per batch.
            offset: Rows to skip at the start.
            limit: Rows after which to stop, including skipped ones; None for no limit.

        Raises:
            UnreadableError: A file is not valid.
        """
        try:
            for rows, is_last in _rows.batches(dataset, size, offset, limit):
                yield rows, is_last
                offset += len(rows)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 (any error of a reader is about the files)
            # Of a stream, `datasets` sees a value that it refuses only when it gets there.
            yield from _rows.batches(self._open_again(error), size, offset, limit)

    def _has_rounded(self, dataset: Any) -> bool:
        """Whether `datasets` may have made floats of integers that are not exact as floats."""
        return (
            self._format == "json" and not self._streaming and has_large_floats(dataset.data.table)
        )

    def _open_again(self, error: Exception | None) -> Any:
        """Opens the files after deciding the types of their columns by all rows.

        Args:
            error: Why `datasets` refused the files; None if it did not.

        Raises:
            UnreadableError: A file is not valid.
        """
        # `datasets` wraps the reader's error, which tells what is wrong with the file.
        reason = error.__cause__ if error is not None and error.__cause__ else error
        is_about_rows = self._format in conversion.FORMATS and "Unknown split" not in str(reason)
        if is_about_rows and not self._is_converted:
            import datasets

            cache = Path(datasets.config.HF_DATASETS_CACHE, "distilabel")
            options = self._storage_options
            parts = conversion.convert(self._files, self._format, options, cache)
            self._is_converted = True
            return self._load("parquet", parts)
        names = ", ".join(self._files[:3])
        if type(reason).__name__ == "SchemaInferenceError":
            raise UnreadableError(f"{names}: no rows, the file is empty")
        raise UnreadableError(f"{names} as {self._format}: {type(reason).__name__}: {reason}")

    def _load(self, format: str, files: list[str]) -> Any:
        from datasets import load_dataset

        options = None if self._is_converted else self._storage_options
        return load_dataset(
            format,
            data_files=files,
            split=self._split,
            streaming=self._streaming,
            # A copy, because `datasets` adds its own options to the dict.
            storage_options=options and dict(options),
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps `datasets` from logging errors, which are handled or reported with the file."""
    logger = logging.getLogger("datasets")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)

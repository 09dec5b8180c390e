"""Generator steps that load data with `datasets`: from the Hub, from files or from disk."""

from __future__ import annotations

from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Dict,
    List,
    Optional,
    TypeVar,
    Union,
)

from pydantic import Field, PositiveInt, PrivateAttr

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter, close_names
from distilabel.steps.base import GeneratorStep
from distilabel.steps.generators import _files, _rows, hub_source
from distilabel.steps.generators.conversion import UnreadableError
from distilabel.steps.generators.file_source import FileSource

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

    from distilabel.typing import GeneratorStepOutput

T = TypeVar("T")
ExcludedField = Annotated[T, Field(exclude=True)]


class LoadDataFromHub(GeneratorStep):
    """Loads a dataset from the Hugging Face Hub.

    Attributes:
        repo_id: Dataset on the Hub, as `owner/name`.
        split: Split to load.
        config: Configuration to load; None for the default one.
        revision: Branch, tag or commit; None for the main branch.
        streaming: Whether to stream the rows instead of downloading the whole dataset first.
        num_examples: Number of rows to load, from the first; None for all rows.
        storage_options: Options of the file system that stores the data.

    Runtime parameters:
        - batch_size (int): Rows per batch. Defaults to 50.
        - repo_id (str): Dataset on the Hub, as `owner/name`.
        - split (str): Split to load. Defaults to `"train"`.
        - config (str): Configuration to load. Defaults to `None`.
        - revision (str): Branch, tag or commit. Defaults to `None`.
        - streaming (bool): Whether to stream the rows. Defaults to `False`.
        - num_examples (int): Number of rows to load. Defaults to `None`, all rows.

    Output columns:
        - dynamic (Any): The columns of the dataset.

    Categories:
        - load

    Examples:
        ```python
        from distilabel.steps import LoadDataFromHub

        loader = LoadDataFromHub(
            repo_id="distilabel-internal-testing/instruction-dataset-mini",
            split="test",
            batch_size=2,
        )
        loader.load()
        rows, last = next(loader.process())
        ```
    """

    repo_id: RuntimeParameter[str] = Field(
        default=None, description="Dataset on the Hub, as `owner/name`."
    )
    split: RuntimeParameter[str] = Field(default="train", description="Split to load.")
    config: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Configuration to load; None for the default one."
    )
    revision: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Branch, tag or commit; None for the main branch."
    )
    streaming: RuntimeParameter[bool] = Field(
        default=False, description="Whether to stream the rows."
    )
    num_examples: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="Number of rows to load, from the first; None for all rows."
    )
    storage_options: Optional[Dict[str, Any]] = Field(
        default=None, description="Options of the file system that stores the data.", repr=False
    )

    # `datasets` creates new rows from its tables each time.
    _yields_new_rows: ClassVar[bool] = True

    _dataset: Union[Dataset, IterableDataset, None] = PrivateAttr(default=None)
    # The parameters `_dataset` was loaded with; None if `make_generator_step` set it.
    _loaded_from: Optional[List[Any]] = PrivateAttr(default=None)
    _columns: Dict[str, List[str]] = PrivateAttr(default_factory=dict)

    def load(self) -> None:
        """Loads the dataset, unless it is already loaded.

        Raises:
            DistilabelUserError: If the dataset, configuration, split or file does not exist.
        """
        super().load()
        self._loaded_dataset()

    @property
    def outputs(self) -> List[str]:
        """The columns of the dataset; before it is loaded, read from the Hub without the rows."""
        if self._dataset is not None and self._loaded_from in (None, self._dataset_parameters()):
            return _rows.column_names(self._dataset)
        if self.repo_id is None:
            return []
        key = repr(self._dataset_parameters())
        if key not in self._columns:
            self._columns[key] = self._fetch_columns()
        return list(self._columns[key])

    def _known_outputs(self) -> dict[str, bool]:
        known = self._dataset is not None or repr(self._dataset_parameters()) in self._columns
        return self.get_outputs() if known else {}

    def _known_length(self) -> int | None:
        # Only if the dataset is loaded: before that, it would take a request to the Hub.
        if self._dataset is None or not hasattr(self._dataset, "__len__"):
            return None
        size = len(self._dataset)
        return size if self.num_examples is None else min(size, self.num_examples)

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Yields the rows in order.

        Args:
            offset: Rows to skip because an earlier run loaded them. They are not read, or, when
                streaming, not decoded.

        Yields:
            A list of rows, and whether it is the last.

        Raises:
            DistilabelUserError: If a row cannot be read.
        """
        dataset = self._loaded_dataset()
        given = offset
        try:
            for rows, is_last in self._batches(dataset, offset):
                yield rows, is_last
                given += len(rows)
        except ConnectionError:
            raise
        except UnreadableError as error:
            raise DistilabelUserError(f"{self.name}: cannot read {error}.") from None
        except Exception as error:
            # The types are those of the first rows; a stream gets to the others only here.
            raise DistilabelUserError(
                f"{self.name}: cannot read the rows after row {given}: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _batches(self, dataset: Any, offset: int) -> GeneratorStepOutput:
        size: Any = self.batch_size
        return _rows.batches(dataset, size, offset, self.num_examples)

    def _dataset_parameters(self) -> list[Any]:
        return [self.repo_id, self.config, self.split, self.revision, self.streaming]

    def _loaded_dataset(self) -> Any:
        # A pipeline may be run again with other parameters, for which the dataset is loaded anew.
        parameters = self._dataset_parameters()
        if self._dataset is None or self._loaded_from not in (None, parameters):
            self._dataset = self._open()
            self._loaded_from = parameters
        return self._dataset

    def _open(self) -> Any:
        if not self.repo_id:
            raise DistilabelUserError(f"{self.name}: `repo_id` is required, such as 'owner/name'.")
        return self._request_hub(split=self.split, streaming=self.streaming)

    def _fetch_columns(self) -> list[str]:
        infos = self._request_hub(builder=True).info
        if infos.features is not None:
            return list(infos.features)
        return _rows.column_names(self._request_hub(split=self.split, streaming=True))

    def _request_hub(self, builder: bool = False, **options: Any) -> Any:
        given = {"revision": self.revision, "storage_options": self.storage_options, **options}
        try:
            return hub_source.request(self.repo_id, self.config, self.split, builder, given)
        except UnreadableError as error:
            raise DistilabelUserError(f"{self.name}: {error}") from error.__cause__


class LoadDataFromFileSystem(LoadDataFromHub):
    """Loads rows from files, on the local machine or any file system that `fsspec` supports.

    Attributes:
        data_files: File, pattern with `*`, or directory (the files in it and in its direct
            subdirectories are loaded). Remote paths such as `s3://...` and `gs://...` work too.
        filetype: `csv`, `json`, `parquet`, `text`, ...; None to infer it from the file names.

    Runtime parameters:
        - batch_size (int): Rows per batch. Defaults to 50.
        - data_files (Union[str, Path]): File, pattern with `*`, or directory.
        - filetype (str): `csv`, `json`, `parquet`, `text`, ... Defaults to `None`.
        - split (str): Split to load. Files have one split, `"train"`; slices such as
            `"train[:10%]"` work too. Defaults to `"train"`.
        - streaming (bool): Whether to stream the rows. Defaults to `False`.
        - num_examples (int): Number of rows to load. Defaults to `None`, all rows.

    Output columns:
        - dynamic (Any): The columns of the files.

    Categories:
        - load

    Examples:
        ```python
        from distilabel.steps import LoadDataFromFileSystem

        loader = LoadDataFromFileSystem(data_files="rows.jsonl", batch_size=2)
        ```
    """

    repo_id: ExcludedField[Union[str, None]] = None
    data_files: RuntimeParameter[Union[str, Path]] = Field(
        default=None, description="File, pattern with `*`, or directory."
    )
    filetype: Optional[RuntimeParameter[str]] = Field(
        default=None,
        description="`csv`, `json`, `parquet`, `text`, ...; None to infer it from the names.",
    )

    _source: Optional[FileSource] = PrivateAttr(default=None)

    @property
    def outputs(self) -> List[str]:
        """The columns of the files; loads the files if necessary."""
        return _rows.column_names(self._loaded_dataset()) if self.data_files else []

    def _dataset_parameters(self) -> list[Any]:
        return [str(self.data_files), self.filetype, self.split, self.streaming]

    def _open(self) -> Any:
        if not self.data_files:
            raise DistilabelUserError(
                f"{self.name}: `data_files` is required: a file, a pattern or a directory."
            )
        files = _files.find_files(
            str(self.data_files), self.storage_options, same_format=not self.filetype
        )
        if not files:
            raise DistilabelUserError(
                f"{self.name}: no files found at {_files.full_path(str(self.data_files))}. Check "
                "`data_files`."
            )
        filetype = _files.FORMATS.get(self.filetype or "", self.filetype) or _files.file_format(
            files[0]
        )
        if filetype is None:
            raise DistilabelUserError(
                f"{self.name}: cannot infer the type of file {files[0]}. Set `filetype` to one of "
                f"{', '.join(sorted(set(_files.FORMATS.values())))}."
            )
        self._source = FileSource(
            files, filetype, self.split, bool(self.streaming), self.storage_options
        )
        try:
            return self._source.open()
        except UnreadableError as error:
            raise DistilabelUserError(f"{self.name}: cannot read {error}.") from None

    def _batches(self, dataset: Any, offset: int) -> GeneratorStepOutput:
        if self._source is None:
            return super()._batches(dataset, offset)
        size: Any = self.batch_size
        return self._source.batches(dataset, size, offset, self.num_examples)


class LoadDataFromDisk(LoadDataFromHub):
    """Loads a dataset or distiset saved with `save_to_disk`.

    Attributes:
        dataset_path: Directory of the dataset; any path that `fsspec` supports.
        is_distiset: Whether the directory contains a distiset.
        config: Configuration of a distiset to load.
        split: Split to load; not required if there is only one.
        keep_in_memory: Whether to copy the dataset into memory.

    Runtime parameters:
        - batch_size (int): Rows per batch. Defaults to 50.
        - dataset_path (Union[str, Path]): Directory of the dataset.
        - config (str): Configuration of a distiset to load. Defaults to `"default"`.
        - is_distiset (bool): Whether the directory contains a distiset. Defaults to `False`.
        - keep_in_memory (bool): Whether to copy the dataset into memory. Defaults to `None`.
        - split (str): Split to load. Defaults to `None`.
        - num_examples (int): Number of rows to load. Defaults to `None`, all rows.

    Output columns:
        - dynamic (Any): The columns of the dataset.

    Categories:
        - load

    Examples:
        ```python
        from distilabel.steps import LoadDataFromDisk

        loader = LoadDataFromDisk(dataset_path="my-distiset", is_distiset=True, split="train")
        ```
    """

    repo_id: ExcludedField[Union[str, None]] = None
    dataset_path: RuntimeParameter[Union[str, Path]] = Field(
        default=None, description="Directory of the dataset."
    )
    config: Optional[RuntimeParameter[str]] = Field(
        default="default", description="Configuration of a distiset to load."
    )
    is_distiset: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether the directory contains a distiset."
    )
    keep_in_memory: Optional[RuntimeParameter[bool]] = Field(
        default=None, description="Whether to copy the dataset into memory."
    )
    split: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Split to load; not required if there is only one."
    )

    @property
    def outputs(self) -> List[str]:
        """The columns of the dataset; loads the dataset if necessary."""
        return _rows.column_names(self._loaded_dataset()) if self.dataset_path else []

    def _dataset_parameters(self) -> list[Any]:
        return [str(self.dataset_path), self.config, self.is_distiset, self.split]

    def _open(self) -> Any:
        if not self.dataset_path:
            raise DistilabelUserError(f"{self.name}: `dataset_path` is required.")
        saved = self._load_saved()
        if not hasattr(saved, "keys"):
            if self.split:
                raise DistilabelUserError(
                    f"{self.name}: {self.dataset_path} has no splits. Leave `split` out."
                )
            return saved
        splits = list(saved)
        split = splits[0] if self.split is None and len(splits) == 1 else self.split
        if split is None:
            raise DistilabelUserError(
                f"{self.name}: {self.dataset_path} has several splits: {', '.join(splits)}. "
                "Choose one with `split`."
            )
        if split not in splits:
            raise DistilabelUserError(
                f"{self.name}: {self.dataset_path} has no split {split!r}, "
                f"{close_names(split, splits)}"
            )
        return saved[split]

    def _load_saved(self) -> Any:
        options: Dict[str, Any] = {
            "keep_in_memory": self.keep_in_memory,
            "storage_options": self.storage_options,
        }
        path = str(self.dataset_path)
        try:
            if not self.is_distiset:
                from datasets import load_from_disk

                return load_from_disk(path, **options)
            from distilabel.distiset import Distiset

            distiset = Distiset.load_from_disk(path, **options)
        except (FileNotFoundError, AssertionError) as error:
            raise DistilabelUserError(
                f"{self.name}: no saved dataset found at {path}: {error} Check `dataset_path`, and "
                f"set `is_distiset` (now {bool(self.is_distiset)}) to True only if "
                "`Distiset.save_to_disk` wrote the directory."
            ) from error
        if self.config not in distiset:
            raise DistilabelUserError(
                f"{self.name}: the distiset at {path} has no configuration {self.config!r}. "
                f"Set `config` to one of {', '.join(map(repr, distiset))}."
            )
        return distiset[str(self.config)]

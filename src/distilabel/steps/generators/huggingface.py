"""Generators that read with `datasets`: from the Hub, from files, from a saved dataset.

They know where a dataset is and how much of it is wanted; reading is `datasets`' work.
"""

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

from pydantic import Field, PrivateAttr

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter, close_names
from distilabel.steps.base import GeneratorStep
from distilabel.steps.generators import _files, _rows

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

    from distilabel.typing import GeneratorStepOutput

T = TypeVar("T")
ExcludedField = Annotated[T, Field(exclude=True)]


class LoadDataFromHub(GeneratorStep):
    """Gives the rows of a dataset of the Hugging Face Hub.

    Attributes:
        repo_id: the dataset, as `owner/name`.
        split: the split to read.
        config: the configuration to read; the dataset's default one if None.
        revision: a branch, tag or commit; the main branch if None.
        streaming: read while rows are asked for, without downloading the whole dataset first.
        num_examples: how many rows to give, from the first; all of them if None.
        storage_options: passed on to the file system the data is on.

    Runtime parameters:
        - batch_size (int): rows that are made at a time. Defaults to 50.
        - repo_id (str): the dataset, as `owner/name`.
        - split (str): the split to read. Defaults to `"train"`.
        - config (str): the configuration to read. Defaults to `None`.
        - revision (str): a branch, tag or commit. Defaults to `None`.
        - streaming (bool): read while rows are asked for. Defaults to `False`.
        - num_examples (int): how many rows to give. Defaults to `None`, all of them.

    Output columns:
        - dynamic (Any): the columns of the dataset.

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
        default=None, description="The dataset on the Hub, as `owner/name`."
    )
    split: RuntimeParameter[str] = Field(default="train", description="The split to read.")
    config: Optional[RuntimeParameter[str]] = Field(
        default=None, description="The configuration to read; the default one if None."
    )
    revision: Optional[RuntimeParameter[str]] = Field(
        default=None, description="A branch, tag or commit; the main branch if None."
    )
    streaming: RuntimeParameter[bool] = Field(
        default=False, description="Read while rows are asked for."
    )
    num_examples: Optional[RuntimeParameter[int]] = Field(
        default=None, description="How many rows to give, from the first; all of them if None."
    )
    storage_options: Optional[Dict[str, Any]] = Field(
        default=None, description="Passed on to the file system the data is on.", repr=False
    )

    # `datasets` makes them from its tables each time.
    _yields_new_rows: ClassVar[bool] = True

    _dataset: Union[Dataset, IterableDataset, None] = PrivateAttr(default=None)
    # What `_dataset` was read from; None for one that was put there.
    _source: Optional[List[Any]] = PrivateAttr(default=None)
    _columns: Dict[str, List[str]] = PrivateAttr(default_factory=dict)

    def load(self) -> None:
        """Opens the dataset, unless it is there already.

        Raises:
            DistilabelUserError: there is no such dataset, configuration, split or file.
        """
        super().load()
        self._held()

    @property
    def outputs(self) -> List[str]:
        """The columns of the dataset; asked of the Hub, without the rows, before it is loaded."""
        if self._dataset is not None and self._source in (None, self._where()):
            return _rows.column_names(self._dataset)
        if self.repo_id is None:
            return []
        wanted = repr(self._where())
        if wanted not in self._columns:
            self._columns[wanted] = self._ask_columns()
        return list(self._columns[wanted])

    def _known_outputs(self) -> dict[str, bool]:
        known = self._dataset is not None or repr(self._where()) in self._columns
        return self.get_outputs() if known else {}

    def _known_length(self) -> int | None:
        # Only of what is there already: asking the Hub is for the run to do.
        if self._dataset is None or not hasattr(self._dataset, "__len__"):
            return None
        size = len(self._dataset)
        return size if self.num_examples is None else min(size, self.num_examples)

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Gives the rows in order.

        Args:
            offset: rows to leave out, because an earlier run made them. They are not read, or,
                when streaming, not decoded.

        Returns:
            Pairs of a list of rows and whether it is the last.
        """
        size: Any = self.batch_size
        return _rows.batches(self._held(), size, offset, self.num_examples)

    def _where(self) -> list[Any]:
        return [self.repo_id, self.config, self.split, self.revision, self.streaming]

    def _held(self) -> Any:
        # A pipeline may be run again with other parameters: what was read for the old ones is not
        # what the new ones ask for.
        where = self._where()
        if self._dataset is None or self._source not in (None, where):
            self._dataset = self._open()
            self._source = where
        return self._dataset

    def _open(self) -> Any:
        if not self.repo_id:
            raise DistilabelUserError(
                f"{self.name}: which dataset? Give `repo_id`, such as 'owner/name'."
            )
        return self._ask_hub(split=self.split, streaming=self.streaming)

    def _ask_columns(self) -> list[str]:
        infos = self._ask_hub(builder=True).info
        if infos.features is not None:
            return list(infos.features)
        return _rows.column_names(self._ask_hub(split=self.split, streaming=True))

    def _ask_hub(self, builder: bool = False, **what: Any) -> Any:
        import datasets

        ask = datasets.load_dataset_builder if builder else datasets.load_dataset
        try:
            return ask(
                self.repo_id,
                self.config,
                revision=self.revision,
                storage_options=self.storage_options,
                **what,
            )
        except datasets.exceptions.DatasetNotFoundError as error:
            at = f" with the revision {self.revision!r}" if self.revision else ""
            raise DistilabelUserError(
                f"{self.name}: there is no dataset {self.repo_id!r}{at} that you may read. Check "
                "the name; if the dataset is private or gated, set HF_TOKEN or run "
                "`hf auth login`."
            ) from error
        except (ValueError, FileNotFoundError) as error:
            raise DistilabelUserError(
                f"{self.name}: cannot read the split {self.split!r} of the dataset "
                f"{self.repo_id!r} (configuration: {self.config or 'the default one'}): {error}"
            ) from error


class LoadDataFromFileSystem(LoadDataFromHub):
    """Gives the rows of files, on this machine or on any file system `fsspec` knows.

    Attributes:
        data_files: a file, a pattern with `*`, or a folder (the files in it and in its direct
            sub-folders are read). `s3://...`, `gs://...` and the like are fine.
        filetype: `csv`, `json`, `parquet`, `text`, ...; told by the names of the files if None.

    Runtime parameters:
        - batch_size (int): rows that are made at a time. Defaults to 50.
        - data_files (Union[str, Path]): a file, a pattern with `*`, or a folder.
        - filetype (str): `csv`, `json`, `parquet`, `text`, ... Defaults to `None`.
        - split (str): the split to read; files are one split, `"train"`. Slices such as
            `"train[:10%]"` are fine. Defaults to `"train"`.
        - streaming (bool): read while rows are asked for. Defaults to `False`.
        - num_examples (int): how many rows to give. Defaults to `None`, all of them.

    Output columns:
        - dynamic (Any): the columns of the files.

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
        default=None, description="A file, a pattern with `*`, or a folder."
    )
    filetype: Optional[RuntimeParameter[str]] = Field(
        default=None,
        description="`csv`, `json`, `parquet`, `text`, ...; told by the names if None.",
    )

    @property
    def outputs(self) -> List[str]:
        """The columns of the files; opens them if need be."""
        return _rows.column_names(self._held()) if self.data_files else []

    def _where(self) -> list[Any]:
        return [str(self.data_files), self.filetype, self.split, self.streaming]

    def _open(self) -> Any:
        from datasets import load_dataset

        if not self.data_files:
            raise DistilabelUserError(
                f"{self.name}: which files? Give `data_files`: a file, a pattern or a folder."
            )
        files = _files.find(str(self.data_files), self.storage_options, not self.filetype)
        if not files:
            raise DistilabelUserError(
                f"{self.name}: there are no files at {self.data_files}: check `data_files`."
            )
        filetype = _files.KINDS.get(self.filetype or "", self.filetype) or _files.kind(files[0])
        if filetype is None:
            raise DistilabelUserError(
                f"{self.name}: cannot tell what kind of file {files[0]} is: give `filetype`, one "
                f"of {', '.join(sorted(set(_files.KINDS.values())))}."
            )
        try:
            return load_dataset(
                filetype,
                data_files=files,
                split=self.split,
                streaming=self.streaming,
                storage_options=self.storage_options,
            )
        except ConnectionError:
            raise
        except Exception as error:
            # `datasets` wraps what a reader says; the reader says what is wrong with the file.
            reason = error.__cause__ or error
            raise DistilabelUserError(
                f"{self.name}: cannot read {self.data_files} as {filetype}: "
                f"{type(reason).__name__}: {reason}"
            ) from error


class LoadDataFromDisk(LoadDataFromHub):
    """Gives the rows of a dataset written by `save_to_disk`, of `datasets` or of a distiset.

    Attributes:
        dataset_path: the folder; any path `fsspec` knows.
        is_distiset: whether it was a distiset that was saved.
        config: of a distiset, the configuration to read.
        split: the split to read; not needed where there is only one.
        keep_in_memory: whether to copy the dataset into memory.

    Runtime parameters:
        - batch_size (int): rows that are made at a time. Defaults to 50.
        - dataset_path (Union[str, Path]): the folder.
        - config (str): of a distiset, the configuration to read. Defaults to `"default"`.
        - is_distiset (bool): whether it was a distiset that was saved. Defaults to `False`.
        - keep_in_memory (bool): whether to copy it into memory. Defaults to `None`.
        - split (str): the split to read. Defaults to `None`.
        - num_examples (int): how many rows to give. Defaults to `None`, all of them.

    Output columns:
        - dynamic (Any): the columns of the dataset.

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
        default=None, description="The folder the dataset was saved to."
    )
    config: Optional[RuntimeParameter[str]] = Field(
        default="default", description="Of a distiset, the configuration to read."
    )
    is_distiset: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether it was a distiset that was saved."
    )
    keep_in_memory: Optional[RuntimeParameter[bool]] = Field(
        default=None, description="Whether to copy the dataset into memory."
    )
    split: Optional[RuntimeParameter[str]] = Field(
        default=None, description="The split to read; not needed where there is only one."
    )

    @property
    def outputs(self) -> List[str]:
        """The columns of the dataset; opens it if need be."""
        return _rows.column_names(self._held()) if self.dataset_path else []

    def _where(self) -> list[Any]:
        return [str(self.dataset_path), self.config, self.is_distiset, self.split]

    def _open(self) -> Any:
        if not self.dataset_path:
            raise DistilabelUserError(f"{self.name}: which folder? Give `dataset_path`.")
        found = self._saved()
        if not hasattr(found, "keys"):
            if self.split:
                raise DistilabelUserError(
                    f"{self.name}: {self.dataset_path} has no splits: leave `split` out."
                )
            return found
        splits = list(found)
        split = splits[0] if self.split is None and len(splits) == 1 else self.split
        if split is None:
            raise DistilabelUserError(
                f"{self.name}: {self.dataset_path} has several splits, {', '.join(splits)}: "
                "choose one with `split`."
            )
        if split not in splits:
            raise DistilabelUserError(
                f"{self.name}: {self.dataset_path} has no split {split!r}, "
                f"{close_names(split, splits)}"
            )
        return found[split]

    def _saved(self) -> Any:
        how: Dict[str, Any] = {
            "keep_in_memory": self.keep_in_memory,
            "storage_options": self.storage_options,
        }
        path = str(self.dataset_path)
        try:
            if not self.is_distiset:
                from datasets import load_from_disk

                return load_from_disk(path, **how)
            from distilabel.distiset import Distiset

            distiset = Distiset.load_from_disk(path, **how)
        except (FileNotFoundError, AssertionError) as error:
            raise DistilabelUserError(
                f"{self.name}: there is no saved dataset at {path}: {error} Check `dataset_path`; "
                "`is_distiset` says whether `Distiset.save_to_disk` wrote it (now: "
                f"{bool(self.is_distiset)})."
            ) from error
        if self.config not in distiset:
            raise DistilabelUserError(
                f"{self.name}: the distiset at {path} has no configuration {self.config!r}: "
                f"choose one of {', '.join(map(repr, distiset))} with `config`."
            )
        return distiset[str(self.config)]

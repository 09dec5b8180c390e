"""`Distiset`: the datasets that a pipeline made, with the files that tell how they were made."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, NoReturn, Optional, Union

from distilabel._distiset import own_files
from distilabel._distiset.people import Reviewable
from distilabel.constants import (
    DISTISET_ARTIFACTS_FOLDER,
    DISTISET_CONFIG_FOLDER,
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_LOG_FILENAME,
    STEPS_ARTIFACTS_PATH,
    STEPS_OUTPUTS_PATH,
)
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from distilabel._distiset.trainer_checks import RowProblem

PathLike = Union[str, "os.PathLike[str]"]


class MissingConfigurationError(KeyError):
    """Raised when a distiset has no configuration of a name.

    Args:
        name: The name.
        distiset: Configurations that there are.
    """

    def __init__(self, name: object, distiset: Mapping[str, Any]) -> None:
        super().__init__(name)
        names = ", ".join(map(repr, distiset)) or "none"
        self._message = f"Distiset has no configuration {name!r}. Its configurations: {names}."
        holding = [
            config
            for config, dataset in distiset.items()
            if isinstance(dataset, dict) and name in dataset
        ]
        if holding:
            self._message = (
                f"Distiset has the configurations {names}; use distiset[{holding[0]!r}][{name!r}]."
            )

    def __str__(self) -> str:
        return self._message


class Distiset(Dict[str, "Union[Dataset, DatasetDict]"], Reviewable):
    """A dict of configuration name → `datasets.Dataset` or `DatasetDict`.

    A pipeline makes one configuration per leaf step, each with the split `train`. If there is only
    one, its name is `default`.

    Attributes:
        report: Report of the run; None if the distiset is not the result of a run.
        failures: Rows that failed, and why; one dict for each.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pipeline_path: Optional[Path] = None
        self._log_filename_path: Optional[Path] = None
        self._artifacts_path: Optional[Path] = None
        self._citations: List[str] = []
        self.report: Any = None
        self.failures: List[Dict[str, Any]] = []

    @property
    def pipeline_path(self) -> Optional[Path]:
        """File `pipeline.yaml` of the pipeline that made the datasets."""
        return self._pipeline_path

    @pipeline_path.setter
    def pipeline_path(self, path: Optional[PathLike]) -> None:
        self._pipeline_path = _path(path)

    @property
    def log_filename_path(self) -> Optional[Path]:
        """Log file of the run."""
        return self._log_filename_path

    @log_filename_path.setter
    def log_filename_path(self, path: Optional[PathLike]) -> None:
        self._log_filename_path = _path(path)

    @property
    def artifacts_path(self) -> Optional[Path]:
        """Directory of the artifacts that steps saved: `<step>/<artifact>/...`."""
        return self._artifacts_path

    @artifacts_path.setter
    def artifacts_path(self, path: Optional[PathLike]) -> None:
        self._artifacts_path = own_files.artifacts_folder(_path(path))

    @property
    def citations(self) -> List[str]:
        """BibTeX entries of the papers behind the steps, sorted and without duplicates."""
        return self._citations

    @citations.setter
    def citations(self, citations: Iterable[str]) -> None:
        self._citations = sorted(set(citations))

    def __repr__(self) -> str:
        lines = "\n".join(f"{name}: {dataset}" for name, dataset in self.items())
        return f"Distiset({{\n{textwrap.indent(lines, '    ')}\n}})"

    def _repr_html_(self) -> str:
        from distilabel._distiset import html

        return html.to_html(self, self.report, len(self.failures))

    def __missing__(self, name: object) -> NoReturn:
        """Raises an error that names the configurations, of which a split is often taken for one.

        Raises:
            KeyError: No configuration has that name.
        """
        raise MissingConfigurationError(name, self)

    # -- saving and loading -----------------------------------------------------------------

    def push_to_hub(
        self,
        repo_id: str,
        private: bool = False,
        token: Optional[str] = None,
        generate_card: bool = True,
        include_script: bool = False,
        **kwargs: Any,
    ) -> None:
        """Pushes the datasets, with their card and pipeline, to the Hugging Face Hub.

        Args:
            repo_id: Dataset, as `owner/name`. It is created if it does not exist.
            private: Whether to create the dataset as private, if it does not exist.
            token: Token with write permission; None is `HF_TOKEN` or the stored login.
            generate_card: Whether to push the README, `pipeline.yaml` and `pipeline.log`.
            include_script: Whether to push the running script.
            **kwargs: Further arguments for `push_to_hub` of each dataset, such as
                `commit_message`.

        Raises:
            ValueError: There is no token, or the distiset is empty.
        """
        from distilabel._distiset import hub

        hub.push(self, repo_id, private, token, generate_card, include_script, kwargs)

    def save_to_disk(
        self,
        distiset_path: PathLike,
        max_shard_size: Union[str, int, None] = None,
        num_shards: Optional[int] = None,
        num_proc: Optional[int] = None,
        storage_options: Optional[Dict[str, Any]] = None,
        save_card: bool = True,
        save_pipeline_config: bool = True,
        save_pipeline_log: bool = True,
    ) -> None:
        """Saves the datasets, with their card, pipeline and log, to a directory.

        Args:
            distiset_path: Directory, local or on any file system that `fsspec` supports.
            max_shard_size: Maximum size of a file, such as `"500MB"`.
            num_shards: Number of files per split.
            num_proc: Number of processes that write.
            storage_options: Options of the file system.
            save_card: Whether to write the README.
            save_pipeline_config: Whether to save `pipeline.yaml`, unless it exists.
            save_pipeline_log: Whether to save `pipeline.log`, unless it exists.
        """
        from distilabel._distiset import disk

        path = str(distiset_path)
        sharding = {"max_shard_size": max_shard_size, "num_proc": num_proc}
        disk.save_datasets(self, path, num_shards, storage_options, sharding)
        config_files = {
            PIPELINE_CONFIG_FILENAME: self.pipeline_path if save_pipeline_config else None,
            PIPELINE_LOG_FILENAME: self.log_filename_path if save_pipeline_log else None,
        }
        disk.save_files(self, path, storage_options, config_files, save_card)

    @classmethod
    def load_from_disk(
        cls,
        distiset_path: PathLike,
        keep_in_memory: Optional[bool] = None,
        storage_options: Optional[Dict[str, Any]] = None,
        download_dir: Optional[PathLike] = None,
    ) -> Distiset:
        """Loads a distiset that `save_to_disk` saved.

        Args:
            distiset_path: Directory, local or on any file system that `fsspec` supports.
            keep_in_memory: Whether to copy the datasets into memory.
            storage_options: Options of the file system.
            download_dir: Directory to download a remote distiset to; None is a temporary one.

        Returns:
            The distiset, with the paths of the files saved beside the datasets.

        Raises:
            AssertionError: The directory does not exist.
        """
        from distilabel._distiset import disk

        folder = disk.download(str(distiset_path), storage_options, download_dir)
        distiset = cls(disk.load_datasets(folder, keep_in_memory))
        for attribute, name in (
            ("pipeline_path", f"{DISTISET_CONFIG_FOLDER}/{PIPELINE_CONFIG_FILENAME}"),
            ("log_filename_path", f"{DISTISET_CONFIG_FOLDER}/{PIPELINE_LOG_FILENAME}"),
            ("artifacts_path", DISTISET_ARTIFACTS_FOLDER),
        ):
            if (folder / name).exists():
                setattr(distiset, attribute, folder / name)
        return distiset

    # -- training ---------------------------------------------------------------------------

    def validate(self, trainer: str) -> List[RowProblem]:
        """Checks that a trainer of the library TRL accepts the rows.

        Args:
            trainer: `"sft"`, `"dpo"`, `"orpo"`, `"reward"`, `"kto"`, `"grpo"` or `"rloo"`.

        Returns:
            One problem for each row that the trainer would reject, and one for each dataset
            without the columns it reads; empty if it accepts all of them.

        Raises:
            DistilabelUserError: There is no such trainer.
        """
        from distilabel._distiset.trainer_checks import check_datasets

        return check_datasets(self, trainer)

    # -- transformations --------------------------------------------------------------------

    def train_test_split(
        self, train_size: float, shuffle: bool = True, seed: Optional[int] = None
    ) -> Distiset:
        """Splits each dataset, or its split `train`, into `train` and `test`.

        Args:
            train_size: Share of the rows that stay in `train`, between 0 and 1.
            shuffle: Whether to shuffle the rows first.
            seed: Seed for shuffling.

        Returns:
            This distiset.

        Raises:
            AssertionError: `train_size` is not between 0 and 1.
            DistilabelUserError: A configuration has no split `train`.
        """
        from datasets import DatasetDict

        assert 0 < train_size < 1, f"train_size must be between 0 and 1, got {train_size}."
        result = {}
        for name, dataset in self.items():
            splits = dict(dataset) if isinstance(dataset, DatasetDict) else {"train": dataset}
            if "train" not in splits:
                raise DistilabelUserError(
                    f"The configuration {name!r} has no split 'train', only: {', '.join(splits)}."
                )
            parts = splits["train"].train_test_split(
                train_size=train_size, shuffle=shuffle, seed=seed
            )
            result[name] = DatasetDict({**splits, **parts})
        self.update(result)
        return self

    def transform_columns_to_image(self, columns: Union[str, List[str]]) -> Distiset:
        """Converts columns of base64 text to columns of images.

        Args:
            columns: Name or names. Configurations without such a column do not change.

        Returns:
            This distiset.

        Raises:
            DistilabelUserError: No configuration has such a column, or a text is not valid base64.
        """
        from distilabel._distiset import images

        names = [columns] if isinstance(columns, str) else columns
        self.update(images.decode_columns(self, names))
        return self


def _path(path: PathLike | None) -> Path | None:
    """Returns a path; None for an empty one, which would be the working directory."""
    return Path(path) if path is not None and os.fspath(path) else None


def create_distiset(
    data_dir: Path,
    pipeline_path: Optional[Path] = None,
    log_filename_path: Optional[Path] = None,
    enable_metadata: bool = False,
    dag: Optional[Iterable[Any]] = None,
) -> Distiset:
    """Makes a distiset from the files of a run.

    Args:
        data_dir: Directory `data` of a run, with `steps_outputs/<step>/*.parquet`.
        pipeline_path: File the pipeline was saved to; None is `pipeline.yaml` in or beside
            `data_dir`, if it exists.
        log_filename_path: Log file of the run; None is `pipeline.log`, likewise.
        enable_metadata: Unused; the column `distilabel_metadata` is always kept.
        dag: Steps, for the citations in their docstrings.

    Returns:
        The distiset, with one configuration per leaf step that has rows.
    """
    from distilabel._distiset import run_outputs

    data_dir = Path(data_dir)
    distiset = Distiset(run_outputs.read_outputs(data_dir / STEPS_OUTPUTS_PATH))
    if len(distiset) == 1:
        distiset["default"] = distiset.pop(next(iter(distiset)))

    distiset.pipeline_path = pipeline_path or _find(data_dir, PIPELINE_CONFIG_FILENAME)
    distiset.log_filename_path = log_filename_path or _find(data_dir, PIPELINE_LOG_FILENAME)
    artifacts = data_dir / STEPS_ARTIFACTS_PATH
    if artifacts.is_dir() and any(artifacts.iterdir()):
        distiset.artifacts_path = artifacts
    distiset.citations = _citations(dag or [])
    return distiset


def _find(data_dir: Path, name: str) -> Path | None:
    """Returns the file of that name in a directory or beside it; None if there is none."""
    return next((f for f in (data_dir / name, data_dir.parent / name) if f.is_file()), None)


def _citations(steps: Iterable[Any]) -> list[str]:
    from distilabel.utils.docstring import parse_google_docstring

    return [
        entry for step in steps for entry in parse_google_docstring(type(step)).get("citations", [])
    ]

"""`Distiset`: the datasets a pipeline made, with what tells how they were made.

Knows datasets and where they go; it does not know how a pipeline is run.
"""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Union

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

PathLike = Union[str, "os.PathLike[str]"]


class Distiset(Dict[str, "Union[Dataset, DatasetDict]"]):
    """Configuration name → `datasets.Dataset` or `DatasetDict`.

    A pipeline gives one configuration per last step, each with the split `train`; the only one is
    called `default`.

    Attributes:
        report: what the run told about itself; None outside a run.
        failures: the rows that were not made, and why; one dict each.
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
        """The file `pipeline.yaml` these datasets were made with."""
        return self._pipeline_path

    @pipeline_path.setter
    def pipeline_path(self, path: Optional[PathLike]) -> None:
        self._pipeline_path = Path(path) if path is not None else None

    @property
    def log_filename_path(self) -> Optional[Path]:
        """The log of the run."""
        return self._log_filename_path

    @log_filename_path.setter
    def log_filename_path(self, path: Optional[PathLike]) -> None:
        self._log_filename_path = Path(path) if path is not None else None

    @property
    def artifacts_path(self) -> Optional[Path]:
        """The folder of what steps kept beside the rows: `<step>/<artifact>/...`."""
        return self._artifacts_path

    @artifacts_path.setter
    def artifacts_path(self, path: Optional[PathLike]) -> None:
        self._artifacts_path = Path(path) if path is not None else None

    @property
    def citations(self) -> List[str]:
        """BibTeX entries of the works the steps stand on; sorted, each once."""
        return self._citations

    @citations.setter
    def citations(self, citations: Iterable[str]) -> None:
        self._citations = sorted(set(citations))

    def __repr__(self) -> str:
        lines = "\n".join(f"{name}: {dataset}" for name, dataset in self.items())
        return f"Distiset({{\n{textwrap.indent(lines, '    ')}\n}})"

    # -- taking it somewhere ----------------------------------------------------------------

    def push_to_hub(
        self,
        repo_id: str,
        private: bool = False,
        token: Optional[str] = None,
        generate_card: bool = True,
        include_script: bool = False,
        **kwargs: Any,
    ) -> None:
        """Pushes the datasets, and what tells how they were made, to the Hugging Face Hub.

        Args:
            repo_id: the dataset, as `owner/name`. It is made if there is none.
            private: whether a dataset that is made is private.
            token: key with leave to write; `HF_TOKEN` or the stored login if None.
            generate_card: write the README, and put `pipeline.yaml` and `pipeline.log` there.
            include_script: put the running script there.
            **kwargs: passed on to `push_to_hub` of each dataset, such as `commit_message`.

        Raises:
            ValueError: there is no key, or nothing to push.
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
        """Saves the datasets, and what tells how they were made, to a folder.

        Args:
            distiset_path: the folder, on this machine or on any file system `fsspec` knows.
            max_shard_size: largest size of a file, such as `"500MB"`.
            num_shards: files per split.
            num_proc: processes that write.
            storage_options: for the file system.
            save_card: write the README.
            save_pipeline_config: keep `pipeline.yaml`, unless one is there.
            save_pipeline_log: keep `pipeline.log`, unless one is there.
        """
        from distilabel._distiset import disk

        path = str(distiset_path)
        sharding = {"max_shard_size": max_shard_size, "num_proc": num_proc}
        disk.save_datasets(self, path, num_shards, storage_options, sharding)
        kept = {
            PIPELINE_CONFIG_FILENAME: self.pipeline_path if save_pipeline_config else None,
            PIPELINE_LOG_FILENAME: self.log_filename_path if save_pipeline_log else None,
        }
        disk.save_files(self, path, storage_options, kept, save_card)

    @classmethod
    def load_from_disk(
        cls,
        distiset_path: PathLike,
        keep_in_memory: Optional[bool] = None,
        storage_options: Optional[Dict[str, Any]] = None,
        download_dir: Optional[PathLike] = None,
    ) -> Distiset:
        """Loads what `save_to_disk` saved.

        Args:
            distiset_path: the folder, on this machine or on any file system `fsspec` knows.
            keep_in_memory: whether to copy the datasets into memory.
            storage_options: for the file system.
            download_dir: where to put a folder that is elsewhere; a temporary one if None.

        Returns:
            The distiset, with the paths of the files that were saved.

        Raises:
            AssertionError: there is no such folder.
        """
        from distilabel._distiset import disk

        folder = disk.fetched(str(distiset_path), storage_options, download_dir)
        distiset = cls(disk.datasets_in(folder, keep_in_memory))
        for attribute, name in (
            ("pipeline_path", f"{DISTISET_CONFIG_FOLDER}/{PIPELINE_CONFIG_FILENAME}"),
            ("log_filename_path", f"{DISTISET_CONFIG_FOLDER}/{PIPELINE_LOG_FILENAME}"),
            ("artifacts_path", DISTISET_ARTIFACTS_FOLDER),
        ):
            if (folder / name).exists():
                setattr(distiset, attribute, folder / name)
        return distiset

    # -- changing it ------------------------------------------------------------------------

    def train_test_split(
        self, train_size: float, shuffle: bool = True, seed: Optional[int] = None
    ) -> Distiset:
        """Splits each dataset (or its split `train`) into `train` and `test`.

        Args:
            train_size: share of the rows that stay in `train`, between 0 and 1.
            shuffle: whether to shuffle the rows before.
            seed: of the shuffling.

        Returns:
            This distiset.

        Raises:
            AssertionError: `train_size` is not between 0 and 1.
            DistilabelUserError: a configuration has no split `train`.
        """
        from datasets import DatasetDict

        assert 0 < train_size < 1, f"train_size is a share between 0 and 1, not {train_size}."
        done = {}
        for name, dataset in self.items():
            others = dict(dataset) if isinstance(dataset, DatasetDict) else {"train": dataset}
            if "train" not in others:
                raise DistilabelUserError(
                    f"The configuration {name!r} has no split 'train' to split, it has: "
                    f"{', '.join(others)}."
                )
            parts = others["train"].train_test_split(
                train_size=train_size, shuffle=shuffle, seed=seed
            )
            done[name] = DatasetDict({**others, **parts})
        self.update(done)
        return self

    def transform_columns_to_image(self, columns: Union[str, List[str]]) -> Distiset:
        """Turns columns of base64 text into columns of images.

        Args:
            columns: name or names. A configuration that lacks one is left as it is.

        Returns:
            This distiset.

        Raises:
            DistilabelUserError: no configuration has such a column, or a text is no base64.
        """
        from distilabel._distiset import images

        self.update(images.decoded(self, [columns] if isinstance(columns, str) else columns))
        return self


def create_distiset(
    data_dir: Path,
    pipeline_path: Optional[Path] = None,
    log_filename_path: Optional[Path] = None,
    enable_metadata: bool = False,
    dag: Optional[Iterable[Any]] = None,
) -> Distiset:
    """Makes a distiset of what a run left on disk.

    Args:
        data_dir: the folder `data` of a run, with `steps_outputs/<step>/*.parquet`.
        pipeline_path: the file the pipeline was saved to; `pipeline.yaml` beside or in `data_dir`
            if None and there.
        log_filename_path: the log of the run; `pipeline.log` likewise.
        enable_metadata: taken and not used: the column `distilabel_metadata` always stays.
        dag: the steps, for the citations in their docstrings.

    Returns:
        One configuration per last step that made rows.
    """
    from distilabel._distiset import run_outputs

    data_dir = Path(data_dir)
    distiset = Distiset(run_outputs.read_outputs(data_dir / STEPS_OUTPUTS_PATH))
    if len(distiset) == 1:
        distiset["default"] = distiset.pop(next(iter(distiset)))

    distiset.pipeline_path = pipeline_path or _beside(data_dir, PIPELINE_CONFIG_FILENAME)
    distiset.log_filename_path = log_filename_path or _beside(data_dir, PIPELINE_LOG_FILENAME)
    artifacts = data_dir / STEPS_ARTIFACTS_PATH
    if artifacts.is_dir() and any(artifacts.iterdir()):
        distiset.artifacts_path = artifacts
    distiset.citations = _citations(dag or [])
    return distiset


def _beside(data_dir: Path, name: str) -> Path | None:
    return next((f for f in (data_dir / name, data_dir.parent / name) if f.is_file()), None)


def _citations(steps: Iterable[Any]) -> list[str]:
    from distilabel.utils.docstring import parse_google_docstring

    return [
        entry for step in steps for entry in parse_google_docstring(type(step)).get("citations", [])
    ]

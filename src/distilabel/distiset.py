"""`Distiset`: the datasets that a pipeline made, with the files that tell how they were made."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, NoReturn, Optional, Union

from distilabel._distiset import own_files
from distilabel._distiset.card_hooks import CardHooks
from distilabel._distiset.human_answers import HumanAnswersMixin
from distilabel.constants import (
    DISTISET_ARTIFACTS_FOLDER,
    DISTISET_CONFIG_FOLDER,
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_LOG_FILENAME,
    STEPS_ARTIFACTS_PATH,
    STEPS_OUTPUTS_PATH,
)

if TYPE_CHECKING:
    from distilabel._distiset.trainer_checks import RowProblem

PathLike = Union[str, "os.PathLike[str]"]


class Distiset(CardHooks, HumanAnswersMixin):
    """A dict of configuration name → `datasets.Dataset` or `DatasetDict`.

    A pipeline makes one configuration per leaf step, each with the split `train`. If there is only
    one, its name is `default`.

    Attributes:
        report: Report of the run; None if the distiset is not the result of a run.
        failures: Rows that failed, and why; one dict for each.
        stale_answers: Answers of people that belong to no row, from `with_argilla`.
        card_sections: More sections of the card, such as quality figures: title → Markdown.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pipeline_path: Optional[Path] = None
        self._log_filename_path: Optional[Path] = None
        self._artifacts_path: Optional[Path] = None
        self._citations: List[str] = []
        self.report: Any = None
        self.failures: List[Dict[str, Any]] = []
        self.stale_answers: List[Dict[str, Any]] = []
        self.card_sections: Dict[str, str] = {}
        self._run_facts: Dict[str, Any] = {}
        self._picture: Optional[Callable[[], bytes]] = None

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
        from distilabel._distiset.missing_configuration import MissingConfigurationError

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
            repo_id: Dataset, as `owner/name`, or as `name` for one of yours. It is created if it
                does not exist.
            private: Whether to create the dataset as private, if it does not exist.
            token: Token with write permission; None is `HF_TOKEN` or the stored login.
            generate_card: Whether to push the README, `pipeline.yaml` and `pipeline.log`.
            include_script: Whether to push the running script.
            **kwargs: Further arguments for `push_to_hub` of each dataset, such as
                `commit_message`, `revision` (a branch) and `max_shard_size`.

        Raises:
            ValueError: There is no token, or the distiset is empty.
            HubError: The Hub cannot be reached or refuses a request. All files arrive in one
                commit, so the dataset has not changed; push again.
        """
        from distilabel._distiset import hub

        has_own_way = type(self)._generate_card is not CardHooks._generate_card
        makes_card = generate_card and not has_own_way
        repo_id = hub.push(self, repo_id, private, token, makes_card, include_script, kwargs)
        if generate_card and has_own_way:
            script = hub.name_of_script(repo_id) if include_script else None
            self._generate_card(repo_id, token, include_script, script)

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
        disk.load_description(distiset, folder)
        return distiset

    def export(self, folder: PathLike, to: str = "parquet") -> List[Path]:
        """Writes the rows to files that other programs read, one for each split.

        `jsonl` and `csv` have all columns: values without a type there become text, bytes base64,
        and in CSV nested values JSON. `openai`, `axolotl` and `llamafactory` have the conversations
        alone, as JSON Lines for fine-tuning; a row without one is left out, with a warning.

        Args:
            folder: Folder for the files `<configuration>-<split>`; created if it does not exist.
            to: `parquet`, `jsonl`, `csv`, `openai`, `axolotl` or `llamafactory`.

        Returns:
            The files.

        Raises:
            DistilabelUserError: There is no such format, or no column has conversations.
        """
        from distilabel._distiset.export import export

        return export(self, Path(folder), to)

    def trace(self, row: Mapping[str, Any], column: str) -> Dict[str, Any]:
        """Returns what made a value, for a run with `provenance=True`.

        Args:
            row: Row of this distiset.
            column: Column of the row.

        Returns:
            `step`, `model`, `parameters` of the step, and `asked`: for each question, `model`,
            `prompt` (SHA-256) and `answer` (key of the stored answer).

        Raises:
            DistilabelUserError: The row has no provenance, or no such column.
        """
        from distilabel._distiset.provenance import trace

        return trace(dict(row), column, self._run_facts)

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
        from distilabel._distiset.splitting import train_test_split

        assert 0 < train_size < 1, f"train_size must be between 0 and 1, got {train_size}."
        self.update(train_test_split(self, train_size, shuffle, seed))
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

    distiset.pipeline_path = pipeline_path or run_outputs.find(data_dir, PIPELINE_CONFIG_FILENAME)
    distiset.log_filename_path = log_filename_path or run_outputs.find(
        data_dir, PIPELINE_LOG_FILENAME
    )
    artifacts = data_dir / STEPS_ARTIFACTS_PATH
    if artifacts.is_dir() and any(artifacts.iterdir()):
        distiset.artifacts_path = artifacts
    distiset.citations = run_outputs.citations(dag or [])
    distiset._run_facts = run_outputs.read_facts(data_dir)
    return distiset

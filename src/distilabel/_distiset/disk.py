"""Saves distisets to a local or remote file system and loads them from there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from distilabel._core.file_names import file_name
from distilabel._distiset import own_files
from distilabel.constants import (
    DISTISET_ARTIFACTS_FOLDER,
    DISTISET_CONFIG_FOLDER,
    PIPELINE_PICTURE_FILENAME,
    RUN_FACTS_FILENAME,
)
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import os

    from distilabel._distiset.protocol import DistisetLike


def save_datasets(
    distiset: DistisetLike,
    path: str,
    num_shards: int | None,
    storage_options: dict[str, Any] | None,
    sharding: dict[str, Any],
) -> None:
    """Saves each dataset to a subdirectory of its name.

    Args:
        distiset: Datasets to save.
        path: Directory, in any form that `fsspec` supports.
        num_shards: Number of files per split.
        storage_options: Options of the file system.
        sharding: Further arguments for `save_to_disk` of `datasets`.

    Raises:
        DistilabelUserError: The path is empty, or a name is not that of a folder.
    """
    if not path.strip():
        raise DistilabelUserError("`distiset_path` is empty. Give a folder for the dataset.")
    check_names(distiset)
    for name, dataset in distiset.items():
        shards: Any = None
        if num_shards is not None:
            # `datasets` takes the number for each split, and no more files than rows.
            sizes = {split: len(rows) for split, rows in _splits(dataset).items()}
            shards = {split: max(1, min(num_shards, size)) for split, size in sizes.items()}
            shards = shards if isinstance(dataset, dict) else shards[""]
        dataset.save_to_disk(
            f"{path.rstrip('/')}/{name}",
            num_shards=shards,
            storage_options=storage_options,
            **sharding,
        )


def check_names(distiset: DistisetLike) -> None:
    """Checks that the name of each dataset is that of a folder, which it is saved to.

    Raises:
        DistilabelUserError: A name is not, such as `../x`.
    """
    for name in distiset:
        if file_name(str(name)) != name:
            raise DistilabelUserError(
                f"The configuration {name!r} cannot be saved: its name is not that of a folder. "
                f"Rename it: distiset['name'] = distiset.pop({name!r})."
            )


def _splits(dataset: Any) -> dict[str, Any]:
    return dict(dataset) if isinstance(dataset, dict) else {"": dataset}


def save_files(
    distiset: DistisetLike,
    path: str,
    storage_options: dict[str, Any] | None,
    config_files: dict[str, Path | None],
    card: bool,
) -> None:
    """Saves the files beside the datasets: artifacts, card, pipeline and log.

    Args:
        distiset: Distiset that the files belong to.
        path: Directory, in any form that `fsspec` supports.
        storage_options: Options of the file system.
        config_files: Name → file to copy, unless one of that name exists; None is skipped.
        card: Whether to write the card.
    """
    from fsspec.core import url_to_fs

    fs, folder = url_to_fs(path, **(storage_options or {}))
    folder = folder.rstrip("/")
    fs.makedirs(f"{folder}/{DISTISET_CONFIG_FOLDER}", exist_ok=True)

    for file, name in own_files.files_in(distiset.artifacts_path):
        target = f"{folder}/{DISTISET_ARTIFACTS_FOLDER}/{name}"
        fs.makedirs(target.rpartition("/")[0], exist_ok=True)
        fs.put_file(str(file), target)

    for name, original in config_files.items():
        target = f"{folder}/{DISTISET_CONFIG_FOLDER}/{name}"
        if original is not None and original.is_file() and not fs.exists(target):
            fs.put_file(str(original), target)

    described = {
        "run": distiset._run_facts,
        "card_sections": distiset.card_sections,
        "citations": distiset.citations,
    }
    if any(described.values()):
        target = f"{folder}/{DISTISET_CONFIG_FOLDER}/{RUN_FACTS_FILENAME}"
        fs.pipe_file(target, orjson.dumps(described, default=str))

    if card:
        if distiset._picture is not None:
            target = f"{folder}/{DISTISET_CONFIG_FOLDER}/{PIPELINE_PICTURE_FILENAME}"
            fs.pipe_file(target, distiset._picture())
        text = str(distiset._get_card(folder.rpartition("/")[2]))
        fs.pipe_file(f"{folder}/{DISTISET_CONFIG_FOLDER}/README.md", text.encode())


def load_description(distiset: DistisetLike, folder: Path) -> None:
    """Sets the description of the run and the picture that were saved, if there are any.

    Args:
        distiset: Distiset to set them of.
        folder: Local directory of the saved distiset.
    """
    file = folder / DISTISET_CONFIG_FOLDER / RUN_FACTS_FILENAME
    if file.is_file():
        described = orjson.loads(file.read_bytes())
        distiset._run_facts = described.get("run", {})
        distiset.card_sections = described.get("card_sections", {})
        distiset.citations = described.get("citations", [])
    picture = folder / DISTISET_CONFIG_FOLDER / PIPELINE_PICTURE_FILENAME
    if picture.is_file():
        distiset._picture = picture.read_bytes


def download(
    path: str,
    storage_options: dict[str, Any] | None,
    download_dir: str | os.PathLike[str] | None,
) -> Path:
    """Downloads a saved distiset, unless it is on a local file system.

    Args:
        path: Directory, in any form that `fsspec` supports.
        storage_options: Options of the file system.
        download_dir: Directory to download to; None is a temporary one.

    Returns:
        The local directory.

    Raises:
        AssertionError: The directory does not exist.
        DistilabelUserError: The name of a file leads out of the directory.
    """
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    fs, folder = url_to_fs(path, **(storage_options or {}))
    assert fs.isdir(folder), f"{path} is not a directory."
    if isinstance(fs, LocalFileSystem):
        return Path(folder)
    # The datasets read from these files for as long as they exist, so they are not removed.
    target = Path(download_dir or tempfile.mkdtemp(prefix="distiset-"))
    for file in fs.find(folder):
        local = target / file[len(folder) :].lstrip("/")
        if not local.resolve().is_relative_to(target.resolve()):
            raise DistilabelUserError(f"{path} has a file outside of its folder: {file}.")
        local.parent.mkdir(parents=True, exist_ok=True)
        fs.get_file(file, str(local))
    return target


def load_datasets(folder: Path, keep_in_memory: bool | None) -> dict[str, Any]:
    """Loads the datasets saved in a local directory, by name."""
    from datasets import load_from_disk

    return {
        entry.name: load_from_disk(str(entry), keep_in_memory=keep_in_memory)
        for entry in sorted(folder.iterdir())
        if (entry / "dataset_dict.json").is_file() or (entry / "dataset_info.json").is_file()
    }

"""Distisets on file systems: where each part lies, and how it gets there and back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilabel.constants import DISTISET_ARTIFACTS_FOLDER, DISTISET_CONFIG_FOLDER

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
    """Saves each dataset under its name.

    Args:
        distiset: the datasets.
        path: the folder for all of them; any path `fsspec` knows.
        num_shards: files per split.
        storage_options: for the file system.
        sharding: passed on to `save_to_disk` of `datasets`.
    """
    for name, dataset in distiset.items():
        shards: Any = None
        if num_shards is not None:
            # `datasets` wants the number per split, and no more files than rows.
            sizes = {split: len(rows) for split, rows in _splits(dataset).items()}
            shards = {split: max(1, min(num_shards, size)) for split, size in sizes.items()}
            shards = shards if isinstance(dataset, dict) else shards[""]
        dataset.save_to_disk(
            f"{path.rstrip('/')}/{name}",
            num_shards=shards,
            storage_options=storage_options,
            **sharding,
        )


def _splits(dataset: Any) -> dict[str, Any]:
    return dict(dataset) if isinstance(dataset, dict) else {"": dataset}


def save_files(
    distiset: DistisetLike,
    path: str,
    storage_options: dict[str, Any] | None,
    kept: dict[str, Path | None],
    card: bool,
) -> None:
    """Saves what belongs to the datasets: artifacts, card, pipeline and log.

    Args:
        distiset: what the files belong to.
        path: the folder; any path `fsspec` knows.
        storage_options: for the file system.
        kept: name → file to copy, unless there is one of that name; None for none.
        card: whether to write the card.
    """
    from fsspec.core import url_to_fs

    fs, folder = url_to_fs(path, **(storage_options or {}))
    folder = folder.rstrip("/")
    fs.makedirs(f"{folder}/{DISTISET_CONFIG_FOLDER}", exist_ok=True)

    source = distiset.artifacts_path
    for file in sorted(source.rglob("*")) if source else []:
        if file.is_file():
            target = f"{folder}/{DISTISET_ARTIFACTS_FOLDER}/{file.relative_to(source).as_posix()}"  # type: ignore[arg-type]
            fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            fs.put_file(str(file), target)

    for name, original in kept.items():
        target = f"{folder}/{DISTISET_CONFIG_FOLDER}/{name}"
        if original is not None and original.is_file() and not fs.exists(target):
            fs.put_file(str(original), target)

    if card:
        from distilabel._distiset.card import make_card

        text = str(make_card(distiset, folder.rpartition("/")[2]))
        fs.pipe_file(f"{folder}/{DISTISET_CONFIG_FOLDER}/README.md", text.encode())


def fetched(
    path: str,
    storage_options: dict[str, Any] | None,
    download_dir: str | os.PathLike[str] | None,
) -> Path:
    """A saved distiset on this machine, downloaded if it is elsewhere.

    Args:
        path: the folder; any path `fsspec` knows.
        storage_options: for the file system.
        download_dir: where to put what is downloaded; a temporary folder if None.

    Raises:
        AssertionError: there is no such folder.
    """
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    fs, folder = url_to_fs(path, **(storage_options or {}))
    assert fs.isdir(folder), f"{path} is no folder."
    if isinstance(fs, LocalFileSystem):
        return Path(folder)
    # The datasets read from these files as long as they live, so nobody removes the folder.
    target = Path(download_dir or tempfile.mkdtemp(prefix="distiset-"))
    for file in fs.find(folder):
        local = target / file[len(folder) :].lstrip("/")
        local.parent.mkdir(parents=True, exist_ok=True)
        fs.get_file(file, str(local))
    return target


def datasets_in(folder: Path, keep_in_memory: bool | None) -> dict[str, Any]:
    """The datasets saved in a folder of this machine, by name."""
    from datasets import load_from_disk

    return {
        entry.name: load_from_disk(str(entry), keep_in_memory=keep_in_memory)
        for entry in sorted(folder.iterdir())
        if (entry / "dataset_dict.json").is_file() or (entry / "dataset_info.json").is_file()
    }

"""Loads saved pipelines from datasets of the Hugging Face Hub: `owner/name` or `hf://...`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from distilabel._core.safe_load import SUFFIXES, read_source
from distilabel.cli.pipeline.remote import MAX_BYTES
from distilabel.constants import PIPELINE_CONFIG_FILENAME
from distilabel.errors import DistilabelUserError

_NAME: Final = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*"
_SHORT: Final = re.compile(rf"(?P<repo>{_NAME})")
_PAGE: Final = re.compile(rf"https://huggingface\.co/datasets/(?P<repo>{_NAME})/?")
_LONG: Final = re.compile(
    rf"hf://datasets/(?P<repo>{_NAME})(?:@(?P<revision>[^/@]+))?(?:/(?P<file>.+))?"
)


class HubFile(NamedTuple):
    """A file in a dataset of the Hub.

    Attributes:
        repo: Dataset, as `owner/name`.
        revision: Branch, tag or commit; None is the latest.
        file: Path of the file in the dataset.
    """

    repo: str
    revision: str | None
    file: str


def parse_hub_path(text: str) -> HubFile | None:
    """Parses a reference to a file on the Hub.

    Args:
        text: `owner/name`, the URL of its page, or `hf://datasets/owner/name`, optionally with
            `@revision` and `/file`.

    Returns:
        The file; None if the text is a path or another URL.

    Raises:
        DistilabelUserError: The text starts with `hf://` but has another form.
    """
    if text.startswith("hf://"):
        found = _LONG.fullmatch(text)
        if found is None:
            raise DistilabelUserError(
                f"Invalid Hub path {text}. Expected hf://datasets/OWNER/NAME, optionally with "
                "@REVISION and /FILE."
            )
        return HubFile(found["repo"], found["revision"], found["file"] or PIPELINE_CONFIG_FILENAME)
    page = _PAGE.fullmatch(text)
    if page is not None:
        return HubFile(page["repo"], None, PIPELINE_CONFIG_FILENAME)
    short = _SHORT.fullmatch(text)
    if short is None or Path(text).suffix in (*SUFFIXES, ".py") or Path(text).exists():
        return None
    return HubFile(text, None, PIPELINE_CONFIG_FILENAME)


def load_hub_config(source: HubFile) -> Any:
    """Reads the plain data of a file on the Hub.

    Args:
        source: File to read.

    Raises:
        DistilabelUserError: The file does not exist, or is not valid.
    """
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repo, revision, file = source
    if Path(file).suffix not in SUFFIXES:
        raise DistilabelUserError(f"{file}: unknown file type. Expected .json, .yaml or .yml.")
    place: dict[str, Any] = {"repo_id": repo, "repo_type": "dataset", "revision": revision}
    try:
        for info in HfApi().get_paths_info(paths=[file], **place):
            if getattr(info, "size", 0) > MAX_BYTES:
                raise DistilabelUserError(
                    f"{file} of the dataset {repo} is larger than {MAX_BYTES // 1_000_000} MB, "
                    "too large for a pipeline."
                )
        return read_source(hf_hub_download(filename=file, **place))
    except GatedRepoError as error:
        raise DistilabelUserError(
            f"The dataset {repo} is gated. Request access on its page and set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise DistilabelUserError(
            f"No file {repo} on this machine, and no dataset {repo} on the Hugging Face Hub that "
            "you can read. Check the name; set HF_TOKEN if the dataset is private."
        ) from error
    except RevisionNotFoundError as error:
        raise DistilabelUserError(f"The dataset {repo} has no revision {revision!r}.") from error
    except EntryNotFoundError as error:
        raise DistilabelUserError(
            f"The dataset {repo} has no file {file}. Give its path, as in "
            f"hf://datasets/{repo}/{PIPELINE_CONFIG_FILENAME}."
        ) from error
    except DistilabelUserError:
        raise
    except Exception as error:  # the exceptions of the Hub's client vary between versions
        raise DistilabelUserError(
            f"{file} of the dataset {repo} cannot be read from the Hugging Face Hub: {error}"
        ) from error

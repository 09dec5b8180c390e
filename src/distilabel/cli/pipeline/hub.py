"""Dumps in datasets of the Hugging Face Hub: `owner/name`, or `hf://datasets/owner/name/file`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from distilabel._core.safe_load import SUFFIXES, read_source
from distilabel.cli.pipeline.remote import LARGEST
from distilabel.constants import PIPELINE_CONFIG_FILENAME
from distilabel.errors import DistilabelUserError

_NAME: Final = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*"
_SHORT: Final = re.compile(rf"(?P<repo>{_NAME})")
_PAGE: Final = re.compile(rf"https://huggingface\.co/datasets/(?P<repo>{_NAME})/?")
_LONG: Final = re.compile(
    rf"hf://datasets/(?P<repo>{_NAME})(?:@(?P<revision>[^/@]+))?(?:/(?P<file>.+))?"
)


class OnHub(NamedTuple):
    """A file in a dataset of the Hub.

    Attributes:
        repo: the dataset, as `owner/name`.
        revision: branch, tag or commit; None is the newest.
        file: its path there.
    """

    repo: str
    revision: str | None
    file: str


def on_hub(text: str) -> OnHub | None:
    """The file on the Hub that a text means; None if it means something else.

    Args:
        text: `owner/name`, the address of its page, or `hf://datasets/owner/name`, also with
            `@revision` and a file.

    Raises:
        DistilabelUserError: it begins with `hf://` and goes on in another way.
    """
    if text.startswith("hf://"):
        found = _LONG.fullmatch(text)
        if found is None:
            raise DistilabelUserError(
                f"{text} is not understood: write hf://datasets/OWNER/NAME, with @REVISION and "
                "/FILE where they are needed."
            )
        return OnHub(found["repo"], found["revision"], found["file"] or PIPELINE_CONFIG_FILENAME)
    page = _PAGE.fullmatch(text)
    if page is not None:
        return OnHub(page["repo"], None, PIPELINE_CONFIG_FILENAME)
    short = _SHORT.fullmatch(text)
    if short is None or Path(text).suffix in (*SUFFIXES, ".py") or Path(text).exists():
        return None
    return OnHub(text, None, PIPELINE_CONFIG_FILENAME)


def config_on_hub(where: OnHub) -> Any:
    """The plain data in a file on the Hub.

    Args:
        where: the file.

    Raises:
        DistilabelUserError: there is no such file, or it is no dump.
    """
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repo, revision, file = where
    if Path(file).suffix not in SUFFIXES:
        raise DistilabelUserError(f"{file} is neither .json nor .yaml nor .yml.")
    place: dict[str, Any] = {"repo_id": repo, "repo_type": "dataset", "revision": revision}
    try:
        for info in HfApi().get_paths_info(paths=[file], **place):
            if getattr(info, "size", 0) > LARGEST:
                raise DistilabelUserError(
                    f"{file} of the dataset {repo} is larger than {LARGEST // 1_000_000} MB: "
                    "that is no pipeline."
                )
        return read_source(hf_hub_download(filename=file, **place))
    except GatedRepoError as error:
        raise DistilabelUserError(
            f"The dataset {repo} is gated: ask for access on its page, and set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise DistilabelUserError(
            f"There is no file {repo} here, and no dataset {repo} on the Hugging Face Hub that "
            "you may read. Check the name; set HF_TOKEN if it is private."
        ) from error
    except RevisionNotFoundError as error:
        raise DistilabelUserError(f"The dataset {repo} has no revision {revision!r}.") from error
    except EntryNotFoundError as error:
        raise DistilabelUserError(
            f"The dataset {repo} has no {file}: name the file, as in "
            f"hf://datasets/{repo}/{PIPELINE_CONFIG_FILENAME}."
        ) from error
    except DistilabelUserError:
        raise
    except Exception as error:  # what the client of the Hub raises differs from version to version
        raise DistilabelUserError(
            f"{file} of the dataset {repo} cannot be read from the Hugging Face Hub: {error}"
        ) from error

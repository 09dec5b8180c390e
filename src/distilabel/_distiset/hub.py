"""Pushes distisets to the Hugging Face Hub in one commit: a push that breaks changes nothing.

The commit holds the datasets, artifacts, script, pipeline, log and card.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from distilabel._distiset import own_files
from distilabel._distiset.staging import StagingBranch
from distilabel.constants import (
    DISTISET_ARTIFACTS_FOLDER,
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_LOG_FILENAME,
    PIPELINE_PICTURE_FILENAME,
)
from distilabel.errors import DistilabelUserError, HubError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

    from distilabel._distiset.protocol import DistisetLike

_CARD: Final = "README.md"
_LICENSE_SECONDS: Final = 5.0
_MESSAGE: Final = "Upload dataset"

_log = logging.getLogger("distilabel.distiset")


def push(
    distiset: DistisetLike,
    repo_id: str,
    private: bool,
    token: str | None,
    generate_card: bool,
    include_script: bool,
    options: dict[str, Any],
) -> str:
    """Pushes a distiset.

    Args:
        distiset: Distiset to push.
        repo_id: Dataset, as `owner/name`; without an owner, it is that of the token.
        private: Whether to create the dataset as private, if it does not exist.
        token: Token with write permission; None is `HF_TOKEN` or the stored login.
        generate_card: Whether to push the README, `pipeline.yaml` and `pipeline.log`.
        include_script: Whether to push the running script.
        options: Further arguments for `push_to_hub` of each dataset.

    Returns:
        The dataset, as `owner/name`.

    Raises:
        DistilabelUserError: There is no token, or the distiset is empty.
        HubError: The Hub cannot be reached or refuses a request. The dataset has not changed.
    """
    if not distiset:
        raise DistilabelUserError(f"The distiset is empty: nothing to push to {repo_id!r}.")
    key, api = _client(repo_id, token)
    options = dict(options)
    target = options.pop("revision", None)
    commit = {
        "message": options.pop("commit_message", None) or _MESSAGE,
        "description": options.pop("commit_description", None),
        "create_pr": bool(options.pop("create_pr", False)),
    }
    script = running_script() if include_script else None
    script_name = name_of_script(repo_id) if script else None
    with _explained_errors(repo_id):
        repo_id = _created(api, repo_id, private)
        with StagingBranch(api, repo_id, target) as staging:
            for name, dataset in distiset.items():
                dataset.push_to_hub(
                    repo_id=repo_id,
                    config_name=name,
                    private=private,
                    token=key,
                    revision=staging.name,
                    **options,
                )
            additions = [
                *_artifacts(distiset.artifacts_path),
                *_additions({script_name: script} if script_name else {}),
            ]
            if generate_card:
                additions += _described(distiset, api, repo_id, key, script_name, staging.name)
            staging.publish(additions, **commit)
    return repo_id


def push_card(distiset: DistisetLike, repo_id: str, token: str | None, script: str | None) -> None:
    """Pushes the card, `pipeline.yaml` and `pipeline.log` to a dataset on the Hub.

    Args:
        distiset: Distiset that they are of.
        repo_id: Dataset, as `owner/name`, which exists.
        token: Token with write permission; None is `HF_TOKEN` or the stored login.
        script: Name of the script in the repository, if it was pushed.

    Raises:
        DistilabelUserError: There is no token.
        HubError: The Hub cannot be reached or refuses a request.
    """
    key, api = _client(repo_id, token)
    with _explained_errors(repo_id):
        api.create_commit(
            repo_id,
            _described(distiset, api, repo_id, key, script, None),
            commit_message=_MESSAGE,
            repo_type="dataset",
        )


def running_script() -> Path | None:
    """Returns the Python file of the program; None in a notebook or for an installed command."""
    script = Path.cwd() / sys.argv[0]
    is_script = script.suffix == ".py" and not script.name.endswith("kernel_launcher.py")
    return script if is_script and script.is_file() else None


def name_of_script(repo_id: str) -> str | None:
    """Returns the name of the running script in a repository; None if there is no script."""
    script = running_script()
    if script is None:
        return None
    # `datasets` refuses to load a dataset that has a Python file of its own name.
    is_taken = script.stem == repo_id.rpartition("/")[2]
    return f"make_{script.name}" if is_taken else script.name


def license_of(model: str) -> str | None:
    """Returns the license of a model on the Hub, such as `apache-2.0`; None if it is not known."""
    from huggingface_hub import HfApi

    # A card without it is better than none: the Hub may not answer, or not know the model.
    with contextlib.suppress(Exception):
        card = HfApi().model_info(model, timeout=_LICENSE_SECONDS).card_data
        found = card.get("license_name") or card.get("license") if card else None
        return str(found) if found else None
    return None


def _client(repo_id: str, token: str | None) -> tuple[str, HfApi]:
    from huggingface_hub import HfApi, get_token

    key = token or get_token()
    if not key:
        raise DistilabelUserError(
            f"Pushing to {repo_id!r} requires a token. Pass `token`, set HF_TOKEN, or run "
            "`hf auth login`."
        )
    return key, HfApi(token=key)


def _created(api: HfApi, repo_id: str, private: bool) -> str:
    """Creates the dataset if it does not exist.

    Returns:
        The dataset, as `owner/name`.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    if "/" not in repo_id:
        # The Hub would take the name alone for that of an old dataset without an owner.
        repo_id = f"{api.whoami()['name']}/{repo_id}"
    try:
        found = api.repo_info(repo_id, repo_type="dataset")
    except RepositoryNotFoundError:
        made = api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
        return made.repo_id
    if private and not found.private:
        _log.warning("%s exists already and is public: private=True does not change that.", repo_id)
    return found.id


def _artifacts(folder: Path | None) -> list[CommitOperationAdd]:
    return _additions(
        {f"{DISTISET_ARTIFACTS_FOLDER}/{name}": file for file, name in own_files.files_in(folder)}
    )


def _additions(files: dict[str, Path | None]) -> list[CommitOperationAdd]:
    from huggingface_hub import CommitOperationAdd

    return [
        CommitOperationAdd(path_in_repo=name, path_or_fileobj=file)
        for name, file in files.items()
        if file is not None and file.is_file()
    ]


def _described(
    distiset: DistisetLike,
    api: HfApi,
    repo_id: str,
    key: str,
    script: str | None,
    revision: str | None,
) -> list[CommitOperationAdd]:
    """Returns the card, the pipeline and the log.

    Args:
        distiset: Distiset that they are of.
        api: Client of the Hub.
        repo_id: Dataset, as `owner/name`.
        key: Token.
        script: Name of the script in the repository, if it was pushed.
        revision: Branch with the card that `datasets` made.
    """
    from huggingface_hub import CommitOperationAdd

    from distilabel.utils.card.dataset_card import DistilabelDatasetCard

    card = distiset._get_card(repo_id, key, script is not None, script)
    # `datasets` listed the configurations and splits there; without them, nothing loads.
    path = api.hf_hub_download(repo_id, _CARD, repo_type="dataset", revision=revision)
    existing = DistilabelDatasetCard.load(path, ignore_metadata_errors=True).data.to_dict()
    for name, value in existing.items():
        if name == "tags":
            value = [*value, *(tag for tag in card.data.get("tags") or [] if tag not in value)]
        elif card.data.get(name) is not None:
            continue
        card.data[name] = value
    text = str(card).encode()
    return [
        CommitOperationAdd(path_in_repo=_CARD, path_or_fileobj=text),
        *_additions(
            {
                PIPELINE_CONFIG_FILENAME: distiset.pipeline_path,
                PIPELINE_LOG_FILENAME: distiset.log_filename_path,
            }
        ),
        *(
            [CommitOperationAdd(PIPELINE_PICTURE_FILENAME, distiset._picture())]
            if distiset._picture
            else []
        ),
    ]


@contextmanager
def _explained_errors(repo_id: str) -> Iterator[None]:
    """Replaces errors of the Hub and the network by one that says what was pushed.

    Raises:
        HubError: Such an error was raised in the block.
    """
    from huggingface_hub.errors import HfHubHTTPError

    # Its base is the base of all errors of the HTTP library, which differs with the version of
    # huggingface_hub. Failed uploads of files are RuntimeErrors there.
    library_error: Any = HfHubHTTPError.__bases__[0]
    try:
        yield
    except (OSError, RuntimeError, library_error) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403, 404):
            cure = "Check the name, and that the token has write access to it"
        elif status == 412:
            cure = "Another push changed it meanwhile. Push again"
        else:
            cure = "Push again: files that arrived are not uploaded twice"
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise HubError(
            f"The push to {repo_id!r} failed, and the dataset has not changed there: "
            f"{str(cause).strip() or type(cause).__name__}. {cure}."
        ) from error

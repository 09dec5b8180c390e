"""Pushes distisets to the Hugging Face Hub: datasets, artifacts, script and card, in that order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from distilabel._distiset import own_files
from distilabel.constants import (
    DISTISET_ARTIFACTS_FOLDER,
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_LOG_FILENAME,
)
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

# Arguments of `push_to_hub` of `datasets` that apply to the other files too.
_COMMIT_ARGUMENTS: Final = ("commit_message", "commit_description", "revision")


def push(
    distiset: DistisetLike,
    repo_id: str,
    private: bool,
    token: str | None,
    generate_card: bool,
    include_script: bool,
    options: dict[str, Any],
) -> None:
    """Pushes a distiset.

    Args:
        distiset: Distiset to push.
        repo_id: Dataset, as `owner/name`.
        private: Whether to create the dataset as private, if it does not exist.
        token: Token with write permission; None is `HF_TOKEN` or the stored login.
        generate_card: Whether to push the README, `pipeline.yaml` and `pipeline.log`.
        include_script: Whether to push the running script.
        options: Further arguments for `push_to_hub` of each dataset.

    Raises:
        DistilabelUserError: There is no token, or the distiset is empty.
    """
    from huggingface_hub import HfApi, get_token

    key = token or get_token()
    if not key:
        raise DistilabelUserError(
            f"Pushing to {repo_id!r} requires a token. Pass `token`, set HF_TOKEN, or run "
            "`hf auth login`."
        )
    if not distiset:
        raise DistilabelUserError(f"The distiset is empty: nothing to push to {repo_id!r}.")

    for name, dataset in distiset.items():
        dataset.push_to_hub(
            repo_id=repo_id, config_name=name, private=private, token=key, **options
        )

    api = HfApi(token=key)
    commit: dict[str, Any] = {name: options[name] for name in _COMMIT_ARGUMENTS if name in options}
    where: dict[str, Any] = {"repo_id": repo_id, "repo_type": "dataset", **commit}
    if distiset.artifacts_path:
        api.upload_folder(
            folder_path=distiset.artifacts_path,
            path_in_repo=DISTISET_ARTIFACTS_FOLDER,
            # It would follow links, which may lead to any file of this machine.
            ignore_patterns=own_files.link_patterns(distiset.artifacts_path),
            **where,
        )
    script = running_script() if include_script else None
    files: dict[str, Path | None] = {script.name: script} if script else {}
    if generate_card:
        files[PIPELINE_CONFIG_FILENAME] = distiset.pipeline_path
        files[PIPELINE_LOG_FILENAME] = distiset.log_filename_path
    for name, file in files.items():
        if file is not None and file.is_file():
            api.upload_file(path_or_fileobj=file, path_in_repo=name, **where)
    if generate_card:
        _push_card(distiset, repo_id, key, script.name if script else None, commit)


def running_script() -> Path | None:
    """Returns the Python file of the program; None in a notebook or for an installed command."""
    script = Path.cwd() / sys.argv[0]
    is_script = script.suffix == ".py" and not script.name.endswith("kernel_launcher.py")
    return script if is_script and script.is_file() else None


def _push_card(
    distiset: DistisetLike, repo_id: str, key: str, script: str | None, commit: dict[str, Any]
) -> None:
    from huggingface_hub import hf_hub_download

    from distilabel._distiset.card import make_card
    from distilabel.utils.card.dataset_card import DistilabelDatasetCard

    # `datasets` listed the configurations and splits there; without them, nothing loads.
    current = hf_hub_download(
        repo_id, "README.md", repo_type="dataset", token=key, revision=commit.get("revision")
    )
    data = DistilabelDatasetCard.load(current, ignore_metadata_errors=True).data
    make_card(distiset, repo_id, data, script, secrets=(key,)).push_to_hub(
        repo_id, token=key, repo_type="dataset", **commit
    )

"""A branch on the Hub that collects files which then become visible in one commit.

`datasets` commits every configuration by itself. On the branch of the readers, a push that breaks
would leave some configurations new and others old.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

_PREFIX: Final = "distilabel-push-"
_TIME: Final = "%Y%m%d-%H%M%S"
# A branch of that age belongs to a program that was killed, not to a push in progress.
_ABANDONED_AFTER: Final = timedelta(days=1)

_log = logging.getLogger("distilabel.distiset")


class StagingBranch:
    """A temporary branch of a dataset repository; a context manager that removes it at the end.

    Args:
        api: Client of the Hub.
        repo_id: Dataset, as `owner/name`, which exists.
        target: Branch that the files are for; None is the main branch.
    """

    def __init__(self, api: HfApi, repo_id: str, target: str | None) -> None:
        self._api = api
        self._where: dict[str, Any] = {"repo_id": repo_id, "repo_type": "dataset"}
        self._target = target
        self._base = ""
        self._target_exists = True
        self.name = f"{_PREFIX}{datetime.now(UTC):{_TIME}}-{uuid4().hex[:8]}"

    def __enter__(self) -> Self:
        from huggingface_hub.errors import RevisionNotFoundError

        self._remove_abandoned()
        try:
            self._base = self._commit_of(self._target)
        except RevisionNotFoundError:
            self._target_exists = False
            self._base = self._commit_of(None)
        self._api.create_branch(**self._where, branch=self.name, revision=self._base)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._api.delete_branch(**self._where, branch=self.name)
        except Exception as error:  # noqa: BLE001 (must not hide the error that ended the push)
            _log.warning("The temporary branch %s could not be removed: %s", self.name, error)

    def publish(
        self,
        additions: Sequence[CommitOperationAdd],
        message: str,
        description: str | None = None,
        create_pr: bool = False,
    ) -> None:
        """Makes the changes of this branch on its target, together with more files, in one commit.

        Args:
            additions: Files that are not on this branch, or replace files on it.
            message: Title of the commit.
            description: Text of the commit.
            create_pr: Whether to open a pull request instead of changing the target.

        Raises:
            HfHubHTTPError: The Hub refuses the commit; status 412 if the target has changed since.
        """
        from huggingface_hub import CommitOperationCopy, CommitOperationDelete

        before, after = self._files(self._base), self._files(self.name)
        added = {operation.path_in_repo for operation in additions}
        copies = [
            CommitOperationCopy(file, file, src_revision=self.name)
            for file, content in after.items()
            if before.get(file) != content and file not in added
        ]
        deletions = [CommitOperationDelete(file) for file in before.keys() - after.keys() - added]
        if not self._target_exists:
            self._api.create_branch(
                **self._where, branch=str(self._target), revision=self._base, exist_ok=True
            )
        self._api.create_commit(
            **self._where,
            operations=[*copies, *deletions, *additions],
            commit_message=message,
            commit_description=description,
            revision=self._target,
            parent_commit=self._base,
            create_pr=create_pr,
        )

    def _commit_of(self, revision: str | None) -> str:
        return str(self._api.repo_info(**self._where, revision=revision).sha)

    def _files(self, revision: str) -> dict[str, str]:
        """Returns path → digest of the content."""
        entries = self._api.list_repo_tree(**self._where, recursive=True, revision=revision)
        return {entry.path: entry.blob_id for entry in entries if hasattr(entry, "blob_id")}

    def _remove_abandoned(self) -> None:
        for branch in self._api.list_repo_refs(**self._where).branches:
            began = _time_in(branch.name)
            if began and datetime.now(UTC) - began > _ABANDONED_AFTER:
                self._api.delete_branch(**self._where, branch=branch.name)


def _time_in(branch: str) -> datetime | None:
    """Returns when a push created a branch; None for any other branch."""
    time = branch.removeprefix(_PREFIX).rpartition("-")[0]
    try:
        return datetime.strptime(time, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None

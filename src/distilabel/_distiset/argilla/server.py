"""`ArgillaServer`: connects to an Argilla server, finds its datasets and reads their records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from distilabel._core.extras import import_extra
from distilabel._core.redaction import redact_urls
from distilabel.errors import DistilabelUserError

_PAGE: Final = 250


class ArgillaServer:
    """A server, and the key of a user.

    Args:
        subject: What uses the server, for messages: `step 'show'`.
        api_url: Address; None for the variable `ARGILLA_API_URL`.
        api_key: Key of the user; None for the variable `ARGILLA_API_KEY`.

    Raises:
        DistilabelUserError: The address or the key is missing.
    """

    def __init__(
        self, subject: str, api_url: str | None = None, api_key: SecretStr | None = None
    ) -> None:
        self._subject = subject
        self._url = api_url or os.getenv("ARGILLA_API_URL") or ""
        self._key = api_key.get_secret_value() if api_key else os.getenv("ARGILLA_API_KEY", "")
        for name, value in (("api_url", self._url), ("api_key", self._key)):
            if not value:
                raise DistilabelUserError(
                    f"{subject}: `{name}` is missing. Pass it or set {f'argilla_{name}'.upper()}."
                )

    @cached_property
    def client(self) -> Any:
        """The connected `argilla.Argilla`.

        Raises:
            ImportError: The package `argilla` is not installed.
            DistilabelUserError: The server refuses, or does not answer.
        """
        headers = {}
        token = os.getenv("HF_TOKEN")
        # By the host: an address may contain the name of another one anywhere else.
        if token and (urlsplit(self._url).hostname or "").endswith(".hf.space"):
            headers["Authorization"] = f"Bearer {token}"
        rg = import_extra("argilla", extra="argilla", subject=self._subject)
        try:
            return rg.Argilla(api_url=self._url, api_key=self._key, headers=headers)
        except Exception as error:  # noqa: BLE001 (the client raises errors of several packages)
            raise self.failure("connect", error) from None

    def workspace(self, name: str | None) -> Any:
        """Returns a workspace, as `argilla.Workspace`.

        Args:
            name: Name; None for the first one of the user.

        Raises:
            DistilabelUserError: There is none of that name.
        """
        try:
            found = self.client.workspaces.list()
        except Exception as error:  # noqa: BLE001
            raise self.failure("list the workspaces", error) from None
        for workspace in found:
            if name in (None, workspace.name):
                return workspace
        names = ", ".join(repr(workspace.name) for workspace in found) or "none"
        raise DistilabelUserError(
            f"{self._subject}: Argilla at {redact_urls(self._url)} has no workspace {name!r} that "
            f"this user can see, only: {names}. Create it there, or pass another one."
        )

    def find(self, name: str, workspace: Any) -> Any:
        """Returns a dataset, as `argilla.Dataset`; None if there is none of that name.

        Args:
            name: Name of the dataset.
            workspace: Workspace that holds it.
        """
        try:
            # `client.datasets(name)` does the same, and warns of a name that is not there yet.
            for dataset in workspace.datasets:
                if dataset.name == name:
                    return dataset.get()
        except Exception as error:  # noqa: BLE001
            raise self.failure(f"find the dataset {name!r}", error) from None
        return None

    def dataset(self, name: str, workspace: str | None) -> Any:
        """Returns a dataset that must be there, as `argilla.Dataset`.

        Args:
            name: Name of the dataset.
            workspace: Name of its workspace; None for the first one of the user.

        Raises:
            DistilabelUserError: There is no such dataset.
        """
        holder = self.workspace(workspace)
        dataset = self.find(name, holder)
        if dataset is None:
            names = ", ".join(repr(other.name) for other in holder.datasets) or "none"
            raise DistilabelUserError(
                f"{self._subject}: no dataset {name!r} in the workspace {holder.name!r}. Its "
                f"datasets: {names}."
            )
        return dataset

    def records(self, dataset: Any) -> Iterator[dict[str, Any]]:
        """Yields the records of a dataset with the responses of people, oldest first, as JSON.

        They are read page by page from the database of the server: a search would miss answers
        that are not indexed yet. `dataset.records` is not used, because it raises an error for a
        record that a person discarded without an answer, and does not tell when people answered.

        Args:
            dataset: The dataset.
        """
        offset = 0
        while True:
            try:
                reply = self.client.http_client.get(
                    f"/api/v1/datasets/{dataset.id}/records",
                    params={"include": "responses", "offset": offset, "limit": _PAGE},
                )
                reply.raise_for_status()
                items = reply.json()["items"]
            except Exception as error:  # noqa: BLE001
                raise self.failure(f"read the dataset {dataset.name!r}", error) from None
            yield from items
            offset += len(items)
            if len(items) < _PAGE:
                return

    @cached_property
    def usernames(self) -> dict[str, str]:
        """Names of the users by their ids; empty unless the user is an owner, who may list them."""
        try:
            return {str(user.id): user.username for user in self.client.users.list()}
        except Exception:  # noqa: BLE001
            return {}

    def failure(self, doing: str, error: Exception) -> DistilabelUserError:
        """Returns the error for a request that failed; it does not show the key.

        Args:
            doing: What the server was asked to do: `connect`.
            error: What the client raised.
        """
        text = f"{type(error).__name__}: {error}".replace(self._key, "***")
        return DistilabelUserError(
            f"{self._subject}: Argilla at {redact_urls(self._url)} did not {doing}: {text}"
        )
